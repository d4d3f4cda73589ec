//! What may cross threads though its type may not: things of one thread, and C's own pointers.

use core::cell::Cell;
use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicU64, Ordering};

use super::User;
use crate::status::{Fail, hh_status};

/// A number that no other thread of this process has, has had or will have.
pub(crate) fn here() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static HERE: Cell<u64> = const { Cell::new(0) };
    }
    HERE.with(|here| {
        if here.get() == 0 {
            here.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        here.get()
    })
}

/// Something that only the thread which made it can reach. Others can hold it, and are told so.
#[derive(Debug)]
pub(crate) struct Bound<T> {
    thread: u64,
    value: ManuallyDrop<T>,
}

// SAFETY: a `T` is reached through `get` and dropped by `Drop`, and nowhere else; both look first
// whether this is the thread that made it. So no other thread ever touches the `T`, whatever it does
// with the `Bound` around it. A thread's number is never given to another one.
unsafe impl<T> Send for Bound<T> {}
// SAFETY: the same: `get` gives a `&T` to the thread that made it only.
unsafe impl<T> Sync for Bound<T> {}

impl<T> Bound<T> {
    pub(crate) fn new(value: T) -> Self {
        Bound { thread: here(), value: ManuallyDrop::new(value) }
    }

    #[inline]
    pub(crate) fn get(&self) -> Result<&T, Fail> {
        if self.thread == here() { Ok(&self.value) } else { Err(elsewhere()) }
    }

    /// The value itself, on its own thread. Elsewhere it is leaked.
    pub(crate) fn into_inner(self) -> Result<T, Fail> {
        if self.thread != here() {
            return Err(elsewhere());
        }
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither dropped nor used any more, so the value is taken out once; and
        // this is the thread that made it.
        Ok(unsafe { ManuallyDrop::take(&mut this.value) })
    }
}

#[cold]
pub(crate) fn elsewhere() -> Fail {
    let message = "this belongs to an instance of another thread: use and free an instance, and its \
                   functions, blocks and callbacks, on the thread that made it";
    Fail::new(hh_status::HH_ERR_THREAD, message)
}

impl<T> Drop for Bound<T> {
    fn drop(&mut self) {
        // Elsewhere it is leaked: nothing better can be done, and every function that destroys one
        // asks `get` before.
        if self.thread == here() {
            // SAFETY: this is the only place that drops it, once, and nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}

// SAFETY: it is a number here: nothing of this library reads or writes what it points to. It goes
// back to functions of C's, whose promise it is that they may be called where the header says that
// they are.
unsafe impl Send for User {}
// SAFETY: the same.
unsafe impl Sync for User {}

#[cfg(test)]
mod tests {
    use super::Bound;
    use std::rc::Rc;

    #[test]
    fn only_its_own_thread_reaches_it() {
        let value = Rc::new(5);
        let bound = Bound::new(value.clone());
        assert_eq!(**bound.get().unwrap(), 5);
        let bound = std::thread::spawn(move || {
            assert!(bound.get().is_err());
            bound
        });
        drop(bound.join().unwrap());
        assert_eq!(Rc::strong_count(&value), 1, "dropped where it was made");
    }

    #[test]
    fn another_thread_does_not_drop_it() {
        let value = Rc::new(5);
        let bound = Bound::new(value.clone());
        std::thread::spawn(move || drop(bound)).join().unwrap();
        assert_eq!(Rc::strong_count(&value), 2, "leaked, not raced for");
    }
}
