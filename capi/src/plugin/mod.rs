//! Plugins: engine, module, linker, instance, calls. For libraries with a runtime in them.

pub mod alloc;
pub(crate) mod answer;
pub(crate) mod any;
pub(crate) mod arguments;
pub mod block;
pub mod callback;
pub mod engine;
pub mod func;
pub mod global;
pub mod heap;
pub mod host;
pub mod instance;
pub mod invocation;
pub mod limits;
pub mod linker;
pub mod memory;
pub mod module;
pub(crate) mod prototype;
pub(crate) mod shared;
pub(crate) mod take;
#[cfg(test)]
mod tests;
pub mod view;
