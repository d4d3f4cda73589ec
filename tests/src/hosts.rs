//! The plugins of `guest/plugins/convention` that import host functions, with hosts for them.
//!
//! A plugin's imports are linked all at once, and a case is about one of them: the others panic.

use std::ffi::CString;

use hostheap_core::convention::{Fallible, GuestPtr, GuestSlice, GuestStr, Owned};
use hostheap_core::{Linker, Result};

use crate::guests;
use crate::rig::{B, GuestOf, PluginOf, try_load};
use crate::shapes::{Item, Point};
use crate::subject::Subject;

/// Registers what is not there yet with functions that must not run.
macro_rules! idle {
    ($linker:ident, $S:ty, $T:ty; $($name:literal ($($P:ty),*) -> $R:ty;)*) => {
        $(
            let idle = |_: &mut GuestOf<'_, $S, $T>, $(_: $P),*| -> $R {
                panic!(concat!("host.", $name, " ran"))
            };
            // A name that is taken is the case's own.
            let _ = $linker.func("host", $name, idle);
        )*
    };
}

#[track_caller]
fn load<S: Subject, T: Send + 'static>(
    name: &str,
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> PluginOf<S, T> {
    match try_load::<S, T>(&guests::wasm(name), state, define) {
        Ok(plugin) => plugin,
        Err(error) => panic!("{}: {error:?}", S::name()),
    }
}

/// The plugin `ownership`, whose `host.poke` does nothing.
#[track_caller]
pub fn ownership<S: Subject>() -> PluginOf<S> {
    ownership_with::<S, ()>((), |_| Ok(()))
}

/// The plugin `ownership` with a `host.poke`.
#[track_caller]
pub fn ownership_with<S: Subject, T: Send + 'static>(
    state: T,
    poke: impl Fn(&mut GuestOf<'_, S, T>) -> Result<()> + Send + Sync + 'static,
) -> PluginOf<S, T> {
    load::<S, T>("ownership", state, |linker| {
        linker.func("host", "poke", poke).expect("nothing has this name");
    })
}

/// The plugin `hostfns` with the host functions that `define` registers.
#[track_caller]
pub fn hostfns<S: Subject, T: Send + 'static>(
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> PluginOf<S, T> {
    load::<S, T>("hostfns", state, |linker| {
        define(linker);
        idle! {
            linker, S, T;
            "i8"(i8) -> i8;
            "u8"(u8) -> u8;
            "i16"(i16) -> i16;
            "u16"(u16) -> u16;
            "i32"(i32) -> i32;
            "u32"(u32) -> u32;
            "i64"(i64) -> i64;
            "u64"(u64) -> u64;
            "f32"(f32) -> f32;
            "f64"(f64) -> f64;
            "flag"(bool) -> bool;
            "letter"(char) -> char;
            "twelve"(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64;
            "nothing"() -> ();
            "text"(GuestStr) -> u32;
            "bytes"(Vec<u8>) -> u32;
            "numbers"(Vec<i32>) -> i64;
            "points"(Vec<Point>) -> f64;
            "c_text"(CString) -> u32;
            "point"(Point) -> f64;
            "item"(Item) -> i64;
            "move_point"(GuestPtr<Point>, f64, f64) -> ();
            "increment"(GuestPtr<i32>) -> ();
            "fill"(GuestSlice<i32>, i32) -> ();
            "maybe_text"(Option<String>) -> i32;
            "maybe_c_text"(Option<CString>) -> i32;
            "maybe_point"(Option<Point>) -> f64;
            "adopt"(Owned<String>) -> u32;
            "adopt_numbers"(Owned<Vec<i32>>) -> i64;
            "call"(u32, i32) -> i32;
            "call_text"(u32) -> u32;
        }
    })
}

/// The plugin `hostfns_results` with the host functions that `define` registers.
#[track_caller]
pub fn hostfns_results<S: Subject, T: Send + 'static>(
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> PluginOf<S, T> {
    load::<S, T>("hostfns_results", state, |linker| {
        define(linker);
        idle! {
            linker, S, T;
            "text"(u32) -> String;
            "text_packed"(u32) -> String;
            "maybe_text"(u32) -> Option<String>;
            "maybe_text_packed"(u32) -> Option<String>;
            "c_text"(u32) -> CString;
            "maybe_c_text"(u32) -> Option<CString>;
            "numbers"(u32) -> Vec<i32>;
            "numbers_packed"(u32) -> Vec<i32>;
            "maybe_numbers"(u32) -> Option<Vec<i32>>;
            "points"(u32) -> Vec<Point>;
            "point"(f64, f64) -> Point;
            "point_block"(f64, f64) -> Point;
            "maybe_point"(bool) -> Option<Point>;
            "item"(u32) -> Item;
            "pair"(i32, f64) -> (i32, f64);
            "quad"(i64) -> (i64, f32, u8, i32);
            "try_check"(i32) -> Fallible<()>;
            "try_divide"(i32, i32) -> Fallible<i32>;
            "try_point"(bool) -> Fallible<Point>;
            "try_text"(String) -> Fallible<String>;
            "try_numbers"(i32) -> Fallible<Vec<i32>>;
        }
    })
}

/// The plugin `hostfns_mv` with the host functions that `define` registers.
#[track_caller]
pub fn hostfns_mv<S: Subject, T: Send + 'static>(
    state: T,
    define: impl FnOnce(&mut Linker<B<S>, T>),
) -> PluginOf<S, T> {
    load::<S, T>("hostfns_mv", state, |linker| {
        define(linker);
        idle! {
            linker, S, T;
            "text"(u32) -> String;
            "maybe_text"(u32) -> Option<String>;
            "pair"(i32, f64) -> (i32, f64);
            "quad"(i64) -> (i64, f32, u8, i32);
        }
    })
}
