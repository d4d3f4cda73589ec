//! WebAssembly plugins without an allocator.
//!
//! A plugin that a host passes strings to needs a `malloc`, so today every plugin carries one and
//! exports it. With hostheap the plugin *imports* `malloc`, `free` and their family, and the host
//! implements them natively: plugins shrink to their own code, the heap's bookkeeping lies in host
//! memory where no plugin can corrupt it, and the host places arguments and reads results without
//! calling into the plugin. The same host code runs on wasmtime, wasmer and wasmi.
//!
//! ```
//! use hostheap::{Engine, Linker};
//!
//! let engine = Engine::new()?;
//! let module = engine.load(&std::fs::read("guest/plugins/greeter/greeter.wasm")?)?;
//! let mut plugin = Linker::new(&engine).instantiate(&module, ())?;
//!
//! let hello: String = plugin.call("greet", ("World",))?;
//! assert_eq!(hello, "Hello, World!");
//! assert_eq!(plugin.heap_stats().live_blocks, 0); // argument and result are released
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! - [`Engine`] loads a plugin's bytes into a [`Module`]: it finds out where the heap may start,
//!   refuses what cannot be a plugin, and compiles.
//! - [`Linker`] has the host functions, besides the malloc family, that plugins may import.
//! - [`Plugin`] is a running instance with its heap; [`Plugin::call`](generic::Plugin::call) and
//!   [`Func`] call its functions.
//! - [`Guest`] is the plugin as a host function sees it.
//!
//! What may be passed is in [`convention`]: numbers, text, slices, structs, out-parameters, errors,
//! function pointers and more. The repository's `docs/convention` has a page for each with both
//! sides, `docs/cookbook.md` has recipes, and `guest/README.md` says how a plugin in C is compiled.
//! Errors are in [`Error`].
//!
//! # Host functions
//!
//! ```
//! use hostheap::{Engine, Guest, Linker};
//!
//! let engine = Engine::new()?;
//! let module = engine.load(&std::fs::read("guest/plugins/host_greeter/host_greeter.wasm")?)?;
//! let mut linker = Linker::<Vec<String>>::new(&engine);
//! // State and memory through the first parameter; a `Result` where it can fail.
//! linker.func("host", "log", |guest: &mut Guest<'_, Vec<String>>, line: String| {
//!     guest.state_mut().push(line);
//! })?;
//! linker.func("host", "now", |_: &mut Guest<'_, Vec<String>>| 1_700_000_000_000_i64)?;
//! linker.func("host", "lookup", |_: &mut Guest<'_, Vec<String>>, key: String| {
//!     if key == "me" { Ok("Ada") } else { Err(format!("who is {key}?")) }
//! })?;
//!
//! let mut plugin = linker.instantiate(&module, Vec::new())?;
//! assert_eq!(plugin.call::<_, String>("greet_user", ("me",))?, "Hello, Ada!");
//! assert_eq!(plugin.state(), &["Hello, Ada!"]);
//!
//! // The host function's own error comes out of the call.
//! let error = plugin.call::<_, String>("greet_user", ("you",)).unwrap_err();
//! assert_eq!(error.to_string(), "who is you?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits and hardening
//!
//! What a plugin may use, and how hard its heap looks for the plugin's mistakes, is chosen by the
//! host, per plugin. A free of anything but a live block is always found.
//!
//! ```
//! use hostheap::heap::Hardening;
//! use hostheap::{Engine, Limits, Linker};
//!
//! let engine = Engine::new()?;
//! let module = engine.load(&std::fs::read("guest/plugins/misbehaver/misbehaver.wasm")?)?;
//! let mut linker = Linker::<()>::new(&engine);
//! let hardening = Hardening { quarantine_blocks: 100, junk_fill: true, ..Hardening::default() };
//! linker.limits(Limits::new().max_heap_bytes(1 << 20).max_blocks(10_000).hardening(hardening));
//!
//! let mut plugin = linker.instantiate(&module, ())?;
//! let error = plugin.call::<_, ()>("double_free", ()).unwrap_err();
//! assert!(error.to_string().contains("it was freed already"), "{error}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Choosing a runtime
//!
//! | feature | runtime | |
//! |---|---|---|
//! | `wasmtime` (default) | wasmtime 48 | compiles to machine code; the fastest calls |
//! | `wasmer` | wasmer 7.3 | compiles to machine code |
//! | `wasmi` | wasmi 2 | interprets: starts in microseconds, runs where no JIT may, `no_std` |
//! | `std` (default) | | the standard library for wasmi; wasmtime and wasmer imply it |
//! | `toml` | | contracts from files: `Contract::from_toml` |
//!
//! Features are additive. The names at the top of this crate ([`Engine`], [`Plugin`], …) stand for
//! the first of wasmtime, wasmer and wasmi that is compiled in, [`DefaultBackend`]; the modules
#![cfg_attr(feature = "wasmtime", doc = "[`wasmtime`],")]
#![cfg_attr(not(feature = "wasmtime"), doc = "`wasmtime`,")]
#![cfg_attr(feature = "wasmer", doc = "[`wasmer`] and")]
#![cfg_attr(not(feature = "wasmer"), doc = "`wasmer` and")]
#![cfg_attr(feature = "wasmi", doc = "[`wasmi`]")]
#![cfg_attr(not(feature = "wasmi"), doc = "`wasmi`")]
//! have the same names for one runtime each. Libraries are generic over the runtime, with
//! [`generic`] and a parameter `B: Backend`:
//!
//! ```
//! use hostheap::generic::{Backend, Engine, Linker};
//!
//! fn greet_on<B: Backend>(wasm: &[u8], name: &str) -> hostheap::Result<String> {
//!     let engine = Engine::<B>::new()?;
//!     Linker::<B, ()>::new(&engine).instantiate(&engine.load(wasm)?, ())?.call("greet", (name,))
//! }
//! # let wasm = std::fs::read("guest/plugins/greeter/greeter.wasm").unwrap();
//! # assert_eq!(greet_on::<hostheap::DefaultBackend>(&wasm, "you").unwrap(), "Hello, you!");
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

mod backend;

// The public interface. Types of the default runtime and modules of all compiled in:
pub use backend::*;

// What does not depend on the runtime:
pub use hostheap_core::allocate::OnInvalidPointer;
pub use hostheap_core::contract::{self, Contract};
pub use hostheap_core::heap::{self, HeapStats};
pub use hostheap_core::module::{self, ModuleInfo};
pub use hostheap_core::plugin::Allocator;
pub use hostheap_core::{
    Capabilities, Context, EngineConfig, Error, FuncType, Limits, LoadOptions, OwnHeap, Result,
    Trap, TrapKind, ValType, Value, convention, error,
};

/// The same types with the runtime as a parameter, and the traits that a runtime implements.
pub mod generic {
    pub use hostheap_core::convention::Func;
    pub use hostheap_core::convention::dynamic::{DynFunc, HostCall};
    pub use hostheap_core::plugin::HostModule;
    pub use hostheap_core::{
        AsGuest, Backend, Context, Engine, Export, Guest, HostFn, Import, Linked, Linker, Module,
        Plugin, Runtime,
    };
}

#[cfg(all(doctest, feature = "wasmtime"))]
#[doc = include_str!("../README.md")]
struct Readme;
