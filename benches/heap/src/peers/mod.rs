//! The native contenders: the heap itself, and other allocators.
//!
//! Everything `unsafe` of this program is here: most other allocators deal in pointers.

mod arena;
mod c;
mod empty;
mod offset;
mod ours;
mod rust;
#[cfg(feature = "substrate")]
mod substrate;

pub(crate) use arena::Arena;
pub(crate) use c::{Mimalloc, System};
pub(crate) use empty::Empty;
pub(crate) use offset::Offset;
pub(crate) use ours::Ours;
pub(crate) use rust::{Dlmalloc, Rlsf, Talc};
#[cfg(feature = "substrate")]
pub(crate) use substrate::Substrate;
