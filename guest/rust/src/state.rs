//! State that survives from call to call.

use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

/// A static that changes, without a standard library: `Mutex` for plugins.
///
/// ```
/// use hostheap_guest::State;
///
/// static NAMES: State<Vec<String>> = State::new(Vec::new());
///
/// #[hostheap_guest::export]
/// fn remember(name: &str) -> u32 {
///     NAMES.with(|names| {
///         names.push(name.to_owned());
///         names.len() as u32
///     })
/// }
///
/// assert_eq!((remember("Ada"), remember("Grace")), (1, 2));
/// ```
pub struct State<T> {
    value: UnsafeCell<T>,
    used: AtomicBool,
}

// Safety: `with` lets one user at a time to the value.
unsafe impl<T: Send> Sync for State<T> {}

impl<T> State<T> {
    /// With its first value.
    pub const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), used: AtomicBool::new(false) }
    }

    /// Runs a closure on the value.
    ///
    /// # Panics
    ///
    /// If it is in use: in the closure the same state was asked for, perhaps by the host, which may
    /// call the plugin while the plugin calls it. Call the host outside.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        struct Release<'a>(&'a AtomicBool);
        impl Drop for Release<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        assert!(!self.used.swap(true, Ordering::Acquire), "this state is in use");
        let _release = Release(&self.used);
        // Safety: nobody else has set `used`.
        f(unsafe { &mut *self.value.get() })
    }
}

impl<T> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn one_user_at_a_time() {
        static NUMBER: State<u32> = State::new(1);
        let nested = catch_unwind(|| NUMBER.with(|_| NUMBER.with(|number| *number)));
        assert!(nested.is_err());
        // The panic gave it back.
        assert_eq!(NUMBER.with(|number| *number), 1);
    }
}
