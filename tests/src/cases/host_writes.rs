//! What host functions write into the plugin's memory, and how they use it while they run.

use hostheap_core::convention::{GuestBytes, GuestPtr, GuestSlice, GuestStr};
use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Result};

use crate::expect;
use crate::hosts::hostfns;
use crate::rig::GuestOf;
use crate::shapes::Point;
use crate::subject::Subject;

/// A host function writes through the pointers it was given.
pub fn a_host_function_writes_through_pointers<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let move_point =
            |guest: &mut GuestOf<'_, S>, p: GuestPtr<Point>, dx: f64, dy: f64| -> Result<()> {
                let Point { x, y } = guest.read(p)?;
                guest.write(p, &Point { x: x + dx, y: y + dy })
            };
        let increment = |guest: &mut GuestOf<'_, S>, x: GuestPtr<i32>| -> Result<()> {
            let value = guest.read(x)?;
            guest.write(x, &value.wrapping_add(1))
        };
        linker.func("host", "move_point", move_point).unwrap();
        linker.func("host", "increment", increment).unwrap();
    });
    assert_eq!(plugin.call::<_, f64>("send_move_point", (2.0, 3.0)).unwrap(), 15.0);
    assert_eq!(plugin.call::<_, i32>("send_increment", (41,)).unwrap(), 42);
    assert_eq!(plugin.call::<_, i32>("send_increment", (i32::MAX,)).unwrap(), i32::MIN);
}

/// A host function fills the slice it was given, and nothing beside it.
pub fn a_host_function_fills_a_slice<S: Subject>() {
    let mut copied = hostfns::<S, ()>((), |linker| {
        let fill = |guest: &mut GuestOf<'_, S>, out: GuestSlice<i32>, start: i32| -> Result<()> {
            let values: Vec<i32> = (start..).take(out.len() as usize).collect();
            out.write(guest.context(), &values)
        };
        linker.func("host", "fill", fill).unwrap();
    });
    let mut in_place = hostfns::<S, ()>((), |linker| {
        let fill = |guest: &mut GuestOf<'_, S>, out: GuestSlice<i32>, start: i32| -> Result<()> {
            guest.with_slice(out.ptr(), out.len(), |values| {
                for (value, n) in values.iter_mut().zip(start..) {
                    *value = n;
                }
            })
        };
        linker.func("host", "fill", fill).unwrap();
    });
    let mut as_bytes = hostfns::<S, ()>((), |linker| {
        let fill = |guest: &mut GuestOf<'_, S>, out: GuestSlice<i32>, start: i32| -> Result<()> {
            guest.with_bytes(out.bytes().offset(), out.bytes().len(), |bytes| {
                for (value, n) in bytes.chunks_exact_mut(4).zip(start..) {
                    value.copy_from_slice(&n.to_le_bytes());
                }
            })
        };
        linker.func("host", "fill", fill).unwrap();
    });
    for plugin in [&mut copied, &mut in_place, &mut as_bytes] {
        assert_eq!(plugin.call::<_, i64>("send_fill", (10,)).unwrap(), 60);
        assert_eq!(plugin.call::<_, i64>("send_fill", (-2,)).unwrap(), 0);
    }
}

/// A range that the plugin passed is the same bytes after the host function allocated, and memory
/// grew and moved.
pub fn ranges_outlive_growth<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let text = |guest: &mut GuestOf<'_, S>, text: GuestStr| -> Result<u32> {
            let before = text.read(guest.context_ref())?.to_owned();
            let block = guest.malloc(3 << 20)?;
            guest.with_bytes(block, 3 << 20, |bytes| bytes.fill(b'!'))?;
            assert_eq!(text.read(guest.context_ref())?, before);
            guest.free(block)?;
            Ok(before.len() as u32)
        };
        let fill = |guest: &mut GuestOf<'_, S>, out: GuestSlice<i32>, start: i32| -> Result<()> {
            guest.context().grow(1)?;
            out.write(guest.context(), &[start; 5])
        };
        linker.func("host", "text", text).unwrap();
        linker.func("host", "fill", fill).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_text", ("unmoved",)).unwrap(), 7);
    assert_eq!(plugin.call::<_, i64>("send_fill", (7,)).unwrap(), 35);
    assert_eq!(plugin.heap_stats().live_blocks, 0);
}

/// A range is the same bytes after a nested call, too, and shows what that call wrote.
pub fn ranges_outlive_nested_calls<S: Subject>() {
    let mut plugin = hostfns::<S, u32>(0, |linker| {
        let bytes = |guest: &mut GuestOf<'_, S, u32>, bytes: GuestBytes| -> Result<u32> {
            *guest.state_mut() += 1;
            if *guest.state() < 5 {
                let inner = vec![b'i'; 1000];
                assert_eq!(guest.call::<_, u32>("send_bytes", (&inner,))?, 1000);
            }
            let first = bytes.read(guest.context_ref())?.first().copied();
            assert!(matches!(first, Some(b'o' | b'i')), "{first:?}");
            Ok(bytes.len())
        };
        linker.func("host", "bytes", bytes).unwrap();
    });
    assert_eq!(plugin.call::<_, u32>("send_bytes", (b"outer",)).unwrap(), 5);
    assert_eq!((*plugin.state(), plugin.heap_stats().live_blocks), (5, 0));
}

/// What a host function writes into a borrowed argument is copied back where that was writable.
pub fn what_the_host_writes_into_an_argument_is_copied_back<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let numbers = |guest: &mut GuestOf<'_, S>, numbers: GuestSlice<i32>| -> Result<i64> {
            guest.with_slice(numbers.ptr(), numbers.len(), |numbers| {
                numbers.reverse();
                numbers.len() as i64
            })
        };
        linker.func("host", "numbers", numbers).unwrap();
    });
    let mut numbers = [1, 2, 3];
    assert_eq!(plugin.call::<_, i64>("send_numbers", (&mut numbers,)).unwrap(), 3);
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(plugin.call::<_, i64>("send_numbers", (&numbers,)).unwrap(), 3);
    assert_eq!(numbers, [3, 2, 1], "this was lent to be read");
}

/// A wild pointer is found when it is used, and nothing is written.
pub fn a_wild_pointer_is_found_when_it_is_used<S: Subject>() {
    let mut plugin = hostfns::<S, ()>((), |linker| {
        let move_point = |guest: &mut GuestOf<'_, S>, p: GuestPtr<Point>, dx: f64, _: f64| {
            let size = guest.context().memory_size()? as u32;
            let before = guest.read(p)?;
            // The last of memory is too short for a point.
            let wild = GuestPtr::<Point>::new(size.wrapping_sub(8));
            let end = wild.cast::<f64>();
            guest.write(end, &0.5)?;
            let error = expect::out_of_bounds(guest.write(wild, &before));
            assert_eq!((error.offset, error.len), (wild.offset().into(), 16));
            assert_eq!(guest.read(end)?, 0.5, "not even a part of it");
            let odd = GuestPtr::<Point>::new(p.offset() + 1);
            let error = expect::convention(guest.write(odd, &before));
            assert!(matches!(error, ConventionError::Misaligned { align: 8, .. }), "{error:?}");
            guest.write(p.cast(), &(before.x + dx))
        };
        linker.func("host", "move_point", move_point).unwrap();
    });
    assert_eq!(plugin.call::<_, f64>("send_move_point", (2.0, 0.0)).unwrap(), 6.0);
}
