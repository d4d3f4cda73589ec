//! Plugins that have an allocator inside beside the host's.

use hostheap_core::module::{ModuleError, Situation};
use hostheap_core::plugin::Allocator;
use hostheap_core::{LoadOptions, OwnHeap};

use crate::expect;
use crate::rig::{PluginOf, try_load_with, wasm};
use crate::subject::Subject;

/// A plugin with an allocator that hands out what lies above the static data and grows the memory
/// when that is used up, as C libraries' do; and, beside it, the host's malloc.
const BOTH: &str = r#"(module
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (memory (export "memory") 2)
    (global (export "__heap_base") i32 (i32.const 4096))
    (global $next (mut i32) (i32.const 4096))
    (func $dlmalloc (export "own") (param $size i32) (result i32)
        (local $p i32)
        (local.set $p (global.get $next))
        (if (i32.gt_u (i32.add (local.get $p) (local.get $size)) (i32.const 131072))
            (then (return (i32.shl
                (memory.grow (i32.shr_u (i32.add (local.get $size) (i32.const 65535)) (i32.const 16)))
                (i32.const 16)))))
        (global.set $next (i32.add (local.get $p) (local.get $size)))
        (local.get $p))
    (func (export "hosts") (param i32) (result i32) (call $malloc (local.get 0)))
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "fill") (param i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2))))"#;

#[track_caller]
fn load<S: Subject>(wat: &str, own_heap: OwnHeap) -> PluginOf<S> {
    let options = LoadOptions::new().own_heap(own_heap);
    try_load_with::<S, ()>(&wasm(wat), &options, (), |_| {}).expect("a plugin")
}

/// Beside an allocator that takes only what it grew itself the host's heap stays above all that the
/// plugin declares, and neither gets the other's bytes, however they take turns in growing the memory.
pub fn the_hosts_heap_stays_above_the_plugins_own<S: Subject>() {
    let mut plugin = load::<S>(BOTH, OwnHeap::default());
    assert_eq!(plugin.info().census().situation(), Situation::TwoHeaps);
    assert_eq!(plugin.info().layout().heap_base, 4096);
    assert_eq!(plugin.heap().base(), 131072);
    let mut blocks = Vec::new();
    for round in 0..24_i32 {
        let name = if round % 3 == 0 { "hosts" } else { "own" };
        let size = 20_000;
        let p: i32 = plugin.call(name, (size,)).expect("memory");
        plugin.call::<_, ()>("fill", (p, round, size)).expect("within memory");
        blocks.push((p, size, round));
    }
    for (p, size, round) in blocks {
        for at in [p, p + size / 2, p + size - 1] {
            assert_eq!(plugin.call::<_, i32>("peek", (at,)).expect("within memory"), round);
        }
    }
    assert_eq!(plugin.heap_stats().live_blocks, 8);
}

/// An allocator that goes by the size of the memory takes what the host grew for its own. A plugin
/// that imports malloc beside it is refused, unless its host knows better.
pub fn a_second_heap_that_may_take_the_hosts_pages_is_refused<S: Subject>() {
    let greedy = BOTH.replace("(return (i32.shl", "(drop (memory.size)) (return (i32.shl");
    let engine = S::plugin_engine();
    let error = expect::module(engine.load(&wasm(&greedy)));
    assert!(matches!(error, ModuleError::OwnHeap { imports_malloc: true, .. }), "{error:?}");
    let plugin = load::<S>(&greedy, OwnHeap::Above);
    assert_eq!(plugin.heap().base(), 131072);
}

/// A plugin that keeps its malloc to itself.
const HIDDEN: &str = r#"(module
    (memory (export "memory") 2)
    (global (export "__heap_base") i32 (i32.const 4096))
    (global $next (mut i32) (i32.const 4096))
    (global $live (mut i32) (i32.const 0))
    (func $malloc (param $size i32) (result i32)
        (if (i32.gt_u (i32.add (global.get $next) (local.get $size))
                (i32.shl (memory.size) (i32.const 16)))
            (then (drop (memory.grow (i32.const 4)))))
        (global.set $live (i32.add (global.get $live) (i32.const 1)))
        (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))
        (i32.sub (global.get $next) (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))
    (func $free (param i32)
        (global.set $live (i32.sub (global.get $live) (i32.const 1))))
    (func (export "live") (result i32) (global.get $live))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "echo") (param $p i32) (param $n i32) (result i64) (local $q i32)
        (local.set $q (call $malloc (local.get $n)))
        (memory.copy (local.get $q) (local.get $p) (local.get $n))
        (i64.or (i64.shl (i64.extend_i32_u (local.get $q)) (i64.const 32))
            (i64.extend_i32_u (local.get $n)))))"#;

/// A malloc that is not exported but known by its name serves the host as well: there is only one
/// heap then.
pub fn a_hidden_malloc_that_has_a_name_serves_the_host<S: Subject>() {
    let mut plugin = load::<S>(HIDDEN, OwnHeap::default());
    assert_eq!(plugin.info().census().situation(), Situation::Hidden);
    assert!(matches!(plugin.allocator(), Allocator::Plugin { .. }), "{}", plugin.allocator());
    let text = "the plugin's own memory ".repeat(5000);
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, String>("echo", (&text,)).expect("echoed"), text);
    }
    assert_eq!(plugin.call::<_, i32>("live", ()).expect("live"), 0);
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// Without names there is no way to a hidden malloc, and no place for another heap beside one that
/// takes all there is: what needs none works, what needs it says why not.
pub fn a_hidden_malloc_without_a_name_leaves_the_host_no_heap<S: Subject>() {
    let nameless = HIDDEN.replace("$malloc", "$f").replace("$free", "$g");
    let mut plugin = load::<S>(&nameless, OwnHeap::default());
    assert_eq!(plugin.call::<_, i32>("add", (2, 3)).expect("numbers need no heap"), 5);
    let error = expect::module(plugin.call::<_, String>("echo", ("text",)));
    assert!(matches!(error, ModuleError::OwnHeap { imports_malloc: false, .. }), "{error:?}");
    assert!(!plugin.is_poisoned());
    assert_eq!(plugin.call::<_, i32>("add", (2, 3)).expect("still there"), 5);

    let mut plugin = load::<S>(&nameless, OwnHeap::Above);
    assert_eq!(plugin.heap().base(), 131072);
    let block = plugin.keep("at the host's risk").expect("memory");
    assert!(block.offset() >= 131072);
}

/// A host that wants to be alone refuses such a plugin, with what gave the other heap away.
pub fn an_own_heap_can_be_refused<S: Subject>() {
    let options = LoadOptions::new().own_heap(OwnHeap::Refuse);
    let engine = S::plugin_engine();
    let error = expect::module(engine.load_with(&wasm(BOTH), &options));
    let ModuleError::OwnHeap { found, imports_malloc: true } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(found, "function `dlmalloc` (a C library's malloc), which grows the memory");
    let hidden =
        BOTH.replace(r#"(import "env" "malloc" (func $malloc (param i32) (result i32)))"#, "");
    let hidden = hidden.replace("(call $malloc (local.get 0))", "(local.get 0)");
    let error = expect::module(engine.load_with(&wasm(&hidden), &options));
    assert!(matches!(error, ModuleError::OwnHeap { imports_malloc: false, .. }), "{error:?}");
    // Growing the memory for other reasons looks the same; a plugin without any of it passes.
    let plain = r#"(module
        (import "env" "malloc" (func (param i32) (result i32)))
        (memory (export "memory") 2)
        (global (export "__heap_base") i32 (i32.const 4096))
        (func (export "pages") (result i32) (memory.size)))"#;
    let module = engine.load_with(&wasm(plain), &options).expect("one heap");
    assert_eq!(module.heap_start(), 4096);
}

/// A host that knows better gives the heap all that lies above the static data.
pub fn an_own_heap_can_be_ignored<S: Subject>() {
    let mut plugin = load::<S>(BOTH, OwnHeap::Ignore);
    assert_eq!(plugin.heap().base(), 4096);
    let p: i32 = plugin.call("hosts", (64,)).expect("memory");
    assert!((4096..131072).contains(&p), "{p}");
}

/// A malloc that is exported but only passes on to the host's is the host's: no legacy plugin, and
/// no second heap.
pub fn an_exported_malloc_that_forwards_is_the_hosts<S: Subject>() {
    let forwards = r#"(module
        (import "env" "malloc" (func $host_malloc (param i32) (result i32)))
        (import "env" "free" (func $host_free (param i32)))
        (memory (export "memory") 2)
        (global (export "__heap_base") i32 (i32.const 4096))
        (func $malloc (export "malloc") (param i32) (result i32) (call $host_malloc (local.get 0)))
        (func $free (export "free") (param i32) (call $host_free (local.get 0))))"#;
    let mut plugin = load::<S>(forwards, OwnHeap::Refuse);
    assert_eq!(plugin.info().census().situation(), Situation::Host);
    assert!(plugin.info().census().exports.iter().all(|export| export.forwards));
    let p: i32 = plugin.call("malloc", (64,)).expect("memory");
    assert!(p >= 4096);
    assert_eq!(plugin.heap_stats().live_blocks, 1);
    plugin.call::<_, ()>("free", (p,)).expect("its own block");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}
