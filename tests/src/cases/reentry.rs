//! Calls within calls: the host calls the plugin, which calls the host, and so on.

use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Limits, Result};

use crate::expect;
use crate::rig::{GuestOf, PluginOf, plugin_with};
use crate::subject::Subject;

/// A nested malloc grows memory, and every frame goes on with what is right for it.
pub fn memory_grows_under_calls_in_progress<S: Subject>() {
    let wat = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (import "host" "nest" (func $nest (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "outer") (param i32 i32) (result i32) (local i32)
            (local.set 2 (call $nest (local.get 0) (local.get 1)))
            ;; The argument is where it was, whatever became of memory in between.
            (i32.add (local.get 2) (i32.load8_u (local.get 0))))
        (func (export "inner") (param i32) (result i32) (local i32)
            (local.set 1 (call $malloc (local.get 0)))
            (memory.fill (local.get 1) (i32.const 1) (local.get 0))
            (local.get 1)))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let nest = |guest: &mut GuestOf<'_, S>, text: String| -> Result<u32> {
            let before = guest.context().memory_size()?;
            let block: u32 = guest.call("inner", (500_000u32,))?;
            assert!(guest.context().memory_size()? > before);
            assert!(guest.context().bytes(block, 500_000)?.iter().all(|byte| *byte == 1));
            guest.free(block)?;
            Ok(text.len() as u32)
        };
        linker.func("host", "nest", nest).unwrap();
    });
    let result: u32 = plugin.call("outer", ("argument",)).unwrap();
    assert_eq!(result, 8 + u32::from(b'a'));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// Calls itself through the host, with an argument and a result in memory at each level.
const TOWER: &str = r#"(module
    (import "host" "down" (func $down (param i32 i32) (result i32)))
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (import "env" "free" (func $free (param i32)))
    (memory (export "memory") 1)
    (func (export "level") (param i32 i32 i32) (result i32) (local i32)
        (local.set 3 (call $malloc (i32.const 1000)))
        (i32.store (local.get 3) (local.get 2))
        (local.set 2 (call $down (local.get 2) (local.get 1)))
        (local.set 2 (i32.add (local.get 2) (i32.load (local.get 3))))
        (call $free (local.get 3))
        (local.get 2)))"#;

fn tower<S: Subject>(limits: Limits) -> PluginOf<S, u32> {
    plugin_with::<S, u32>(TOWER, 0, |linker| {
        linker.limits(limits);
        let down = |guest: &mut GuestOf<'_, S, u32>, n: i32, len: u32| -> Result<i32> {
            *guest.state_mut() += 1;
            if n == 0 {
                return Ok(0);
            }
            let text = "x".repeat(len as usize);
            guest.call("level", (&text, n - 1))
        };
        linker.func("host", "down", down).unwrap();
    })
}

/// As many calls as the limit allows are in progress at once, and all of them return.
pub fn calls_nest_as_deep_as_the_limit<S: Subject>() {
    let mut plugin = tower::<S>(Limits::new());
    let depth = 64;
    let sum: i32 = plugin.call("level", ("x".repeat(5000).as_str(), depth - 1)).unwrap();
    assert_eq!(sum, (0..depth).sum::<i32>());
    assert_eq!(*plugin.guest().state(), depth as u32);
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.peak_blocks), (0, 2 * depth as u32));
}

/// One call more is refused with the limit, and nothing crashes.
pub fn a_call_too_deep_is_refused_with_the_limit<S: Subject>() {
    let mut plugin = tower::<S>(Limits::new());
    let error = expect::convention(plugin.call::<_, i32>("level", ("x", 64i32)));
    assert_eq!(error, ConventionError::TooDeep { max: 64 });
    assert_eq!(*plugin.guest().state(), 64, "the last host function could not go on");
    // The arguments are released; the plugin's own blocks are what it had.
    assert_eq!(plugin.heap_stats().live_blocks, 64);
}

/// Endless recursion between host and plugin ends at the limit.
pub fn endless_recursion_through_the_host_ends_at_the_limit<S: Subject>() {
    for max in [1, 2, 7, 64] {
        let mut plugin = tower::<S>(Limits::new().max_depth(max));
        let error = expect::convention(plugin.call::<_, i32>("level", ("x", i32::MAX)));
        assert_eq!(error, ConventionError::TooDeep { max });
        assert_eq!(*plugin.guest().state(), max);
    }
}

/// A limit of no calls allows none.
pub fn a_limit_of_no_calls_allows_none<S: Subject>() {
    let mut plugin = tower::<S>(Limits::new().max_depth(0));
    let error = expect::convention(plugin.call::<_, i32>("level", ("x", 0i32)));
    assert_eq!(error, ConventionError::TooDeep { max: 0 });
    assert_eq!(*plugin.guest().state(), 0);
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// The depth is counted down again: calls one after another never add up.
pub fn calls_one_after_another_are_not_deep<S: Subject>() {
    let mut plugin = tower::<S>(Limits::new().max_depth(3));
    for _ in 0..20 {
        assert_eq!(plugin.call::<_, i32>("level", ("x", 2i32)).unwrap(), 3);
    }
    expect::convention(plugin.call::<_, i32>("level", ("x", 3i32)));
    plugin.guest().clear_poison();
    assert_eq!(plugin.call::<_, i32>("level", ("x", 2i32)).unwrap(), 3);
}

/// A host function calls the plugin many times in one call.
pub fn a_host_function_calls_back_many_times<S: Subject>() {
    let wat = r#"(module
        (import "host" "each" (func $each (param i32) (result i64)))
        (memory (export "memory") 1)
        (func (export "square") (param i32) (result i32)
            (i32.mul (local.get 0) (local.get 0)))
        (func (export "sum") (param i32) (result i64) (call $each (local.get 0))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let each = |guest: &mut GuestOf<'_, S>, n: i32| -> Result<i64> {
            let square = guest.func::<(i32,), i32>("square")?;
            let mut sum = 0;
            for i in 0..n {
                sum += i64::from(square.call(guest, (i,))?);
                sum += i64::from(guest.call::<_, i32>("square", (1,))?) - 1;
            }
            Ok(sum)
        };
        linker.func("host", "each", each).unwrap();
    });
    assert_eq!(plugin.call::<_, i64>("sum", (100i32,)).unwrap(), 328_350);
}

/// A context that a host function lends on is given back.
pub fn a_lent_context_is_given_back<S: Subject>() {
    let wat = r#"(module
        (import "host" "f" (func $f (result i32)))
        (memory (export "memory") 1)
        (func (export "get") (result i32) (i32.load8_u (i32.const 0)))
        (func (export "go") (result i32) (call $f)))"#;
    let mut plugin = plugin_with::<S, u8>(wat, 1, |linker| {
        fn set<C: Context>(cx: &mut C, byte: u8) -> Result<()> {
            cx.write(0, &[byte])
        }
        let f = |guest: &mut GuestOf<'_, S, u8>| -> Result<i32> {
            set(guest.context(), 5)?;
            let first: i32 = guest.call("get", ())?;
            *guest.state_mut() = 8;
            let byte = *guest.state();
            set(guest.context(), byte)?;
            Ok(first * 10 + guest.call::<_, i32>("get", ())?)
        };
        linker.func("host", "f", f).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("go", ()).unwrap(), 58);
}
