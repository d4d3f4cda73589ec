//! Host functions that speak the convention: what plugins pass them and what they give back.

use std::borrow::Cow;

use hostheap_core::convention::{GuestBytes, GuestStr};
use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Limits, Result};

use crate::expect;
use crate::rig::{GuestOf, plugin_with};
use crate::subject::Subject;

/// Passes any range to the host.
const TAKES: &str = r#"(module
    (import "host" "take" (func $take (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "text\ff\00end")
    (func (export "give") (param i32 i32) (result i32)
        (call $take (local.get 0) (local.get 1))))"#;

/// A host function gets text and bytes by value.
pub fn text_and_bytes_are_copied_for_a_host_function<S: Subject>() {
    let mut plugin = plugin_with::<S, Vec<String>>(TAKES, Vec::new(), |linker| {
        let take = |guest: &mut GuestOf<'_, S, Vec<String>>, text: String| {
            guest.state_mut().push(text);
            guest.state().len() as u32
        };
        linker.func("host", "take", take).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("give", (16u32, 4u32)).unwrap(), 1);
    assert_eq!(plugin.call::<_, u32>("give", (22u32, 3u32)).unwrap(), 2);
    assert_eq!(plugin.call::<_, u32>("give", (0u32, 0u32)).unwrap(), 3);
    assert_eq!(plugin.guest().state(), &["text", "end", ""]);

    let mut plugin = plugin_with::<S, Vec<u8>>(TAKES, Vec::new(), |linker| {
        let take = |guest: &mut GuestOf<'_, S, Vec<u8>>, bytes: Vec<u8>| {
            *guest.state_mut() = bytes;
            0u32
        };
        linker.func("host", "take", take).unwrap();
    });
    plugin.call::<_, u32>("give", (18u32, 4u32)).unwrap();
    assert_eq!(plugin.guest().state(), b"xt\xff\0");
}

/// A host function may read text and bytes in place, and the range stays checked.
pub fn text_and_bytes_are_read_in_place<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TAKES, (), |linker| {
        let take = |guest: &mut GuestOf<'_, S>, text: GuestStr| -> Result<u32> {
            assert_eq!(text.read(guest.context())?, "text");
            assert_eq!((text.bytes().offset(), text.bytes().len()), (16, 4));
            assert!(!text.bytes().is_empty());
            guest.context().write(16, b"T")?;
            assert_eq!(text.read(guest.context())?, "Text");
            guest.context().write(16, &[0xff])?;
            let error = expect::convention(text.read(guest.context()));
            assert!(matches!(error, ConventionError::NotUtf8 { valid_up_to: 0, .. }));
            Ok(1)
        };
        linker.func("host", "take", take).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("give", (16u32, 4u32)).unwrap(), 1);
    let mut plugin = plugin_with::<S, ()>(TAKES, (), |linker| {
        let take = |guest: &mut GuestOf<'_, S>, bytes: GuestBytes| -> Result<u32> {
            // Growth may move memory; the range is still the same bytes.
            guest.context().grow(1)?;
            Ok(bytes.read(guest.context())?.iter().map(|byte| u32::from(*byte)).sum())
        };
        linker.func("host", "take", take).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("give", (20u32, 2u32)).unwrap(), 255);
}

/// A wild pointer stops the guest before the host function runs.
pub fn a_wild_pointer_never_reaches_a_host_function<S: Subject>() {
    let ranges = [(65536, 1), (65535, 2), (u32::MAX, 1), (1, u32::MAX >> 8), (65537, 0)];
    for (offset, len) in ranges {
        let mut plugin = plugin_with::<S, ()>(TAKES, (), |linker| {
            let take = |_: &mut GuestOf<'_, S>, _: Vec<u8>| -> u32 { panic!("it ran") };
            linker.func("host", "take", take).unwrap();
        });
        let error = expect::out_of_bounds(plugin.call::<_, u32>("give", (offset, len)));
        assert_eq!((error.offset, error.len), (offset.into(), len.into()));
        assert!(plugin.guest().is_poisoned());
    }
}

/// Text that is not UTF-8 stops the guest before the host function runs.
pub fn bad_text_never_reaches_a_host_function<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TAKES, (), |linker| {
        let take = |_: &mut GuestOf<'_, S>, _: String| -> u32 { panic!("it ran") };
        linker.func("host", "take", take).unwrap();
    });
    let error = expect::convention(plugin.call::<_, u32>("give", (16u32, 6u32)));
    assert_eq!(error, ConventionError::NotUtf8 { offset: 16, len: 6, valid_up_to: 4 });
}

/// The host's limit on length holds for what a plugin passes, up to the limit itself.
pub fn the_limit_on_length_holds_for_host_functions<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(TAKES, (), |linker| {
        linker.limits(Limits::new().max_transfer(10));
        let take = |_: &mut GuestOf<'_, S>, bytes: Vec<u8>| bytes.len() as u32;
        linker.func("host", "take", take).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("give", (0u32, 10u32)).unwrap(), 10);
    let error = expect::convention(plugin.call::<_, u32>("give", (0u32, 11u32)));
    assert_eq!(error, ConventionError::TooLong { len: 11, max: 10 });
}

/// Copies what the host returns in each shape to offset 1024, frees it, and returns its length.
const SHAPES: &str = r#"(module
    (import "env" "free" (func $free (param i32)))
    (import "host" "packed" (func $packed (param i32) (result i64)))
    (import "host" "pair" (func $pair (param i32) (result i32 i32)))
    (import "host" "struct" (func $struct (param i32 i32)))
    (memory (export "memory") 2)
    (func $keep (param i32 i32) (result i32)
        (memory.copy (i32.const 1024) (local.get 0) (local.get 1))
        (call $free (local.get 0))
        (local.get 1))
    (func (export "packed") (param i32) (result i32) (local i64)
        (local.set 1 (call $packed (local.get 0)))
        (call $keep
            (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 32)))
            (i32.wrap_i64 (local.get 1))))
    (func (export "pair") (param i32) (result i32) (call $keep (call $pair (local.get 0))))
    (func (export "struct") (param i32) (result i32)
        (call $struct (i32.const 512) (local.get 0))
        (call $keep (i32.load (i32.const 512)) (i32.load (i32.const 516))))
    (func (export "wild") (param i32) (call $struct (local.get 0) (i32.const 1))))"#;

macro_rules! in_each_shape {
    ($S:ty, $f:expr, $expected:expr) => {{
        let mut plugin = plugin_with::<$S, ()>(SHAPES, (), |linker| {
            for shape in ["packed", "pair", "struct"] {
                linker.func("host", shape, $f).unwrap();
            }
        });
        for shape in ["packed", "pair", "struct"] {
            let len: u32 = plugin.call(shape, (3u32,)).unwrap();
            let bytes = plugin.guest().context().bytes(1024, len).unwrap().to_vec();
            assert_eq!(bytes, $expected, "{shape}");
            assert_eq!(plugin.heap_stats().live_blocks, 0, "the plugin freed it");
        }
    }};
}

/// Every type of text and bytes is returned in each of the three shapes.
pub fn a_host_function_returns_text_in_each_shape<S: Subject>() {
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, n: u32| "ab".repeat(n as usize), b"ababab");
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, n: u32| vec![7u8; n as usize], [7; 3]);
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, _: u32| "static", b"static");
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, _: u32| b"bytes".as_slice(), b"bytes");
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, _: u32| Cow::Borrowed("cow"), b"cow");
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, _: u32| Ok::<_, String>(String::new()), b"");
}

/// An empty text is a block too, which the plugin frees like any other.
pub fn an_empty_text_is_a_block_of_its_own<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(SHAPES, (), |linker| {
        for shape in ["packed", "pair", "struct"] {
            linker.func("host", shape, |_: &mut GuestOf<'_, S>, _: u32| "").unwrap();
        }
    });
    assert_eq!(plugin.call::<_, u32>("packed", (0u32,)).unwrap(), 0);
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.freed), (1, 1));
}

/// A large text grows the plugin's memory on its way in.
pub fn a_large_text_of_a_host_function_grows_memory<S: Subject>() {
    in_each_shape!(S, |_: &mut GuestOf<'_, S>, _: u32| vec![5u8; 100_000], vec![5u8; 100_000]);
}

/// A wild struct-return pointer stops the guest before the host function runs.
pub fn a_wild_struct_return_pointer_never_reaches_a_host_function<S: Subject>() {
    for out in [131_072u32, 131_065, u32::MAX, u32::MAX - 7] {
        let mut plugin = plugin_with::<S, ()>(SHAPES, (), |linker| {
            for shape in ["packed", "pair", "struct"] {
                let f = |_: &mut GuestOf<'_, S>, _: u32| -> String { panic!("it ran") };
                linker.func("host", shape, f).unwrap();
            }
        });
        let error = expect::out_of_bounds(plugin.call::<_, ()>("wild", (out,)));
        assert_eq!((error.offset, error.len), (out.into(), 8));
        assert_eq!(plugin.heap_stats().allocated, 0);
    }
}

/// A text that does not fit the plugin's memory is the host's error, not a NULL.
pub fn a_text_that_does_not_fit_is_an_error<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(SHAPES, (), |linker| {
        linker.limits(Limits::new().max_heap_bytes(1000));
        for shape in ["packed", "pair", "struct"] {
            let f = |_: &mut GuestOf<'_, S>, n: u32| vec![0u8; n as usize];
            linker.func("host", shape, f).unwrap();
        }
    });
    assert_eq!(plugin.call::<_, u32>("pair", (900u32,)).unwrap(), 900);
    expect::alloc(plugin.call::<_, u32>("pair", (2000u32,)));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(plugin.guest().is_poisoned());
}

/// One host function serves two imports of one name.
pub fn one_host_function_serves_two_imports_of_one_name<S: Subject>() {
    let wat = r#"(module
        (import "host" "f" (func $f (param i32) (result i32)))
        (import "host" "f" (func $g (param i32) (result i32)))
        (memory 1)
        (func (export "go") (param i32) (result i32) (call $f (call $g (local.get 0)))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        linker.func("host", "f", |_: &mut GuestOf<'_, S>, n: i32| n * 3).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("go", (2i32,)).unwrap(), 18);
}

/// A host function sees the plugin: state, memory, heap, module and globals.
pub fn a_host_function_sees_the_plugin<S: Subject>() {
    use hostheap_core::Value;
    let wat = r#"(module
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (import "host" "look" (func $look (param i32)))
        (memory (export "memory") 1)
        (global (export "g") (mut i32) (i32.const 5))
        (func (export "go") (result i32)
            (call $look (call $malloc (i32.const 100)))
            (global.get 0)))"#;
    let mut plugin = plugin_with::<S, u32>(wat, 1, |linker| {
        let look = |guest: &mut GuestOf<'_, S, u32>, block: u32| -> Result<()> {
            let live = guest.heap().block_containing(block + 50).expect("a live block");
            assert_eq!(live.offset, block);
            assert_eq!(guest.global("g")?, Value::I32(5));
            guest.set_global("g", Value::I32(6))?;
            assert!(guest.info().export_func("go").is_ok());
            let (memory, state) = guest.memory_and_state()?;
            memory[block as usize] = 9;
            *state += 1;
            guest.free(block)
        };
        linker.func("host", "look", look).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("go", ()).unwrap(), 6);
    assert_eq!(*plugin.guest().state(), 2);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}
