//! The runtimes that are compiled in.

use core::ffi::CStr;

use hostheap_core::{Backend, Engine, EngineConfig, Result};

use super::AnyEngine;

/// One of them.
pub(crate) struct RuntimeEntry {
    pub(crate) name: &'static CStr,
    pub(crate) engine: fn(&EngineConfig) -> Result<Box<dyn AnyEngine>>,
}

/// All of them, the default first.
pub(crate) const RUNTIMES: &[RuntimeEntry] = &[
    #[cfg(feature = "wasmtime")]
    RuntimeEntry { name: c"wasmtime", engine: engine::<hostheap_backend_wasmtime::Wasmtime> },
    #[cfg(feature = "wasmer")]
    RuntimeEntry { name: c"wasmer", engine: engine::<hostheap_backend_wasmer::Wasmer> },
    #[cfg(feature = "wasmi")]
    RuntimeEntry { name: c"wasmi", engine: engine::<hostheap_backend_wasmi::Wasmi> },
];

fn engine<B: Backend>(config: &EngineConfig) -> Result<Box<dyn AnyEngine>> {
    Ok(Box::new(Engine::<B>::with_config(config)?))
}
