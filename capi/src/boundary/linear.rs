//! Linear memory that C owns, as a program that embeds a runtime itself lends it.

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
