//! Builds this plugin, with every type of hostheap-guest, and calls it: each value comes out as it went
//! in, and nothing is left in the heap.
//!
//! On wasmi, as it is built in no time. The runtimes differ in nothing that a plugin could notice, which
//! the project's own tests see to.

use std::ffi::{CStr, CString};
use std::process::Command;
use std::sync::OnceLock;

use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use hostheap::convention::{CStruct, Callback, Fallible, FuncPtr, GuestError, GuestSlice, Owned};
use hostheap::{Engine, Guest, Linker, Plugin};

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Point {
    x: f64,
    y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, CheckedBitPattern)]
struct Item {
    id: u32,
    level: i16,
    fresh: bool,
    grade: u8,
}

impl CStruct for Item {
    const C_NAME: &'static str = "struct item";
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Single {
    value: f64,
}

impl CStruct for Single {
    const C_NAME: &'static str = "struct single";
}

#[derive(Default)]
struct Host {
    lines: Vec<String>,
    published: Vec<String>,
}

type Error = Box<dyn std::error::Error>;

/// One way to build the plugin.
struct Build {
    name: &'static str,
    arguments: &'static [&'static str],
    path: &'static str,
    wasm: OnceLock<Vec<u8>>,
}

impl Build {
    const fn new(
        name: &'static str,
        arguments: &'static [&'static str],
        path: &'static str,
    ) -> Self {
        Self { name, arguments, path, wasm: OnceLock::new() }
    }

    fn wasm(&self) -> &[u8] {
        self.wasm.get_or_init(|| {
            let scratch = concat!(env!("CARGO_TARGET_TMPDIR"), "/plugin-");
            let scratch = format!("{scratch}{}", self.name);
            let status = Command::new(env!("CARGO"))
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .env("CARGO_TARGET_DIR", &scratch)
                .args(["build", "--quiet", "--locked", "--lib"])
                .args(self.arguments)
                .status()
                .expect("cargo runs");
            assert!(status.success(), "the plugin is built");
            std::fs::read(format!("{scratch}/{}/types.wasm", self.path)).expect("cargo wrote it")
        })
    }
}

static BUILDS: [Build; 4] = [
    Build::new(
        "release",
        &["--release", "--target", "wasm32-unknown-unknown"],
        "wasm32-unknown-unknown/release",
    ),
    Build::new("debug", &["--target", "wasm32-unknown-unknown"], "wasm32-unknown-unknown/debug"),
    // The global allocator is Rust's own: what is handed over is copied.
    Build::new(
        "own-allocator",
        &["--release", "--target", "wasm32-unknown-unknown", "--no-default-features"],
        "wasm32-unknown-unknown/release",
    ),
    Build::new("wasip1", &["--release", "--target", "wasm32-wasip1"], "wasm32-wasip1/release"),
];

/// Of each build an instance.
fn each(test: impl Fn(&mut Plugin<Host>) -> Result<(), Error>) -> Result<(), Error> {
    for build in &BUILDS {
        let mut plugin = load(build.wasm()).map_err(|error| format!("{}: {error}", build.name))?;
        test(&mut plugin).map_err(|error| format!("{}: {error}", build.name))?;
    }
    Ok(())
}

/// One block, which is the host's unless the plugin has an allocator of its own.
fn kept_by_the_plugin(plugin: &Plugin<Host>, live: u32) {
    let kept = plugin.heap_stats().live_blocks - live;
    assert!(kept <= 1, "{kept} blocks");
}

fn load(wasm: &[u8]) -> Result<Plugin<Host>, Error> {
    let engine = Engine::new()?;
    let mut linker = Linker::<Host>::new(&engine);
    linker.func("host", "log", |guest: &mut Guest<'_, Host>, text: String| {
        guest.state_mut().lines.push(text);
    })?;
    linker.func("host", "setting", |_: &mut Guest<'_, Host>, name: String| match &*name {
        "unit" => Some("metres".to_owned()),
        "empty" => Some(String::new()),
        _ => None,
    })?;
    linker.func("host", "primes", |_: &mut Guest<'_, Host>, count: u32| {
        [2u16, 3, 5, 7][..count as usize].to_vec()
    })?;
    linker.func("host", "stats", |_: &mut Guest<'_, Host>, numbers: Vec<f64>| Point {
        x: numbers.iter().copied().fold(f64::INFINITY, f64::min),
        y: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })?;
    linker.func("host", "double", |guest: &mut Guest<'_, Host>, numbers: GuestSlice<i32>| {
        guest.with_slice(numbers.ptr(), numbers.len(), |all| all.iter_mut().for_each(|n| *n *= 2))
    })?;
    linker.func("host", "publish", |guest: &mut Guest<'_, Host>, text: Owned<String>| {
        guest.state_mut().published.push(text.0);
    })?;
    linker.func("host", "open", |_: &mut Guest<'_, Host>, path: String| {
        Fallible::<String>(match &*path {
            "/there" => Ok("content".to_owned()),
            path => Err(GuestError::new(2, format!("no file {path}"))),
        })
    })?;
    linker.func("host", "size_of", |_: &mut Guest<'_, Host>, path: String| {
        Fallible::<u64>(if path == "/there" { Ok(7) } else { Err(GuestError::new(2, "no file")) })
    })?;
    linker.func("host", "close", |_: &mut Guest<'_, Host>| {
        Fallible::<()>(Err(GuestError::new(9, "")))
    })?;
    linker.func("host", "range", |_: &mut Guest<'_, Host>| (-1i32, 0.5f64))?;
    linker.func("host", "minus", |_: &mut Guest<'_, Host>, a: u32, b: u32, c: u32, d: u32| {
        format!("{}", i64::from(a) - i64::from(b) - i64::from(c) * 100 - i64::from(d) * 1000)
    })?;
    linker.func("host", "home", |_: &mut Guest<'_, Host>| c"/root".to_owned())?;
    linker.func("host", "nearest", |_: &mut Guest<'_, Host>, p: Point| {
        (p.x > 0.0).then_some(Point { x: p.x + 1.0, y: p.y + 1.0 })
    })?;
    linker.func(
        "host",
        "twice",
        |guest: &mut Guest<'_, Host>, f: FuncPtr<(i32,), i32>, x: i32| {
            let once = f.call(guest, (x,))?;
            f.call(guest, (once,))
        },
    )?;
    linker.func("host", "is-big", |_: &mut Guest<'_, Host>, text: Option<CString>, size: u8| {
        text.is_some_and(|text| text.as_c_str() == c"large") && size == 255
    })?;
    Ok(linker.instantiate(&engine.load(wasm)?, Host::default())?)
}

#[test]
fn scalars() -> Result<(), Error> {
    each(|p| {
        macro_rules! same {
            ($($name:literal $ty:ty: $($value:expr),*;)*) => {$($({
                let value: $ty = $value;
                assert_eq!(p.call::<_, $ty>($name, (value,))?, value, $name);
            })*)*};
        }
        same! {
            "same_i8" i8: i8::MIN, -1, 0, i8::MAX;
            "same_i16" i16: i16::MIN, -1, i16::MAX;
            "same_i32" i32: i32::MIN, -1, i32::MAX;
            "same_i64" i64: i64::MIN, -1, i64::MAX;
            "same_u8" u8: 0, u8::MAX;
            "same_u16" u16: 0, u16::MAX;
            "same_u32" u32: 0, u32::MAX;
            "same_usize" u32: 0, u32::MAX;
            "same_u64" u64: 0, u64::MAX;
            "same_f32" f32: -0.5, f32::MAX;
            "same_f64" f64: -0.5, f64::MAX;
            "same_bool" bool: true, false;
            "same_char" char: 'a', '\u{10ffff}';
        }
        p.call::<_, ()>("nothing", ())?;
        assert_eq!(p.call::<_, u32>("another-name", ())?, 42);
        Ok(())
    })
}

#[test]
fn names_may_be_those_of_the_attributes() -> Result<(), Error> {
    each(|p| {
        assert_eq!(p.call::<_, u32>("scope", (1u32,))?, 2);
        assert_eq!(p.call::<_, String>("out", ("text",))?, "text");
        assert_eq!(p.call::<_, u32>("exported", (7u32, 3u32))?, 4);
        assert_eq!(p.call::<_, String>("subtracted", (10u32, 4u32))?, "-2094");
        Ok(())
    })
}

#[test]
fn borrowed_arguments() -> Result<(), Error> {
    each(|p| {
        let live = p.heap_stats().live_blocks;
        let some = &[1u8, 2, 3][..];
        assert_eq!(p.call::<_, i64>("count_bytes", (some, None::<&[u8]>))?, 4);
        assert_eq!(p.call::<_, i64>("count_bytes", (&some[..0], Some(some)))?, -3);
        assert_eq!(p.call::<_, String>("first_part", ("a|b", '|'))?, "a");
        assert_eq!(p.call::<_, String>("first_part", ("", '|'))?, "");
        assert_eq!(p.call::<_, Vec<u16>>("odd_ones", (&[1u16, 2, 3],))?, [1, 3]);
        assert_eq!(p.call::<_, Vec<u16>>("odd_ones", (&[0u16; 0],))?, []);
        let mut points = [Point { x: 1.0, y: 2.0 }; 2];
        p.call::<_, ()>("move_all", (&mut points, 10.0))?;
        assert_eq!(points, [Point { x: 11.0, y: 2.0 }; 2]);
        p.call::<_, ()>("move_all", (&mut [Point { x: 0.0, y: 0.0 }; 0], 10.0))?;
        let mut item = Item { id: 1, level: -1, fresh: true, grade: 1 };
        assert!(p.call::<_, bool>("promote", (&mut item,))?);
        assert_eq!(item, Item { id: 1, level: 0, fresh: false, grade: 2 });
        let mut counter = 1u32;
        let said: Option<String> = p.call("maybe_increment", (Some(&mut counter),))?;
        assert_eq!((said.as_deref(), counter), (Some("incremented"), 2));
        assert_eq!(p.call::<_, Option<String>>("maybe_increment", (None::<&mut u32>,))?, None);
        assert_eq!(p.call::<_, u32>("c_length", (c"four",))?, 4);
        assert_eq!(p.call::<_, i32>("maybe_c_length", (Some(c""),))?, 0);
        assert_eq!(p.call::<_, i32>("maybe_c_length", (None::<&CStr>,))?, -1);
        assert_eq!(p.call::<_, String>("joined", (&["a", "", "ü"][..], "-"))?, "a--ü");
        assert_eq!(p.call::<_, String>("joined", (&[""; 0][..], "-"))?, "");
        assert_eq!(p.call::<_, u32>("total", (Some(&[some, some][..]),))?, 6);
        assert_eq!(p.call::<_, u32>("total", (None::<&[&[u8]]>,))?, 0);
        let (a, b) = (Point { x: 1.0, y: 1.0 }, Point { x: 4.0, y: -1.0 });
        assert_eq!(p.call::<_, f64>("taxi", (&a, &b))?, 5.0);
        assert_eq!(p.heap_stats().live_blocks, live);
        Ok(())
    })
}

#[test]
fn owned_arguments() -> Result<(), Error> {
    each(|p| {
        let live = p.heap_stats().live_blocks;
        for text in ["", "text", &"long".repeat(1000)] {
            assert_eq!(p.call::<_, String>("same_string", (Owned(text),))?, text);
            let maybe: Option<String> = p.call("same_maybe_string", (Some(Owned(text)),))?;
            assert_eq!(maybe.as_deref(), Some(text));
        }
        assert_eq!(p.call::<_, Option<String>>("same_maybe_string", (None::<Owned<&str>>,))?, None);
        for numbers in [&[][..], &[1i16, -2]] {
            assert_eq!(p.call::<_, Vec<i16>>("same_numbers", (Owned(numbers),))?, numbers);
            assert_eq!(
                p.call::<_, Vec<i16>>("grown", (Owned(numbers),))?.len(),
                numbers.len() + 100
            );
        }
        for text in [c"", c"text"] {
            assert_eq!(p.call::<_, CString>("same_c_string", (Owned(text),))?.as_c_str(), text);
        }
        let item = Item { id: 7, level: -3, fresh: true, grade: 2 };
        assert_eq!(p.call::<_, Item>("same_item_block", (Owned(&item),))?, item);
        assert_eq!(p.call::<_, Item>("same_item", (&item,))?, item);
        let single = Single { value: 1.5 };
        assert_eq!(p.call::<_, Single>("same_single", (&single,))?, single);
        assert_eq!(p.heap_stats().live_blocks, live);

        for text in ["first", "", "third"] {
            p.call::<_, ()>("push", (Owned(text),))?;
        }
        for text in [Some("third"), Some(""), Some("first"), None] {
            assert_eq!(p.call::<_, Option<String>>("pop", ())?.as_deref(), text);
        }
        kept_by_the_plugin(p, live); // the stack's own vector
        Ok(())
    })
}

#[test]
fn results() -> Result<(), Error> {
    each(|p| {
        let live = p.heap_stats().live_blocks;
        assert_eq!(p.call::<_, String>("static_text", ())?, "static");
        for _ in 0..3 {
            assert_eq!(p.call::<_, String>("leaked_text", ())?, "leaked");
        }
        kept_by_the_plugin(p, live);
        assert_eq!(p.call::<_, Vec<u32>>("static_numbers", ())?, [2, 3, 5]);
        assert_eq!(p.call::<_, String>("cow", (true,))?, "owned");
        assert_eq!(p.call::<_, String>("cow", (false,))?, "borrowed");
        assert_eq!(p.call::<_, CString>("separator", ())?.as_c_str(), c"/");
        for (id, name) in [(0u32, None), (1, Some("")), (2, Some("Ada")), (3, None)] {
            assert_eq!(p.call::<_, Option<String>>("nickname", (id,))?.as_deref(), name);
        }
        assert_eq!(p.call::<_, String>("with_room", ())?, "");
        assert_eq!(
            p.call::<_, Option<Point>>("maybe_point", (true,))?,
            Some(Point { x: 1.0, y: 2.0 })
        );
        assert_eq!(p.call::<_, Option<Point>>("maybe_point", (false,))?, None);
        assert_eq!(p.call::<_, (i32, i32)>("min_max", (&[3, -1, 2],))?, (-1, 3));
        assert_eq!(p.call::<_, (u8, f64, bool, i64)>("mixed", ())?, (1, 2.5, true, -4));
        kept_by_the_plugin(p, live);
        Ok(())
    })
}

#[test]
fn errors() -> Result<(), Error> {
    each(|p| {
        let live = p.heap_stats().live_blocks;
        let half = |p: &mut Plugin<Host>, text: &str| -> Result<_, Error> {
            let answer: Result<String, GuestError> = p.call("half", (text,))?;
            Ok(answer.map_err(|error| (error.code, error.message)))
        };
        assert_eq!(half(p, "abcd")?, Ok("ab".into()));
        assert_eq!(half(p, "")?, Err((7, "nothing".into())));
        assert_eq!(half(p, "abc")?, Err((8, "3 is odd".into())));
        assert!(p.call::<_, Result<(), GuestError>>("check", ("x",))?.is_ok());
        assert_eq!(p.call::<_, Result<(), GuestError>>("check", ("",))?.unwrap_err().code, 3);
        assert_eq!(
            p.call::<_, Result<u64, GuestError>>("number", ("18446744073709551615",))??,
            u64::MAX
        );
        assert_eq!(p.call::<_, Result<u64, GuestError>>("number", ("x",))?.unwrap_err().code, 1);
        assert_eq!(p.call::<_, Result<Point, GuestError>>("point", (true,))??.y, 2.0);
        assert_eq!(p.call::<_, Result<Point, GuestError>>("point", (false,))?.unwrap_err().code, 1);
        assert_eq!(p.call::<_, Result<Vec<u32>, GuestError>>("evens", (5u32,))??, [0, 2, 4]);
        assert_eq!(p.call::<_, Result<Vec<u32>, GuestError>>("evens", (0u32,))??, []);
        let error = p.call::<_, Result<Vec<u32>, GuestError>>("evens", (101u32,))?.unwrap_err();
        assert_eq!(error.message, "101 is too many");
        assert_eq!(p.heap_stats().live_blocks, live);
        Ok(())
    })
}

#[test]
fn functions() -> Result<(), Error> {
    each(|p| {
        let step: Option<FuncPtr<(i32,), i32>> = p.call("get_step", (true,))?;
        assert_eq!(step.ok_or("none")?.call(p, (7,))?, 21);
        assert!(p.call::<_, Option<FuncPtr<(i32,), i32>>>("get_step", (false,))?.is_none());
        let less = p.callback(|_: &mut Guest<'_, Host>, x: i32| x - 1)?;
        assert_eq!(p.call::<_, i32>("apply", (&less, 7))?, 6);
        assert_eq!(p.call::<_, i32>("apply", (None::<&Callback>, 7))?, -1);
        let collect = p.callback(|guest: &mut Guest<'_, Host>, line: String| {
            guest.state_mut().lines.push(line);
        })?;
        p.call::<_, ()>("each_line", ("one\ntwo", &collect))?;
        assert_eq!(p.state().lines, ["one", "two"]);
        Ok(())
    })
}

#[test]
fn host_functions() -> Result<(), Error> {
    each(|p| {
        let live = p.heap_stats().live_blocks;
        let answer = p.call::<_, Result<String, GuestError>>("call_host", ())??;
        assert_eq!(answer, "all as expected");
        assert_eq!(p.state().lines, ["ünï", ""]);
        assert_eq!(p.state().published, ["news", ""]);
        assert_eq!(p.heap_stats().live_blocks, live);
        Ok(())
    })
}
