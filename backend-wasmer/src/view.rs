//! Linear memory as a slice: the one unsafe module of this crate.
//!
//! wasmer's own checked reads and writes go through a loop of volatile accesses and a bounds check
//! each, two to four times as slow as `memcpy`; a slice has neither.

#![allow(unsafe_code, reason = "wasmer offers plain slices through unsafe code only")]

use wasmer::{AsStoreMut, AsStoreRef, Memory};

/// All of `memory`.
#[inline]
pub(crate) fn bytes<'a, R: AsStoreRef>(memory: &Memory, store: &'a R) -> &'a [u8] {
    let view = memory.view(store);
    let (start, len) = (view.data_ptr(), view.data_size() as usize);
    if len == 0 {
        return &[];
    }
    // SAFETY: `view` reads base and length of a live memory of `store`, so `start` is not null
    // and valid for `len` initialised bytes (fresh pages are zero). Shared memories, which another
    // thread could write, are refused before a module is compiled. The bytes can change or move
    // only by running the guest or by growing the memory, and wasmer needs the store mutably for
    // both, which the lifetime 'a, taken from the shared borrow of the store, rules out.
    unsafe { core::slice::from_raw_parts(start, len) }
}

/// All of `memory`, writable.
#[inline]
pub(crate) fn bytes_mut<'a, W: AsStoreMut>(memory: &Memory, store: &'a mut W) -> &'a mut [u8] {
    let view = memory.view(store);
    let (start, len) = (view.data_ptr(), view.data_size() as usize);
    if len == 0 {
        return &mut [];
    }
    // SAFETY: as above; and the mutable borrow of the store for 'a keeps every other access to
    // the memory away, this module's own included, since each needs a borrow of the store.
    unsafe { core::slice::from_raw_parts_mut(start, len) }
}

/// All of the memory that the store's data names, writable, and that data beside it.
#[inline]
pub(crate) fn bytes_and_data<'a, T: Send + 'static>(
    env: &'a mut wasmer::FunctionEnvMut<'_, T>,
    memory: impl FnOnce(&T) -> Option<&Memory>,
) -> Option<(&'a mut [u8], &'a mut T)> {
    let (data, store) = env.data_and_store_mut();
    let view = memory(data)?.view(&store);
    let (start, len) = (view.data_ptr(), view.data_size() as usize);
    if len == 0 {
        return Some((&mut [], data));
    }
    // SAFETY: as above, for the lifetime 'a of the mutable borrow of `env`, which holds the store.
    // `data` is a host allocation of its own, so it does not overlap linear memory.
    let bytes = unsafe { core::slice::from_raw_parts_mut(start, len) };
    Some((bytes, data))
}
