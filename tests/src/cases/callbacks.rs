//! The host's closures as the plugin's function pointers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use hostheap_core::convention::{Callback, FuncPtr, GuestBlock, GuestStr, Owned};
use hostheap_core::error::{ConventionError, TableError};
use hostheap_core::{Context, LoadOptions, Result, TrapKind};

use crate::expect;
use crate::guests;
use crate::rig::{GuestOf, PluginOf, plugin, try_load_with, wasm};
use crate::subject::Subject;

/// The plugin of function pointers. Its `host.call_me` calls what it is told to.
pub(super) fn callbacks_with<S: Subject, T: Send + 'static>(
    options: &LoadOptions,
    state: T,
) -> PluginOf<S, T> {
    let loaded = try_load_with::<S, T>(&guests::wasm("callbacks"), options, state, |linker| {
        let call_me =
            |guest: &mut GuestOf<'_, S, T>, f: FuncPtr<(i32,), i32>, x: i32| f.call(guest, (x,));
        linker.func("host", "call_me", call_me).unwrap();
        linker.func("host", "poke", |_: &mut GuestOf<'_, S, T>| {}).unwrap();
    });
    loaded.expect("the plugin loads")
}

/// The same with default options.
pub(super) fn callbacks<S: Subject, T: Send + 'static>(state: T) -> PluginOf<S, T> {
    callbacks_with::<S, T>(&LoadOptions::new(), state)
}

fn stale<T>(result: Result<T>) -> u32 {
    match expect::convention(result) {
        ConventionError::StaleCallback { index } => index,
        other => panic!("expected a stale callback, found {other:?}"),
    }
}

/// An error type of the host's own.
#[derive(Debug, PartialEq, Eq)]
struct OutOfTea(u32);

impl std::fmt::Display for OutOfTea {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "out of tea after {} cups", self.0)
    }
}

impl std::error::Error for OutOfTea {}

/// Integers reach a closure in order, and its result the plugin.
pub fn a_closure_is_called_with_integers<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, a: i32, b: i32| a - b).unwrap();
    assert_eq!(plugin.call::<_, i32>("apply", (&f, 44, 2)).unwrap(), 42);
    assert_eq!(plugin.call::<_, i32>("apply", (&f, -1, i32::MIN)).unwrap(), i32::MAX);
    let narrow = plugin.callback(|_: &mut GuestOf<'_, S>, a: i8, b: u8| a.min(0) as i16 + b as i16);
    assert_eq!(plugin.call::<_, i32>("apply", (&narrow.unwrap(), -3, 255)).unwrap(), 252);
}

/// A closure without parameters and result is called as often as the plugin likes.
pub fn a_closure_of_nothing_is_called<S: Subject>() {
    let mut plugin = callbacks::<S, u32>(0);
    let f = plugin.callback(|guest: &mut GuestOf<'_, S, u32>| *guest.state_mut() += 1).unwrap();
    plugin.call::<_, ()>("call_times", (&f, 0u32)).unwrap();
    assert_eq!(*plugin.state(), 0);
    plugin.call::<_, ()>("call_times", (&f, 1000u32)).unwrap();
    assert_eq!(*plugin.state(), 1000);
}

/// A closure sees each of the numbers, in order.
pub fn a_closure_sees_each_number<S: Subject>() {
    let mut plugin = callbacks::<S, Vec<i32>>(Vec::new());
    let push = |guest: &mut GuestOf<'_, S, Vec<i32>>, x: i32| guest.state_mut().push(x);
    let push = plugin.callback(push).unwrap();
    plugin.call::<_, ()>("for_each", (&[3, -1, i32::MAX][..], &push)).unwrap();
    assert_eq!(*plugin.state(), [3, -1, i32::MAX]);
    plugin.call::<_, ()>("for_each", (&[][..] as &[i32], &push)).unwrap();
    assert_eq!(plugin.state().len(), 3);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A closure's results go into what the plugin returns.
pub fn a_closure_maps_numbers<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let square = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x * x).unwrap();
    let squares: Vec<i32> = plugin.call("map", (&[1, -2, 3][..], &square)).unwrap();
    assert_eq!(squares, [1, 4, 9]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A closure decides the order of numbers that are sorted in place.
pub fn a_closure_sorts_in_place<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let mut numbers = [5, 3, 9, -4, 3, 0];
    let descending = plugin.callback(|_: &mut GuestOf<'_, S>, a: i32, b: i32| b - a).unwrap();
    plugin.call::<_, ()>("sort", (&mut numbers[..], &descending)).unwrap();
    assert_eq!(numbers, [9, 5, 3, 3, 0, -4]);
    // Equal ones stay in order.
    let tens = plugin.callback(|_: &mut GuestOf<'_, S>, a: i32, b: i32| a / 10 - b / 10).unwrap();
    let mut numbers = [25, 13, 21, 11, 29];
    plugin.call::<_, ()>("sort", (&mut numbers[..], &tens)).unwrap();
    assert_eq!(numbers, [13, 11, 25, 21, 29]);
}

/// Text reaches a closure by value or in place.
pub fn words_reach_a_closure<S: Subject>() {
    let text = "the  quick ährenfeld ";
    let mut plugin = callbacks::<S, Vec<String>>(Vec::new());
    let push = |guest: &mut GuestOf<'_, S, Vec<String>>, word: String| guest.state_mut().push(word);
    let push = plugin.callback(push).unwrap();
    plugin.call::<_, ()>("each_word", (text, &push)).unwrap();
    let read = |guest: &mut GuestOf<'_, S, Vec<String>>, word: GuestStr| -> Result<()> {
        let word = word.read(guest.context())?.to_uppercase();
        guest.state_mut().push(word);
        Ok(())
    };
    let read = plugin.callback(read).unwrap();
    plugin.call::<_, ()>("each_word", (text, &read)).unwrap();
    assert_eq!(*plugin.state(), ["the", "quick", "ährenfeld", "THE", "QUICK", "ÄHRENFELD"]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A function of floats is integrated.
pub fn a_closure_of_floats_is_integrated<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let line = plugin.callback(|_: &mut GuestOf<'_, S>, x: f64| 2.0 * x + 1.0).unwrap();
    let area: f64 = plugin.call("integrate", (&line, 0.0, 2.0, 8u32)).unwrap();
    assert_eq!(area, 6.0);
    let nan = plugin.callback(|_: &mut GuestOf<'_, S>, _: f64| f64::NAN).unwrap();
    let area: f64 = plugin.call("integrate", (&nan, 0.0, 2.0, 1u32)).unwrap();
    assert!(area.is_nan());
}

/// Numbers of every kind reach one closure as themselves.
pub fn mixed_numbers_reach_a_closure<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, a: i8, b: u16, c: i64, d: f32, e: bool| {
        assert_eq!((a, b, c, d, e), (-1, 65535, -2, 0.5, true));
        i64::MIN
    };
    let f = plugin.callback(f).unwrap();
    assert_eq!(plugin.call::<_, i64>("call_mixed", (&f,)).unwrap(), i64::MIN);
}

/// Calls function pointers as C compilers do for a struct result, and for text.
const STRUCTS: &str = r#"(module
    (import "env" "free" (func $free (param i32)))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 1 1 funcref)
    (type $struct (func (param i32 i32)))
    ;; hh_bytes f(uint32_t): the length of f(n), which is freed, and its first byte in the high half.
    (func (export "measure") (param $f i32) (param $n i32) (result i64) (local i64)
        (call_indirect (type $struct) (i32.const 512) (local.get $n) (local.get $f))
        (local.set 2 (i64.or
            (i64.shl (i64.load8_u (i32.load (i32.const 512))) (i64.const 32))
            (i64.load32_u (i32.const 516))))
        (call $free (i32.load (i32.const 512)))
        (local.get 2))
    (func (export "wild_out") (param $f i32)
        (call_indirect (type $struct) (i32.const 65530) (i32.const 1) (local.get $f)))
    ;; void f(const char *, size_t), of any range.
    (func (export "give") (param $f i32) (param i32 i32)
        (call_indirect (type $struct) (local.get 1) (local.get 2) (local.get $f))))"#;

/// Text that a closure returns is a struct return, and a block that the plugin frees.
pub fn a_closures_text_is_a_struct_return<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(STRUCTS);
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, n: u32| "ab".repeat(n as usize)).unwrap();
    let measured: u64 = plugin.call("measure", (&f, 3u32)).unwrap();
    assert_eq!(measured, u64::from(b'a') << 32 | 6);
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, n: u32| vec![7u8; n as usize]).unwrap();
    let measured: u64 = plugin.call("measure", (&f, 100_000u32)).unwrap();
    assert_eq!(measured, 7 << 32 | 100_000);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A plugin that expects text packed has another type than a closure that returns text.
pub fn a_closures_text_is_not_packed<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, _: u32| -> String { panic!("it ran") };
    let f = plugin.callback(f).unwrap();
    let kind = expect::trap(plugin.call::<_, u32>("sum_text_of", (&f,)));
    assert_eq!(kind, TrapKind::IndirectCallTypeMismatch);
    assert!(plugin.is_poisoned());
}

/// A closure may pack its result by hand.
pub fn a_closure_may_pack_its_result_by_hand<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |guest: &mut GuestOf<'_, S>, n: u32| -> Result<u64> {
        let block = guest.malloc(n)?;
        guest.context().fill(block, 5, n)?;
        Ok(u64::from(block) << 32 | u64::from(n))
    };
    let f = plugin.callback(f).unwrap();
    assert_eq!(plugin.call::<_, u32>("sum_text_of", (&f,)).unwrap(), 15);
    assert_eq!(plugin.heap_stats().live_blocks, 0, "the plugin freed it");
}

/// What a plugin passes to a closure is checked before the closure runs.
pub fn wild_pointers_never_reach_a_closure<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(STRUCTS);
    let take = |_: &mut GuestOf<'_, S>, _: String| -> () { panic!("it ran") };
    let take = plugin.callback(take).unwrap();
    let error = expect::out_of_bounds(plugin.call::<_, ()>("give", (&take, 65535u32, 2u32)));
    assert_eq!((error.offset, error.len), (65535, 2));
    plugin.guest().clear_poison();
    let make = |_: &mut GuestOf<'_, S>, _: u32| -> String { panic!("it ran") };
    let make = plugin.callback(make).unwrap();
    let error = expect::out_of_bounds(plugin.call::<_, ()>("wild_out", (&make,)));
    assert_eq!((error.offset, error.len), (65530, 8));
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// No callback is NULL.
pub fn no_callback_is_null<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x + 1).unwrap();
    assert_eq!(plugin.call::<_, i32>("maybe_apply", (None::<&Callback>, 5)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("maybe_apply", (Some(&f), 5)).unwrap(), 6);
    assert_eq!(plugin.call::<_, u32>("index_of", (None::<&Callback>,)).unwrap(), 0);
}

/// A function pointer is the callback's index, and never NULL, even in an empty table.
pub fn a_function_pointer_is_an_index_and_not_null<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>| {}).unwrap();
    assert_eq!(plugin.call::<_, u32>("index_of", (&f,)).unwrap(), f.index());
    assert_ne!(f.index(), 0);
    let wat = r#"(module
        (memory 1)
        (table 0 funcref)
        (func (export "call") (param i32) (call_indirect (local.get 0))))"#;
    let mut plugin = crate::rig::plugin_with::<S, u32>(wat, 0, |_| {});
    let f = plugin.callback(|guest: &mut GuestOf<'_, S, u32>| *guest.state_mut() += 1).unwrap();
    assert_ne!(f.index(), 0);
    plugin.call::<_, ()>("call", (&f,)).unwrap();
    assert_eq!(*plugin.state(), 1);
}

/// Two callbacks in one call are two functions, and one may be passed twice.
pub fn two_callbacks_go_into_one_call<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let double = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x * 2).unwrap();
    let add = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x + 3).unwrap();
    assert_ne!(double.index(), add.index());
    assert_eq!(plugin.call::<_, i32>("compose", (&double, &add, 5)).unwrap(), 13);
    assert_eq!(plugin.call::<_, i32>("compose", (&add, &double, 5)).unwrap(), 16);
    assert_eq!(plugin.call::<_, i32>("compose", (&add, &add, 5)).unwrap(), 11);
}

/// A plugin may keep a callback and call it in a later call.
pub fn a_stored_callback_is_called_later<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    assert_eq!(plugin.call::<_, i32>("fire", (1,)).unwrap(), -1);
    let f = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x * 7).unwrap();
    plugin.call::<_, ()>("set_handler", (Some(&f),)).unwrap();
    assert_eq!(plugin.call::<_, i32>("fire", (6,)).unwrap(), 42);
    assert_eq!(plugin.call::<_, i32>("fire", (1,)).unwrap(), 7);
    plugin.call::<_, ()>("set_handler", (None::<&Callback>,)).unwrap();
    assert_eq!(plugin.call::<_, i32>("fire", (6,)).unwrap(), -1);
}

/// A stored callback that makes the plugin call it again.
pub fn a_stored_callback_fires_itself<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |guest: &mut GuestOf<'_, S>, x: i32| -> Result<i32> {
        if x == 0 { Ok(0) } else { Ok(x + guest.call::<_, i32>("fire", (x - 1,))?) }
    };
    let f = plugin.callback(f).unwrap();
    plugin.call::<_, ()>("set_handler", (&f,)).unwrap();
    assert_eq!(plugin.call::<_, i32>("fire", (10,)).unwrap(), 55);
}

/// A closure sees the plugin that calls it: state, memory, heap, exports.
pub fn a_closure_sees_the_plugin<S: Subject>() {
    let mut plugin = callbacks::<S, u32>(0);
    let look = |guest: &mut GuestOf<'_, S, u32>, word: GuestStr| -> Result<()> {
        assert_eq!(guest.heap().stats().live_blocks, 1, "the arguments");
        assert!(guest.info().export_func("each_word").is_ok());
        let first = word.bytes().offset();
        let (memory, state) = guest.memory_and_state()?;
        // The next words are changed before the plugin comes to them.
        *state += u32::from(memory[first as usize]);
        memory[first as usize + 2] = b'z';
        Ok(())
    };
    let look = plugin.callback(look).unwrap();
    plugin.call::<_, ()>("each_word", ("a b", &look)).unwrap();
    assert_eq!(*plugin.state(), u32::from(b'a') + u32::from(b'z'));
}

/// A closure has what it captured, and all its calls share that.
pub fn a_closure_has_what_it_captured<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let f = plugin.callback(move |_: &mut GuestOf<'_, S>, x: i32| log.lock().unwrap().push(x));
    plugin.call::<_, ()>("for_each", (&[1, 2, 3][..], &f.unwrap())).unwrap();
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
}

/// A closure's error comes out of the call as itself, and the plugin is unwound.
pub fn a_closures_error_comes_back_as_itself<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, x: i32| if x < 3 { Ok(()) } else { Err(OutOfTea(x as u32)) };
    let f = plugin.callback(f).unwrap();
    plugin.call::<_, ()>("for_each", (&[1, 2][..], &f)).unwrap();
    let error = expect::host(plugin.call::<_, ()>("for_each", (&[1, 2, 5, 9][..], &f)));
    assert_eq!(*error.downcast::<OutOfTea>().unwrap(), OutOfTea(5));
    assert_eq!(plugin.heap_stats().live_blocks, 0, "the arguments are released");
    assert!(plugin.is_poisoned());
    expect::poisoned(plugin.call::<_, ()>("for_each", (&[1][..], &f)));
    // The callback itself is as good as ever.
    plugin.guest().clear_poison();
    plugin.call::<_, ()>("for_each", (&[1, 2][..], &f)).unwrap();
}

/// What the plugin held when a closure's error unwound it stays its own.
pub fn an_error_leaves_what_the_plugin_held<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = plugin.callback(|_: &mut GuestOf<'_, S>| Err::<(), _>(OutOfTea(1))).unwrap();
    expect::host(plugin.call::<_, ()>("call_holding", (&f,)));
    assert_eq!(plugin.heap_stats().live_blocks, 1);
    let fine = plugin.callback(|_: &mut GuestOf<'_, S>| {}).unwrap();
    plugin.guest().clear_poison();
    plugin.call::<_, ()>("call_holding", (&fine,)).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 1);
}

/// A closure's panic comes out of the call as that panic, and releases the arguments.
pub fn a_closures_panic_comes_out_of_the_call<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, word: String| assert!(word != "bad", "panicked on {word}");
    let f = plugin.callback(f).unwrap();
    let call = || plugin.call::<_, ()>("each_word", ("good bad good", &f));
    let payload = catch_unwind(AssertUnwindSafe(call)).expect_err("a panic");
    assert_eq!(payload.downcast_ref::<String>().expect("its message"), "panicked on bad");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(plugin.is_poisoned());
    plugin.guest().clear_poison();
    plugin.call::<_, ()>("each_word", ("good", &f)).unwrap();
}

/// A trap after a callback unwinds the plugin; what the closure did is done.
pub fn a_trap_after_a_callback_is_a_trap<S: Subject>() {
    let mut plugin = callbacks::<S, i32>(0);
    let f = |guest: &mut GuestOf<'_, S, i32>, x: i32| {
        *guest.state_mut() += x;
        x
    };
    let f = plugin.callback(f).unwrap();
    assert_eq!(expect::trap(plugin.call::<_, ()>("call_and_trap", (&f,))), TrapKind::Unreachable);
    assert_eq!(*plugin.state(), 1);
    assert!(plugin.is_poisoned());
}

/// A closure calls the plugin, with arguments and results in memory.
pub fn a_closure_calls_the_plugin<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let double = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x * 2).unwrap();
    // A closure that holds a callback, which lives as long as it does.
    let sum = move |guest: &mut GuestOf<'_, S>, x: i32| -> Result<i32> {
        let numbers: Vec<i32> = (0..=x).collect();
        let doubled: Vec<i32> = guest.call("map", (&numbers[..], &double))?;
        Ok(doubled.iter().sum())
    };
    let sum = plugin.callback(sum).unwrap();
    let sums: Vec<i32> = plugin.call("map", (&[1, 2, 3, 100][..], &sum)).unwrap();
    assert_eq!(sums, [2, 6, 12, 10100]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A closure allocates, and memory grows under the call in progress.
pub fn a_closure_allocates<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let grow = |guest: &mut GuestOf<'_, S>, x: i32| -> Result<i32> {
        let before = guest.context().memory_size()?;
        let block = guest.malloc(1_000_000)?;
        guest.context().fill(block, 1, 1_000_000)?;
        assert!(x > 1 || guest.context().memory_size()? > before);
        guest.free(block)?;
        Ok(x + 1)
    };
    let grow = plugin.callback(grow).unwrap();
    let numbers: Vec<i32> = plugin.call("map", (&[1, 2, 3][..], &grow)).unwrap();
    assert_eq!(numbers, [2, 3, 4]);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A closure keeps blocks that outlive the call.
pub fn a_closure_keeps_blocks<S: Subject>() {
    let mut plugin = callbacks::<S, Vec<GuestBlock>>(Vec::new());
    let keep = |guest: &mut GuestOf<'_, S, Vec<GuestBlock>>, word: String| -> Result<()> {
        let block = guest.keep(word.as_str())?;
        guest.state_mut().push(block);
        Ok(())
    };
    let keep = plugin.callback(keep).unwrap();
    plugin.call::<_, ()>("each_word", ("one two", &keep)).unwrap();
    let blocks = std::mem::take(plugin.state_mut());
    assert_eq!(plugin.heap_stats().live_blocks, 2);
    assert_eq!(blocks[0].read(&mut plugin).unwrap(), b"one");
    assert_eq!(blocks[1].read(&mut plugin).unwrap(), b"two");
    drop(blocks);
    plugin.call::<_, ()>("each_word", ("", &keep)).unwrap();
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A closure makes callbacks of its own and drops them, and their place is used again.
pub fn a_closure_makes_callbacks<S: Subject>() {
    let mut plugin = callbacks::<S, Vec<u32>>(Vec::new());
    let outer = |guest: &mut GuestOf<'_, S, Vec<u32>>, x: i32| -> Result<i32> {
        let inner =
            guest.callback(move |_: &mut GuestOf<'_, S, Vec<u32>>, a: i32, b: i32| (a + b) * x)?;
        guest.state_mut().push(inner.index());
        guest.call("apply", (&inner, 1, 2))
    };
    let outer = plugin.callback(outer).unwrap();
    let numbers: Vec<i32> = plugin.call("map", (&[1, 2, 3][..], &outer)).unwrap();
    assert_eq!(numbers, [3, 6, 9]);
    let indices = plugin.state();
    assert!(indices.iter().all(|&index| index == indices[0] && index != outer.index()));
}

/// A callback that is dropped while it runs comes to its end, and is gone when called again.
pub fn a_callback_dropped_while_it_runs_comes_to_its_end<S: Subject>() {
    let mut plugin = callbacks::<S, Option<Callback>>(None);
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let f = move |guest: &mut GuestOf<'_, S, Option<Callback>>| -> Result<()> {
        drop(guest.state_mut().take());
        // Whatever frees what was dropped, what this closure captured is still there.
        let block = guest.keep("text")?;
        guest.call::<_, i32>("maybe_apply", (None::<&Callback>, 1))?;
        assert_eq!(block.read(guest)?, b"text");
        counter.fetch_add(1, Relaxed);
        Ok(())
    };
    let f = plugin.callback(f).unwrap();
    let pointer = FuncPtr::<(), ()>::new(f.index());
    *plugin.state_mut() = Some(f);
    plugin.call::<_, ()>("call_times", (pointer, 1u32)).unwrap();
    assert_eq!((runs.load(Relaxed), Arc::strong_count(&runs)), (1, 1));
    assert_eq!(stale(plugin.call::<_, ()>("call_times", (pointer, 1u32))), pointer.index());
    assert_eq!(runs.load(Relaxed), 1);
}

/// A callback is gone from the moment on that it is dropped in, also if the plugin was running
/// then and goes on without anybody's help.
pub fn a_callback_dropped_in_a_call_is_gone_in_that_call<S: Subject>() {
    let mut plugin = callbacks::<S, Option<Callback>>(None);
    let f = |guest: &mut GuestOf<'_, S, Option<Callback>>, x: i32| {
        drop(guest.state_mut().take());
        x
    };
    let f = plugin.callback(f).unwrap();
    let g = |_: &mut GuestOf<'_, S, Option<Callback>>, x: i32| x;
    let g = plugin.callback(g).unwrap();
    let pointer = FuncPtr::<(i32,), i32>::new(g.index());
    *plugin.state_mut() = Some(g);
    let index = stale(plugin.call::<_, i32>("compose", (&f, pointer, 1)));
    assert_eq!(index, pointer.index());
    // And one that drops itself runs once.
    let mut plugin = callbacks::<S, (u32, Option<Callback>)>((0, None));
    let once = |guest: &mut GuestOf<'_, S, (u32, Option<Callback>)>| {
        guest.state_mut().0 += 1;
        guest.state_mut().1 = None;
    };
    let once = plugin.callback(once).unwrap();
    let pointer = FuncPtr::<(), ()>::new(once.index());
    plugin.state_mut().1 = Some(once);
    stale(plugin.call::<_, ()>("call_times", (pointer, 5u32)));
    assert_eq!(plugin.state().0, 1);
}

/// A callback that is removed is dropped at once, and stale like one that was dropped; another plugin
/// cannot remove it.
pub fn a_removed_callback_is_dropped_at_once<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let mut other = callbacks::<S, ()>(());
    let held = Arc::new(());
    let callback = |plugin: &mut PluginOf<S, ()>| {
        let held = Arc::clone(&held);
        let f = move |_: &mut GuestOf<'_, S>, _: i32| -> i32 { panic!("{held:?} ran") };
        plugin.callback(f).unwrap()
    };
    let f = callback(&mut plugin);
    let index = f.index();
    plugin.call::<_, ()>("set_handler", (&f,)).unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    f.remove(&mut plugin).unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(stale(plugin.call::<_, i32>("fire", (1,))), index);
    plugin.guest().clear_poison();

    let f = callback(&mut plugin);
    assert_eq!(stale(f.remove(&mut other)), index);
    assert_eq!(Arc::strong_count(&held), 2);
    plugin.guest().malloc(1).unwrap();
    assert_eq!(Arc::strong_count(&held), 1, "it was dropped all the same");
}

/// A callback that the plugin calls after it was dropped is an error that names it.
pub fn a_dropped_callback_is_stale<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, _: i32| -> i32 { panic!("it ran") };
    let f = plugin.callback(f).unwrap();
    let index = f.index();
    plugin.call::<_, ()>("set_handler", (&f,)).unwrap();
    drop(f);
    assert_eq!(stale(plugin.call::<_, i32>("fire", (1,))), index);
    assert!(plugin.is_poisoned(), "the plugin was unwound");
    plugin.guest().clear_poison();
    // Another function of another type does not take its place.
    let other = plugin.callback(|_: &mut GuestOf<'_, S>, _: f64| 1.0).unwrap();
    assert_ne!(other.index(), index);
    assert_eq!(stale(plugin.call::<_, i32>("fire", (1,))), index);
}

/// The place of a dropped callback is used again for the same signature, and for no other.
pub fn a_place_is_used_again_for_the_same_signature<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let first = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x).unwrap();
    let index = first.index();
    drop(first);
    let other = plugin.callback(|_: &mut GuestOf<'_, S>, _: i32| {}).unwrap();
    assert_ne!(other.index(), index, "another result");
    let other = plugin.callback(|_: &mut GuestOf<'_, S>, x: i64| x).unwrap();
    assert_ne!(other.index(), index, "another parameter");
    // `u32` and `i32` are one type to wasm.
    let again = plugin.callback(|_: &mut GuestOf<'_, S>, x: u32| x + 1).unwrap();
    assert_eq!(again.index(), index);
    assert_eq!(plugin.call::<_, u32>("index_of", (&again,)).unwrap(), index);
    assert_eq!(plugin.call::<_, i32>("maybe_apply", (&again, 1)).unwrap(), 2);
    let next = plugin.callback(|_: &mut GuestOf<'_, S>, x: i32| x).unwrap();
    assert_ne!(next.index(), index, "the place is taken");
}

/// What a closure captured is dropped when the plugin is next used after its callback was.
pub fn captured_values_are_dropped_at_the_next_use<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let value = Arc::new(());
    let capturing = |value: &Arc<()>| {
        let value = Arc::clone(value);
        move |_: &mut GuestOf<'_, S>, _: i32| Arc::strong_count(&value) as i32
    };
    let f = plugin.callback(capturing(&value)).unwrap();
    assert_eq!(plugin.call::<_, i32>("maybe_apply", (&f, 0)).unwrap(), 2);
    drop(f);
    assert_eq!(plugin.call::<_, i32>("fire", (0,)).unwrap(), -1);
    assert_eq!(Arc::strong_count(&value), 1, "a call");
    drop(plugin.callback(capturing(&value)).unwrap());
    let kept = plugin.callback(capturing(&value)).unwrap();
    assert_eq!(Arc::strong_count(&value), 2, "another callback");
    drop(kept);
    drop(plugin.keep("text").unwrap());
    assert_eq!(Arc::strong_count(&value), 1, "a kept block");
}

/// What closures captured is dropped with the plugin, and a callback may outlive that.
pub fn captured_values_are_dropped_with_the_plugin<S: Subject>() {
    let value = Arc::new(());
    let mut plugin = callbacks::<S, ()>(());
    let make = |plugin: &mut PluginOf<S>| {
        let value = Arc::clone(&value);
        plugin.callback(move |_: &mut GuestOf<'_, S>| drop(Arc::clone(&value))).unwrap()
    };
    let outlives = make(&mut plugin);
    let dropped = make(&mut plugin);
    drop(dropped);
    assert_eq!(Arc::strong_count(&value), 3);
    drop(plugin);
    assert_eq!(Arc::strong_count(&value), 1);
    drop(outlives);
}

/// A callback may be dropped on another thread.
pub fn a_callback_is_dropped_on_another_thread<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let value = Arc::new(());
    let captured = Arc::clone(&value);
    let f = plugin.callback(move |_: &mut GuestOf<'_, S>| drop(Arc::clone(&captured))).unwrap();
    std::thread::spawn(move || drop(f)).join().unwrap();
    plugin.call::<_, i32>("fire", (0,)).unwrap();
    assert_eq!(Arc::strong_count(&value), 1);
}

/// A closure that owns another callback takes it along when it is dropped.
pub fn a_closure_drops_the_callbacks_that_it_owns<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let value = Arc::new(());
    let captured = Arc::clone(&value);
    let inner = plugin.callback(move |_: &mut GuestOf<'_, S>| drop(Arc::clone(&captured))).unwrap();
    let outer = move |guest: &mut GuestOf<'_, S>, x: i32| -> Result<i32> {
        guest.call::<_, ()>("call_times", (&inner, 3u32))?;
        Ok(x)
    };
    let outer = plugin.callback(outer).unwrap();
    assert_eq!(plugin.call::<_, i32>("maybe_apply", (&outer, 4)).unwrap(), 4);
    assert_eq!(Arc::strong_count(&value), 2);
    drop(outer);
    // The first use drops the outer closure, the second what that one held.
    plugin.call::<_, i32>("fire", (0,)).unwrap();
    plugin.call::<_, i32>("fire", (0,)).unwrap();
    assert_eq!(Arc::strong_count(&value), 1);
}

/// A callback of another plugin is refused before anything runs, and nothing leaks.
pub fn a_callback_of_another_plugin_is_refused<S: Subject>() {
    let mut one = callbacks::<S, ()>(());
    let mut two = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, _: String| -> () { panic!("it ran") };
    let foreign = one.callback(f).unwrap();
    let own = two.callback(f).unwrap();
    assert_eq!(foreign.index(), own.index(), "the index alone would not tell");
    assert_eq!(stale(two.call::<_, ()>("each_word", ("a b", &foreign))), foreign.index());
    assert_eq!(stale(two.call::<_, ()>("each_word", ("a b", Some(&foreign)))), foreign.index());
    assert_eq!(stale(two.call::<_, ()>("each_word", (Owned("a b"), &foreign))), foreign.index());
    assert_eq!(two.heap_stats().live_blocks, 0);
    assert!(!two.is_poisoned());
    two.call::<_, ()>("each_word", ("", &own)).unwrap();
}

/// Without places for callbacks there are none, and the plugin works all the same.
pub fn a_limit_of_no_callbacks_allows_none<S: Subject>() {
    let mut plugin = callbacks_with::<S, ()>(&LoadOptions::new().callback_slots(0), ());
    let error = expect::table(plugin.callback(|_: &mut GuestOf<'_, S>| {}));
    assert!(
        matches!(error, TableError::Grow { size, by: 1, max: Some(max) }
        if max == u64::from(size)),
        "{error:?}"
    );
    assert_eq!(plugin.call::<_, i32>("hand_out", (1,)).unwrap(), 101);
}

/// Places are as many as the host allows, and a place that is free again can be used again.
pub fn places_are_as_many_as_the_limit<S: Subject>() {
    for slots in [1, 2, 5] {
        let mut plugin = callbacks_with::<S, ()>(&LoadOptions::new().callback_slots(slots), ());
        for _ in 0..3 {
            let make = |plugin: &mut PluginOf<S>, n: u32| {
                plugin.callback(move |_: &mut GuestOf<'_, S>, x: u32| x + n)
            };
            let all: Vec<Callback> = (0..slots).map(|n| make(&mut plugin, n).unwrap()).collect();
            let error = expect::table(make(&mut plugin, 9));
            assert!(matches!(error, TableError::Grow { by: 1, .. }), "{error:?}");
            for (n, f) in all.iter().enumerate() {
                assert_eq!(plugin.call::<_, u32>("maybe_apply", (f, 10)).unwrap(), 10 + n as u32);
            }
        }
        // The places are for that signature.
        expect::table(plugin.callback(|_: &mut GuestOf<'_, S>| {}));
    }
}

/// In an empty table there is as much room as in any, although its first place is NULL.
pub fn an_empty_table_has_places_too<S: Subject>() {
    let wat = r#"(module (memory (export "memory") 1) (table 0 0 funcref))"#;
    for slots in [1, 2] {
        let options = LoadOptions::new().callback_slots(slots);
        let loaded = try_load_with::<S, ()>(&wasm(wat), &options, (), |_| {});
        let mut plugin = loaded.expect("it loads");
        let make = |plugin: &mut PluginOf<S>| plugin.callback(|_: &mut GuestOf<'_, S>| {});
        let all: Vec<Callback> = (0..slots).map(|_| make(&mut plugin).unwrap()).collect();
        assert!(all.iter().all(|callback| callback.index() != 0));
        let error = expect::table(make(&mut plugin));
        assert!(matches!(error, TableError::Grow { by: 1, .. }), "{error:?}");
    }
}

/// A plugin without a function table calls no function pointers.
pub fn a_plugin_without_a_table_takes_no_callbacks<S: Subject>() {
    let mut plugin: PluginOf<S> = plugin::<S>(r#"(module (memory (export "memory") 1))"#);
    let error = expect::table(plugin.callback(|_: &mut GuestOf<'_, S>| {}));
    assert_eq!(error, TableError::Unbound);
}

/// A callback that the plugin calls as another C type is a trap, and the closure does not run.
pub fn a_callback_of_another_type_is_a_trap<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let f = |_: &mut GuestOf<'_, S>, _: i32| -> i32 { panic!("it ran") };
    let f = plugin.callback(f).unwrap();
    let kind = expect::trap(plugin.call::<_, ()>("call_as_action", (&f,)));
    assert_eq!(kind, TrapKind::IndirectCallTypeMismatch);
    plugin.guest().clear_poison();
    let kind = expect::trap(plugin.call::<_, f64>("call_as_f64", (&f,)));
    assert_eq!(kind, TrapKind::IndirectCallTypeMismatch);
    plugin.guest().clear_poison();
    // So is a function of the plugin's own.
    let kind = expect::trap(plugin.call::<_, ()>("call_wrong_type", ()));
    assert_eq!(kind, TrapKind::IndirectCallTypeMismatch);
}

/// Hundreds of callbacks are hundreds of functions.
pub fn two_hundred_callbacks_are_themselves<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let mut all: Vec<Callback> = (0..200)
        .map(|n| plugin.callback(move |_: &mut GuestOf<'_, S>, x: i32| x + n).unwrap())
        .collect();
    for round in 0..3 {
        for (n, f) in all.iter().enumerate() {
            assert_eq!(plugin.call::<_, i32>("maybe_apply", (f, 1000)).unwrap(), 1000 + n as i32);
        }
        // Every third is another one from now on, in some place that was free.
        for n in (round..200).step_by(3) {
            let f = move |_: &mut GuestOf<'_, S>, x: i32| x + n as i32;
            all[n] = plugin.callback(f).unwrap();
        }
    }
    let mut indices: Vec<u32> = all.iter().map(Callback::index).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), 200);
}

/// A handle that is resolved once takes any callback of its type.
pub fn a_handle_takes_any_callback<S: Subject>() {
    let mut plugin = callbacks::<S, ()>(());
    let apply = plugin.func::<(&Callback, i32, i32), i32>("apply").unwrap();
    for n in 0..10 {
        let f = plugin.callback(move |_: &mut GuestOf<'_, S>, a: i32, b: i32| a * n + b).unwrap();
        assert_eq!(apply.call(&mut plugin, (&f, 3, 4)).unwrap(), 3 * n + 4);
    }
}
