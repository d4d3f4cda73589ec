//! The runtimes' own typed calls, for what is written by hand.

pub(super) mod wasmer;
pub(super) mod wasmi;
pub(super) mod wasmtime;

use anyhow::Result;

/// Hands the plugin's functions, as `name(parameters) -> result`, to another macro.
macro_rules! exports {
    ($then:ident) => {
        $then! {
            _initialize() -> ();
            malloc(size: u32) -> u32;
            free(block: u32) -> ();
            nothing() -> ();
            pass(bytes: u32, len: u32) -> u32;
            greet(name: u32, len: u32) -> u64;
            greet_into(name: u32, len: u32, out: u32, room: u32) -> u32;
            sum(bytes: u32, len: u32) -> u64;
            reverse(bytes: u32, len: u32) -> u64;
            reverse_into(bytes: u32, len: u32, out: u32, room: u32) -> u32;
            fetch(len: u32) -> u64;
            fetch_into(len: u32, out: u32, room: u32) -> u32;
            twice(out: u32, numbers: u32) -> ();
            strings(pieces: u32, count: u32) -> u64;
        }
    };
}
use exports;

macro_rules! define {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {
        /// The plugin that exports its malloc, on one runtime.
        pub(super) trait Raw: Sized {
            /// The runtime's name.
            const NAME: &'static str;

            /// An instance with all its functions looked up and checked.
            fn load(wasm: &[u8]) -> Result<Self>;
            /// The same, with the plugin's constructors run.
            fn start(wasm: &[u8]) -> Result<Self> {
                let mut raw = Self::load(wasm)?;
                raw._initialize()?;
                Ok(raw)
            }
            /// Linear memory as a slice: the quickest way that the runtime has.
            fn slice(&mut self) -> &mut [u8];
            /// Writes to memory as the runtime's documentation does it.
            fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()>;
            /// Reads from memory as the runtime's documentation does it.
            fn read(&mut self, at: u32, len: u32) -> Result<Vec<u8>>;
            $(
                /// Calls the plugin's function of this name.
                fn $name(&mut self, $($arg: $ty),*) -> Result<$result>;
            )*
        }
    };
}
exports!(define);

/// Pointer and length out of a packed result.
pub(super) fn unpack(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}

/// Where a range of memory lies, for indexing.
fn range(at: u32, len: usize) -> std::ops::Range<usize> {
    at as usize..(at as usize).saturating_add(len)
}

/// wasmtime's error is no `std::error::Error`.
pub(super) fn told(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
