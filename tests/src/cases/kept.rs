//! Blocks that the host keeps in the plugin's memory beyond a call.

use std::ffi::CString;

use hostheap_core::allocate::HasHeap;
use hostheap_core::convention::{Compose, Composed, GuestBlock, GuestPtr, Place};
use hostheap_core::error::ConventionError;
use hostheap_core::heap::InvalidKind;
use hostheap_core::{Backend, Context, Limits, Plugin, Result, Runtime};

use crate::hosts::{ownership, ownership_with};
use crate::rig::{GuestOf, PluginOf, try_load};
use crate::shapes::{Item, Point};
use crate::subject::Subject;
use crate::{expect, guests};

fn live<B: Runtime, T: Send + 'static>(plugin: &Plugin<B, T>) -> u32 {
    plugin.heap_stats().live_blocks
}

/// What the plugin remembers: the first byte.
#[track_caller]
fn recall<B: Backend, T: Send + 'static>(plugin: &mut Plugin<B, T>) -> u8 {
    plugin.call("recall", ()).expect("the block is there")
}

/// A plugin that remembers a kept text.
#[track_caller]
fn remembering<S: Subject>(text: &str) -> (PluginOf<S>, GuestBlock) {
    let mut plugin = ownership::<S>();
    let block = plugin.keep(text).expect("room for a text");
    plugin.call::<_, ()>("remember", (&block,)).expect("the block is the plugin's");
    (plugin, block)
}

/// The pointer is good in every call until the guard is dropped.
pub fn a_kept_block_outlives_the_call<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("kept");
    for _ in 0..3 {
        assert_eq!(recall(&mut plugin), b'k');
        assert_eq!(plugin.call::<_, u32>("recall_sum", (4u32,)).unwrap(), 436);
        // Something else that wants room.
        plugin.call::<_, String>("return_borrowed", ("something else",)).unwrap();
    }
    assert_eq!(live(&plugin), 1);
    block.free(&mut plugin).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// The plugin may use the block, not free or resize it; the host still has it after the attempt.
pub fn the_plugin_cannot_free_a_kept_block<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("kept");
    let result = plugin.call::<_, ()>("free_remembered", ());
    assert_eq!(expect::invalid_kind(result), InvalidKind::Lent);
    assert_eq!(block.read(&mut plugin).unwrap(), b"kept");
    for size in [0, 1, 4, 100, 100_000u32] {
        plugin.guest().clear_poison();
        let result = plugin.call::<_, u32>("realloc_remembered", (size,));
        assert_eq!(expect::invalid_kind(result), InvalidKind::Lent, "{size}");
    }
    plugin.guest().clear_poison();
    assert_eq!(recall(&mut plugin), b'k');
    assert_eq!(live(&plugin), 1);
    block.free(&mut plugin).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// A dropped guard's block is freed when the plugin is next called.
pub fn a_dropped_guard_frees_at_the_next_call<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("kept");
    drop(block);
    assert_eq!(live(&plugin), 1, "nobody had the plugin at hand");
    plugin.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// It is freed before the host allocates too, so that what it took is there to be used.
pub fn a_dropped_guard_frees_before_the_host_allocates<S: Subject>() {
    let wasm = guests::wasm("ownership");
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        linker.limits(Limits::new().max_blocks(1));
        linker.func("host", "poke", |_: &mut GuestOf<'_, S>| {}).unwrap();
    });
    let mut plugin = plugin.unwrap();
    let block = plugin.keep("one").unwrap();
    expect::alloc(plugin.keep("two"));
    expect::alloc(plugin.guest().malloc(16));
    expect::alloc(plugin.call::<_, bool>("poke_between", ("three",)));
    drop(block);
    drop(plugin.keep("two").unwrap());
    let offset = plugin.guest().malloc(16).unwrap();
    plugin.guest().free(offset).unwrap();
    drop(plugin.keep("three").unwrap());
    assert!(plugin.call::<_, bool>("poke_between", ("three",)).unwrap());
    assert_eq!(live(&plugin), 0);
}

/// A block that is given away is the plugin's like any other of its own.
pub fn a_given_block_is_the_plugins_to_free<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("given");
    let offset = block.offset();
    assert_eq!(block.give(&mut plugin).unwrap(), offset);
    assert_eq!((recall(&mut plugin), live(&plugin)), (b'g', 1));
    plugin.call::<_, ()>("free_remembered", ()).unwrap();
    assert_eq!(live(&plugin), 0);

    let (mut plugin, block) = remembering::<S>("given");
    block.give(&mut plugin).unwrap();
    let moved: u32 = plugin.call("realloc_remembered", (100_000u32,)).unwrap();
    let bytes = plugin.guest().context().bytes(moved, 5).unwrap().to_vec();
    assert_eq!(bytes, b"given");
    plugin.guest().free(moved).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// What the plugin writes into a kept block, the host reads, and the other way round.
pub fn host_and_plugin_share_a_kept_block<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("shared");
    plugin.call::<_, ()>("write_remembered", (0u32, u32::from(b'S'))).unwrap();
    plugin.call::<_, ()>("write_remembered", (5u32, u32::from(b'D'))).unwrap();
    assert_eq!(block.read(&mut plugin).unwrap(), b"ShareD");
    let len = block.with(&mut plugin, |bytes| {
        bytes[0] = b'!';
        bytes.len()
    });
    assert_eq!(len.unwrap(), 6);
    assert_eq!(recall(&mut plugin), b'!');
    // Through the guest as well, as a host function has it.
    assert_eq!(block.read(&mut plugin.guest()).unwrap(), b"!hareD");
}

/// With another plugin a kept block is stale, in every use, and both plugins are unharmed.
pub fn a_kept_block_of_another_plugin_is_stale<S: Subject>() {
    let mut other = ownership::<S>();
    // The same offset as the other's, and the same generation.
    let (mut plugin, own) = remembering::<S>("own");
    let block = || remembering::<S>("foreign");
    let (_, foreign) = block();
    let stale = ConventionError::Stale { offset: foreign.offset() };
    assert_eq!(own.offset(), foreign.offset());
    let result = plugin.call::<_, ()>("remember", (&foreign,));
    assert_eq!(expect::convention(result), stale);
    assert_eq!(expect::convention(foreign.check(&plugin.guest())), stale);
    assert_eq!(expect::convention(foreign.read(&mut plugin)), stale);
    let unreachable = foreign.with(&mut plugin, |_| unreachable!());
    assert_eq!(expect::convention::<()>(unreachable), stale);
    assert_eq!(expect::convention(foreign.give(&mut plugin)), stale);
    let (_, foreign) = block();
    assert_eq!(expect::convention(foreign.free(&mut plugin)), stale);
    assert_eq!((recall(&mut plugin), live(&plugin)), (b'o', 1));
    assert_eq!(own.read(&mut plugin).unwrap(), b"own");

    // One that is refused elsewhere is still freed at home.
    let homely = other.keep("home").unwrap();
    expect::convention(homely.give(&mut plugin));
    other.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!((live(&other), live(&plugin)), (0, 1));
}

/// After the heap was reset the plugin no longer has it, and neither guard nor plugin frees what
/// has taken its place.
pub fn a_kept_block_is_stale_after_a_reset<S: Subject>() {
    let mut plugin = ownership::<S>();
    let block = plugin.keep("before").unwrap();
    plugin.guest().context().state_mut().heap_mut().reset();
    let stale = ConventionError::Stale { offset: block.offset() };
    assert_eq!(expect::convention(block.read(&mut plugin)), stale);
    let after = plugin.keep("after").unwrap();
    assert_eq!(after.offset(), block.offset(), "it takes the other's place");
    assert_eq!(expect::convention(block.read(&mut plugin)), stale);
    assert_eq!(expect::convention(block.free(&mut plugin)), stale);
    plugin.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!(after.read(&mut plugin).unwrap(), b"after");
    after.free(&mut plugin).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// Many kept blocks, dropped in any order, leave nothing behind.
pub fn many_kept_blocks_leave_nothing<S: Subject>() {
    let mut plugin = ownership::<S>();
    let mut random = 12345u32;
    let mut below = |end: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % end
    };
    let mut blocks: Vec<(GuestBlock, Vec<u8>)> = Vec::new();
    for i in 0..1000 {
        let bytes = vec![i as u8; below(300)];
        let block = plugin.keep(bytes.as_slice()).unwrap();
        blocks.push((block, bytes));
    }
    assert_eq!(live(&plugin), 1000);
    while !blocks.is_empty() {
        let (block, bytes) = blocks.swap_remove(below(blocks.len()));
        assert_eq!(block.read(&mut plugin).unwrap(), bytes);
        match below(2) {
            0 => block.free(&mut plugin).unwrap(),
            _ => drop(block),
        }
        if below(50) == 0 {
            plugin.call::<_, bool>("poke_between", ("in between",)).unwrap();
            assert_eq!(live(&plugin), blocks.len() as u32);
        }
    }
    plugin.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!((live(&plugin), plugin.heap_stats().invalid_frees), (0, 0));
}

/// A guard may go to another thread and be dropped there.
pub fn a_guard_may_be_dropped_on_another_thread<S: Subject>() {
    let mut plugin = ownership::<S>();
    let blocks: Vec<_> = (0..100).map(|_| plugin.keep("elsewhere").unwrap()).collect();
    let threads = blocks.into_iter().map(|block| std::thread::spawn(move || drop(block)));
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    plugin.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// A guard may outlive its plugin: nothing is left to be freed.
pub fn a_guard_may_outlive_its_plugin<S: Subject>() {
    let (plugin, block) = remembering::<S>("gone");
    drop(plugin);
    assert_eq!(block.size(), 4);
    let mut next = ownership::<S>();
    expect::convention(block.read(&mut next));
    drop(block);
    next.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!(live(&next), 0);
}

/// An item whose `id` is a pointer to its name.
struct Named<'a>(&'a str);

impl Compose for Named<'_> {
    type Struct = Item;
    fn compose(&self, place: &mut Place<'_>) -> Item {
        let name = place.str(self.0);
        Item { id: name.ptr.offset(), grade: name.len as u8, ..Item::default() }
    }
}

/// Whatever goes by pointer can be kept.
pub fn anything_that_goes_by_pointer_is_kept<S: Subject>() {
    let mut plugin = ownership::<S>();
    let numbers = plugin.keep(&[1, 20, 300]).unwrap();
    plugin.call::<_, ()>("remember", (&numbers,)).unwrap();
    assert_eq!(plugin.call::<_, i64>("recall_numbers", (3u32,)).unwrap(), 321);
    assert_eq!((numbers.size(), numbers.offset() % 16), (12, 0));

    let c_text = plugin.keep(c"text").unwrap();
    assert_eq!(c_text.read(&mut plugin).unwrap(), b"text\0");
    let empty = plugin.keep("").unwrap();
    assert_eq!(empty.read(&mut plugin).unwrap(), b"");
    assert!(empty.offset() != 0);

    let point = plugin.keep(&Point { x: 1.0, y: -2.0 }).unwrap();
    let ptr = GuestPtr::<Point>::new(point.offset());
    assert_eq!(plugin.guest().read(ptr).unwrap(), Point { x: 1.0, y: -2.0 });

    let item = plugin.keep(Composed(&Named("pointed to"))).unwrap();
    let found = plugin.guest().read(GuestPtr::<Item>::new(item.offset())).unwrap();
    let name = plugin.guest().context().bytes(found.id, found.grade.into()).unwrap().to_vec();
    assert_eq!(name, b"pointed to");
    assert!((item.offset()..item.offset() + item.size()).contains(&found.id));

    assert_eq!(live(&plugin), 5);
    drop((numbers, c_text, empty, point, item));
    plugin.call::<_, u32>("stash_sum", ()).unwrap();
    assert_eq!(live(&plugin), 0);
}

/// A result that lies in a kept block is copied, and the block stays.
pub fn a_result_in_a_kept_block_is_copied<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("remembered");
    for len in [10, 3, 0u32] {
        let text: String = plugin.call("return_remembered", (len,)).unwrap();
        assert_eq!(text, "remembered"[..len as usize]);
        assert_eq!(live(&plugin), 1);
    }
    assert_eq!(block.read(&mut plugin).unwrap(), b"remembered");
    // Given away it is a result like others.
    block.give(&mut plugin).unwrap();
    assert_eq!(plugin.call::<_, String>("return_remembered", (10u32,)).unwrap(), "remembered");
    assert_eq!(live(&plugin), 0);
}

/// A host function may keep a block in the middle of a call; the guard may lie in the state.
pub fn a_host_function_keeps_a_block<S: Subject>() {
    let poke = |guest: &mut GuestOf<'_, S, Option<GuestBlock>>| -> Result<()> {
        let block = guest.keep("from within")?;
        guest.call::<_, ()>("remember", (&block,))?;
        // The one before is dropped here, in mid-call.
        *guest.state_mut() = Some(block);
        Ok(())
    };
    let mut plugin = ownership_with::<S, Option<GuestBlock>>(None, poke);
    for _ in 0..3 {
        assert!(plugin.call::<_, bool>("poke_between", ("text",)).unwrap());
        assert_eq!(recall(&mut plugin), b'f');
        assert_eq!(live(&plugin), 1);
    }
    let block = plugin.state_mut().take().unwrap();
    assert_eq!(block.read(&mut plugin).unwrap(), b"from within");
    // And one that is still in the state when the plugin is dropped.
    *plugin.state_mut() = Some(block);
}

/// Kept blocks outlive a trap, and a poisoned plugin's are freed all the same.
pub fn a_kept_block_outlives_a_trap<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("kept");
    expect::trap(plugin.call::<_, ()>("trap_with", ("text",)));
    assert_eq!(live(&plugin), 2, "the block, and one that the trap left");
    assert_eq!(block.read(&mut plugin).unwrap(), b"kept");
    drop(block);
    expect::poisoned(plugin.call::<_, u32>("stash_sum", ()));
    assert_eq!(live(&plugin), 1);
}

/// A pointer of the plugin's that outlived the guard reads what is there now, and frees nothing
/// twice.
pub fn a_pointer_that_outlives_the_guard_is_the_plugins_own_mistake<S: Subject>() {
    let (mut plugin, block) = remembering::<S>("kept");
    block.free(&mut plugin).unwrap();
    recall(&mut plugin);
    let result = plugin.call::<_, ()>("free_remembered", ());
    assert_eq!(expect::invalid_kind(result), InvalidKind::AlreadyFreed);
    plugin.guest().clear_poison();
    let result = plugin.call::<_, String>("return_remembered", (4u32,));
    let error = expect::convention(result);
    assert!(matches!(error, ConventionError::ResultNotInBlock { len: 4, .. }), "{error:?}");
}

/// A kept text is passed like any `const char *`.
pub fn a_kept_block_is_passed_as_a_pointer<S: Subject>() {
    let mut plugin = ownership::<S>();
    let block = plugin.keep(c"as C has it").unwrap();
    let text: CString = plugin.call("return_borrowed_c_text", (&block,)).unwrap();
    assert_eq!(text.as_ref(), c"as C has it");
    assert_eq!(format!("{block:p}"), format!("{:#x}", block.offset()));
    let result = plugin.call::<_, ()>("free_borrowed_pointer", (&block,));
    assert_eq!(expect::invalid_kind(result), InvalidKind::Lent);
    assert_eq!(block.read(&mut plugin).unwrap(), b"as C has it\0");
}
