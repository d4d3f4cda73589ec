//! Plugins in Rust for [hostheap](https://github.com/hostheap/hostheap) hosts.
//!
//! ```
//! #[hostheap_guest::export]
//! fn greet(name: &str) -> String {
//!     format!("Hello, {name}!")
//! }
//! # assert_eq!(greet("World"), "Hello, World!");
//! ```
//!
//! ```sh
//! cargo build --release --target wasm32-unknown-unknown
//! ```
//!
//! - The host's malloc is the allocator: of Rust, and on wasm32-wasip1 of the libc.
//! - [`#[export]`](macro@export) makes a function one that the host can call, with the C signature that
//!   hostheap's calling convention has for its types.
//! - [`#[import]`](macro@import) declares functions of the host's.
//! - [`Plain`] structs, [`Text`] lists, [`Error`]s, [`State`].
//! - [`panic_handler!`] and `panic_hook!` tell the host why a plugin panicked.
//!
//! # Parameters of exports
//!
//! | Rust | C |
//! |---|---|
//! | `i8` … `u64`, `f32`, `f64`, `bool`, `char`; `usize` | the same; `uint32_t`; `size_t` |
//! | `&str`, `&[u8]`, `&[T]`, `&mut [T]` | pointer and count |
//! | `&[Text<'_>]`, `&[Blob<'_>]` | `const hh_bytes *, size_t` |
//! | `&T`, `&mut T`, `&CStr` | pointer |
//! | `T` that is a [`Plain`] struct | `T` by value |
//! | `String`, `Vec<T>`, `Box<T>`, `CString` | the same, handed over: the host passes `Owned` |
//! | `extern "C" fn(A, …) -> R` | function pointer |
//! | `Option` of a pointer | `NULL` for `None` |
//!
//! What is borrowed lives for the call: a parameter `&'static str` does not compile.
//!
//! # Results of exports
//!
//! | Rust | C |
//! |---|---|
//! | `()`, scalars | the same |
//! | `String`, `Vec<T>`, `Cow<'_, str>`, `&str`, `&[T]` | `hh_packed` |
//! | `CString`, `Box<T>` | pointer |
//! | `T`, tuples of 2 to 4 scalars | struct return |
//! | `Option` of text, vectors, `CString`, structs, functions | `NULL` for `None`; a struct in a block |
//! | `Result<(), E>` | `int32_t f(…)` |
//! | `Result<X, E>` | `int32_t f(X *out, …)`, `hh_bytes *out` for text and vectors |
//!
//! A `String`'s or `Vec`'s block is handed over, not copied. A `&str` or `&[T]` is passed as it is if it
//! is static data, and copied otherwise: the host would free the block that it lies in.
//!
//! # What is trusted
//!
//! The host: that its pointers are valid, its text is UTF-8, its values are values of their types. A
//! hostheap host keeps to that.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `global-allocator` (default) | the host's malloc is the allocator. Without it results are copied |
//! | `std` | `panic_hook!` and `set_panic_hook` |
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;
// The attributes' code names the crate so, also in its own tests.
extern crate self as hostheap_guest;

pub use hostheap_guest_macros::{Plain, export, import};

pub mod abi;
mod error;
mod panic;
mod state;
mod sys;
mod wasi;

pub use abi::{Blob, Plain, Text};
pub use error::{Error, Failure};
#[cfg(feature = "std")]
pub use panic::set_panic_hook;
pub use state::State;

#[cfg(all(target_arch = "wasm32", feature = "global-allocator"))]
#[path = "../hostheap_alloc.rs"]
mod hostheap_alloc;

#[doc(hidden)]
pub mod __private {
    pub use crate::panic::__panicked as panicked;
    pub use alloc::boxed::Box;
}
