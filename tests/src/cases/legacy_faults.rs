//! Plugins with a malloc of their own that lies or traps: errors of the call, and nothing worse.

use hostheap_core::TrapKind;
use hostheap_core::convention::Owned;
use hostheap_core::error::AllocError;

use super::legacy::{legacy, live};
use crate::expect;
use crate::rig::PluginOf;
use crate::shapes::Point;
use crate::subject::Subject;

/// One whose allocator lies from now on, as the plugin's source says.
fn lying<S: Subject>(how: u32) -> PluginOf<S> {
    let mut plugin = legacy::<S>();
    plugin.call::<_, ()>("lie", (how,)).unwrap();
    plugin
}

/// A malloc that answers `NULL` is out of memory, and no harm is done.
pub fn a_plugins_own_malloc_may_have_no_memory<S: Subject>() {
    let mut plugin = lying::<S>(1);
    let out_of_memory = AllocError::OutOfMemory;
    assert_eq!(expect::alloc(plugin.call::<_, String>("greet", ("you",))), out_of_memory);
    assert_eq!(expect::alloc(plugin.call::<_, u32>("consume", (Owned("you"),))), out_of_memory);
    assert_eq!(expect::alloc(plugin.keep("you")), out_of_memory);
    assert_eq!(expect::alloc(plugin.guest().malloc(1)), out_of_memory);
    assert!(!plugin.is_poisoned());
    plugin.call::<_, ()>("lie", (0u32,)).unwrap();
    assert_eq!(plugin.call::<_, String>("greet", ("you",)).unwrap(), "Hello, you!");
    // No memory is what an honest one says as well.
    assert_eq!(expect::alloc(plugin.guest().malloc(u32::MAX)), out_of_memory);
    assert_eq!(live(&mut plugin), 0);
}

/// A malloc that answers with a wild pointer has it refused before anything is written.
pub fn a_plugins_own_malloc_may_answer_nonsense<S: Subject>() {
    let wild = u64::from(0xffff_fff0u32);
    let error = lying::<S>(2).call::<_, String>("greet", ("you",));
    assert_eq!(expect::out_of_bounds(error).offset, wild);
    let error = lying::<S>(2).call::<_, i64>("sum_i32", (&[0; 100],));
    assert_eq!(expect::out_of_bounds(error).offset, wild);
    let error = lying::<S>(2).call::<_, u32>("consume", (Owned("you"),));
    assert_eq!(expect::out_of_bounds(error).offset, wild);
    assert_eq!(expect::out_of_bounds(lying::<S>(2).keep("you")).offset, wild);
}

/// Blocks that are not aligned are used as they are: wasm does not mind, and the host copies.
pub fn a_plugins_own_malloc_need_not_align<S: Subject>() {
    let mut plugin = lying::<S>(3);
    assert_eq!(plugin.call::<_, i64>("sum_i32", (&[1, 20, 300],)).unwrap(), 321);
    // Its free traps at what it gave out.
    assert!(plugin.is_poisoned());
    let mut plugin = lying::<S>(3);
    let mut text = *b"upper";
    plugin.call::<_, ()>("upper", (&mut text,)).unwrap();
    assert_eq!(&text, b"UPPER");
    let mut plugin = lying::<S>(3);
    let point = Point { x: 1.0, y: 2.0 };
    let block = plugin.keep(&point).unwrap();
    assert_eq!(block.read(&mut plugin).unwrap(), bytemuck::bytes_of(&point));
    assert_eq!(block.offset() % 16, 1);
}

/// A malloc that traps is a trap of the call's.
pub fn a_plugins_own_malloc_may_trap<S: Subject>() {
    let mut plugin = lying::<S>(4);
    let kind = expect::trap(plugin.call::<_, String>("greet", ("you",)));
    assert_eq!(kind, TrapKind::Unreachable);
    expect::poisoned(plugin.call::<_, String>("greet", ("you",)));
    assert_eq!(expect::trap(lying::<S>(4).keep("you")), TrapKind::Unreachable);
    assert_eq!(expect::trap(lying::<S>(4).guest().malloc(1)), TrapKind::Unreachable);
}

/// A free that traps poisons the plugin, also where the call itself had gone well.
pub fn a_plugins_own_free_may_trap<S: Subject>() {
    let mut plugin = lying::<S>(5);
    assert_eq!(plugin.call::<_, i64>("sum_i32", (&[1, 2],)).unwrap(), 3);
    assert!(plugin.is_poisoned());
    expect::poisoned(plugin.call::<_, u32>("live_blocks", ()));

    let mut plugin = lying::<S>(5);
    let kind = expect::trap(plugin.call::<_, Option<String>>("maybe_text", (3u32,)));
    assert_eq!(kind, TrapKind::Unreachable);
    assert!(plugin.is_poisoned());

    let mut plugin = lying::<S>(5);
    drop(plugin.keep("kept").unwrap());
    expect::poisoned(plugin.call::<_, u32>("memory_pages", ()));
}

/// A trap in the plugin leaves its arguments where they are: it is not asked for anything again.
pub fn a_trapped_plugin_is_not_asked_to_free<S: Subject>() {
    let mut plugin = legacy::<S>();
    let kind = expect::trap(plugin.call::<_, ()>("trap_with", ("text",)));
    assert_eq!(kind, TrapKind::Unreachable);
    plugin.guest().clear_poison();
    assert_eq!(live(&mut plugin), 1);
}
