//! Checked access to linear memory, and its edges.

use hostheap_core::memory::PAGE;
use hostheap_core::{Context, Error, Runtime};

use crate::expect;
use crate::rig::{B, Raw};
use crate::subject::Subject;

/// One page that can become three, with a view of it from the inside.
const WAT: &str = r#"(module
    (memory (export "memory") 1 3)
    (data (i32.const 1024) "static")
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;

const SIZE: u32 = PAGE as u32;

/// Bytes that the host wrote are read back.
pub fn bytes_written_are_read_back<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    cx.write(100, b"hello").unwrap();
    let mut buffer = [0; 5];
    cx.read(100, &mut buffer).unwrap();
    assert_eq!(&buffer, b"hello");
    assert_eq!(cx.bytes(99, 7).unwrap(), b"\0hello\0");
}

/// The guest loads what the host wrote.
pub fn the_guest_sees_what_the_host_writes<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().write(7, &[200]).unwrap();
    assert_eq!(raw.call::<(i32,), i32>("load", (7,)).unwrap(), 200);
}

/// The host reads what the guest stored.
pub fn the_host_sees_what_the_guest_writes<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.call::<(i32, i32), ()>("store", (9, 201)).unwrap();
    assert_eq!(raw.cx().bytes(9, 1).unwrap(), [201]);
}

/// Active data segments are in memory, and all else is zero.
pub fn data_segments_are_in_place_and_the_rest_is_zero<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let cx = raw.cx();
    let memory = cx.memory().unwrap();
    assert_eq!(&memory[1024..1030], b"static");
    assert!(memory[..1024].iter().chain(&memory[1030..]).all(|byte| *byte == 0));
}

/// The size is a whole number of pages, in bytes.
pub fn the_size_is_in_bytes<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    assert_eq!(raw.cx().memory_size().unwrap(), 65536);
    assert_eq!(raw.cx().memory().unwrap().len(), 65536);
}

/// An access of nothing at the very end is fine.
pub fn nothing_at_the_end_is_in_bounds<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    assert!(cx.bytes(SIZE, 0).unwrap().is_empty());
    assert!(cx.bytes_mut(SIZE, 0).unwrap().is_empty());
    cx.read(SIZE, &mut []).unwrap();
    cx.write(SIZE, &[]).unwrap();
    cx.fill(SIZE, 1, 0).unwrap();
    cx.copy_within(SIZE, SIZE, 0).unwrap();
}

/// An access of nothing beyond the end is not.
pub fn nothing_past_the_end_is_out_of_bounds<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    expect::out_of_bounds(cx.bytes(SIZE + 1, 0));
    expect::out_of_bounds(cx.bytes_mut(SIZE + 1, 0));
    expect::out_of_bounds(cx.read(SIZE + 1, &mut []));
    expect::out_of_bounds(cx.write(SIZE + 1, &[]));
    expect::out_of_bounds(cx.fill(u32::MAX, 1, 0));
    expect::out_of_bounds(cx.copy_within(SIZE + 1, 0, 0));
    expect::out_of_bounds(cx.copy_within(0, SIZE + 1, 0));
}

/// The last byte belongs to memory.
pub fn the_last_byte_can_be_read_and_written<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().write(SIZE - 1, &[42]).unwrap();
    assert_eq!(raw.cx().bytes(SIZE - 1, 1).unwrap(), [42]);
    assert_eq!(raw.call::<(i32,), i32>("load", (SIZE as i32 - 1,)).unwrap(), 42);
}

/// One byte more than there is, with the numbers that made it so.
pub fn read_past_end_is_out_of_bounds<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let error = expect::out_of_bounds(raw.cx().bytes(SIZE - 1, 2));
    assert_eq!((error.offset, error.len, error.size), (65535, 2, 65536));
}

/// Offset and length are added without wrapping at 4 GiB.
pub fn offset_plus_length_does_not_wrap<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    for (offset, len) in [(u32::MAX, u32::MAX), (1, u32::MAX), (u32::MAX, 1), (u32::MAX, 2)] {
        let error = expect::out_of_bounds(cx.bytes(offset, len));
        assert_eq!((error.offset, error.len), (offset.into(), len.into()));
        expect::out_of_bounds(cx.bytes_mut(offset, len));
        expect::out_of_bounds(cx.fill(offset, 1, len));
        expect::out_of_bounds(cx.copy_within(0, offset, len));
        expect::out_of_bounds(cx.copy_within(offset, 0, len));
    }
    assert!(cx.memory().unwrap()[..1024].iter().all(|byte| *byte == 0));
}

/// A write that does not fit writes none of its bytes.
pub fn a_failed_write_writes_nothing<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    expect::out_of_bounds(cx.write(SIZE - 2, b"abc"));
    assert_eq!(cx.bytes(SIZE - 2, 2).unwrap(), [0, 0]);
}

/// A read that does not fit leaves the buffer as it was.
pub fn a_failed_read_leaves_the_buffer<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut buffer = [7; 3];
    expect::out_of_bounds(raw.cx().read(SIZE - 2, &mut buffer));
    assert_eq!(buffer, [7; 3]);
}

/// Fill sets its range and nothing beside it.
pub fn fill_sets_exactly_its_range<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    cx.fill(10, 0xee, 3).unwrap();
    assert_eq!(cx.bytes(9, 5).unwrap(), [0, 0xee, 0xee, 0xee, 0]);
    expect::out_of_bounds(cx.fill(SIZE - 2, 0xee, 3));
    assert_eq!(cx.bytes(SIZE - 2, 2).unwrap(), [0, 0]);
}

/// Ranges that overlap are copied as memmove does, whichever lies above.
pub fn copy_within_allows_overlap_both_ways<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    cx.write(50, b"abcdef").unwrap();
    cx.copy_within(50, 52, 6).unwrap();
    assert_eq!(cx.bytes(50, 8).unwrap(), b"ababcdef");
    cx.copy_within(52, 50, 6).unwrap();
    assert_eq!(cx.bytes(50, 8).unwrap(), b"abcdefef");
    cx.copy_within(50, 50, 8).unwrap();
    assert_eq!(cx.bytes(50, 8).unwrap(), b"abcdefef");
}

/// A copy that does not fit at either end copies nothing.
pub fn a_failed_copy_copies_nothing<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    let mut cx = raw.cx();
    cx.fill(0, 1, 4).unwrap();
    cx.fill(SIZE - 2, 2, 2).unwrap();
    let error = expect::out_of_bounds(cx.copy_within(0, SIZE - 2, 4));
    assert_eq!(error.offset, u64::from(SIZE) - 2);
    expect::out_of_bounds(cx.copy_within(SIZE - 2, 0, 4));
    assert_eq!(cx.bytes(0, 4).unwrap(), [1; 4]);
    assert_eq!(cx.bytes(SIZE - 2, 2).unwrap(), [2; 2]);
}

/// What is written through a mutable view is in memory.
pub fn a_mutable_view_writes_through<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    raw.cx().bytes_mut(300, 2).unwrap().copy_from_slice(&[3, 4]);
    raw.cx().memory_mut().unwrap()[302] = 5;
    assert_eq!(raw.cx().bytes(300, 3).unwrap(), [3, 4, 5]);
    assert_eq!(raw.call::<(i32,), i32>("load", (302,)).unwrap(), 5);
}

/// Memory and state can be had at once, both writable.
pub fn memory_and_state_can_be_had_at_once<S: Subject>() {
    let mut raw = Raw::<S, Vec<u8>>::with(WAT, vec![1, 2], |_| {}).bind();
    let mut cx = raw.cx();
    let (memory, state) = cx.split_mut().unwrap();
    memory[..2].copy_from_slice(state);
    state.extend_from_slice(&memory[1024..1026]);
    assert_eq!(cx.state(), b"\x01\x02st");
    assert_eq!(cx.bytes(0, 2).unwrap(), [1, 2]);
}

/// The state is the store's own and survives between contexts.
pub fn the_state_survives_between_contexts<S: Subject>() {
    let mut raw = Raw::<S, u32>::with(WAT, 1, |_| {});
    *raw.cx().state_mut() += 1;
    *raw.cx().state_mut() += 1;
    assert_eq!(*raw.cx().state(), 3);
}

/// The size is read anew when the guest has grown its memory.
pub fn the_size_is_read_anew_after_the_guest_grows<S: Subject>() {
    let mut raw = Raw::<S>::bound(WAT);
    expect::out_of_bounds(raw.cx().write(SIZE, &[1]));
    assert_eq!(raw.call::<(i32,), i32>("grow", (1,)).unwrap(), 1);
    let mut cx = raw.cx();
    assert_eq!(cx.memory_size().unwrap(), 131072);
    cx.write(SIZE, &[1]).unwrap();
    assert_eq!(cx.bytes(2 * SIZE - 1, 1).unwrap(), [0]);
    assert_eq!(&cx.memory().unwrap()[1024..1030], b"static");
}

/// Memory without a page has a size of 0 and no bytes.
pub fn a_memory_of_no_pages_has_no_bytes<S: Subject>() {
    let mut raw = Raw::<S>::bound(r#"(module (memory (export "memory") 0 1))"#);
    let mut cx = raw.cx();
    assert_eq!(cx.memory_size().unwrap(), 0);
    assert!(cx.memory().unwrap().is_empty());
    assert!(cx.memory_mut().unwrap().is_empty());
    assert!(cx.split_mut().unwrap().0.is_empty());
    cx.write(0, &[]).unwrap();
    expect::out_of_bounds(cx.write(0, &[1]));
    assert_eq!(cx.grow(1).unwrap(), 0);
    cx.write(65535, &[1]).unwrap();
}

/// Before a memory is bound, everything that needs one says so.
pub fn everything_is_unbound_before_a_memory_is_bound<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let mut cx = raw.cx();
    expect::unbound(cx.memory());
    expect::unbound(cx.memory_mut());
    expect::unbound(cx.memory_size());
    expect::unbound(cx.bytes(0, 0));
    expect::unbound(cx.bytes_mut(0, 0));
    expect::unbound(cx.read(0, &mut []));
    expect::unbound(cx.write(0, &[]));
    expect::unbound(cx.fill(0, 0, 0));
    expect::unbound(cx.copy_within(0, 0, 0));
    expect::unbound(cx.grow(0));
    expect::unbound(cx.split_mut());
    assert!(Error::Unbound.to_string().contains("bind_memory"));
}

/// A memory is bound for contexts that exist already and for all later ones.
pub fn binding_holds_for_every_context<S: Subject>() {
    let mut raw = Raw::<S>::new(WAT);
    let instance = raw.instance.clone();
    let mut cx = raw.cx();
    {
        let mut shorter = B::<S>::reborrow(&mut cx);
        B::<S>::bind_memory(&mut shorter, &instance, "memory").unwrap();
        shorter.write(0, &[1]).unwrap();
    }
    assert_eq!(cx.bytes(0, 1).unwrap(), [1]);
    drop(cx);
    assert_eq!(raw.cx().bytes(0, 1).unwrap(), [1]);
}
