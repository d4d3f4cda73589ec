//! The only place of this crate with `unsafe` blocks: what C hands over becomes values of Rust.
//!
//! What makes the rest safe is the caller's promise, which stands at the top of the header: a pointer
//! is NULL, or it points to what the parameter's type and documentation say, for as long as they
//! say, and no other thread changes it meanwhile.
//!
//! - A handle or struct by reference is an `Option<&T>`, which has the layout of a nullable pointer
//!   (the standard library guarantees it: "Option, representation"). A place for a result is an
//!   `Option<&mut MaybeUninit<T>>`: what C left there is never read and never dropped.
//! - Text, bytes and arrays come in the types below. No code of Rust can make one: they exist only as
//!   parameters of exported functions and fields of structs that C fills, so that the promise holds
//!   for each of them. Options come as [`Chosen`] and are made in [`ToChoose`], linear memory as [`Memory`].
//! - An owned handle goes out by [`hand_out`] and comes back as an [`Owned`]; bytes go out as an
//!   [`hh_string`].
//! - Nothing unwinds into C: every exported function runs inside [`entry`].

use core::ffi::{CStr, c_char, c_void};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

use crate::abi::abi;
use crate::status::{Fail, hh_status, record, succeed};

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod decode;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod innermost;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod places;
#[cfg(all(test, any(feature = "wasmtime", feature = "wasmer", feature = "wasmi")))]
pub(crate) mod testing;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub(crate) mod thread;
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
pub mod value;

/// Runs an exported function: its failure and its panic become a status and a message.
pub(crate) fn entry(f: impl FnOnce() -> Result<(), Fail>) -> hh_status {
    entry_with(|| f().map(|()| succeed()))
}

/// The same for one whose success has a status of its own.
pub(crate) fn entry_with(f: impl FnOnce() -> Result<hh_status, Fail>) -> hh_status {
    // What a panic leaves half done is this library's own mistake, and is reported as such.
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(status)) => status,
        Ok(Err(fail)) => record(fail),
        Err(panic) => record(Fail::panic(&*panic)),
    }
}

/// The same for one that cannot fail but has an answer: `otherwise` if it panics.
pub(crate) fn answer<R>(otherwise: R, f: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
}

/// Runs the short way of a function that has a long one, which is gone if this answers `None` or panics.
/// What is moved in and out is small here, unlike a `Fail`.
#[inline(always)]
pub(crate) fn quickly(f: impl FnOnce() -> Option<()>) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(f)), Ok(Some(())))
}

/// A pointer that must not be NULL.
pub(crate) fn needed<T>(what: &'static str, pointer: Option<T>) -> Result<T, Fail> {
    pointer.ok_or_else(|| Fail::null(what))
}

/// Writes a result to where C wants it.
pub(crate) fn put<T>(
    what: &'static str,
    place: Option<&mut MaybeUninit<T>>,
    value: T,
) -> Result<(), Fail> {
    needed(what, place)?.write(value);
    Ok(())
}

/// A place for a result that is `empty` until it is known, so that C finds nothing to misuse there when
/// the call fails.
pub(crate) fn vacant<'a, T>(
    what: &'static str,
    place: Option<&'a mut MaybeUninit<T>>,
    empty: T,
) -> Result<&'a mut T, Fail> {
    Ok(needed(what, place)?.write(empty))
}

/// `const char *`: NULL, or text that ends with a NUL byte.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(*const c_char, PhantomData<&'a c_char>);

impl<'a> Text<'a> {
    /// No text.
    pub(crate) const NULL: Self = Text(core::ptr::null(), PhantomData);

    /// `None` for NULL.
    pub(crate) fn c_str(self) -> Option<&'a CStr> {
        // SAFETY: not NULL, so C promised text that ends with a NUL byte and stays as it is.
        (!self.0.is_null()).then(|| unsafe { CStr::from_ptr(self.0) })
    }

    /// UTF-8; `None` for NULL.
    pub(crate) fn optional(self, what: &'static str) -> Result<Option<&'a str>, Fail> {
        let text = self.c_str().map(CStr::to_str).transpose();
        text.map_err(|e| Fail::not_utf8(what, e.valid_up_to()))
    }

    /// UTF-8, and not NULL.
    pub(crate) fn text(self, what: &'static str) -> Result<&'a str, Fail> {
        needed(what, self.optional(what)?)
    }
}

/// `const T *` with a number of elements beside it: NULL, or that many initialised elements.
#[repr(transparent)]
#[derive(Debug)]
pub struct Array<'a, T>(*const T, PhantomData<&'a [T]>);

impl<T> Clone for Array<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Array<'_, T> {}

impl<'a, T> Array<'a, T> {
    /// NULL is an empty array if there are no elements, and an error otherwise.
    pub(crate) fn slice(self, what: &'static str, len: usize) -> Result<&'a [T], Fail> {
        check_len::<T>(what, len)?;
        match NonNull::new(self.0.cast_mut()) {
            None if len == 0 => Ok(&[]),
            None => Err(Fail::null(what)),
            // SAFETY: C promised `len` elements at a pointer that is not NULL, which nobody changes
            // meanwhile; that they are no larger than `isize::MAX` bytes is checked above.
            Some(start) => Ok(unsafe { core::slice::from_raw_parts(start.as_ptr(), len) }),
        }
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<'a> Array<'a, c_void> {
    /// `const void *` with a number of bytes beside it.
    pub(crate) fn bytes(self, what: &'static str, len: usize) -> Result<&'a [u8], Fail> {
        Array::<u8>(self.0.cast(), PhantomData).slice(what, len)
    }
}

/// `T *` with a number of elements beside it: NULL, or room for that many, which C does not touch
/// meanwhile.
#[repr(transparent)]
#[derive(Debug)]
pub struct ArrayMut<'a, T>(*mut T, PhantomData<&'a mut [T]>);

impl<'a, T> ArrayMut<'a, T> {
    /// Room whose content does not matter.
    pub(crate) fn room(
        self,
        what: &'static str,
        len: usize,
    ) -> Result<&'a mut [MaybeUninit<T>], Fail> {
        check_len::<T>(what, len)?;
        match NonNull::new(self.0.cast::<MaybeUninit<T>>()) {
            None if len == 0 => Ok(&mut []),
            None => Err(Fail::null(what)),
            // SAFETY: C promised room for `len` elements that nobody else touches; as they may be
            // uninitialised that is all there is to it, and their size is checked above.
            Some(start) => Ok(unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), len) }),
        }
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<'a> ArrayMut<'a, c_void> {
    /// `void *` with a number of bytes beside it.
    pub(crate) fn bytes(
        self,
        what: &'static str,
        len: usize,
    ) -> Result<&'a mut [MaybeUninit<u8>], Fail> {
        ArrayMut::<u8>(self.0.cast(), PhantomData).room(what, len)
    }
}

fn check_len<T>(what: &'static str, len: usize) -> Result<(), Fail> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(Fail::argument(format!("`{what}` has {len} elements, more than memory can hold"))),
    }
}

/// Owned handles that C has, with the name of their type. By the complement of their address: leak
/// checkers search all memory for addresses, and would find here even those that C has lost.
static LIVE: Mutex<BTreeMap<usize, &'static str>> = Mutex::new(BTreeMap::new());

/// A type that C owns values of.
pub trait Handle {
    /// Its name in C.
    const NAME: &'static str;
}

/// Gives C a handle, which it destroys by the function for its type.
pub(crate) fn hand_out<T: Handle>(value: Box<T>) -> *mut T {
    let pointer = Box::into_raw(value);
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    live.insert(!pointer.addr(), T::NAME);
    pointer
}

/// A handle that C may see already but does not own yet: destroyed unless it is accepted.
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
#[derive(Debug)]
pub(crate) struct Offered<T: Handle>(*mut T);

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<T: Handle> Offered<T> {
    pub(crate) fn new(value: Box<T>) -> Self {
        Offered(hand_out(value))
    }

    pub(crate) fn pointer(&self) -> *mut T {
        self.0
    }

    /// It is C's from now on.
    pub(crate) fn accepted(self) -> *mut T {
        core::mem::ManuallyDrop::new(self).0
    }
}

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl<T: Handle> Drop for Offered<T> {
    fn drop(&mut self) {
        // C promised not to use it beyond the call in which it was offered.
        drop(Owned(self.0).take());
    }
}

/// `T *` to be destroyed: NULL, or what [`hand_out`] gave.
#[repr(transparent)]
#[derive(Debug)]
pub struct Owned<T>(*mut T);

impl<T: Handle> Owned<T> {
    /// The value, which is C's no longer; `None` for NULL. A second time is an error.
    pub(crate) fn take(self) -> Result<Option<Box<T>>, Fail> {
        self.take_if(|_| Ok(()))
    }

    /// The same if `check` allows it; otherwise the handle stays C's, as it was. No other handle can be
    /// made or freed while `check` looks at this one: it calls nothing that would.
    pub(crate) fn take_if(
        self,
        check: impl FnOnce(&T) -> Result<(), Fail>,
    ) -> Result<Option<Box<T>>, Fail> {
        if self.0.is_null() {
            return Ok(None);
        }
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        if live.get(&!self.0.addr()) != Some(&T::NAME) {
            return Err(Fail::not_live(T::NAME));
        }
        // SAFETY: it is registered as a live `T`, so `hand_out` made it of a box, and nobody has taken
        // it back; nobody can until the lock is released, when the reference is gone.
        check(unsafe { &*self.0 })?;
        live.remove(&!self.0.addr());
        // SAFETY: it was registered as a live `T`, so `hand_out` made it of a box; it is registered
        // no longer, so this happens once. C promised that nothing uses it any more.
        Ok(Some(unsafe { Box::from_raw(self.0) }))
    }
}

/// A struct of options of C's, which may grow with later versions of the header: its first field is
/// `size_t struct_size`.
pub trait Options: Copy {
    /// Its name in C.
    const NAME: &'static str;
    /// Where `struct_size` is: at 0.
    const SIZE_AT: usize;
    /// The sizes that it has had, the present one last.
    const SIZES: &'static [usize];

    /// What applies without options, and to fields that an older header does not have.
    fn defaults() -> Self;
}

/// `const T *` to a struct of options: NULL, or one of its size in some version of the header.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a, T>(*const T, PhantomData<&'a T>);

impl<T: Options> Chosen<'_, T> {
    /// The options, with the defaults for NULL and for what an older header does not have.
    pub(crate) fn read(self) -> Result<T, Fail> {
        const { assert!(T::SIZE_AT == 0, "struct_size comes first") };
        let mut options = MaybeUninit::new(T::defaults());
        if !self.0.is_null() {
            // SAFETY: not NULL, so C promised a struct of options, which begins with its size in
            // every version of the header.
            let size = unsafe { self.0.cast::<usize>().read() };
            if !T::SIZES.contains(&size) || size > size_of::<T>() {
                return Err(Fail::struct_size(T::NAME, size));
            }
            // SAFETY: C promised an initialised struct of `size` bytes, which is no larger than the
            // destination; it ends where a field does, as it is a size of one of the versions.
            unsafe {
                let to = options.as_mut_ptr().cast::<MaybeUninit<u8>>();
                core::ptr::copy_nonoverlapping(self.0.cast(), to, size);
            }
        }
        // SAFETY: the defaults, and over them fields that C initialised.
        Ok(unsafe { options.assume_init() })
    }
}

/// `T *` to a place for a struct of options: NULL, or room for as much of it as C says it has.
#[repr(transparent)]
#[derive(Debug)]
pub struct ToChoose<'a, T>(*mut T, PhantomData<&'a mut T>);

impl<T: Options> ToChoose<'_, T> {
    /// Writes the defaults, but no more than `size` bytes: what an older header has, or with zeros
    /// behind them what a newer one has. `struct_size` becomes `size`.
    pub(crate) fn init(self, size: usize) {
        const { assert!(T::SIZE_AT == 0, "struct_size comes first") };
        let size_len = size_of::<usize>();
        if self.0.is_null() || size < size_len || isize::try_from(size).is_err() {
            return;
        }
        let defaults = T::defaults();
        let known = size.min(size_of::<T>());
        let to = self.0.cast::<u8>();
        // SAFETY: not NULL, so C promised room for `size` bytes that nobody else uses, and there are
        // at least as many as are written each time. They are copied from a value of that type, as
        // bytes that may be padding, and nothing is said of how `to` is aligned.
        unsafe {
            to.write_bytes(0, size);
            let from = (&raw const defaults).cast::<MaybeUninit<u8>>();
            core::ptr::copy_nonoverlapping(from, to.cast(), known);
            core::ptr::copy_nonoverlapping((&raw const size).cast::<u8>(), to, size_len);
        }
    }
}

/// `void *` of C's own, which comes back to its functions and is never looked at.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct User(*mut c_void);

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl User {
    pub(crate) const NULL: Self = User(core::ptr::null_mut());
}

/// What a function of C's returned as an `hh_status`: any number, as far as Rust can know.
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Returned(i32);

#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
impl Returned {
    pub(crate) fn number(self) -> i32 {
        self.0
    }
}

/// `uint8_t *` that a function of C's answers: NULL, or where its linear memory starts.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Memory(*mut u8);

impl Memory {
    /// No memory.
    pub(crate) const NONE: Self = Memory(core::ptr::null_mut());

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The memory, while nobody can ask `owner` to change it. `None` for NULL.
    pub(crate) fn bytes<O>(self, _owner: &O, size: u64) -> Option<&[u8]> {
        let size = memory_len(size)?;
        // SAFETY: C promised that many initialised bytes at a pointer that is not NULL, which stay
        // where they are until it is called for growth or the library returns to it: both need
        // `_owner` mutably. That `size` is no larger than `isize::MAX` is checked.
        (!self.0.is_null()).then(|| unsafe { core::slice::from_raw_parts(self.0, size) })
    }

    /// The memory, writable, while nobody else can ask `owner` for it. `None` for NULL.
    pub(crate) fn bytes_mut<O>(self, _owner: &mut O, size: u64) -> Option<&mut [u8]> {
        let size = memory_len(size)?;
        // SAFETY: as in `bytes`; `_owner` is borrowed mutably, so that there is no other view.
        (!self.0.is_null()).then(|| unsafe { core::slice::from_raw_parts_mut(self.0, size) })
    }
}

fn memory_len(size: u64) -> Option<usize> {
    usize::try_from(size).ok().filter(|size| isize::try_from(*size).is_ok())
}

/// Bytes that the library hands to its caller, who frees them by `hh_string_free`. A NUL byte that is
/// not counted follows them, so that text can be used as C's.
///
/// Read the fields, and leave them as they are: they say what is to be freed. A copy of the struct is
/// the same string: free one of them.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_string {
    /// The bytes; NULL if there is no string.
    data: *mut c_char,
    /// How many they are, without the NUL byte after them.
    len: usize,
}

abi!(hh_string: 16 { data: 0, len: 8 });

impl hh_string {
    /// No string.
    pub(crate) const NONE: Self = hh_string { data: core::ptr::null_mut(), len: 0 };

    /// Bytes for C to own.
    pub(crate) fn give(bytes: impl Into<Vec<u8>>) -> Self {
        let mut bytes: Vec<u8> = bytes.into();
        let len = bytes.len();
        bytes.reserve_exact(1);
        bytes.push(0);
        hh_string { data: Box::into_raw(bytes.into_boxed_slice()).cast(), len }
    }

    /// Takes the bytes back and frees them; nothing the second time.
    pub(crate) fn free(&mut self) {
        let hh_string { data, len } = core::mem::replace(self, Self::NONE);
        if !data.is_null() {
            let bytes = core::ptr::slice_from_raw_parts_mut(data.cast::<u8>(), len.wrapping_add(1));
            // SAFETY: only `give` and C set the fields, and C promised to leave them as they were: it
            // is `give`'s box of `len + 1` bytes. The fields are empty now, so this happens once.
            drop(unsafe { Box::from_raw(bytes) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options whose first version had one field less.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Grown {
        struct_size: usize,
        old: u64,
        new: u64,
    }

    impl Options for Grown {
        const NAME: &'static str = "grown";
        const SIZE_AT: usize = core::mem::offset_of!(Grown, struct_size);
        const SIZES: &'static [usize] = &[core::mem::offset_of!(Grown, new), size_of::<Self>()];

        fn defaults() -> Self {
            Grown { struct_size: size_of::<Self>(), old: 1, new: 2 }
        }
    }

    #[test]
    fn options_of_an_older_header_have_defaults_for_what_it_lacks() {
        // The first version as C has it: nothing lies behind it.
        let old = [core::mem::offset_of!(Grown, new) as u64, 7];
        let read = Chosen::<Grown>(old.as_ptr().cast(), PhantomData).read().unwrap();
        assert_eq!((read.old, read.new), (7, 2));

        let new = Grown { struct_size: size_of::<Grown>(), old: 8, new: 9 };
        assert_eq!(Chosen(&raw const new, PhantomData).read().unwrap(), new);
        assert_eq!(
            Chosen::<Grown>(core::ptr::null(), PhantomData).read().unwrap(),
            Grown::defaults()
        );

        for size in [0, 8, 12, 17, 32, usize::MAX] {
            let wrong = Grown { struct_size: size, ..new };
            let fail = Chosen(&raw const wrong, PhantomData).read().unwrap_err();
            assert_eq!(fail.status, hh_status::HH_ERR_ARGUMENT, "{size}");
        }
    }

    #[test]
    fn options_are_made_for_older_and_newer_headers() {
        const GUARD: u64 = 0x5a5a_5a5a_5a5a_5a5a;
        let made = |size: usize| {
            let mut place = [GUARD; 5];
            ToChoose::<Grown>(place.as_mut_ptr().cast(), PhantomData).init(size);
            place
        };
        assert_eq!(made(16), [16, 1, GUARD, GUARD, GUARD], "without the last field");
        assert_eq!(made(24), [24, 1, 2, GUARD, GUARD]);
        assert_eq!(made(32), [32, 1, 2, 0, GUARD], "with one that is not known yet");
        assert_eq!(made(7), [GUARD; 5], "no room for its size");
        ToChoose::<Grown>(core::ptr::null_mut(), PhantomData).init(24);
    }

    #[test]
    fn a_string_ends_with_nul_and_is_freed_once() {
        for bytes in [&b""[..], b"abc", b"a\0b"] {
            let mut string = hh_string::give(bytes);
            assert_eq!(string.len, bytes.len());
            let all = Array(string.data.cast_const().cast::<u8>(), PhantomData);
            assert_eq!(all.slice("string", string.len + 1).unwrap(), [bytes, b"\0"].concat());
            string.free();
            assert!(string.data.is_null());
            string.free();
        }
    }

    // Not empty: boxes of no size have no address of their own.
    impl Handle for u64 {
        const NAME: &'static str = "thing";
    }
    impl Handle for i64 {
        const NAME: &'static str = "other";
    }

    #[test]
    fn a_handle_is_taken_back_once_and_as_what_it_is() {
        let pointer = hand_out(Box::new(1_u64));
        assert!(Owned(pointer.cast::<i64>()).take().is_err(), "another type");
        let refused = Owned(pointer).take_if(|value| {
            assert_eq!(*value, 1);
            Err(Fail::busy("thing"))
        });
        assert_eq!(refused.unwrap_err().status, hh_status::HH_ERR_BUSY, "it stays C's");
        assert!(Owned(pointer).take().unwrap().is_some());
        assert!(Owned(pointer).take_if(|_| unreachable!("it is gone")).is_err());
        assert!(Owned(pointer).take().is_err());
        assert!(Owned::<u64>(core::ptr::null_mut()).take().unwrap().is_none());
    }

    #[test]
    fn of_two_threads_that_take_a_handle_one_has_it() {
        for _ in 0..200 {
            let address = hand_out(Box::new(5_u64)).expose_provenance();
            let start = std::sync::Barrier::new(2);
            let take = || {
                start.wait();
                let owned = Owned::<u64>(core::ptr::with_exposed_provenance_mut(address));
                // Whoever comes second does not look at it any more.
                let check =
                    |value: &u64| if *value == 5 { Ok(()) } else { Err(Fail::busy("thing")) };
                owned.take_if(check).map_err(|fail| fail.status)
            };
            let both = std::thread::scope(|scope| {
                let other = scope.spawn(take);
                [take(), other.join().unwrap()]
            });
            assert_eq!(both.iter().filter(|taken| matches!(taken, Ok(Some(_)))).count(), 1);
            assert!(both.contains(&Err(hh_status::HH_ERR_HANDLE)));
        }
    }
}
