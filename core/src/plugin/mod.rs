//! Plugins: load, link, instantiate, call.
//!
//! ```text
//! Engine ──load──▶ Module ──┐
//!                           ├─link─▶ Linked ──instantiate──▶ Plugin ──▶ Guest (memory, heap, calls)
//! Linker (host functions) ──┘
//! ```

mod guest;
mod instance;
mod linker;
mod memory;
mod module;
mod own;
mod plan;
mod state;

pub use guest::{AsGuest, Guest};
pub use instance::Plugin;
pub use linker::{HostModule, Linked, Linker};
pub use module::{Engine, LoadOptions, Module, OwnHeap};
pub use own::Allocator;
pub use plan::LoadPlan;
pub use state::{Limits, State};
