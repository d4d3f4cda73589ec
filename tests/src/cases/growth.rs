//! Growing linear memory from outside, and what a limit on it means.

use hostheap_core::module::ModuleError;
use hostheap_core::{Context, LoadOptions, OwnHeap};

use crate::rig::{B, Cx, Family, Raw, try_load_with, wasm};
use crate::subject::Subject;
use crate::{expect, guests};

const PAGE: u64 = 65536;

/// One page that can become four.
const WAT: &str = r#"(module
    (memory (export "memory") 1 4)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "pages") (result i32) (memory.size))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;

/// Growing by 0 bytes tells the size and does nothing.
pub fn growing_by_nothing_returns_the_size<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    assert_eq!(raw.cx().grow(0).unwrap(), PAGE);
    assert_eq!(raw.cx().memory_size().unwrap(), PAGE);
}

/// Any number of bytes becomes whole pages.
pub fn growth_is_rounded_up_to_whole_pages<S: Subject>() {
    for (bytes, pages) in [(1, 1), (PAGE - 1, 1), (PAGE, 1), (PAGE + 1, 2), (3 * PAGE, 3)] {
        let mut raw = Raw::<S>::bound(WAT);
        assert_eq!(raw.cx().grow(bytes).unwrap(), PAGE);
        assert_eq!(raw.cx().memory_size().unwrap(), (1 + pages) * PAGE, "{bytes}");
    }
}

/// Growth answers with the size before it.
pub fn growth_returns_the_size_before<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    assert_eq!(raw.cx().grow(1).unwrap(), PAGE);
    assert_eq!(raw.cx().grow(1).unwrap(), 2 * PAGE);
    assert_eq!(raw.cx().grow(1).unwrap(), 3 * PAGE);
}

/// Bytes keep their values, and new ones are zero.
pub fn contents_survive_growth_and_new_bytes_are_zero<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let pattern = |at: usize| (at % 251) as u8;
    for (at, byte) in raw.cx().memory_mut().unwrap().iter_mut().enumerate() {
        *byte = pattern(at);
    }
    raw.cx().grow(3 * PAGE).unwrap();
    let cx = raw.cx();
    let (old, new) = cx.memory().unwrap().split_at(PAGE as usize);
    assert!(old.iter().enumerate().all(|(at, byte)| *byte == pattern(at)));
    assert_eq!(new.len() as u64, 3 * PAGE);
    assert!(new.iter().all(|byte| *byte == 0));
}

/// The guest has what the host grew.
pub fn the_guest_sees_the_hosts_growth<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().grow(PAGE).unwrap();
    assert_eq!(raw.call::<(), i32>("pages", ()).unwrap(), 2);
    raw.call::<(i32, i32), ()>("store", (131071, 5)).unwrap();
    assert_eq!(raw.cx().bytes(131071, 1).unwrap(), [5]);
}

/// The maximum itself can be reached.
pub fn memory_grows_to_exactly_its_maximum<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().grow(3 * PAGE).unwrap();
    assert_eq!(raw.cx().memory_size().unwrap(), 4 * PAGE);
    assert_eq!(raw.cx().grow(0).unwrap(), 4 * PAGE);
    raw.cx().write(262143, &[1]).unwrap();
}

/// One page beyond the maximum is refused, with the numbers.
pub fn growth_beyond_the_maximum_names_the_maximum<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().grow(PAGE).unwrap();
    let error = expect::grow(raw.cx().grow(2 * PAGE + 1));
    assert_eq!(error.size, 2 * PAGE);
    assert_eq!(error.additional, 2 * PAGE + 1);
    assert_eq!(error.max, Some(4 * PAGE));
}

/// After a refusal everything is as before, and less can still be had.
pub fn a_refused_growth_changes_nothing<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().write(10, b"kept").unwrap();
    expect::grow(raw.cx().grow(4 * PAGE));
    assert_eq!(raw.cx().memory_size().unwrap(), PAGE);
    assert_eq!(raw.cx().bytes(10, 4).unwrap(), b"kept");
    assert_eq!(raw.call::<(), i32>("pages", ()).unwrap(), 1);
    raw.cx().grow(3 * PAGE).unwrap();
    assert_eq!(raw.cx().bytes(10, 4).unwrap(), b"kept");
}

/// No number of bytes wraps around to a small one.
pub fn growth_by_more_than_the_address_space_is_refused<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    for bytes in [1 << 32, (1 << 32) + 1, 1 << 48, (1 << 48) + PAGE, u64::MAX - PAGE, u64::MAX] {
        let error = expect::grow(raw.cx().grow(bytes));
        assert_eq!((error.additional, error.max), (bytes, Some(4 * PAGE)));
    }
    assert_eq!(raw.cx().memory_size().unwrap(), PAGE);
}

/// A memory without a maximum still ends at 4 GiB.
pub fn growth_past_4_gib_is_refused_without_a_maximum<S: Subject>() {
    let mut raw = Raw::<S>::bound(r#"(module (memory (export "memory") 1))"#);
    let error = expect::grow(raw.cx().grow(1 << 32));
    assert_eq!((error.size, error.max), (PAGE, None));
    raw.cx().grow(PAGE).unwrap();
    assert_eq!(raw.cx().memory_size().unwrap(), 2 * PAGE);
}

/// A guest that grows its memory in mid-function shows it to the host function it then calls.
pub fn a_host_function_sees_what_its_caller_grew<S: Subject>() {
    use hostheap_core::Import;
    let wat = r#"(module
        (import "host" "size" (func $size (result i64)))
        (memory (export "memory") 1 4)
        (func (export "go") (result i64)
            (drop (memory.grow (i32.const 2)))
            (call $size)))"#;
    let mut raw = Raw::<S>::with(wat, (), |linker| {
        let size = |cx: Cx<'_, S, ()>| Ok(cx.memory_size()? as i64);
        <B<S> as Import<(), i64>>::import(linker, "host", "size", size).unwrap();
    })
    .bind();
    assert_eq!(raw.call::<(), i64>("go", ()).unwrap(), 3 * 65536);
}

/// A host function that grows memory leaves its caller with more, at the same offsets.
pub fn the_guest_goes_on_with_memory_that_a_host_function_grew<S: Subject>() {
    use hostheap_core::Import;
    let wat = r#"(module
        (import "host" "grow" (func $grow (param i32) (result i32)))
        (memory (export "memory") 1 4)
        (func (export "go") (result i32)
            (i32.store8 (i32.const 65535) (i32.const 77))
            (drop (call $grow (i32.const 131072)))
            (i32.store8 (i32.const 196607) (i32.const 1))
            (i32.add (i32.load8_u (i32.const 65535)) (i32.load8_u (i32.const 196607)))))"#;
    let mut raw = Raw::<S>::with(wat, (), |linker| {
        let grow = |mut cx: Cx<'_, S, ()>, bytes: i32| {
            let before = cx.grow(bytes as u64)?;
            cx.write(before as u32, &[9])?;
            Ok(before as i32)
        };
        <B<S> as Import<(i32,), i32>>::import(linker, "host", "grow", grow).unwrap();
    })
    .bind();
    assert_eq!(raw.call::<(), i32>("go", ()).unwrap(), 78);
    assert_eq!(raw.cx().bytes(65535, 2).unwrap(), [77, 9]);
}

/// A host's limit on memory holds against the guest's own `memory.grow`.
pub fn a_memory_limit_holds_against_the_guests_own_growth<S: Subject>() {
    let options = LoadOptions::new().max_memory(4 * PAGE + 100).own_heap(OwnHeap::Ignore);
    let mut plugin = try_load_with::<S, ()>(&guests::wasm("grower"), &options, (), |_| {}).unwrap();
    let pages: u32 = plugin.call("memory_pages", ()).unwrap();
    let before: i32 = plugin.call("grow_memory", (4 - pages,)).unwrap();
    assert_eq!(before as u32, pages);
    assert_eq!(plugin.call::<_, i32>("grow_memory", (1u32,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, u32>("memory_pages", ()).unwrap(), 4);
}

/// A host's limit on memory holds against growth for the heap, and against the host itself.
pub fn a_memory_limit_holds_against_the_heaps_growth<S: Subject>() {
    let options = LoadOptions::new().max_memory(4 * PAGE);
    let mut family = Family::<S>::limited(&options, Default::default());
    assert!(family.exhaust(1000).unwrap() > 100);
    let mut guest = family.plugin.guest();
    assert_eq!(guest.context().memory_size().unwrap(), 4 * PAGE);
    let error = expect::grow(guest.context().grow(1));
    assert_eq!(error.max, Some(4 * PAGE));
}

/// A limit below what the module starts with is refused before anything runs.
pub fn a_memory_limit_below_the_start_is_refused<S: Subject>() {
    let wasm = wasm(r#"(module (memory (export "memory") 3))"#);
    let options = LoadOptions::new().max_memory(3 * PAGE - 1);
    match expect::module(try_load_with::<S, ()>(&wasm, &options, (), |_| {})) {
        ModuleError::MemoryAboveLimit { min_bytes, limit_bytes } => {
            assert_eq!((min_bytes, limit_bytes), (3 * PAGE, 3 * PAGE - 1));
        }
        other => panic!("{other:?}"),
    }
}

/// A limit above the module's own maximum leaves that as it is.
pub fn a_memory_limit_never_raises_the_modules_maximum<S: Subject>() {
    let options = LoadOptions::new().max_memory(100 * PAGE);
    let mut plugin = try_load_with::<S, ()>(&wasm(WAT), &options, (), |_| {}).unwrap();
    let error = expect::grow(plugin.guest().context().grow(4 * PAGE));
    assert_eq!(error.max, Some(4 * PAGE));
}
