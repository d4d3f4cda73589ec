//! What is fuzzed: the heap, and what is known about modules.

pub mod heap;
pub mod module;
