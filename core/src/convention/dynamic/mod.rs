//! The calling convention for prototypes that are known at run time.
//!
//! Hosts in Rust know their plugins' functions when they are compiled, and use
//! [`Func`](super::Func) and closures. Bindings to other languages and tools read prototypes as
//! text, [`"(str, u32) -> string"`](crate::contract::Prototype), and use this: the same convention
//! with the same rules, whose types are values.
//!
//! - [`Plugin::dyn_func`](crate::Plugin::dyn_func) finds a plugin's function: a [`DynFunc`], which
//!   takes [`Argument`]s and gives an [`Answer`].
//! - [`Linker::dyn_func`](crate::Linker::dyn_func) and
//!   [`Guest::dyn_callback`](crate::Guest::dyn_callback) offer plugins a closure over a
//!   [`HostCall`], which [takes](HostCall::take) parameters and [gives](HostCall::give) a result.
//!
//! ```
//! use hostheap_core::convention::dynamic::{Answer, Argument, Number};
//! use hostheap_core::{Backend, Plugin, Result};
//!
//! fn greet<B: Backend>(plugin: &mut Plugin<B, ()>) -> Result<()> {
//!     let prototype = "(str, u32) -> string".parse().expect("it is one");
//!     let greet = plugin.dyn_func("greet", &prototype)?;
//!     let mut arguments = [Argument::Str("World"), Argument::Number(Number::U32(2))];
//!     let answer = greet.call(plugin, &mut arguments, 0)?;
//!     assert_eq!(answer, Answer::Text("Hello, World! Hello, World!".into()));
//!     Ok(())
//! }
//! ```
//!
//! What a prototype does not say is how large a struct is. Who calls says it, and its alignment is
//! nobody's concern: the host's values lie at multiples of 16.
//!
//! A call allocates nothing on the host but what its result holds, and costs little more than one of
//! a [`Func`](super::Func): function types of up to six `i32`s, and some of numbers, go the same
//! way; others go by the runtime's calls of any type.

mod answer;
mod argument;
mod func;
mod give;
mod host;
mod number;
mod plan;
mod raw;
mod register;
mod slots;
mod take;

pub use answer::Answer;
pub use argument::Argument;
pub use func::DynFunc;
pub use host::HostCall;
pub use number::Number;
pub(crate) use register::{Closure, define};
pub use take::Taken;
