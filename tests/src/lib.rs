//! Conformance suite for hostheap backends.
//!
//! A backend implements [`Runtime`](hostheap_core::Runtime), and
//! [`Import`](hostheap_core::Import) and [`Export`](hostheap_core::Export) for every signature that
//! its runtime can do. This suite is what holds it to their documentation: it listens to what
//! plugins are promised (memory and its edges, growth, globals, imports and exports of every arity
//! and type, the start function, traps by kind, errors that come through the guest as themselves,
//! re-entrancy, the whole malloc family, misuse of it, the calling convention), and it runs each
//! case on every backend.
//!
//! # A backend of your own
//!
//! Add this crate as a development dependency, and one line to a test file:
//!
//! ```text
//! hostheap_tests::conformance!(mine, my_backend::MyRuntime);
//! ```
//!
//! That makes a module `mine` with one test for each case: `cargo test mine::memory` runs a group
//! of them. For other settings than the defaults, give it a [`Subject`] of your own in the type's
//! place; [`Moving`] is one, for runtimes that can be told to reserve no address space:
//!
//! ```text
//! hostheap_tests::conformance!(mine_moving, hostheap_tests::Moving<my_backend::MyRuntime>);
//! ```
//!
//! A case that needs a [capability](hostheap_core::Capabilities) that the runtime does not have is
//! not run, and says so on standard error, past the test harness. [`case::cases`] has the whole
//! list as data, to print or to run in other ways.
//!
//! # What is here
//!
//! | | |
//! |---|---|
//! | [`cases`] | the cases, a module for each group; a case's name says what is true |
//! | [`list`] | all of them, once |
//! | [`case`] | a case as data, and the macro that makes tests of them |
//! | [`subject`] | what they run on |
//! | [`rig`], [`expect`] | what they are built with |
//! | [`guests`] | the C plugins of the repository, or others built from the same sources |
//! | [`corpus`] | modules by many compilers, and what is true of them |
//! | [`dynamic`] | calls by prototypes that are known at run time |
//! | [`hosts`], [`shapes`] | hosts for those that import functions, and the structs they share |
//! | [`mock`] | a backend in safe Rust, without a runtime: the reference, and an example |
//! | [`agree`] | random scripts, played on all backends in step |
//! | [`matrix`] | which subject can do what, and how many cases it runs |
//! | [`own`] | the project's own subjects |
//! | [`programs`] | real programs, compiled to WebAssembly when the tests run |
//! | [`wasi`] | as much of a system as these ask for |
//!
//! # Environment
//!
//! `HOSTHEAP_GUESTS=DIR`: cases that use one of the C plugins read `DIR/NAME.wasm` instead of the
//! committed one, and fail if it is not there. DIR is best absolute: cargo runs tests in the
//! directory of their package.
//!
//! `HOSTHEAP_REQUIRE_CLANG=1`: tests that compile something fail if clang, wasi-libc, binaryen, wabt
//! or the sources of [`programs`] are missing, instead of saying so.
//!
//! `HOSTHEAP_CORPUS=DIR`: the corpus is read from there instead. `HOSTHEAP_REQUIRE_COMPILERS=1`: the
//! tests that rebuild it, or compile [`programs`] by Emscripten, Zig or Rust, fail if one of these
//! compilers is missing.

pub mod agree;
pub mod case;
pub mod cases;
pub mod corpus;
pub mod dynamic;
pub mod expect;
pub mod guests;
pub mod hosts;
pub mod list;
pub mod matrix;
pub mod mock;
pub mod own;
pub mod programs;
pub mod rig;
pub mod shapes;
pub mod subject;
pub mod wasi;

pub use subject::{Moving, Subject, Suited};

/// Writes a line to standard error that the test harness does not capture.
pub fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
