//! Plugins that bring their own malloc and export it, as plugins used to.

use std::ffi::CString;

use hostheap_core::convention::{GuestPtr, Owned};
use hostheap_core::error::{ConventionError, LinkError};
use hostheap_core::plugin::Allocator;
use hostheap_core::{Backend, Context, FuncType, Limits, LoadOptions, Plugin, Result, ValType};

use crate::rig::{GuestOf, PluginOf, load, plugin_with, try_load, try_load_with, wasm};
use crate::subject::Subject;
use crate::{expect, guests};

/// A plugin with malloc and free of its own.
pub(super) fn legacy<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("legacy"))
}

/// How many blocks the plugin's own allocator has given out.
#[track_caller]
pub(super) fn live<B: Backend>(plugin: &mut Plugin<B, ()>) -> u32 {
    plugin.call("live_blocks", ()).expect("the plugin is whole")
}

/// A plugin that exports malloc and free and imports neither lives on its own.
pub fn an_exported_malloc_is_used<S: Subject>() {
    let module = S::plugin_engine().load(&guests::wasm("legacy")).unwrap();
    let own = Allocator::Plugin { malloc: "malloc".into(), free: "free".into() };
    assert_eq!(*module.allocator(), own);
    let text = "the plugin's own heap, through its exports `malloc` and `free`";
    assert_eq!(module.allocator().to_string(), text);
    let mut plugin = legacy::<S>();
    assert_eq!(*plugin.allocator(), own);
    let block = plugin.guest().malloc(100).unwrap();
    assert_eq!(live(&mut plugin), 1);
    plugin.guest().free(block).unwrap();
    plugin.guest().free(0).unwrap();
    assert_eq!(live(&mut plugin), 0);
    assert_eq!(plugin.heap_stats().allocated, 0, "the host's heap has no part in it");
}

/// Every other plugin lives on the host's: one that imports malloc, whatever it exports, and one
/// whose exports are of other types.
pub fn everything_else_lives_on_the_hosts_heap<S: Subject>() {
    let modules = [
        ("imports", r#"(import "env" "malloc" (func (param i32) (result i32)))"#, "(param i32)"),
        ("imports free", r#"(import "env" "free" (func (param i32)))"#, "(param i32)"),
        ("free of another type", "", "(param i32 i32)"),
        ("free with a result", "", "(param i32) (result i32)"),
    ];
    for (what, import, free) in modules {
        let body = if free.contains("result") { "(i32.const 0)" } else { "" };
        let wat = format!(
            r#"(module {import}
                (memory (export "memory") 1)
                (func (export "malloc") (param i32) (result i32) (unreachable))
                (func (export "free") {free} {body}))"#
        );
        let mut plugin = load::<S>(&wasm(&wat));
        assert_eq!(*plugin.allocator(), Allocator::Host, "{what}");
        let block = plugin.guest().malloc(10).unwrap();
        plugin.guest().free(block).unwrap();
    }
    let only = r#"(module (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) (unreachable)))"#;
    assert_eq!(load::<S>(&wasm(only)).allocator().to_string(), "the host's heap");
    let ours = S::plugin_engine().load(&guests::wasm("greeter")).unwrap();
    assert_eq!(*ours.allocator(), Allocator::Host);
}

/// An allocator of other names is used if the host says so.
pub fn a_named_pair_is_used<S: Subject>() {
    let wasm = guests::wasm("legacy_named");
    let options = LoadOptions::new().plugin_allocator("plugin_alloc", "plugin_dealloc");
    let mut plugin = try_load_with::<S, ()>(&wasm, &options, (), |_| {}).unwrap();
    let text = "the plugin's own heap, through its exports `plugin_alloc` and `plugin_dealloc`";
    assert_eq!(plugin.allocator().to_string(), text);
    assert_eq!(plugin.call::<_, String>("greet", ("you",)).unwrap(), "Hello, you!");
    assert_eq!(live(&mut plugin), 0);
    assert_eq!(plugin.heap_stats().allocated, 0);
    let unnamed = S::plugin_engine().load(&wasm).unwrap();
    assert_eq!(*unnamed.allocator(), Allocator::Host);
}

/// A named export that is not there, or of another type, is an error at once.
pub fn a_named_pair_is_checked<S: Subject>() {
    let load = |malloc: &str, free: &str| {
        let options = LoadOptions::new().plugin_allocator(malloc, free);
        let module = S::plugin_engine().load_with(&guests::wasm("legacy_named"), &options);
        expect::link(module)
    };
    for (malloc, free) in [("plugin_allok", "plugin_dealloc"), ("plugin_alloc", "plugin_free")] {
        match load(malloc, free) {
            LinkError::MissingExport { name, kind: "function", .. } => {
                assert!(name == malloc || name == free, "{name}");
            }
            other => panic!("{other:?}"),
        }
    }
    // The two in each other's place.
    match load("plugin_dealloc", "plugin_alloc") {
        LinkError::ExportType { name, expected, found } => {
            assert_eq!(name, "plugin_dealloc");
            assert_eq!(expected, FuncType::new([ValType::I32], [ValType::I32]));
            assert_eq!(found, FuncType::new([ValType::I32], []));
        }
        other => panic!("{other:?}"),
    }
    match load("plugin_alloc", "plugin_alloc") {
        LinkError::ExportType { name, .. } => assert_eq!(name, "plugin_alloc"),
        other => panic!("{other:?}"),
    }
    match load("memory", "plugin_dealloc") {
        LinkError::ExportKind { name, expected: "function", .. } => assert_eq!(name, "memory"),
        other => panic!("{other:?}"),
    }
}

/// Text and bytes go in and come out, and leave nothing behind.
pub fn text_goes_through_a_plugins_own_heap<S: Subject>() {
    let mut plugin = legacy::<S>();
    for name in ["", "World", "Ωmega", &"x".repeat(100_000)] {
        let greeting: String = plugin.call("greet", (name,)).unwrap();
        assert_eq!(greeting, format!("Hello, {name}!"));
        assert_eq!(live(&mut plugin), 0);
    }
    assert_eq!(plugin.call::<_, String>("reverse", ("abc",)).unwrap(), "cba");
    assert_eq!(plugin.call::<_, Vec<u8>>("reverse", (&[1u8, 0, 255],)).unwrap(), [255, 0, 1]);
    assert!(plugin.call::<_, Vec<u8>>("reverse", (&[0u8; 0],)).unwrap().is_empty());
    let text: CString = plugin.call("copy_c_text", (c"in C",)).unwrap();
    assert_eq!(text.as_ref(), c"in C");
    assert_eq!(live(&mut plugin), 0);
}

/// Slices are passed, changed and copied back.
pub fn slices_go_through_a_plugins_own_heap<S: Subject>() {
    let mut plugin = legacy::<S>();
    let numbers: Vec<i32> = (-500..=1000).collect();
    let sum: i64 = numbers.iter().copied().map(i64::from).sum();
    assert_eq!(plugin.call::<_, i64>("sum_i32", (&numbers,)).unwrap(), sum);
    assert_eq!(plugin.call::<_, i64>("sum_i32", (&numbers[..0],)).unwrap(), 0);
    let mut text = *b"upper Case";
    plugin.call::<_, ()>("upper", (&mut text,)).unwrap();
    assert_eq!(&text, b"UPPER CASE");
    assert_eq!(live(&mut plugin), 0);
}

/// What may be `NULL` is nothing, and no block is made of it.
pub fn null_is_nothing_for_a_plugins_own_heap<S: Subject>() {
    let mut plugin = legacy::<S>();
    assert_eq!(plugin.call::<_, Option<String>>("maybe_text", (0u32,)).unwrap(), None);
    let some: Option<String> = plugin.call("maybe_text", (3u32,)).unwrap();
    assert_eq!(some.as_deref(), Some("xxx"));
    assert_eq!(plugin.call::<_, i64>("sum_i32", (None::<&[i32]>,)).unwrap(), 0);
    assert_eq!(live(&mut plugin), 0);
}

/// An owned block comes from the plugin's malloc, and the plugin frees it.
pub fn a_plugin_with_its_own_heap_owns_arguments<S: Subject>() {
    let mut plugin = legacy::<S>();
    assert_eq!(plugin.call::<_, u32>("consume", (Owned("12345"),)).unwrap(), 5);
    assert_eq!(live(&mut plugin), 0);
    assert_eq!(plugin.call::<_, String>("return_borrowed", (Owned("back"),)).unwrap(), "back");
    assert_eq!(live(&mut plugin), 0, "a result that is no argument is the host's to free");
}

/// Blocks can be kept there too, and are freed when the plugin is next used.
pub fn blocks_are_kept_in_a_plugins_own_heap<S: Subject>() {
    let mut plugin = legacy::<S>();
    let blocks: Vec<_> = (0..100i32).map(|i| plugin.keep(&[i, i]).unwrap()).collect();
    assert_eq!(live(&mut plugin), 100);
    let ptr = GuestPtr::<i32>::new(blocks[42].offset());
    assert_eq!(plugin.guest().read(ptr).unwrap(), 42);
    assert_eq!(blocks[7].read(&mut plugin).unwrap().len(), 8);
    let text = plugin.keep(c"kept").unwrap();
    for _ in 0..2 {
        let copy: CString = plugin.call("copy_c_text", (&text,)).unwrap();
        assert_eq!(copy.as_ref(), c"kept");
    }
    text.free(&mut plugin).unwrap();
    drop(blocks);
    assert_eq!(live(&mut plugin), 0);

    let block = plugin.keep("given").unwrap();
    let offset = block.give(&mut plugin).unwrap();
    assert_eq!(live(&mut plugin), 1);
    plugin.guest().free(offset).unwrap();
    assert_eq!(live(&mut plugin), 0);
    let foreign = legacy::<S>().keep("foreign").unwrap();
    let error = expect::convention(foreign.read(&mut plugin));
    assert_eq!(error, ConventionError::Stale { offset: foreign.offset() });
}

/// Static data and borrowed arguments are copied, and the plugin's free never sees them.
pub fn only_what_is_the_hosts_goes_to_a_plugins_own_free<S: Subject>() {
    // Its free traps at anything that is no live block.
    let mut plugin = legacy::<S>();
    for _ in 0..3 {
        assert_eq!(plugin.call::<_, String>("static_text", ()).unwrap(), "static");
        assert_eq!(plugin.call::<_, String>("return_borrowed", ("mine",)).unwrap(), "mine");
        assert_eq!(plugin.call::<_, String>("return_borrowed", ("",)).unwrap(), "");
    }
    assert_eq!(live(&mut plugin), 0);
    let error = expect::convention(plugin.call::<_, String>("wild_text", ()));
    assert_eq!(error, ConventionError::ResultNotInBlock { offset: 0xffff_fff0, len: 32 });
    assert!(!plugin.is_poisoned());
    assert_eq!(live(&mut plugin), 0);
}

/// A result that is no good is freed all the same.
pub fn a_bad_result_is_freed_by_a_plugins_own_free<S: Subject>() {
    let wasm = guests::wasm("legacy");
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        linker.limits(Limits::new().max_transfer(10));
    });
    let mut plugin = plugin.unwrap();
    let error = expect::convention(plugin.call::<_, Option<String>>("maybe_text", (11u32,)));
    assert_eq!(error, ConventionError::TooLong { len: 11, max: 10 });
    // Reversed it is no UTF-8.
    let error = expect::convention(plugin.call::<_, String>("reverse", ("ö",)));
    assert!(matches!(error, ConventionError::NotUtf8 { valid_up_to: 0, .. }), "{error:?}");
    assert_eq!(live(&mut plugin), 0);
}

/// The plugin's own growth is all that grows its memory; the host's views follow.
pub fn a_plugins_own_heap_grows_its_memory<S: Subject>() {
    let mut plugin = legacy::<S>();
    let before: u32 = plugin.call("memory_pages", ()).unwrap();
    let text = "x".repeat(5 << 20);
    let reversed: String = plugin.call("reverse", (&text,)).unwrap();
    assert_eq!(reversed, text);
    let after: u32 = plugin.call("memory_pages", ()).unwrap();
    assert!(after >= before + 160, "{before} {after}");
    let size = plugin.guest().context().memory_size().unwrap();
    assert_eq!(size, u64::from(after) << 16);
    assert_eq!(live(&mut plugin), 0);
}

/// The calls of its malloc and free are made for a call, and count no level of their own.
pub fn a_plugins_own_malloc_is_no_call_more_in_progress<S: Subject>() {
    let wasm = guests::wasm("legacy");
    let plugin = try_load::<S, ()>(&wasm, (), |linker| {
        linker.limits(Limits::new().max_depth(1));
    });
    let mut plugin = plugin.unwrap();
    let some: Option<String> = plugin.call("maybe_text", (3u32,)).unwrap();
    assert_eq!(some.as_deref(), Some("xxx"));
    assert_eq!(plugin.call::<_, String>("greet", ("you",)).unwrap(), "Hello, you!");
    assert_eq!(live(&mut plugin), 0);
}

/// Hands the host a block of its own, of which it never has two, and takes one back; `nest` is
/// called by malloc.
const HOSTED: &str = r#"(module
    (import "host" "adopt" (func $adopt (param i32 i32)))
    (import "host" "text" (func $text (result i64)))
    (import "host" "nest" (func $nest))
    (memory (export "memory") 1)
    (global $live (mut i32) (i32.const 0))
    (global $nests (mut i32) (i32.const 0))
    (data (i32.const 1024) "mine")
    (func $malloc (export "malloc") (param i32) (result i32)
        (if (global.get $nests) (then (call $nest)))
        (if (global.get $live) (then (unreachable)))
        (global.set $live (local.get 0))
        (i32.const 4096))
    (func $free (export "free") (param i32)
        (if (i32.ne (local.get 0) (i32.const 4096)) (then (unreachable)))
        (if (i32.eqz (global.get $live)) (then (unreachable)))
        (global.set $live (i32.const 0)))
    (func (export "live") (result i32) (global.get $live))
    (func (export "set_nests") (param i32) (global.set $nests (local.get 0)))
    (func (export "give")
        (memory.copy (call $malloc (i32.const 4)) (i32.const 1024) (i32.const 4))
        (call $adopt (i32.const 4096) (i32.const 4)))
    (func (export "get") (result i64) (call $text))
    (func (export "take") (param i32 i32) (result i32) (local.get 1)))"#;

fn hosted<S: Subject>() -> PluginOf<S, Vec<String>> {
    plugin_with::<S, Vec<String>>(HOSTED, Vec::new(), |linker| {
        let adopt = |guest: &mut GuestOf<'_, S, Vec<String>>, text: Owned<String>| -> Result<()> {
            assert_eq!(guest.call::<_, u32>("live", ())?, 0, "it is freed");
            guest.state_mut().push(text.0);
            Ok(())
        };
        let text = |_: &mut GuestOf<'_, S, Vec<String>>| "the host's";
        let nest = |guest: &mut GuestOf<'_, S, Vec<String>>| -> Result<()> {
            guest.state_mut().push("nested".into());
            guest.call::<_, u32>("take", ("text",)).map(drop)
        };
        linker.func("host", "adopt", adopt).unwrap();
        linker.func("host", "text", text).unwrap();
        linker.func("host", "nest", nest).unwrap();
    })
}

/// Host functions take and give blocks of the plugin's own heap.
pub fn host_functions_use_a_plugins_own_heap<S: Subject>() {
    let mut plugin = hosted::<S>();
    for _ in 0..3 {
        plugin.call::<_, ()>("give", ()).unwrap();
        assert_eq!(plugin.call::<_, String>("get", ()).unwrap(), "the host's");
        assert_eq!(plugin.call::<_, u32>("take", ("four",)).unwrap(), 4);
        assert_eq!(plugin.call::<_, u32>("live", ()).unwrap(), 0);
    }
    assert_eq!(plugin.state(), &["mine", "mine", "mine"]);
    assert_eq!(plugin.heap_stats().allocated, 0);
}

/// A malloc that has the host call the plugin again, and so on, ends at the limit of depth.
pub fn a_plugins_own_malloc_that_recurses_ends_at_the_limit<S: Subject>() {
    let mut plugin = hosted::<S>();
    plugin.call::<_, ()>("set_nests", (1u32,)).unwrap();
    let error = expect::convention(plugin.call::<_, u32>("take", ("text",)));
    assert_eq!(error, ConventionError::TooDeep { max: 64 });
    assert!((30..=65).contains(&plugin.state().len()), "{}", plugin.state().len());
    assert!(plugin.is_poisoned());
}
