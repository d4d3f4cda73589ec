//! Identities of engines and stores, so that mixing two of them is a typed error.

use core::sync::atomic::{AtomicUsize, Ordering};

// Pointer-sized because the restricted targets of the interpreter have no 64-bit atomics.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Which engine a module, linker or store was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EngineId(usize);

impl EngineId {
    /// An identity that no other engine of this process has.
    pub fn fresh() -> Self {
        EngineId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which store an instance or function handle belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(usize);

impl StoreId {
    /// An identity that no other store of this process has.
    pub fn fresh() -> Self {
        StoreId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
