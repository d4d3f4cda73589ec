//! Linear memory without a copy, between `hh_instance_view` and `hh_view_end`.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr;

use hostheap_core::error::OutOfBounds;

use super::instance::hh_instance;
use crate::abi::abi;
use crate::boundary::{entry, needed, vacant};
use crate::status::{Fail, hh_status};

/// A view of a plugin's linear memory, open from `hh_instance_view` to `hh_view_end`. Read and write
/// `data[0]` to `data[len - 1]` in between; the other fields are private. Numbers in it are
/// little-endian, and lie at addresses that may not be aligned for them.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_view<'a> {
    /// Where the bytes are; NULL when the view has ended.
    pub data: *mut u8,
    /// How many there are.
    pub len: usize,
    /// Private.
    instance: Option<&'a hh_instance>,
    /// Private.
    serial: u64,
}

abi!(hh_view<'static>: 32 { data: 0, len: 8, instance: 16, serial: 24 });

impl hh_view<'_> {
    pub(crate) const NONE: Self =
        hh_view { data: ptr::null_mut(), len: 0, instance: None, serial: 0 };
}

/// The views of one instance.
#[derive(Debug, Default)]
pub(crate) struct Views {
    open: Cell<Option<Open>>,
    /// How often there was a first view: tells views that were ended by force from later ones.
    serial: Cell<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// All of linear memory, as the first view found it. Nothing can move or change it until the last
    /// one has ended, nor borrow it.
    memory: *mut u8,
    size: u64,
    views: u32,
}

impl Views {
    #[inline]
    pub(crate) fn none_open(&self) -> Result<(), Fail> {
        match self.open.get() {
            None => Ok(()),
            Some(_) => Err(open()),
        }
    }

    /// The size of memory, if a view is open.
    pub(crate) fn memory_size(&self) -> Option<u64> {
        self.open.get().map(|open| open.size)
    }

    /// Ends all of them.
    pub(crate) fn end_all(&self) -> bool {
        self.open.take().is_some()
    }
}

#[cold]
fn open() -> Fail {
    let message = "a view of the instance's memory is open: call hh_view_end before anything that \
                   may move or change that memory, and before a host function returns";
    Fail::new(hh_status::HH_ERR_BUSY, message)
}

/// Opens a view of `len` bytes of a plugin's memory at `offset`: `view->data` points straight into
/// it.
///
/// Until hh_view_end, whatever could move or change the memory is HH_ERR_BUSY: calls, allocations,
/// reads and writes by copy, and freeing the instance. A host function that returns with an open view
/// fails with HH_ERR_BUSY, and the view has ended. Several views may be open at once, also of the
/// same bytes.
///
/// `instance` is not kept; `view` is yours. HH_ERR_BOUNDS unless all of the bytes exist.
#[unsafe(no_mangle)]
pub extern "C" fn hh_instance_view<'a>(
    instance: Option<&'a hh_instance>,
    offset: u32,
    len: u32,
    view: Option<&mut MaybeUninit<hh_view<'a>>>,
) -> hh_status {
    entry(|| {
        let place = vacant("view", view, hh_view::NONE)?;
        let handle = needed("instance", instance)?;
        let shared = handle.shared()?;
        let views = shared.views();
        let open = match views.open.get() {
            Some(open) => open,
            None => shared.ask(|guest| {
                let size = guest.memory_size()?;
                let mut memory = ptr::null_mut();
                // A memory of 4 GiB has a last byte that no view reaches.
                let all = u32::try_from(size).unwrap_or(u32::MAX);
                guest.bytes(0, all, &mut |bytes| memory = bytes.as_mut_ptr())?;
                Ok(Open { memory, size, views: 0 })
            })?,
        };
        if u64::from(offset) + u64::from(len) > open.size.min(u32::MAX.into()) {
            let (offset, len) = (offset.into(), len.into());
            let error = OutOfBounds { offset, len, size: open.size };
            return Err(hostheap_core::Error::from(error).into());
        }
        if open.views == 0 {
            views.serial.set(views.serial.get().wrapping_add(1));
        }
        let count = open.views.checked_add(1).ok_or_else(|| Fail::argument("too many views"))?;
        views.open.set(Some(Open { views: count, ..open }));
        let data = open.memory.wrapping_add(offset as usize);
        *place = hh_view { data, len: len as usize, instance, serial: views.serial.get() };
        Ok(())
    })
}

/// Ends a view. Its `data` is NULL then, and a second time does nothing. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn hh_view_end(view: Option<&mut hh_view<'_>>) -> hh_status {
    entry(|| {
        let Some(view) = view else { return Ok(()) };
        let Some(instance) = view.instance else { return Ok(()) };
        let views = instance.shared()?.views();
        let serial = view.serial;
        *view = hh_view::NONE;
        // It has ended if the host function that it was opened in has returned.
        if let Some(open) = views.open.get().filter(|_| serial == views.serial.get()) {
            let left = open.views.saturating_sub(1);
            views.open.set((left > 0).then_some(Open { views: left, ..open }));
        }
        Ok(())
    })
}
