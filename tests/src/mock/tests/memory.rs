//! Linear memory: accesses, bulk operations, segments, growth.

use hostheap_core::error::LinkError;
use hostheap_core::memory::PAGE;
use hostheap_core::{Context, Error, Runtime, TrapKind, Value};

use super::{Mock, call, instantiate, refusal, run, trap_kind};

/// Little helpers as exports, over a memory of one page that may have three.
const BULK: &str = r#"(module
    (memory (export "memory") 1 3)
    (data $text "hostheap")
    (func (export "copy") (param i32 i32 i32)
        (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fill") (param i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32)
        (memory.init $text (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (data.drop $text))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))"#;

type Three = (i32, i32, i32);

#[test]
fn loads_extend_and_stores_cut() {
    let wat = |body: &str| {
        format!(
            r#"(module (memory 1) (func (export "f") (result i64)
            (i64.store offset=3 (i32.const 5) (i64.const 0x80f0_e0d0_c0b0_a090))
            {body}))"#
        )
    };
    let loads = [
        ("(i64.load (i32.const 8))", 0x80f0_e0d0_c0b0_a090_u64 as i64),
        ("(i64.load8_s (i32.const 8))", -0x70),
        ("(i64.load8_u (i32.const 8))", 0x90),
        ("(i64.load16_s (i32.const 8))", -0x5f70),
        ("(i64.load16_u (i32.const 8))", 0xa090),
        ("(i64.load32_s (i32.const 8))", -0x3f4f_5f70),
        ("(i64.load32_u (i32.const 8))", 0xc0b0_a090),
        ("(i64.extend_i32_u (i32.load8_s (i32.const 8)))", 0xffff_ff90),
        ("(i64.extend_i32_u (i32.load16_s (i32.const 8)))", 0xffff_a090),
        ("(i64.extend_i32_u (i32.load16_u (i32.const 8)))", 0xa090),
        ("(i64.extend_i32_u (i32.reinterpret_f32 (f32.load (i32.const 8))))", 0xc0b0_a090),
        ("(i64.reinterpret_f64 (f64.load (i32.const 8)))", 0x80f0_e0d0_c0b0_a090_u64 as i64),
    ];
    for (load, expected) in loads {
        assert_eq!(run::<(), i64>(&wat(load), ()).unwrap(), expected, "{load}");
    }
    let cut = "(i64.store16 (i32.const 9) (i64.const -1)) (i64.load (i32.const 8))";
    assert_eq!(run::<(), i64>(&wat(cut), ()).unwrap(), 0x80f0_e0d0_c0ff_ff90_u64 as i64);
}

#[test]
fn access_past_the_end_traps_without_wrapping() {
    let mut instance = instantiate(BULK).unwrap();
    assert_eq!(call::<(i32,), i64>(&mut instance, "load", (65528,)).unwrap(), 0);
    for offset in [65529, 65536, -1, -8] {
        let loaded = call::<(i32,), i64>(&mut instance, "load", (offset,));
        assert_eq!(trap_kind(loaded), TrapKind::MemoryOutOfBounds);
    }
    let wat = r#"(module (memory 1) (func (export "f") (result i32)
        (i32.load offset=0xffffffff (i32.const -1))))"#;
    assert_eq!(trap_kind(run::<(), i32>(wat, ())), TrapKind::MemoryOutOfBounds);
}

#[test]
fn store_across_the_end_writes_nothing() {
    let wat = r#"(module (memory (export "memory") 1) (func (export "f")
        (i32.store (i32.const 65534) (i32.const -1))))"#;
    let mut instance = instantiate(wat).unwrap();
    let stored = call::<(), ()>(&mut instance, "f", ());
    assert_eq!(trap_kind(stored), TrapKind::MemoryOutOfBounds);
    let mut cx = Mock::context(&mut instance.0);
    Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
    assert_eq!(cx.bytes(65534, 2).unwrap(), [0, 0]);
}

#[test]
fn copy_handles_overlap_both_ways() {
    let mut instance = instantiate(BULK).unwrap();
    for (from, to) in [(100, 103), (103, 100)] {
        let mut cx = Mock::context(&mut instance.0);
        Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
        cx.write(from, b"abcdefgh").unwrap();
        call::<Three, ()>(&mut instance, "copy", (to as i32, from as i32, 8)).unwrap();
        assert_eq!(Mock::context(&mut instance.0).bytes(to, 8).unwrap(), b"abcdefgh");
    }
}

#[test]
fn bulk_operations_out_of_bounds_do_nothing() {
    let mut instance = instantiate(BULK).unwrap();
    let attempts = [
        ("copy", (65536 - 4, 0, 5)),
        ("copy", (0, 65536 - 4, 5)),
        ("copy", (65537, 0, 0)),
        ("fill", (65536 - 4, 255, 5)),
        ("fill", (-1, 255, 2)),
        ("init", (65536 - 4, 0, 5)),
        ("init", (0, 4, 5)),
        ("init", (0, 9, 0)),
    ];
    for (name, args) in attempts {
        let result = call::<Three, ()>(&mut instance, name, args);
        assert_eq!(trap_kind(result), TrapKind::MemoryOutOfBounds, "{name} {args:?}");
    }
    for (name, args) in
        [("copy", (65536, 65536, 0)), ("fill", (65536, 1, 0)), ("init", (65536, 8, 0))]
    {
        call::<Three, ()>(&mut instance, name, args).unwrap();
    }
    let mut cx = Mock::context(&mut instance.0);
    Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
    assert!(cx.memory().unwrap() == [0; 65536]);
}

#[test]
fn dropped_data_is_empty() {
    let mut instance = instantiate(BULK).unwrap();
    call::<Three, ()>(&mut instance, "init", (10, 4, 4)).unwrap();
    call::<(), ()>(&mut instance, "drop", ()).unwrap();
    call::<(), ()>(&mut instance, "drop", ()).unwrap();
    call::<Three, ()>(&mut instance, "init", (10, 0, 0)).unwrap();
    let result = call::<Three, ()>(&mut instance, "init", (10, 0, 1));
    assert_eq!(trap_kind(result), TrapKind::MemoryOutOfBounds);
    let mut cx = Mock::context(&mut instance.0);
    Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
    assert_eq!(cx.bytes(10, 4).unwrap(), b"heap");
}

#[test]
fn active_data_is_placed_and_then_dropped() {
    let wat = r#"(module (memory 1)
        (global $base i32 (i32.add (i32.const 4) (i32.const 4)))
        (data $d (offset (global.get $base)) "\2a")
        (func (export "f") (result i32) (i32.load8_u (i32.const 8)))
        (func (export "again") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))))"#;
    let mut instance = instantiate(wat).unwrap();
    assert_eq!(call::<(), i32>(&mut instance, "f", ()).unwrap(), 42);
    let again = call::<(), ()>(&mut instance, "again", ());
    assert_eq!(trap_kind(again), TrapKind::MemoryOutOfBounds);
    let wat = r#"(module (memory 1) (data (i32.const 65535) "ab"))"#;
    assert_eq!(trap_kind(instantiate(wat).map(|_| ())), TrapKind::MemoryOutOfBounds);
}

#[test]
fn growth_moves_memory_and_keeps_its_bytes() {
    let mut instance = instantiate(BULK).unwrap();
    call::<Three, ()>(&mut instance, "fill", (0, 7, 65536)).unwrap();
    let mut cx = Mock::context(&mut instance.0);
    Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
    let before = cx.memory().unwrap().as_ptr();
    assert_eq!(cx.grow(1).unwrap(), PAGE);
    let memory = cx.memory().unwrap();
    assert_ne!(memory.as_ptr(), before);
    assert!(memory[..65536] == [7; 65536]);
    assert!(memory[65536..] == [0; 65536]);
    assert_eq!(cx.grow(0).unwrap(), 2 * PAGE);
    assert_eq!(call::<(), i32>(&mut instance, "size", ()).unwrap(), 2);
}

#[test]
fn growth_stops_at_the_maximum() {
    let mut instance = instantiate(BULK).unwrap();
    assert_eq!(call::<(i32,), i32>(&mut instance, "grow", (3,)).unwrap(), -1);
    assert_eq!(call::<(i32,), i32>(&mut instance, "grow", (-1,)).unwrap(), -1);
    assert_eq!(call::<(i32,), i32>(&mut instance, "grow", (1,)).unwrap(), 1);
    let mut cx = Mock::context(&mut instance.0);
    Mock::bind_memory(&mut cx, &instance.1, "memory").unwrap();
    for bytes in [PAGE + 1, u64::MAX] {
        let Err(Error::Grow(error)) = cx.grow(bytes) else { panic!("grew by {bytes}") };
        assert_eq!((error.size, error.additional), (2 * PAGE, bytes));
        assert_eq!(error.max, Some(3 * PAGE));
    }
    assert_eq!(cx.grow(PAGE).unwrap(), 2 * PAGE);
}

#[test]
fn a_memory_of_4_gib_is_refused_without_being_allocated() {
    let message = refusal(instantiate("(module (memory 65536))").map(|_| ()));
    assert!(message.contains("4294967296 bytes"), "{message}");
    let wat =
        r#"(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 65535))))"#;
    assert_eq!(run::<(), i32>(wat, ()).unwrap(), -1);
}

#[test]
fn globals_are_read_and_set_by_type() {
    let wat = r#"(module
        (global (export "g") (mut i64) (i64.const -5))
        (global (export "c") f32 (f32.const 1.5))
        (global (export "r") funcref (ref.null func))
        (func (export "f") (result i64) (global.get 0)))"#;
    let mut instance = instantiate(wat).unwrap();
    let mut cx = Mock::context(&mut instance.0);
    let of = &instance.1;
    assert_eq!(Mock::global(&mut cx, of, "g").unwrap(), Value::I64(-5));
    assert_eq!(Mock::global(&mut cx, of, "c").unwrap(), Value::F32(1.5));
    Mock::set_global(&mut cx, of, "g", Value::I64(i64::MIN)).unwrap();
    let errors = [
        Mock::set_global(&mut cx, of, "c", Value::F32(0.0)),
        Mock::set_global(&mut cx, of, "g", Value::I32(0)),
        Mock::set_global(&mut cx, of, "f", Value::I32(0)),
        Mock::global(&mut cx, of, "r").map(|_| ()),
        Mock::bind_memory(&mut cx, of, "g"),
    ];
    let errors = errors.map(|result| match result {
        Err(Error::Link(error)) => *error,
        other => panic!("{other:?}"),
    });
    assert!(matches!(errors[0], LinkError::ImmutableGlobal { .. }));
    assert!(matches!(errors[1], LinkError::GlobalType { .. }));
    assert!(
        matches!(&errors[2], LinkError::MissingExport { available, .. } if available.len() == 3)
    );
    assert!(matches!(errors[3], LinkError::MissingExport { .. }));
    assert!(matches!(errors[4], LinkError::MissingExport { kind: "memory", .. }));
    assert_eq!(call::<(), i64>(&mut instance, "f", ()).unwrap(), i64::MIN);
}
