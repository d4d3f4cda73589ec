//! A plugin's memory in the host's hands, in place: pointers, ranges and slices.

use hostheap_core::convention::{GuestBytes, GuestPtr, GuestSlice, GuestStr};
use hostheap_core::error::ConventionError;
use hostheap_core::{Context, Result};

use crate::expect;
use crate::rig::{GuestOf, PluginOf, plugin, plugin_with};
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;

/// A page of memory, and its last byte.
const PAGE: &str = r#"(module (memory (export "memory") 1 2))"#;
const END: u32 = 65536;

/// A plugin of one page with this at 1024.
fn page<S: Subject>(bytes: &[u8]) -> PluginOf<S> {
    let mut plugin = plugin::<S>(PAGE);
    plugin.guest().context().write(1024, bytes).unwrap();
    plugin
}

/// Bytes are written in place, and what the closure gives comes out.
pub fn bytes_are_changed_in_place<S: Subject>() {
    let mut plugin = page::<S>(b"abcdef");
    let mut guest = plugin.guest();
    let sum = guest.with_bytes(1025, 4, |bytes| {
        assert_eq!(bytes, b"bcde");
        bytes.reverse();
        bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>()
    });
    assert_eq!(sum.unwrap(), 98 + 99 + 100 + 101);
    assert_eq!(guest.context().bytes(1024, 6).unwrap(), b"aedcbf");
}

/// Ranges are in bounds up to the end of memory, and not one byte more.
pub fn bytes_out_of_bounds_are_never_shown<S: Subject>() {
    let mut plugin = page::<S>(b"");
    let mut guest = plugin.guest();
    for (offset, len) in [(0, END), (END, 0), (END - 1, 1), (0, 0)] {
        assert_eq!(guest.with_bytes(offset, len, |bytes| bytes.len() as u32).unwrap(), len);
    }
    for (offset, len) in [(0, END + 1), (END, 1), (END + 1, 0), (1, u32::MAX), (u32::MAX, u32::MAX)]
    {
        let error = expect::out_of_bounds(guest.with_bytes(offset, len, |_| panic!("it ran")));
        let found = (error.offset, error.len, error.size);
        assert_eq!(found, (offset.into(), len.into(), END.into()));
    }
    // What is there after growth is there.
    guest.context().grow(1).unwrap();
    assert_eq!(guest.with_bytes(END, 1, |bytes| bytes[0]).unwrap(), 0);
}

/// Values are changed in place, whether or not the host's buffer is aligned for them.
pub fn slices_are_changed_in_place<S: Subject>() {
    let points = [Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }];
    let mut plugin = page::<S>(bytemuck::bytes_of(&points));
    let mut guest = plugin.guest();
    let ptr = GuestPtr::<Point>::new(1024);
    let first = guest.with_slice(ptr, 2, |points| {
        points.swap(0, 1);
        points[1].y = -2.0;
        points[0]
    });
    assert_eq!(first.unwrap(), Point { x: 3.0, y: 4.0 });
    assert_eq!(guest.read(ptr).unwrap(), Point { x: 3.0, y: 4.0 });
    assert_eq!(guest.read(GuestPtr::<Point>::new(1040)).unwrap().y, -2.0);
    // Another type over the same bytes, one element into it.
    let words = guest.with_slice(GuestPtr::<u64>::new(1032), 1, |words| {
        words[0] = 5.0f64.to_bits();
    });
    words.unwrap();
    assert_eq!(guest.read(ptr).unwrap(), Point { x: 3.0, y: 5.0 });
    assert_eq!(guest.with_slice(ptr, 0, |none| none.len()).unwrap(), 0);
}

/// A slice is out of bounds or misaligned as a whole, and then nothing runs.
pub fn slices_are_checked_as_a_whole<S: Subject>() {
    let mut plugin = page::<S>(b"");
    let mut guest = plugin.guest();
    let last = GuestPtr::<u64>::new(END - 8);
    assert_eq!(guest.with_slice(last, 1, |words| words.len()).unwrap(), 1);
    for (offset, len) in [(END - 8, 2), (END, 1), (0, 8193), (8, u32::MAX), (8, 0x2000_0001)] {
        let ptr = GuestPtr::<u64>::new(offset);
        let error = expect::out_of_bounds(guest.with_slice(ptr, len, |_| panic!("it ran")));
        assert_eq!((error.offset, error.size), (offset.into(), END.into()), "{len}");
    }
    for offset in [1, 4, END - 9, u32::MAX] {
        let ptr = GuestPtr::<u64>::new(offset);
        let error = expect::convention(guest.with_slice(ptr, 1, |_| panic!("it ran")));
        assert_eq!(error, ConventionError::Misaligned { offset, align: 8, of: "uint64_t" });
    }
}

/// One value is read and written behind a pointer.
pub fn values_are_read_and_written_behind_pointers<S: Subject>() {
    let mut plugin = page::<S>(b"");
    let mut guest = plugin.guest();
    macro_rules! there_and_back {
        ($($T:ty = $value:expr;)*) => {
            $(
                let ptr = GuestPtr::<$T>::new(1024);
                guest.write(ptr, &$value).unwrap();
                assert_eq!(guest.read(ptr).unwrap(), $value);
            )*
        };
    }
    there_and_back! {
        i8 = -1; u8 = 255; i16 = i16::MIN; u16 = 65535; i32 = i32::MIN; u32 = u32::MAX;
        i64 = i64::MIN; u64 = u64::MAX; f32 = -0.5; f64 = 1e300; bool = true; char = 'ß';
        Point = Point { x: 1.0, y: -1.0 };
        Item = Item { id: 1, weight: 2.5, level: -3, fresh: true, grade: 4 };
        Padded = Padded { tag: 9, pad: [0; 7], value: 0.25 };
        GuestPtr<u8> = GuestPtr::new(77);
    }
    // The struct is C's, field by field.
    let item = Item { id: 0x0102_0304, weight: 0.0, level: -2, fresh: true, grade: 7 };
    guest.write(GuestPtr::new(2048), &item).unwrap();
    let bytes = guest.context().bytes(2048, 12).unwrap();
    assert_eq!(bytes, [4, 3, 2, 1, 0, 0, 0, 0, 0xfe, 0xff, 1, 7]);
}

/// Pointers are checked for `NULL`, alignment and bounds, on reading and on writing alike.
pub fn pointers_are_checked_on_each_use<S: Subject>() {
    let mut plugin = page::<S>(b"");
    let mut guest = plugin.guest();
    let null = ConventionError::NullPointer { of: "struct point" };
    assert_eq!(expect::convention(guest.read(GuestPtr::<Point>::NULL)), null);
    assert_eq!(expect::convention(guest.write(GuestPtr::NULL, &Point::default())), null);
    let misaligned = ConventionError::Misaligned { offset: 1028, align: 8, of: "struct point" };
    let odd = GuestPtr::<Point>::new(1028);
    assert_eq!(expect::convention(guest.read(odd)), misaligned);
    assert_eq!(expect::convention(guest.write(odd, &Point::default())), misaligned);
    for offset in [END - 8, END, 0xffff_fff8] {
        let ptr = GuestPtr::<Point>::new(offset);
        let error = expect::out_of_bounds(guest.read(ptr));
        assert_eq!((error.offset, error.len), (offset.into(), 16));
        expect::out_of_bounds(guest.write(ptr, &Point { x: 1.0, y: 1.0 }));
    }
    assert!(guest.memory().unwrap().iter().all(|&byte| byte == 0), "nothing was written");
    // A byte needs no alignment, and the last one is there.
    guest.write(GuestPtr::new(END - 1), &1u8).unwrap();
}

/// Bytes that are no value of the type are an error that says where.
pub fn invalid_values_are_never_made<S: Subject>() {
    let mut plugin = page::<S>(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
    let guest = plugin.guest();
    let error = expect::convention(guest.read(GuestPtr::<Item>::new(1024)));
    assert_eq!(error, ConventionError::InvalidBits { offset: 1024, of: "struct item" });
    let error = expect::convention(guest.read(GuestPtr::<bool>::new(1034)));
    assert_eq!(error, ConventionError::InvalidBits { offset: 1034, of: "bool" });
    let mut plugin = page::<S>(&0xd800u32.to_le_bytes());
    let error = expect::convention(plugin.guest().read(GuestPtr::<char>::new(1024)));
    assert!(matches!(error, ConventionError::InvalidBits { offset: 1024, .. }), "{error:?}");
}

/// Passes `(1024, len)` to the host, where 1, 2, 3 and 4 stand as numbers.
const GIVES: &str = r#"(module
    (import "host" "take" (func $take (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) "\01\00\00\00\02\00\00\00\03\00\00\00\04\00\00\00")
    (func (export "give") (param i32) (call $take (i32.const 1024) (local.get 0))))"#;

/// A slice gives its elements one by one or all together, and takes others; never beyond its end.
pub fn a_slice_ends_where_it_ends<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(GIVES, (), |linker| {
        let take = |guest: &mut GuestOf<'_, S>, slice: GuestSlice<i32>| -> Result<()> {
            assert_eq!((slice.len(), slice.ptr().offset()), (3, 1024));
            assert_eq!((slice.bytes().offset(), slice.bytes().len()), (1024, 12));
            assert_eq!(slice.read(guest.context())?, [1, 2, 3]);
            assert_eq!(slice.get(guest.context(), 2)?, 3);
            for index in [3, 4, 0x4000_0000, u32::MAX] {
                let error = expect::out_of_bounds(slice.get(guest.context(), index));
                assert_eq!(error.offset, 1024 + u64::from(index) * 4);
            }
            let cx = guest.context();
            expect::out_of_bounds(slice.write(cx, &[9, 9, 9, 9]));
            assert_eq!(slice.read(cx)?, [1, 2, 3], "nothing was written");
            slice.write(cx, &[-1])?;
            slice.write(cx, &[])?;
            assert_eq!(slice.read(cx)?, [-1, 2, 3]);
            slice.write(cx, &[7, 8, 9])?;
            // What lies behind is not its own.
            assert_eq!(guest.read(GuestPtr::<i32>::new(1036))?, 4);
            assert_eq!(format!("{slice:?}"), "GuestSlice<int32_t>(0x400, 3)");
            guest.with_slice(slice.ptr(), slice.len(), |values| assert_eq!(values, [7, 8, 9]))
        };
        linker.func("host", "take", take).unwrap();
    });
    plugin.call::<_, ()>("give", (3u32,)).unwrap();
}

/// A range that was checked is checked again on each reading: other bytes may lie there by then.
pub fn a_range_is_checked_on_each_reading<S: Subject>() {
    let mut plugin = plugin_with::<S, ()>(GIVES, (), |linker| {
        let take = |guest: &mut GuestOf<'_, S>, text: GuestStr| -> Result<()> {
            assert_eq!(text.read(guest.context_ref())?.len(), 16);
            guest.context().write(1024 + 15, &[0xc3])?;
            let error = expect::convention(text.read(guest.context_ref()));
            assert_eq!(error, ConventionError::NotUtf8 { offset: 1024, len: 16, valid_up_to: 15 });
            // Nor does another memory have it because this one does.
            let elsewhere = [0u8; 1039];
            expect::out_of_bounds(text.of(&elsewhere));
            expect::out_of_bounds(text.bytes().of(&elsewhere));
            assert_eq!(text.bytes().of(&[1; 1040])?, [1; 16]);
            Ok(())
        };
        linker.func("host", "take", take).unwrap();
    });
    plugin.call::<_, ()>("give", (16u32,)).unwrap();
}

/// Memory and state are borrowed together, so that nothing needs to be copied from one to the
/// other.
pub fn memory_and_state_are_borrowed_together<S: Subject>() {
    let mut plugin = plugin_with::<S, Vec<u8>>(GIVES, Vec::new(), |linker| {
        let take = |guest: &mut GuestOf<'_, S, Vec<u8>>, bytes: GuestBytes| -> Result<()> {
            let (memory, state) = guest.memory_and_state()?;
            state.extend_from_slice(bytes.of(memory)?);
            memory[1024] = state.len() as u8;
            Ok(())
        };
        linker.func("host", "take", take).unwrap();
    });
    plugin.call::<_, ()>("give", (5u32,)).unwrap();
    plugin.call::<_, ()>("give", (1u32,)).unwrap();
    assert_eq!(plugin.state(), &[1, 0, 0, 0, 2, 5]);
}
