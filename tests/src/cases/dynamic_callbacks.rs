//! Closures in a plugin's function table by prototypes that are known at run time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hostheap_core::convention::ConventionError;
use hostheap_core::convention::dynamic::{Answer, Argument, HostCall, Number, Taken};
use hostheap_core::{Limits, Result, TrapKind};

use crate::dynamic::{array, call, number, prototype};
use crate::rig::{B, GuestOf, PluginOf, try_load};
use crate::subject::Subject;
use crate::{expect, guests};

type Call<'c, 'g, S> = HostCall<'c, 'g, B<S>, ()>;

/// The deepest calls: unoptimised, a level takes more of a runtime's stack than a host function should.
const DEEPEST: u32 = 16;

fn load<S: Subject>() -> PluginOf<S> {
    let plugin = try_load::<S, ()>(&guests::wasm("callbacks"), (), |linker| {
        linker.limits(Limits::new().max_depth(DEEPEST));
        let call_me = |_: &mut GuestOf<'_, S>, _: u32, x: i32| x;
        linker.func("host", "call_me", call_me).expect("nothing has this name");
        let poke = |_: &mut GuestOf<'_, S>| {};
        linker.func("host", "poke", poke).expect("nothing has this name");
    });
    plugin.expect("the plugin loads")
}

fn integer<S: Subject>(host: &mut Call<'_, '_, S>, index: usize) -> Result<i32> {
    match host.take(index, 0)? {
        Taken::Number(Number::I32(x)) => Ok(x),
        other => panic!("{other:?}"),
    }
}

/// The plugin sorts by a closure of the host's.
pub fn a_callback_is_called<S: Subject>() {
    let mut plugin = load::<S>();
    let descending = plugin
        .dyn_callback(&prototype("(i32, i32) -> i32"), |host| {
            let (a, b) = (integer::<S>(host, 0)?, integer::<S>(host, 1)?);
            host.give(number(b.wrapping_sub(a)))
        })
        .unwrap();
    let mut bytes: Vec<u8> = bytemuck::cast_slice(&[1i32, 3, 2]).into();
    let mut arguments =
        [Argument::ArrayMut { bytes: &mut bytes, count: 3 }, Argument::Callback(&descending)];
    call(&mut plugin, "sort", "(mut slice<i32>, func)", &mut arguments, 0).unwrap();
    assert_eq!(bytemuck::cast_slice::<i32, u8>(&[3, 2, 1]), bytes);
}

/// Text in, text out, types without a fast way, and none at all.
pub fn callbacks_of_every_type_are_called<S: Subject>() {
    let mut plugin = load::<S>();
    let words = Arc::new(AtomicU32::new(0));
    let count = words.clone();
    let each = plugin
        .dyn_callback(&prototype("(str)"), move |host| {
            let Taken::Text(word) = host.take(0, 0)? else { panic!("no text") };
            count.fetch_add(word.len() as u32, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
    let mut arguments = [Argument::Str("three small words"), Argument::Callback(&each)];
    call(&mut plugin, "each_word", "(str, func)", &mut arguments, 0).unwrap();
    assert_eq!(words.load(Ordering::Relaxed), 15);

    let mixed = plugin
        .dyn_callback(&prototype("(i8, u16, i64, f32, bool) -> i64"), |host| {
            let all: Result<Vec<_>> = (0..5).map(|index| host.take(index, 0)).collect();
            let expected = [
                Number::I32(-1),
                Number::U32(65535),
                Number::I64(-2),
                Number::F32(0.5),
                Number::Bool(true),
            ];
            assert_eq!(all?, expected.map(Taken::Number));
            host.give(number(i64::MIN))
        })
        .unwrap();
    let mut arguments = [Argument::Callback(&mixed)];
    let answer = call(&mut plugin, "call_mixed", "(func) -> i64", &mut arguments, 0).unwrap();
    assert_eq!(answer, Answer::Number(Number::I64(i64::MIN)));

    let square = plugin
        .dyn_callback(&prototype("(f64) -> f64"), |host| {
            let Taken::Number(Number::F64(x)) = host.take(0, 0)? else { panic!("no number") };
            host.give(number(x * x))
        })
        .unwrap();
    let mut arguments = [Argument::Callback(&square), number(0.0), number(2.0), number(1)];
    let text = "(func, f64, f64, u32) -> f64";
    let answer = call(&mut plugin, "integrate", text, &mut arguments, 0).unwrap();
    assert_eq!(answer, Answer::Number(Number::F64(2.0)));

    let mut arguments = [Argument::Null, number(1)];
    let text = "(option<func>, i32) -> i32";
    let answer = call(&mut plugin, "maybe_apply", text, &mut arguments, 0).unwrap();
    assert_eq!(answer, Answer::Number(Number::I32(-1)));
}

/// A place in the table is used again for closures of the same type, by prototype or not.
pub fn a_place_is_used_again_for_the_same_type<S: Subject>() {
    let mut plugin = load::<S>();
    let index = |plugin: &mut PluginOf<S>, text: &str| {
        plugin.dyn_callback(&prototype(text), |_| Ok(())).unwrap().index()
    };
    let first = index(&mut plugin, "(i32)");
    assert_eq!(index(&mut plugin, "(u32)"), first, "one type in wasm");
    assert_ne!(index(&mut plugin, "(i32) -> i32"), first);
    let of_static = plugin.callback(|_: &mut GuestOf<'_, S>, _: i32| {}).unwrap();
    assert_eq!(of_static.index(), first);
    drop(of_static);
    // The same where the runtime's calls of any type are used.
    let uncommon = index(&mut plugin, "(f32, i64) -> f32");
    assert_eq!(index(&mut plugin, "(f32, i64) -> f32"), uncommon);
    assert_ne!(index(&mut plugin, "(f32, i64) -> f64"), uncommon);
}

/// A callback of another type than the plugin calls it as traps.
pub fn a_callback_of_another_type_traps<S: Subject>() {
    for text in ["(i32)", "(f32, f32) -> f32"] {
        let mut plugin = load::<S>();
        let callback = plugin.dyn_callback(&prototype(text), |_| Ok(())).unwrap();
        let mut arguments = [Argument::Callback(&callback)];
        let result = call(&mut plugin, "call_as_action", "(func)", &mut arguments, 0);
        assert_eq!(expect::trap(result), TrapKind::IndirectCallTypeMismatch);
    }
}

/// A pointer that the plugin kept is stale once the guard is gone: one error for both ways.
pub fn a_kept_callback_is_stale_once_dropped<S: Subject>() {
    const WAT: &str = r#"(module
        (memory (export "memory") 1)
        (table (export "__indirect_function_table") 1 funcref)
        (type $f (func (param f32) (result f64)))
        (global $kept (mut i32) (i32.const 0))
        (func (export "keep") (param i32) (global.set $kept (local.get 0)))
        (func (export "fire") (result f64)
            (call_indirect (type $f) (f32.const 2) (global.get $kept))))"#;
    let mut plugin = crate::rig::plugin::<S>(WAT);
    let callback = plugin
        .dyn_callback(&prototype("(f32) -> f64"), |host| {
            let Taken::Number(Number::F32(x)) = host.take(0, 0)? else { panic!("no number") };
            host.give(number(f64::from(x) * 2.0))
        })
        .unwrap();
    let index = callback.index();
    call(&mut plugin, "keep", "(func)", &mut [Argument::Callback(&callback)], 0).unwrap();
    let answer = call(&mut plugin, "fire", "() -> f64", &mut [], 0).unwrap();
    assert_eq!(answer, Answer::Number(4.0.into()));
    drop(callback);
    let result = call(&mut plugin, "fire", "() -> f64", &mut [], 0);
    assert_eq!(expect::convention(result), ConventionError::StaleCallback { index });
}

/// A host function gives a callback and a kept block to the plugin.
pub fn handles_are_given_to_the_plugin<S: Subject>() {
    const WAT: &str = r#"(module
        (import "host" "handler" (func $handler (result i32)))
        (import "host" "block" (func $block (result i32)))
        (memory (export "memory") 1)
        (table (export "__indirect_function_table") 1 funcref)
        (type $f (func (param i32) (result i32)))
        (func (export "fire") (param i32) (result i32)
            (call_indirect (type $f) (local.get 0) (call $handler)))
        (func (export "first") (result i32) (i32.load8_u (call $block))))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(WAT, (), |linker| {
        linker
            .dyn_func("host", "handler", &prototype("() -> func"), |host| {
                let twice = prototype("(i32) -> i32");
                let callback = host.guest().dyn_callback(&twice, |host| {
                    let x = integer::<S>(host, 0)?;
                    host.give(number(x * 2))
                })?;
                host.give(Argument::Callback(&callback))?;
                // It lives for as long as the guard, which nobody else has.
                std::mem::forget(callback);
                Ok(())
            })
            .expect("nothing has this name");
        linker
            .dyn_func("host", "block", &prototype("() -> ptr"), |host| {
                let block = host.guest().keep("kept")?;
                host.give(Argument::Block(&block))?;
                std::mem::forget(block);
                Ok(())
            })
            .expect("nothing has this name");
    });
    let answer = call(&mut plugin, "fire", "(i32) -> i32", &mut [number(21)], 0).unwrap();
    assert_eq!(answer, Answer::Number(42.into()));
    let answer = call(&mut plugin, "first", "() -> u8", &mut [], 0).unwrap();
    assert_eq!(answer, Answer::Number(u32::from(b'k').into()));
}

/// Each call within a call has its own arguments, down to the host's limit.
pub fn callbacks_recurse_down_to_the_limit<S: Subject>() {
    let mut plugin = load::<S>();
    let (deepest, index) = (Arc::new(AtomicU32::new(u32::MAX)), Arc::new(AtomicU32::new(0)));
    let (seen, itself) = (deepest.clone(), index.clone());
    let dive = plugin
        .dyn_callback(&prototype("(u32)"), move |host| {
            let Taken::Number(Number::U32(n)) = host.take(0, 0)? else { panic!("no number") };
            seen.fetch_min(n, Ordering::Relaxed);
            let guest = host.guest();
            let again = guest.dyn_func("map", &prototype("(slice<i32>, func) -> vec<i32>"))?;
            let none = again.call(guest, &mut [array::<i32>(&[]), Argument::Function(0)], 0)?;
            assert_eq!(none, Answer::Bytes(vec![]));
            let dive = guest.dyn_func("dive", &prototype("(func, u32)"))?;
            let itself = Argument::Function(itself.load(Ordering::Relaxed));
            dive.call(guest, &mut [itself, number(n)], 0)?;
            Ok(())
        })
        .unwrap();
    index.store(dive.index(), Ordering::Relaxed);
    let mut arguments = [Argument::Callback(&dive), number(10)];
    call(&mut plugin, "dive", "(func, u32)", &mut arguments, 0).unwrap();
    assert_eq!(deepest.load(Ordering::Relaxed), 0);
    let mut arguments = [Argument::Callback(&dive), number(1000)];
    let result = call(&mut plugin, "dive", "(func, u32)", &mut arguments, 0);
    assert_eq!(expect::convention(result), ConventionError::TooDeep { max: DEEPEST });
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}
