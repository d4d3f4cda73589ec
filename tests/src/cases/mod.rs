//! The cases. Each is a function of a subject that panics unless what its name says is true.

pub mod buffers;
pub mod capabilities;
pub mod dynamic;
pub mod errors;
pub mod exports;
pub mod globals;
pub mod growth;
pub mod hardening;
pub mod heap;
pub mod host_functions;
pub mod imports;
pub mod instances;
pub mod limits;
pub mod memory;
pub mod mismatch;
pub mod misuse;
pub mod modules;
pub mod owned;
pub mod ownership;
pub mod plugins;
pub mod reentry;
pub mod results;
pub mod scalars;
pub mod signatures;
pub mod start;
pub mod traps;
