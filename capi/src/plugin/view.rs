//! Linear memory without a copy, between `hh_instance_view` and `hh_view_end`.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::cell::{Cell, RefCell};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use hostheap_core::error::OutOfBounds;

use super::instance::hh_instance;
use super::shared::Shared;
use crate::abi::abi;
use crate::boundary::thread::{elsewhere, here};
use crate::boundary::{entry, needed, vacant};
use crate::status::{Fail, hh_status};

/// A view of a plugin's linear memory, open from `hh_instance_view` to `hh_view_end`. Read and write
/// `data[0]` to `data[len - 1]` in between; the other fields are private. Numbers in it are
/// little-endian, and lie at addresses that may not be aligned for them.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_view {
    /// Where the bytes are; NULL when the view has ended.
    pub data: *mut u8,
    /// How many there are.
    pub len: usize,
    /// Private: the thread that it is open on.
    thread: u64,
    /// Private: which view it is. Neither number is a pointer, so that a copy, or a view that was ended
    /// by force, is harmless whatever became of its instance.
    serial: u64,
}

abi!(hh_view: 32 { data: 0, len: 8, thread: 16, serial: 24 });

impl hh_view {
    pub(crate) const NONE: Self = hh_view { data: ptr::null_mut(), len: 0, thread: 0, serial: 0 };

    /// What makes it this view.
    #[cfg(test)]
    pub(crate) fn numbers(&self) -> [u64; 2] {
        [self.thread, self.serial]
    }

    #[cfg(test)]
    pub(crate) fn of_numbers([thread, serial]: [u64; 2]) -> Self {
        hh_view { thread, serial, ..Self::NONE }
    }
}

thread_local! {
    /// The open views of this thread by their serials, with what each is a view of. A view that is not
    /// here has ended.
    static VIEWS: RefCell<BTreeMap<u64, Weak<Shared>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A number that no other view of this process has, has had or will have.
fn next_serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The open views of one instance.
#[derive(Debug, Default)]
pub(crate) struct Views(Cell<Option<Open>>);

#[derive(Clone, Copy, Debug)]
struct Open {
    /// All of linear memory, as the first view found it. Nothing can move or change it until the last
    /// one has ended, nor borrow it.
    memory: *mut u8,
    size: u64,
    /// How many of the thread's views are of this instance.
    views: u32,
}

impl Views {
    #[inline]
    pub(crate) fn none_open(&self) -> Result<(), Fail> {
        match self.0.get() {
            None => Ok(()),
            Some(_) => Err(open()),
        }
    }

    /// The size of memory, if a view is open.
    pub(crate) fn memory_size(&self) -> Option<u64> {
        self.0.get().map(|open| open.size)
    }

    /// One of them has ended.
    fn end_one(&self) {
        if let Some(open) = self.0.get() {
            let left = open.views.saturating_sub(1);
            self.0.set((left > 0).then_some(Open { views: left, ..open }));
        }
    }
}

/// Ends all views of an instance; whether there were any.
pub(crate) fn end_all(shared: &Rc<Shared>) -> bool {
    let any = shared.views().0.take().is_some();
    if any {
        let this = Rc::as_ptr(shared);
        VIEWS.with_borrow_mut(|views| views.retain(|_, of| !ptr::eq(of.as_ptr(), this)));
    }
    any
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
pub extern "C" fn hh_instance_view(
    instance: Option<&hh_instance>,
    offset: u32,
    len: u32,
    view: Option<&mut MaybeUninit<hh_view>>,
) -> hh_status {
    entry(|| {
        let place = vacant("view", view, hh_view::NONE)?;
        let shared = needed("instance", instance)?.shared()?;
        let views = shared.views();
        let open = match views.0.get() {
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
        let count = open.views.checked_add(1).ok_or_else(|| Fail::argument("too many views"))?;
        let serial = next_serial();
        VIEWS.with_borrow_mut(|views| views.insert(serial, Rc::downgrade(shared)));
        views.0.set(Some(Open { views: count, ..open }));
        let data = open.memory.wrapping_add(offset as usize);
        *place = hh_view { data, len: len as usize, thread: here(), serial };
        Ok(())
    })
}

/// Ends a view. Its `data` is NULL then. A second time does nothing, nor does a copy of a view that has
/// ended, by force or by the original: a copy is the same view, and must not be used any more either.
/// NULL is fine. HH_ERR_THREAD on another thread than the instance's.
#[unsafe(no_mangle)]
pub extern "C" fn hh_view_end(view: Option<&mut hh_view>) -> hh_status {
    entry(|| {
        let Some(view) = view.filter(|view| view.serial != 0) else { return Ok(()) };
        if view.thread != here() {
            return Err(elsewhere());
        }
        let of = VIEWS.with_borrow_mut(|views| views.remove(&view.serial));
        *view = hh_view::NONE;
        if let Some(shared) = of.and_then(|of| of.upgrade()) {
            shared.views().end_one();
        }
        Ok(())
    })
}
