//! Runtime-neutral heap, calling convention and module knowledge for WebAssembly plugins.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod allocate;
mod backend;
pub mod context;
pub mod contract;
pub mod convention;
pub mod error;
pub mod export;
pub mod heap;
mod id;
pub mod import;
pub mod imports;
pub mod link;
pub mod memory;
pub mod module;
pub mod plugin;
pub mod runtime;
mod sites;
mod table;
mod trap;
pub mod types;
mod value;

pub use backend::Backend;
pub use context::Context;
pub use error::{Error, Result, Trap, TrapKind};
pub use export::Export;
pub use id::{EngineId, StoreId};
pub use import::{HostFn, Import};
pub use plugin::{
    AsGuest, Engine, Guest, Limits, Linked, Linker, LoadOptions, Module, OwnHeap, Plugin,
};
pub use runtime::{Capabilities, EngineConfig, Runtime};
pub use sites::{CallSite, SITE, SITE_MODULE};
pub use value::{FuncType, ValType, Value};
