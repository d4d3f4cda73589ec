//! The plugins of `guest/plugins/convention` that import host functions, with hosts for them.
//!
//! A plugin's imports are linked all at once, and a case is about one of them: the others panic.

use hostheap_core::{Linker, Result};

use crate::dynamic::prototype;
use crate::guests;
use crate::rig::{B, GuestOf, PluginOf, try_load};
use crate::subject::Subject;

/// Name and prototype of host functions.
type Idle = &'static [(&'static str, &'static str)];

/// Registers what is not there yet with functions that must not run. By prototype, so that they are
/// compiled once for all cases: with static types they were most of what this crate compiled.
fn idle<S: Subject, T: Send + 'static>(linker: &mut Linker<B<S>, T>, functions: Idle) {
    for (name, text) in functions {
        // A name that is taken is the case's own.
        let _ = linker.dyn_func("host", name, &prototype(text), move |_| panic!("host.{name} ran"));
    }
}

const HOSTFNS: Idle = &[
    ("i8", "(i8) -> i8"),
    ("u8", "(u8) -> u8"),
    ("i16", "(i16) -> i16"),
    ("u16", "(u16) -> u16"),
    ("i32", "(i32) -> i32"),
    ("u32", "(u32) -> u32"),
    ("i64", "(i64) -> i64"),
    ("u64", "(u64) -> u64"),
    ("f32", "(f32) -> f32"),
    ("f64", "(f64) -> f64"),
    ("flag", "(bool) -> bool"),
    ("letter", "(char) -> char"),
    ("twelve", "(i8, u16, i32, i64, f32, f64, bool, char, u8, i16, u64, u32) -> u64"),
    ("nothing", "()"),
    ("text", "(str) -> u32"),
    ("bytes", "(bytes) -> u32"),
    ("numbers", "(slice<i32>) -> i64"),
    ("points", "(slice<struct point>) -> f64"),
    ("c_text", "(cstr) -> u32"),
    ("point", "(&struct point) -> f64"),
    ("item", "(&struct item) -> i64"),
    ("move_point", "(mut struct point, f64, f64)"),
    ("increment", "(mut i32)"),
    ("fill", "(mut slice<i32>, i32)"),
    ("maybe_text", "(option<str>) -> i32"),
    ("maybe_c_text", "(option<cstr>) -> i32"),
    ("maybe_point", "(option<&struct point>) -> f64"),
    ("adopt", "(owned<str>) -> u32"),
    ("adopt_numbers", "(owned<slice<i32>>) -> i64"),
    ("call", "(u32, i32) -> i32"),
    ("call_text", "(u32) -> u32"),
];

const HOSTFNS_RESULTS: Idle = &[
    ("text", "(u32) -> string"),
    ("text_packed", "(u32) -> string"),
    ("maybe_text", "(u32) -> option<string>"),
    ("maybe_text_packed", "(u32) -> option<string>"),
    ("c_text", "(u32) -> cstring"),
    ("maybe_c_text", "(u32) -> option<cstring>"),
    ("numbers", "(u32) -> vec<i32>"),
    ("numbers_packed", "(u32) -> vec<i32>"),
    ("maybe_numbers", "(u32) -> option<vec<i32>>"),
    ("points", "(u32) -> vec<struct point>"),
    ("point", "(f64, f64) -> struct point"),
    ("point_block", "(f64, f64) -> struct point"),
    ("maybe_point", "(bool) -> option<struct point>"),
    ("item", "(u32) -> struct item"),
    ("pair", "(i32, f64) -> (i32, f64)"),
    ("quad", "(i64) -> (i64, f32, u8, i32)"),
    ("try_check", "(i32) -> result<()>"),
    ("try_divide", "(i32, i32) -> result<i32>"),
    ("try_point", "(bool) -> result<struct point>"),
    ("try_text", "(str) -> result<string>"),
    ("try_numbers", "(i32) -> result<vec<i32>>"),
];

const HOSTFNS_MV: Idle = &[
    ("text", "(u32) -> string"),
    ("maybe_text", "(u32) -> option<string>"),
    ("pair", "(i32, f64) -> (i32, f64)"),
    ("quad", "(i64) -> (i64, f32, u8, i32)"),
];

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
        idle::<S, T>(linker, HOSTFNS);
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
        idle::<S, T>(linker, HOSTFNS_RESULTS);
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
        idle::<S, T>(linker, HOSTFNS_MV);
    })
}
