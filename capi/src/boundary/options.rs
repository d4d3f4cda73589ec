//! Structs of options, which grow with the versions of the header.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use crate::status::Fail;

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
pub struct Chosen<'a, T>(pub(super) *const T, pub(super) PhantomData<&'a T>);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::hh_status;

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
}
