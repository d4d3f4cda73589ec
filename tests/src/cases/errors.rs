//! Errors of host functions: they come out of the guest call as what they went in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hostheap_core::error::{AllocError, GrowError, Mismatch, OutOfBounds, Unsupported};
use hostheap_core::heap::{InvalidKind, InvalidPointer};
use hostheap_core::{Error, Import, Result, Trap, TrapKind};

use crate::expect;
use crate::rig::{B, Cx, GuestOf, PluginOf, Raw, plugin_with};
use crate::subject::Subject;

/// Calls `host.fail`, and sets a byte if that returns.
const WAT: &str = r#"(module
    (import "host" "fail" (func $fail (param i32)))
    (memory (export "memory") 1)
    (func (export "go") (param i32)
        (call $fail (local.get 0))
        (i32.store8 (i32.const 0) (i32.const 1)))
    (func (export "text") (param i32 i32) (call $fail (local.get 1)))
    (func (export "reached") (result i32) (i32.load8_u (i32.const 0))))"#;

fn failing<S: Subject, E>(
    fail: impl Fn(i32) -> Result<(), E> + Send + Sync + 'static,
) -> PluginOf<S>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    plugin_with::<S, ()>(WAT, (), move |linker| {
        linker.func("host", "fail", move |_: &mut GuestOf<'_, S>, n: i32| fail(n)).unwrap();
    })
}

fn go<S: Subject>(plugin: &mut PluginOf<S>, n: i32) -> Result<()> {
    plugin.call("go", (n,))
}

/// An error type of the host's own.
#[derive(Debug, PartialEq, Eq)]
struct OutOfCoffee {
    cups: i32,
}

impl std::fmt::Display for OutOfCoffee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "out of coffee after {} cups", self.cups)
    }
}

impl std::error::Error for OutOfCoffee {}

/// A host's own error type arrives as that type, with its value.
pub fn a_hosts_own_error_type_arrives<S: Subject>() {
    let mut plugin = failing::<S, _>(|cups| Err(OutOfCoffee { cups }));
    let error = go::<S>(&mut plugin, 3).unwrap_err();
    assert_eq!(error.to_string(), "out of coffee after 3 cups");
    let error = expect::host::<()>(Err(error));
    assert_eq!(*error.downcast::<OutOfCoffee>().unwrap(), OutOfCoffee { cups: 3 });
}

/// Text is an error too.
pub fn text_is_an_error_too<S: Subject>() {
    let mut plugin = failing::<S, String>(|n| Err(format!("number {n}")));
    assert_eq!(go::<S>(&mut plugin, 7).unwrap_err().to_string(), "number 7");
    let mut plugin = failing::<S, &'static str>(|_| Err("just so"));
    assert_eq!(go::<S>(&mut plugin, 7).unwrap_err().to_string(), "just so");
}

/// An `anyhow::Error` arrives with its message, and its cause behind it.
pub fn an_anyhow_error_arrives_with_its_cause<S: Subject>() {
    let mut plugin = failing::<S, anyhow::Error>(|cups| {
        Err(anyhow::Error::new(OutOfCoffee { cups }).context("the morning"))
    });
    let error = go::<S>(&mut plugin, 2).unwrap_err();
    assert_eq!(error.to_string(), "the morning");
    let cause = std::error::Error::source(&error).expect("a cause");
    assert_eq!(cause.to_string(), "out of coffee after 2 cups");
}

/// An I/O error can be matched on by its kind.
pub fn an_io_error_keeps_its_kind<S: Subject>() {
    use std::io;
    let mut plugin = failing::<S, io::Error>(|_| Err(io::ErrorKind::NotFound.into()));
    let error = expect::host(go::<S>(&mut plugin, 0));
    assert_eq!(error.downcast::<io::Error>().unwrap().kind(), io::ErrorKind::NotFound);
}

/// This library's own errors arrive as themselves, of whatever kind.
pub fn a_core_error_raised_in_a_host_function_comes_out_of_the_guest_call<S: Subject>() {
    let make: [fn() -> Error; 9] = [
        || OutOfBounds { offset: 1, len: 2, size: 3 }.into(),
        || GrowError { size: 1, additional: 2, max: Some(3) }.into(),
        || AllocError::TooManyBlocks { max: 9 }.into(),
        || InvalidPointer { offset: 5, kind: InvalidKind::AlreadyFreed }.into(),
        || Mismatch::StoreOfOtherEngine.into(),
        || Unsupported { backend: "none", what: "anything".into() }.into(),
        || Trap::new(TrapKind::Interrupted, "by hand").into(),
        || Error::Unbound,
        || Error::runtime("in its own words"),
    ];
    for make in make {
        let mut plugin = failing::<S, Error>(move |_| Err(make()));
        let error = go::<S>(&mut plugin, 0).unwrap_err();
        assert_eq!(format!("{error:?}"), format!("{:?}", make()));
    }
}

/// An error of this library that was wrapped by `anyhow` on its way is itself again.
pub fn a_core_error_in_a_box_is_unwrapped<S: Subject>() {
    let mut plugin = failing::<S, Box<dyn std::error::Error + Send + Sync>>(|_| {
        Err(Box::new(Error::from(AllocError::OutOfMemory)))
    });
    assert_eq!(expect::alloc(go::<S>(&mut plugin, 0)), AllocError::OutOfMemory);
}

/// A host function that fails only sometimes returns otherwise.
pub fn a_host_function_that_succeeds_lets_the_guest_go_on<S: Subject>() {
    let mut plugin = failing::<S, String>(|n| if n > 0 { Err("positive".into()) } else { Ok(()) });
    go::<S>(&mut plugin, 0).unwrap();
    assert_eq!(plugin.call::<_, i32>("reached", ()).unwrap(), 1);
    expect::host(go::<S>(&mut plugin, 1));
}

/// The guest stops at the call that failed.
pub fn the_guest_stops_where_a_host_function_failed<S: Subject>() {
    let mut plugin = failing::<S, &'static str>(|_| Err("no"));
    expect::host(go::<S>(&mut plugin, 0));
    let mut guest = plugin.guest();
    guest.clear_poison();
    assert_eq!(guest.call::<_, i32>("reached", ()).unwrap(), 0);
}

/// A guest that was unwound by a host function's error is not trusted again.
pub fn a_host_error_poisons_the_plugin<S: Subject>() {
    let mut plugin = failing::<S, &'static str>(|_| Err("no"));
    expect::host(go::<S>(&mut plugin, 0));
    assert!(plugin.guest().is_poisoned());
    expect::poisoned(go::<S>(&mut plugin, 0));
}

/// Whatever error a host function raises, the guest was unwound: a convention error of its own
/// parameters, or a mismatch inside it, is no exception.
pub fn every_error_of_a_host_function_poisons_the_plugin<S: Subject>() {
    let mut plugin = failing::<S, Error>(|_| Err(Mismatch::FunctionOfOtherStore.into()));
    expect::mismatch(go::<S>(&mut plugin, 0));
    assert!(plugin.guest().is_poisoned(), "after a mismatch inside a host function");

    let wat = r#"(module
        (import "host" "print" (func $print (param i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "\ff\fe")
        (func (export "go") (call $print (i32.const 16) (i32.const 2))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        linker.func("host", "print", |_: &mut GuestOf<'_, S>, _: String| ()).unwrap();
    });
    expect::convention(plugin.call::<_, ()>("go", ()));
    assert!(plugin.guest().is_poisoned(), "after text that is not UTF-8");
}

/// The arguments of a call are released when a host function fails on the way.
pub fn a_host_error_releases_the_arguments<S: Subject>() {
    let mut plugin = failing::<S, &'static str>(|_| Err("no"));
    expect::host(plugin.call::<_, ()>("text", ("borrowed",)));
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (1, 0));
}

/// An error goes through several calls between host and guest, whoever wraps it or not.
pub fn an_error_comes_through_nested_calls<S: Subject>() {
    let wat = r#"(module
        (import "host" "down" (func $down (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "go") (param i32) (result i32)
            (i32.add (call $down (local.get 0)) (i32.const 1))))"#;
    let mut plugin = plugin_with::<S, u32>(wat, 0, |linker| {
        let down = |guest: &mut GuestOf<'_, S, u32>, n: i32| -> Result<i32> {
            *guest.state_mut() += 1;
            match n {
                0 => Err(Error::host(OutOfCoffee { cups: 40 })),
                _ => guest.call("go", (n - 1,)),
            }
        };
        linker.func("host", "down", down).unwrap();
    });
    let error = expect::host(plugin.call::<_, i32>("go", (5i32,)));
    assert_eq!(*error.downcast::<OutOfCoffee>().unwrap(), OutOfCoffee { cups: 40 });
    assert_eq!(*plugin.guest().state(), 6);
}

/// Below the plugin layer errors make the same trip.
pub fn errors_make_the_trip_below_the_plugin_layer<S: Subject>() {
    let mut raw = Raw::<S>::with(WAT, (), |linker| {
        let fail =
            |_: Cx<'_, S, ()>, n: i32| -> Result<()> { Err(Error::host(OutOfCoffee { cups: n })) };
        <B<S> as Import<(i32,), ()>>::import(linker, "host", "fail", fail).unwrap();
    });
    let error = expect::host(raw.call::<(i32,), ()>("go", (8,)));
    assert_eq!(error.downcast_ref::<OutOfCoffee>(), Some(&OutOfCoffee { cups: 8 }));
    assert_eq!(raw.call::<(), i32>("reached", ()).unwrap(), 0);
}

/// A host function's panic comes out of the call as a panic; the arguments are released, and the
/// plugin is not trusted again.
pub fn a_host_functions_panic_comes_out_of_the_call<S: Subject>() {
    let mut plugin = failing::<S, String>(|n| panic!("panicked on purpose with {n}"));
    let unwound = catch_unwind(AssertUnwindSafe(|| plugin.call::<_, ()>("text", ("text",))));
    let payload = unwound.expect_err("a panic");
    let message = payload.downcast_ref::<String>().expect("the panic's own message");
    assert_eq!(message, "panicked on purpose with 4");
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert!(plugin.guest().is_poisoned());
    expect::poisoned(go::<S>(&mut plugin, 0));
}

/// A panic in a nested call unwinds all of them, and releases the arguments of each.
pub fn a_panic_unwinds_nested_calls<S: Subject>() {
    let wat = r#"(module
        (import "host" "down" (func $down (param i32)))
        (memory (export "memory") 1)
        (func (export "go") (param i32 i32 i32) (call $down (local.get 2))))"#;
    let mut plugin = plugin_with::<S, ()>(wat, (), |linker| {
        let down = |guest: &mut GuestOf<'_, S>, n: i32| -> Result<()> {
            assert!(n > 0, "panicked on purpose");
            guest.call("go", ("nested", n - 1))
        };
        linker.func("host", "down", down).unwrap();
    });
    let unwound = catch_unwind(AssertUnwindSafe(|| plugin.call::<_, ()>("go", ("outer", 3i32))));
    assert!(unwound.is_err());
    let stats = plugin.heap_stats();
    assert_eq!((stats.allocated, stats.live_blocks), (4, 0));
    assert!(plugin.guest().is_poisoned());
    plugin.guest().clear_poison();
    expect::link(plugin.call::<_, ()>("nothing", ()));
}
