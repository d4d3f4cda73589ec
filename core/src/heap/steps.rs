//! Counting steps: how many words of its tables a heap reads and writes.
//!
//! Time is no measure of how the work of an operation depends on the number of blocks; the words
//! it touches are. Only builds with debug assertions count. Without them the counter has no size
//! and no code.

#[cfg(debug_assertions)]
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A counter that is no part of a heap's state: all are equal. Reads count as well as writes, so
/// it is shared, and atomic so that a heap can be shared between threads as in any other build.
/// (Steps that two threads count at once may be lost.)
#[derive(Debug)]
pub(super) struct Steps {
    #[cfg(debug_assertions)]
    words: AtomicUsize,
}

impl Steps {
    pub(super) const fn new() -> Steps {
        Steps {
            #[cfg(debug_assertions)]
            words: AtomicUsize::new(0),
        }
    }

    #[inline(always)]
    pub(super) fn count(&self, words: usize) {
        #[cfg(debug_assertions)]
        self.words.store(self.words.load(Relaxed).wrapping_add(words), Relaxed);
        #[cfg(not(debug_assertions))]
        let _ = words;
    }

    /// All steps so far; 0 where they are not counted.
    pub(super) fn total(&self) -> u64 {
        #[cfg(debug_assertions)]
        return self.words.load(Relaxed) as u64;
        #[cfg(not(debug_assertions))]
        0
    }
}

impl Clone for Steps {
    fn clone(&self) -> Steps {
        let steps = Steps::new();
        steps.count(self.total() as usize);
        steps
    }
}

impl PartialEq for Steps {
    fn eq(&self, _: &Steps) -> bool {
        true
    }
}

impl Eq for Steps {}
