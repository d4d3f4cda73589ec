//! Depth: host and plugin call each other through function pointers, to the limit and beyond.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hostheap_core::convention::{Callback, FuncPtr};
use hostheap_core::error::ConventionError;
use hostheap_core::{Error, Limits, Result, TrapKind};

use crate::expect;
use crate::guests;
use crate::rig::{GuestOf, PluginOf, plugin, try_load};
use crate::subject::Subject;

/// Calls in progress that the default limits allow.
const MAX: u32 = 64;

/// What the callbacks of these cases share.
#[derive(Debug, Default)]
struct Dive {
    /// Calls of the callback.
    calls: u32,
    /// The callback itself.
    callback: Option<Callback>,
}

/// `void (*)(uint32_t)`.
type Diver = FuncPtr<(u32,), ()>;

impl Dive {
    fn diver(&self) -> Diver {
        Diver::new(self.callback.as_ref().map_or(0, Callback::index))
    }
}

/// The plugin of function pointers under limits.
fn load<S: Subject, T: Send + 'static>(limits: Limits, state: T) -> PluginOf<S, T> {
    let loaded = try_load::<S, T>(&guests::wasm("callbacks"), state, |linker| {
        linker.limits(limits);
        let call_me =
            |guest: &mut GuestOf<'_, S, T>, f: FuncPtr<(i32,), i32>, x: i32| f.call(guest, (x,));
        linker.func("host", "call_me", call_me).unwrap();
        linker.func("host", "poke", |_: &mut GuestOf<'_, S, T>| {}).unwrap();
    });
    loaded.expect("the plugin loads")
}

/// A plugin whose `dive` calls a callback, which calls `dive`, and so on.
fn diving<S: Subject>(limits: Limits) -> (PluginOf<S, Dive>, Diver) {
    let mut plugin = load::<S, Dive>(limits, Dive::default());
    let dive = |guest: &mut GuestOf<'_, S, Dive>, n: u32| -> Result<()> {
        guest.state_mut().calls += 1;
        let diver = guest.state().diver();
        guest.call("dive", (diver, n))
    };
    let callback = plugin.callback(dive).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    (plugin, diver)
}

fn too_deep<T>(result: Result<T>) -> u32 {
    match expect::convention(result) {
        ConventionError::TooDeep { max } => max,
        other => panic!("expected a call too deep, found {other:?}"),
    }
}

/// As many calls as the limit allows are in progress at once through a callback.
pub fn callbacks_nest_as_deep_as_the_limit<S: Subject>() {
    let (mut plugin, diver) = diving::<S>(Limits::new());
    for _ in 0..3 {
        plugin.call::<_, ()>("dive", (diver, MAX - 1)).unwrap();
    }
    assert_eq!(plugin.state().calls, 3 * (MAX - 1));
}

/// One call more is refused with the limit, and the plugin is as good as new afterwards.
pub fn a_callback_too_deep_is_refused_with_the_limit<S: Subject>() {
    let (mut plugin, diver) = diving::<S>(Limits::new());
    assert_eq!(too_deep(plugin.call::<_, ()>("dive", (diver, MAX))), MAX);
    assert_eq!(plugin.state().calls, MAX, "the last callback could not go on");
    assert!(plugin.is_poisoned());
    plugin.guest().clear_poison();
    plugin.state_mut().calls = 0;
    plugin.call::<_, ()>("dive", (diver, MAX - 1)).unwrap();
    assert_eq!(plugin.state().calls, MAX - 1);
}

/// Endless recursion through a callback ends at any limit.
pub fn endless_recursion_through_a_callback_ends_at_the_limit<S: Subject>() {
    for max in [0, 1, 2, 7, 64] {
        let (mut plugin, diver) = diving::<S>(Limits::new().max_depth(max));
        assert_eq!(too_deep(plugin.call::<_, ()>("dive", (diver, u32::MAX))), max);
        assert_eq!(plugin.state().calls, max);
    }
}

/// A function pointer that the host calls is a call like any other.
pub fn pointers_nest_as_deep_as_the_limit<S: Subject>() {
    let mut plugin = load::<S, ()>(Limits::new(), ());
    let deepest = MAX as i32 - 1;
    assert_eq!(plugin.call::<_, i32>("count_down", (deepest,)).unwrap(), deepest);
    assert_eq!(too_deep(plugin.call::<_, i32>("count_down", (deepest + 1,))), MAX);
    let mut plugin = load::<S, ()>(Limits::new().max_depth(5), ());
    assert_eq!(plugin.call::<_, i32>("count_down", (4,)).unwrap(), 4);
    assert_eq!(too_deep(plugin.call::<_, i32>("count_down", (5,))), 5);
}

/// Passes its text on to the plugin, one byte less each time, and counts.
fn shortening<S: Subject>() -> (PluginOf<S, Dive>, Diver) {
    let mut plugin = load::<S, Dive>(Limits::new(), Dive::default());
    let shorten = |guest: &mut GuestOf<'_, S, Dive>, text: String| -> Result<()> {
        guest.state_mut().calls += 1;
        let diver = guest.state().diver();
        guest.call("each_word", (&text[1..], diver))
    };
    let callback = plugin.callback(shorten).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    (plugin, diver)
}

/// Each level has arguments of its own, and all of them are released on the way back.
pub fn arguments_of_every_level_are_released<S: Subject>() {
    let (mut plugin, diver) = shortening::<S>();
    let text = "x".repeat(MAX as usize - 1);
    plugin.call::<_, ()>("each_word", (&text, diver)).unwrap();
    assert_eq!(plugin.state().calls, MAX - 1);
    let stats = plugin.heap_stats();
    assert_eq!((stats.live_blocks, stats.peak_blocks), (0, MAX));
}

/// And they are released when the deepest call is refused.
pub fn arguments_are_released_when_a_call_is_too_deep<S: Subject>() {
    let (mut plugin, diver) = shortening::<S>();
    let text = "x".repeat(1000);
    assert_eq!(too_deep(plugin.call::<_, ()>("each_word", (&text, diver))), MAX);
    assert_eq!(plugin.state().calls, MAX);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// What the plugin itself held at each level is its own when all of them are unwound.
pub fn unwound_levels_leave_the_plugins_blocks<S: Subject>() {
    let mut plugin = load::<S, Dive>(Limits::new(), Dive::default());
    let hold = |guest: &mut GuestOf<'_, S, Dive>| -> Result<()> {
        let diver = guest.state().diver();
        guest.call("call_holding", (diver,))
    };
    let callback = plugin.callback(hold).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    assert_eq!(too_deep(plugin.call::<_, ()>("call_holding", (diver,))), MAX);
    assert_eq!(plugin.heap_stats().live_blocks, MAX);
}

/// A closure may live with a refusal: the plugin was not entered, and goes on.
pub fn a_closure_may_live_with_a_refusal<S: Subject>() {
    let mut plugin = load::<S, Dive>(Limits::new().max_depth(10), Dive::default());
    let dive = |guest: &mut GuestOf<'_, S, Dive>, n: u32| -> Result<()> {
        guest.state_mut().calls += 1;
        let diver = guest.state().diver();
        match guest.call("dive", (diver, n)) {
            Err(Error::Convention(error)) if matches!(*error, ConventionError::TooDeep { .. }) => {
                Ok(())
            }
            other => other,
        }
    };
    let callback = plugin.callback(dive).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    plugin.call::<_, ()>("dive", (diver, 1000u32)).unwrap();
    assert_eq!(plugin.state().calls, 10);
    assert!(!plugin.is_poisoned());
}

/// A callback of its own at every level, made when the level begins and gone when it ends.
pub fn every_level_has_a_callback_of_its_own<S: Subject>() {
    fn level<S: Subject>(guest: &mut GuestOf<'_, S, u32>, n: u32) -> Result<u32> {
        if n == 0 {
            return Ok(0);
        }
        let next = move |guest: &mut GuestOf<'_, S, u32>, x: i32| -> Result<i32> {
            Ok(x + level::<S>(guest, n - 1)? as i32)
        };
        let next = guest.callback(next)?;
        let highest = (*guest.state()).max(next.index());
        *guest.state_mut() = highest;
        Ok(guest.call::<_, i32>("maybe_apply", (&next, n as i32))? as u32)
    }
    let mut plugin = load::<S, u32>(Limits::new(), 0);
    assert_eq!(level::<S>(&mut plugin.guest(), MAX).unwrap(), MAX * (MAX + 1) / 2);
    let highest = *plugin.state();
    // The next time all of them find a place that is free.
    assert_eq!(level::<S>(&mut plugin.guest(), MAX).unwrap(), MAX * (MAX + 1) / 2);
    assert_eq!(*plugin.state(), highest);
    assert_eq!(too_deep(level::<S>(&mut plugin.guest(), MAX + 1)), MAX);
}

/// An error in the deepest callback comes out of all levels as itself.
pub fn an_error_in_the_deepest_callback_comes_out<S: Subject>() {
    let mut plugin = load::<S, Dive>(Limits::new(), Dive::default());
    let dive = |guest: &mut GuestOf<'_, S, Dive>, text: String| -> Result<()> {
        if text.len() == 1 {
            return Err(Error::host(std::fmt::Error));
        }
        let diver = guest.state().diver();
        guest.call("each_word", (&text[1..], diver))
    };
    let callback = plugin.callback(dive).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    let text = "x".repeat(MAX as usize);
    let error = expect::host(plugin.call::<_, ()>("each_word", (&text, diver)));
    assert!(error.is::<std::fmt::Error>());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A panic in the deepest callback unwinds all levels, and releases the arguments of each.
pub fn a_panic_in_the_deepest_callback_unwinds_all<S: Subject>() {
    let mut plugin = load::<S, Dive>(Limits::new(), Dive::default());
    let dive = |guest: &mut GuestOf<'_, S, Dive>, text: String| -> Result<()> {
        assert!(text.len() > 1, "panicked on purpose");
        let diver = guest.state().diver();
        guest.call("each_word", (&text[1..], diver))
    };
    let callback = plugin.callback(dive).unwrap();
    plugin.state_mut().callback = Some(callback);
    let diver = plugin.state().diver();
    let text = "x".repeat(20);
    let call = || plugin.call::<_, ()>("each_word", (&text, diver));
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(plugin.is_poisoned());
    plugin.guest().clear_poison();
    // The depth was counted down as well.
    let deepest = MAX as i32 - 1;
    assert_eq!(plugin.call::<_, i32>("count_down", (deepest,)).unwrap(), deepest);
}

/// Callbacks one after another are not deep.
pub fn callbacks_one_after_another_are_not_deep<S: Subject>() {
    let mut plugin = load::<S, u32>(Limits::new().max_depth(2), 0);
    let f = |guest: &mut GuestOf<'_, S, u32>| -> Result<()> {
        *guest.state_mut() += 1;
        guest.call::<_, i32>("fire", (1,)).map(drop)
    };
    let f = plugin.callback(f).unwrap();
    plugin.call::<_, ()>("call_times", (&f, 1000u32)).unwrap();
    assert_eq!(*plugin.state(), 1000);
}

/// Calls a callback; and calls itself without end.
const ENDLESS: &str = r#"(module
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 1 1 funcref)
    (type $f (func (param i32) (result i32)))
    (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $f) (local.get 1) (local.get 0)))
    (func $endless (export "endless") (param i32) (result i32)
        (i32.add (i32.const 1) (call $endless (i32.add (local.get 0) (i32.const 1))))))"#;

/// A plugin that recurses beyond its stack inside of a callback traps, and that is what comes out.
pub fn a_stack_overflow_in_a_callback_is_a_trap<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(ENDLESS);
    let f = |guest: &mut GuestOf<'_, S>, x: i32| guest.call::<_, i32>("endless", (x,));
    let f = plugin.callback(f).unwrap();
    let kind = expect::trap(plugin.call::<_, i32>("call", (&f, 1)));
    assert_eq!(kind, TrapKind::StackOverflow);
    assert!(plugin.is_poisoned());
    plugin.guest().clear_poison();
    let fine = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x).unwrap();
    assert_eq!(plugin.call::<_, i32>("call", (&fine, 1)).unwrap(), 1);
}

/// A trap in a nested call leaves the plugin poisoned, whatever the closure makes of it.
pub fn a_trap_in_a_nested_call_poisons_whatever_the_closure_returns<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(ENDLESS);
    let f = |guest: &mut GuestOf<'_, S>, x: i32| -> Result<i32> {
        let kind = expect::trap(guest.call::<_, i32>("endless", (x,)));
        assert_eq!(kind, TrapKind::StackOverflow);
        expect::poisoned(guest.call::<_, i32>("endless", (x,)));
        Ok(5)
    };
    let f = plugin.callback(f).unwrap();
    assert_eq!(plugin.call::<_, i32>("call", (&f, 1)).unwrap(), 5);
    assert!(plugin.is_poisoned());
    expect::poisoned(plugin.call::<_, i32>("call", (&f, 1)));
}
