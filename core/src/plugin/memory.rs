//! A plugin's memory in the host's hands: kept blocks, values behind pointers, views.

use alloc::sync::Arc;

use super::guest::Guest;
use crate::allocate;
use crate::context::Context;
use crate::convention::{
    ConventionError, Element, GuestBlock, GuestPtr, Item, Pointee, check_aligned, element_size,
    read_element,
};
use crate::error::{AllocError, Error, Result};
use crate::runtime::Runtime;

impl<B: Runtime, T: Send + 'static> Guest<'_, B, T> {
    /// Puts a value into a block of the plugin's memory that the host keeps until the guard is
    /// dropped: text, a slice, a struct, anything that can be passed by pointer.
    ///
    /// The plugin is told of it as an argument `&block`, and may use the pointer until then.
    ///
    /// ```text
    /// let table = plugin.guest().keep(&[1.0f64, 2.0, 3.0])?;
    /// plugin.call::<_, ()>("set_table", (&table, 3))?;
    /// let y: f64 = plugin.call("look_up", (1.5,))?; // the table is still there
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Alloc`].
    pub fn keep<X: Pointee>(&mut self, value: X) -> Result<GuestBlock> {
        const {
            assert!(!X::COPIES_BACK, "what is kept is not copied back: read the block instead");
        }
        let bytes = value.size();
        let size =
            u32::try_from(bytes).map_err(|_| ConventionError::ArgumentsTooLarge { bytes })?;
        self.free_released();
        let generation = self.next_generation();
        let offset = if self.context_ref().state().is_legacy() {
            let offset = self.own_malloc(size)?;
            self.own_keeps(offset, generation);
            offset
        } else {
            allocate::keep(self.context(), size, generation)?
        };
        let owner = Arc::clone(&self.context().state().released);
        let block = GuestBlock::new(offset, size, generation, owner);
        value.write(self.context().bytes_mut(offset, size)?, offset);
        Ok(block)
    }

    /// The value behind a pointer of the plugin's.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`]; [`Error::Convention`] for `NULL`, a misaligned pointer, and bytes
    /// that are no value of the type.
    pub fn read<X: Element>(&self, ptr: GuestPtr<X>) -> Result<X> {
        let offset = checked_pointer(ptr)?;
        Ok(read_element(self.context_ref().bytes(offset, element_size::<X>())?, offset)?)
    }

    /// Overwrites the value behind a pointer of the plugin's.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`]; [`Error::Convention`] for `NULL` and a misaligned pointer.
    pub fn write<X: Element>(&mut self, ptr: GuestPtr<X>, value: &X) -> Result<()> {
        let offset = checked_pointer(ptr)?;
        self.context().write(offset, bytemuck::bytes_of(value))
    }

    /// Runs `f` on bytes of the plugin's memory, in place. `f` cannot reach the plugin, so nothing
    /// can move or change the bytes under it:
    ///
    /// ```compile_fail,E0499
    /// use hostheap_core::{Backend, Guest};
    ///
    /// fn both<B: Backend>(guest: &mut Guest<'_, B, ()>) -> hostheap_core::Result<()> {
    ///     guest.with_bytes(1024, 16, |bytes| {
    ///         let _ = guest.malloc(16); // error: `guest` is already borrowed
    ///         bytes.fill(0);
    ///     })
    /// }
    /// ```
    ///
    /// Nor can it keep them:
    ///
    /// ```compile_fail
    /// use hostheap_core::{Backend, Guest};
    ///
    /// fn kept<'g, B: Backend>(guest: &'g mut Guest<'_, B, ()>) -> &'g mut [u8] {
    ///     guest.with_bytes(1024, 16, |bytes| bytes).unwrap() // error: lifetime may not live long enough
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`]; `f` did not run then.
    pub fn with_bytes<R>(
        &mut self,
        offset: u32,
        len: u32,
        f: impl FnOnce(&mut [u8]) -> R,
    ) -> Result<R> {
        Ok(f(self.context().bytes_mut(offset, len)?))
    }

    /// The same for several values behind a pointer. Any bit pattern must be a value of the type:
    /// [`read`](Self::read) others.
    ///
    /// Nothing is copied where the runtime's own buffer is aligned for the type, which it is on all
    /// runtimes that map memory; an interpreter's may not be, and then the values are copied to the
    /// host and back.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`]; [`Error::Convention`] for a misaligned pointer. `f` did not run then.
    pub fn with_slice<X: Element + bytemuck::AnyBitPattern, R>(
        &mut self,
        ptr: GuestPtr<X>,
        len: u32,
        f: impl FnOnce(&mut [X]) -> R,
    ) -> Result<R> {
        let (offset, size) = (ptr.offset(), u64::from(len) * u64::from(element_size::<X>()));
        check_aligned::<X>(offset)?;
        // Longer than 4 GiB is out of bounds like anything else beyond the end.
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let bytes = self.context().bytes_mut(offset, size)?;
        if let Ok(values) = bytemuck::try_cast_slice_mut(bytes) {
            return Ok(f(values));
        }
        let mut values = crate::convention::read_all::<X>(bytes, offset)?;
        let result = f(&mut values);
        bytes.copy_from_slice(bytemuck::cast_slice(&values));
        Ok(result)
    }

    /// A block for the arguments of a call.
    pub(super) fn lend(&mut self, size: u32) -> Result<u32> {
        if self.context_ref().state().is_legacy() {
            return self.own_lends(size);
        }
        allocate::lend(self.context(), size)
    }

    /// Gives it back.
    #[inline(never)]
    pub(super) fn take_back(&mut self, offset: u32) {
        if self.context_ref().state().is_legacy() {
            return self.own_takes_back(offset);
        }
        allocate::take_back(self.context(), offset);
    }

    /// Makes a kept block the plugin's own.
    pub(crate) fn hand_over(&mut self, offset: u32, generation: u32) {
        let state = self.context().state_mut();
        match &mut state.own {
            Some(own) => {
                own.kept.remove(&offset);
            }
            None => {
                state.heap.hand_over(offset, generation);
            }
        }
    }

    /// What tells the next guard from all before it.
    pub(crate) fn next_generation(&mut self) -> u32 {
        let state = self.context().state_mut();
        state.generation = state.generation.wrapping_add(1);
        state.generation
    }

    /// Frees what a guard stood for.
    pub(crate) fn release(&mut self, item: Item) {
        match item {
            Item::Callback { slot, generation } => {
                let closure = self.context().state_mut().callbacks.take(slot, generation);
                // What it holds may be anything, and is dropped while nothing is borrowed.
                drop(closure);
            }
            Item::Block { offset, generation } => {
                // The heap may have been reset since, and the block with it.
                if self.context_ref().state().is_kept(offset, generation) {
                    self.hand_over(offset, generation);
                    // A legacy plugin may be unable to: what it lost is its own memory.
                    let _ = self.free(offset);
                }
            }
        }
    }

    /// Frees what guards released since the plugin was last used.
    #[cold]
    pub(crate) fn free_released(&mut self) {
        for item in self.context_ref().state().released.take() {
            self.release(item);
        }
    }
}

fn checked_pointer<X: Element>(ptr: GuestPtr<X>) -> Result<u32> {
    if ptr.is_null() {
        return Err(ConventionError::NullPointer { of: X::C_NAME }.into());
    }
    check_aligned::<X>(ptr.offset())?;
    Ok(ptr.offset())
}

/// What a plugin's own `malloc` answered.
pub(super) fn not_null(offset: u32) -> Result<u32> {
    match offset {
        0 => Err(Error::Alloc(AllocError::OutOfMemory)),
        offset => Ok(offset),
    }
}
