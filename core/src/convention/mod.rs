//! The calling convention: host values in and out of a plugin written in plain C.
//!
//! Plugins are compiled to the WebAssembly Basic C ABI, so the convention is C's own and needs no
//! interface language: a string is `const char *, size_t`, a returned string is a pointer and a
//! length. It is written once here, over the neutral traits, and dispatched statically.
//!
//! - [`Lower`] and [`Arguments`]: host values to a plugin's parameters.
//! - [`FromGuest`]: a plugin's results to host values.
//! - [`Lift`] and [`Parameters`]: what a plugin passes to a host function.
//! - [`ToGuest`] and [`HostFunction`]: what a host function gives back.
//! - [`dynamic`]: all of it for prototypes that are known at run time.
//!
//! # Ownership
//!
//! *Arguments are borrowed.* They lie in one block of the plugin's heap that the host allocates
//! before the call and frees after it, whether the call returns, traps, or unwinds. A plugin that
//! wants to keep an argument copies it.
//!
//! *Results are owned.* A returned block belongs to the host, which copies it and frees it. The
//! heap knows every live block, so a returned range must lie in one live block, in static data, or
//! in the arguments; anything else is a [`ConventionError`] with the reason.
//!
//! For host functions the same holds with the roles exchanged: what a plugin passes is borrowed by
//! the host, and a string that a host function returns is a block that the plugin must free.

mod arguments;
mod block;
mod call;
mod callback;
pub mod dynamic;
mod element;
mod error;
mod flat;
mod func_ptr;
mod host;
mod lift;
mod lower;
mod parameters;
mod pointee;
mod results;
mod room;
mod take;
mod views;

pub use arguments::Arguments;
pub use block::GuestBlock;
pub(crate) use block::{Item, Released};
pub use call::Func;
pub(crate) use call::{call_allocator, call_dynamic, call_flat};
pub use callback::Callback;
pub(crate) use callback::Callbacks;
pub use element::{CStruct, Element, GuestPtr};
pub(crate) use element::{check_aligned, read as read_element, read_all, size as element_size};
pub use error::ConventionError;
pub use flat::{Append, Cat, Flat};
pub use func_ptr::FuncPtr;
pub use host::{Fallible, HostFunction, IntoMemory, Outcome, Plain, Sink, ToGuest};
pub use lift::{Lift, LiftLimits, LiftPointer};
pub use lower::{Lower, Owned};
pub use parameters::Parameters;
pub use pointee::{Composed, Out, Pointee};
pub(crate) use results::MULTI_VALUE;
pub use results::{
    FromGuest, GuestError, InMemory, PairFunc, Shape, StructFunc, Target, TupleFunc,
};
pub use room::{Back, Compose, Place, Room, Span};
pub use take::FromPair;
pub(crate) use take::take;
pub use views::{GuestBytes, GuestSlice, GuestStr};
