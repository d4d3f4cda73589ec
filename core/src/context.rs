//! One context: linear memory and the store's state, and both at once.

use crate::error::{OutOfBounds, Result};
use crate::memory::range;

/// What a host sees of one store: its linear memory and its state.
///
/// A host function receives one as its first parameter, and [`Runtime::context`] makes one
/// between calls; both are the same type, so code written against this trait serves both.
///
/// Views of memory borrow the context, and every guest call and every growth needs it mutably.
/// So no view can outlive what may move the memory under it:
///
/// ```compile_fail,E0502
/// fn stale<C: hostheap_core::Context>(cx: &mut C) -> hostheap_core::Result<u8> {
///     let bytes = cx.memory()?;
///     cx.grow(65536)?; // may move linear memory
///     Ok(bytes[0]) // error: `bytes` is still borrowed
/// }
/// ```
///
/// Bytes are copied by plain slice operations, that is at `memcpy` speed on every runtime.
///
/// # Edge semantics
///
/// Offsets are bytes from the start of linear memory, below 4 GiB. An access of zero bytes is
/// fine up to and including the size of memory, as in WebAssembly's own bulk operations, and out
/// of bounds beyond it. A failed access reads and writes nothing.
///
/// [`Runtime::context`]: crate::Runtime::context
pub trait Context {
    /// The store's state.
    type State: 'static;

    /// All of linear memory.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`](crate::Error::Unbound) before a memory is bound.
    fn memory(&self) -> Result<&[u8]>;

    /// All of linear memory, writable.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`](crate::Error::Unbound) before a memory is bound.
    fn memory_mut(&mut self) -> Result<&mut [u8]>;

    /// Linear memory and the state at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`](crate::Error::Unbound) before a memory is bound.
    fn split_mut(&mut self) -> Result<(&mut [u8], &mut Self::State)>;

    /// The state.
    fn state(&self) -> &Self::State;

    /// The state, writable.
    fn state_mut(&mut self) -> &mut Self::State;

    /// Grows linear memory by at least `bytes` bytes, rounded up to whole pages of 64 KiB, and
    /// returns its size in bytes before the growth. Growing by 0 returns the present size.
    ///
    /// # Errors
    ///
    /// [`Error::Grow`](crate::Error::Grow) when the memory's maximum, the runtime or the host's
    /// memory do not allow it; nothing has changed then.
    /// [`Error::Unbound`](crate::Error::Unbound) before a memory is bound.
    fn grow(&mut self, bytes: u64) -> Result<u64>;

    /// Size of linear memory in bytes: a multiple of 65536, read anew on each call because the
    /// guest may grow its memory itself.
    ///
    /// # Errors
    ///
    /// [`Error::Unbound`](crate::Error::Unbound) before a memory is bound.
    fn memory_size(&self) -> Result<u64> {
        Ok(self.memory()?.len() as u64)
    }

    /// The `len` bytes at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless all of them exist.
    #[inline(always)]
    fn bytes(&self, offset: u32, len: u32) -> Result<&[u8]> {
        let memory = self.memory()?;
        let range = range(offset, len, memory.len())?;
        Ok(&memory[range])
    }

    /// The `len` bytes at `offset`, writable.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless all of them exist.
    #[inline(always)]
    fn bytes_mut(&mut self, offset: u32, len: u32) -> Result<&mut [u8]> {
        let memory = self.memory_mut()?;
        let range = range(offset, len, memory.len())?;
        Ok(&mut memory[range])
    }

    /// Fills `buffer` with the bytes at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds); `buffer` is untouched then.
    fn read(&self, offset: u32, buffer: &mut [u8]) -> Result<()> {
        buffer.copy_from_slice(self.bytes(offset, len_u32(buffer.len(), self, offset)?)?);
        Ok(())
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds); memory is untouched then.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<()> {
        let len = len_u32(bytes.len(), self, offset)?;
        self.bytes_mut(offset, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Sets `len` bytes at `offset` to `byte`.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds); memory is untouched then.
    fn fill(&mut self, offset: u32, byte: u8, len: u32) -> Result<()> {
        self.bytes_mut(offset, len)?.fill(byte);
        Ok(())
    }

    /// Copies `len` bytes from `from` to `to` as `memmove` does: the ranges may overlap.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds); memory is untouched then.
    fn copy_within(&mut self, from: u32, to: u32, len: u32) -> Result<()> {
        let memory = self.memory_mut()?;
        let from = range(from, len, memory.len())?;
        let to = range(to, len, memory.len())?;
        memory.copy_within(from, to.start);
        Ok(())
    }
}

/// The length of a host slice as a guest length; a slice of 4 GiB or more fits no memory.
fn len_u32<C: Context + ?Sized>(len: usize, cx: &C, offset: u32) -> Result<u32> {
    match u32::try_from(len) {
        Ok(len) => Ok(len),
        Err(_) => {
            let size = cx.memory_size()?;
            Err(OutOfBounds { offset: offset.into(), len: len as u64, size }.into())
        }
    }
}
