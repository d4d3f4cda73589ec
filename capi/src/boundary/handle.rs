//! Handles that C owns: given out as pointers, taken back once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::status::Fail;

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
pub struct Owned<T>(pub(super) *mut T);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::hh_status;

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
