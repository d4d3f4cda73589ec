//! Traps: classified the same by every runtime, and survived by the host.

use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Trap, TrapKind};

use crate::rig::{B, PluginOf, Raw, load, plugin};
use crate::subject::Subject;
use crate::{expect, guests};

const WAT: &str = r#"(module
    (memory (export "memory") 1 2)
    (table 4 funcref)
    (elem (i32.const 1) $right $wrong)
    (type $void (func))
    (func $right (type $void))
    (func $wrong (param i32))
    (func (export "unreachable") unreachable)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 1)))
    (func (export "store_then_trap") (i32.store (i32.const 8) (i32.const 42)) unreachable)
    (func (export "fill") (param i32 i32)
        (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
    (func (export "copy") (param i32 i32)
        (memory.copy (local.get 0) (i32.const 0) (local.get 1)))
    (func (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "div_u") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
    (func (export "rem_s") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
    (func (export "div64") (param i64) (result i64) (i64.div_s (i64.const 1) (local.get 0)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func (export "call") (param i32) (call_indirect (type $void) (local.get 0)))
    (func $forever (export "forever") (result i32) (i32.add (call $forever) (i32.const 1)))
    (func (export "fine") (result i32) (i32.const 7)))"#;

/// `unreachable` is what it is.
pub fn unreachable_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let trap = raw.call::<(), ()>("unreachable", ()).unwrap_err();
    let trap = trap.trap().expect("a trap");
    assert_eq!(trap.kind(), TrapKind::Unreachable);
    assert!(!trap.detail().is_empty(), "the runtime's own words are kept");
}

/// Loads and stores outside memory.
pub fn an_access_out_of_bounds_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for offset in [65533, 65536, 131072, -1, i32::MIN] {
        let trap = expect::trap(raw.call::<(i32,), i32>("load", (offset,)));
        assert_eq!(trap, TrapKind::MemoryOutOfBounds, "load at {offset}");
        let trap = expect::trap(raw.call::<(i32,), ()>("store", (offset,)));
        assert_eq!(trap, TrapKind::MemoryOutOfBounds, "store at {offset}");
    }
    assert_eq!(raw.call::<(i32,), i32>("load", (65532,)).unwrap(), 0);
}

/// Bulk operations outside memory.
pub fn a_bulk_operation_out_of_bounds_is_told<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    for name in ["fill", "copy"] {
        for (to, len) in [(65535, 2), (65537, 0), (0, 65537), (-1, -1)] {
            let trap = expect::trap(raw.call::<(i32, i32), ()>(name, (to, len)));
            assert_eq!(trap, TrapKind::MemoryOutOfBounds, "{name} {to} {len}");
        }
        raw.call::<(i32, i32), ()>(name, (65536, 0)).unwrap();
    }
    assert!(raw.cx().memory().unwrap().iter().all(|byte| *byte == 0), "nothing was written");
}

/// Division by zero, of both widths and signs.
pub fn division_by_zero_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for name in ["div_s", "div_u", "rem_s"] {
        let trap = expect::trap(raw.call::<(i32, i32), i32>(name, (1, 0)));
        assert_eq!(trap, TrapKind::IntegerDivisionByZero, "{name}");
    }
    let trap = expect::trap(raw.call::<(i64,), i64>("div64", (0,)));
    assert_eq!(trap, TrapKind::IntegerDivisionByZero);
}

/// A quotient and a float that do not fit.
pub fn integer_overflow_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let trap = expect::trap(raw.call::<(i32, i32), i32>("div_s", (i32::MIN, -1)));
    assert_eq!(trap, TrapKind::IntegerOverflow);
    assert_eq!(raw.call::<(i32, i32), i32>("rem_s", (i32::MIN, -1)).unwrap(), 0);
    for large in [2147483648.0, -2147483649.0, f64::INFINITY, f64::NEG_INFINITY] {
        let trap = expect::trap(raw.call::<(f64,), i32>("trunc", (large,)));
        assert_eq!(trap, TrapKind::IntegerOverflow, "{large}");
    }
    assert_eq!(raw.call::<(f64,), i32>("trunc", (-2147483648.9,)).unwrap(), i32::MIN);
}

/// A NaN that should become an integer.
pub fn a_nan_made_an_integer_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let trap = expect::trap(raw.call::<(f64,), i32>("trunc", (f64::NAN,)));
    assert_eq!(trap, TrapKind::BadConversionToInteger);
}

/// Indirect calls: beyond the table, of an empty slot, of another type.
pub fn a_wrong_indirect_call_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let mut call = |index| raw.call::<(i32,), ()>("call", (index,));
    assert_eq!(expect::trap(call(4)), TrapKind::TableOutOfBounds);
    assert_eq!(expect::trap(call(-1)), TrapKind::TableOutOfBounds);
    assert_eq!(expect::trap(call(0)), TrapKind::IndirectCallToNull);
    assert_eq!(expect::trap(call(3)), TrapKind::IndirectCallToNull);
    assert_eq!(expect::trap(call(2)), TrapKind::IndirectCallTypeMismatch);
    call(1).unwrap();
}

/// Endless recursion ends as a trap, twice over.
pub fn endless_recursion_is_told<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    for _ in 0..2 {
        let trap = expect::trap(raw.call::<(), i32>("forever", ()));
        assert_eq!(trap, TrapKind::StackOverflow);
    }
    assert_eq!(raw.call::<(), i32>("fine", ()).unwrap(), 7);
}

/// A trap undoes nothing, and the instance can be called again below the plugin layer.
pub fn a_trap_undoes_nothing<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    expect::trap(raw.call::<(), ()>("store_then_trap", ()));
    assert_eq!(raw.cx().bytes(8, 4).unwrap(), [42, 0, 0, 0]);
    assert_eq!(raw.call::<(), i32>("fine", ()).unwrap(), 7);
    assert_eq!(raw.cx().grow(1).unwrap(), 65536);
}

/// Every kind reads the same on every runtime.
pub fn a_trap_reads_the_same_on_every_runtime<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let errors = [
        raw.call::<(), ()>("unreachable", ()).unwrap_err(),
        raw.call::<(i32,), i32>("load", (-4,)).unwrap_err(),
        raw.call::<(i32, i32), i32>("div_u", (1, 0)).unwrap_err(),
        raw.call::<(i32,), ()>("call", (9,)).unwrap_err(),
        raw.call::<(), i32>("forever", ()).unwrap_err(),
    ];
    for error in errors {
        let kind = error.trap().expect("a trap").kind();
        assert_eq!(error.to_string(), Trap::new(kind, "").to_string());
        assert_ne!(kind, TrapKind::Other);
    }
}

fn misbehaver<S: Subject>() -> PluginOf<S> {
    load::<S>(&guests::wasm("misbehaver"))
}

/// The traps of a plugin that a C compiler made.
pub fn a_c_plugins_traps_are_told<S: Subject>() {
    let trap = |name| expect::trap(misbehaver::<S>().call::<_, ()>(name, ()));
    assert_eq!(trap("trap"), TrapKind::Unreachable);
    let trap = |name| expect::trap(misbehaver::<S>().call::<_, u32>(name, ()));
    assert_eq!(trap("recurse_forever"), TrapKind::StackOverflow);
    assert_eq!(trap("load_past_end"), TrapKind::MemoryOutOfBounds);
    assert_eq!(trap("overflow_stack"), TrapKind::MemoryOutOfBounds);
    let divided = misbehaver::<S>().call::<_, i32>("divide", (1i32, 0i32));
    assert_eq!(expect::trap(divided), TrapKind::IntegerDivisionByZero);
    let called = misbehaver::<S>().call::<_, ()>("call_index", (0u32,));
    assert_eq!(expect::trap(called), TrapKind::IndirectCallToNull);
    let called = misbehaver::<S>().call::<_, ()>("call_wrong_type", ());
    assert_eq!(expect::trap(called), TrapKind::IndirectCallTypeMismatch);
}

/// After a trap every call is refused, by name and by handle, and nothing else is.
pub fn a_plugin_is_poisoned_after_a_trap<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    let malloc = plugin.func::<(u32,), u32>("raw_malloc").unwrap();
    let block = malloc.call(&mut plugin, (10u32,)).unwrap();
    assert!(!plugin.guest().is_poisoned());
    expect::trap(plugin.call::<_, ()>("trap", ()));
    assert!(plugin.guest().is_poisoned());
    expect::poisoned(plugin.call::<_, u32>("raw_malloc", (10u32,)));
    expect::poisoned(malloc.call(&mut plugin, (10u32,)));
    expect::poisoned(plugin.call_raw::<(), ()>("trap", ()));
    expect::poisoned(plugin.call::<_, u64>("return_argument", ("text",)).map(|_| ()));
    let mut guest = plugin.guest();
    assert!(guest.memory().is_ok());
    guest.free(block).unwrap();
    drop(guest);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A host that knows better can lift the poison.
pub fn poison_can_be_lifted<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    expect::trap(plugin.call::<_, ()>("trap", ()));
    plugin.guest().clear_poison();
    assert!(!plugin.guest().is_poisoned());
    let block: u32 = plugin.call("raw_malloc", (10u32,)).unwrap();
    plugin.call::<_, ()>("raw_free", (block,)).unwrap();
    expect::trap(plugin.call::<_, ()>("trap", ()));
    expect::poisoned(plugin.call::<_, ()>("raw_free", (0u32,)));
}

/// The blocks of a plugin that trapped are still live, and its arguments are not.
pub fn a_trap_releases_the_arguments_and_nothing_else<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    expect::trap(plugin.call::<_, ()>("trap_holding", (100u32,)));
    assert_eq!(plugin.heap_stats().live_blocks, 1);
    let wat = r#"(module
        (memory (export "memory") 1)
        (func (export "f") (param i32 i32) unreachable))"#;
    let mut plugin = crate::rig::plugin::<S>(wat);
    expect::trap(plugin.call::<_, ()>("f", ("some text",)));
    assert_eq!(plugin.heap_stats().live_blocks, 0);
    assert_eq!(plugin.heap_stats().allocated, 1);
}

/// A refusal before anything ran poisons nothing.
pub fn a_call_that_never_began_poisons_nothing<S: Subject>() {
    let mut plugin = plugin::<S>(
        r#"(module
            (memory (export "memory") 1 1)
            (func (export "f") (param i32 i32) (result i32) (local.get 1)))"#,
    );
    expect::alloc(plugin.call::<_, u32>("f", (&[0u8; 70_000],)));
    expect::link(plugin.call::<_, u32>("g", ()));
    expect::link(plugin.call::<_, u32>("f", ()));
    assert!(!plugin.guest().is_poisoned());
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A result that breaks the convention comes from a plugin that ran to its end: no poison.
pub fn a_wrong_result_poisons_nothing<S: Subject>() {
    let mut plugin = misbehaver::<S>();
    let error = expect::convention(plugin.call::<_, Vec<u8>>("return_unallocated", ()));
    assert!(matches!(error, ConventionError::ResultNotInBlock { .. }));
    assert!(!plugin.guest().is_poisoned());
    assert_eq!(plugin.call::<_, Vec<u8>>("return_middle", ()).unwrap(), [b'm'; 32]);
}

/// A trap inside a nested call comes out of the outer one as itself.
pub fn a_nested_trap_comes_out_as_itself<S: Subject>() {
    let wat = r#"(module
        (import "host" "again" (func $again (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "divide") (param i32) (result i32)
            (i32.div_s (i32.const 10) (local.get 0)))
        (func (export "outer") (param i32) (result i32) (call $again (local.get 0))))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(wat, (), |linker| {
        let again = |guest: &mut hostheap_core::Guest<'_, B<S>, ()>, n: i32| {
            guest.call::<_, i32>("divide", (n,))
        };
        linker.func("host", "again", again).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("outer", (5i32,)).unwrap(), 2);
    let trap = expect::trap(plugin.call::<_, i32>("outer", (0i32,)));
    assert_eq!(trap, TrapKind::IntegerDivisionByZero);
    assert!(plugin.guest().is_poisoned());
}

/// A nested trap that the host function handles still poisons the plugin.
pub fn a_nested_trap_that_is_handled_still_poisons<S: Subject>() {
    let wat = r#"(module
        (import "host" "try" (func $try (result i32)))
        (memory (export "memory") 1)
        (func (export "trap") unreachable)
        (func (export "outer") (result i32) (call $try)))"#;
    let mut plugin = crate::rig::plugin_with::<S, ()>(wat, (), |linker| {
        let attempt = |guest: &mut hostheap_core::Guest<'_, B<S>, ()>| {
            expect::trap(guest.call::<_, ()>("trap", ()));
            expect::poisoned(guest.call::<_, ()>("trap", ()));
            5i32
        };
        linker.func("host", "try", attempt).unwrap();
    });
    assert_eq!(plugin.call::<_, i32>("outer", ()).unwrap(), 5);
    assert!(plugin.guest().is_poisoned());
}
