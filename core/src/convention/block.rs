//! Blocks that outlive a call: the host keeps them, and the plugin may use them meanwhile.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use super::error::ConventionError;
use super::lower::Lower;
use super::pointee::Pointee;
use super::room::Room;
use crate::context::Context;
use crate::error::{OutOfBounds, Result};
use crate::plugin::{AsGuest, Guest};
use crate::runtime::Runtime;

/// What guards released since the plugin was last used.
///
/// A guard has no plugin at hand when it is dropped, perhaps on another thread. So it leaves its
/// name here, and the plugin's next use frees what it stood for.
#[derive(Debug, Default)]
pub(crate) struct Released {
    any: AtomicBool,
    items: spin::Mutex<Vec<Item>>,
}

/// What a guard stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A kept block.
    Block { offset: u32, generation: u32 },
    /// A closure in the function table.
    Callback { slot: usize, generation: u32 },
}

impl Released {
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    pub(crate) fn push(&self, item: Item) {
        self.items.lock().push(item);
        self.any.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> Vec<Item> {
        let mut items = self.items.lock();
        self.any.store(false, Ordering::Relaxed);
        core::mem::take(&mut *items)
    }
}

/// A block of the plugin's memory that the host keeps beyond a call, until this guard is dropped.
///
/// Made by [`Guest::keep`](crate::Guest::keep). Passed as `&block` it is a pointer, which the plugin
/// may store and use as long as the guard lives; it cannot free the block.
///
/// Dropping the guard frees the block, at the latest when the plugin is next called or allocated
/// in; [`free`](Self::free) does so at once. Every use names the plugin, and is checked: after the
/// plugin's heap was reset, or with another plugin, it is [`ConventionError::Stale`].
#[derive(Debug)]
pub struct GuestBlock {
    offset: u32,
    size: u32,
    generation: u32,
    /// Which plugin it belongs to.
    owner: Arc<Released>,
    /// Still to be freed when dropped.
    armed: bool,
}

impl GuestBlock {
    pub(crate) fn new(offset: u32, size: u32, generation: u32, owner: Arc<Released>) -> Self {
        GuestBlock { offset, size, generation, owner, armed: true }
    }

    /// Offset in linear memory.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Bytes that were asked for.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Checks that this plugin still has the block.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`].
    pub fn check<B: Runtime, T: Send + 'static>(&self, guest: &Guest<'_, B, T>) -> Result<()> {
        let Self { offset, generation, .. } = *self;
        let state = guest.state_of_plugin();
        match state.owns(&self.owner) && state.is_kept(offset, generation) {
            true => Ok(()),
            false => Err(ConventionError::Stale { offset }.into()),
        }
    }

    /// A copy of its bytes.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`].
    pub fn read<P: AsGuest>(&self, plugin: &mut P) -> Result<Vec<u8>> {
        self.with(plugin, |bytes| bytes.to_owned())
    }

    /// Runs `f` on its bytes, in place.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`].
    pub fn with<P: AsGuest, R>(&self, plugin: &mut P, f: impl FnOnce(&mut [u8]) -> R) -> Result<R> {
        let mut guest = plugin.as_guest();
        self.check(&guest)?;
        Ok(f(guest.context().bytes_mut(self.offset, self.size)?))
    }

    /// Overwrites the start of the block with a value: text, a slice, a struct.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`]; [`Error::OutOfBounds`](crate::Error::OutOfBounds) if the value is
    /// larger than the block, which is as it was then.
    pub fn write<P: AsGuest>(&self, plugin: &mut P, value: impl Pointee) -> Result<()> {
        let mut guest = plugin.as_guest();
        self.check(&guest)?;
        let (offset, len, size) = (u64::from(self.offset), value.size(), u64::from(self.size));
        let room = guest.context().bytes_mut(self.offset, self.size)?;
        match room.get_mut(..usize::try_from(len).unwrap_or(usize::MAX)) {
            Some(bytes) => {
                value.write(bytes, self.offset);
                Ok(())
            }
            None => Err(OutOfBounds { offset, len, size: offset + size }.into()),
        }
    }

    /// Makes the block the plugin's own: the plugin frees it from now on. Returns its offset.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`].
    pub fn give<P: AsGuest>(mut self, plugin: &mut P) -> Result<u32> {
        let mut guest = plugin.as_guest();
        self.check(&guest)?;
        self.armed = false;
        guest.hand_over(self.offset, self.generation);
        Ok(self.offset)
    }

    /// Frees the block now.
    ///
    /// # Errors
    ///
    /// [`ConventionError::Stale`].
    pub fn free<P: AsGuest>(mut self, plugin: &mut P) -> Result<()> {
        let mut guest = plugin.as_guest();
        self.check(&guest)?;
        self.armed = false;
        guest.release(Item::Block { offset: self.offset, generation: self.generation });
        Ok(())
    }
}

impl Drop for GuestBlock {
    fn drop(&mut self) {
        if self.armed {
            let Self { offset, generation, .. } = *self;
            self.owner.push(Item::Block { offset, generation });
        }
    }
}

impl fmt::Pointer for GuestBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.offset)
    }
}

impl Lower for Option<&GuestBlock> {
    type Flat = (i32,);
    type Static = Option<&'static GuestBlock>;
    type At<'b> = Option<&'b GuestBlock>;
    type Prepared = ();
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        <&GuestBlock>::c_params()
    }
    #[inline]
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<()> {
        self.map_or(Ok(()), |block| block.check(guest))
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.map_or(0, |block| block.offset.cast_signed()),)
    }
}

impl Lower for &GuestBlock {
    type Flat = (i32,);
    type Static = &'static GuestBlock;
    type At<'b> = &'b GuestBlock;
    type Prepared = ();
    const PREPARES: bool = true;

    fn c_params() -> Vec<String> {
        Vec::from(["void *".to_owned()])
    }
    #[inline]
    fn prepare<B: Runtime, T: Send + 'static>(&self, guest: &mut Guest<'_, B, T>) -> Result<()> {
        self.check(guest)
    }
    #[inline]
    fn lower(&self, (): (), _: &mut Room<'_>) -> (i32,) {
        (self.offset.cast_signed(),)
    }
}
