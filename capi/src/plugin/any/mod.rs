//! The plugin layer of core with its runtime forgotten, so that C can choose one at run time.
//!
//! Core is generic over the runtime; here each of its types has a trait that names none, and one
//! generic implementation for all of them.
//!
//! | core | here |
//! |---|---|
//! | `Engine<B>` | [`AnyEngine`] |
//! | `Module<B>` | [`AnyModule`] |
//! | `Linker<B, Host>`, `Linked<B, Host>` | [`AnyLinker`], [`AnyLinked`] |
//! | `Plugin<B, Host>`, `Guest<'_, B, Host>` | [`AnyGuest`] |
//! | `HostCall<'_, '_, B, Host>` | [`AnyCall`] |
//! | `DynFunc<B, Host>` | `dyn Any`, which its own runtime knows |

mod call;
mod engine;
mod guest;
mod linker;
mod runtimes;

pub(crate) use call::AnyCall;
pub(crate) use engine::{AnyEngine, AnyModule};
pub(crate) use guest::AnyGuest;
pub(crate) use linker::{AnyLinked, AnyLinker};
pub(crate) use runtimes::RUNTIMES;
