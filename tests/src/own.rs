//! The project's own subjects, as far as they are compiled in.

use crate::subject::{Moving, Subject};

/// Something to be done for each subject.
pub trait Visit {
    /// Does it for one.
    fn visit<S: Subject>(&mut self);
}

/// Visits every subject that is compiled in, the mock first: it is the reference.
pub fn visit(visitor: &mut impl Visit) {
    visitor.visit::<crate::mock::Mock>();
    #[cfg(feature = "wasmtime")]
    {
        visitor.visit::<hostheap_backend_wasmtime::Wasmtime>();
        visitor.visit::<Moving<hostheap_backend_wasmtime::Wasmtime>>();
    }
    #[cfg(feature = "wasmer")]
    {
        visitor.visit::<hostheap_backend_wasmer::Wasmer>();
        visitor.visit::<Moving<hostheap_backend_wasmer::Wasmer>>();
    }
    #[cfg(feature = "wasmi")]
    visitor.visit::<hostheap_backend_wasmi::Wasmi>();
}

/// The backends that are left out of this build, by the feature that would put them in.
pub const LEFT_OUT: &[&str] = &[
    #[cfg(not(feature = "wasmtime"))]
    "wasmtime",
    #[cfg(not(feature = "wasmer"))]
    "wasmer",
    #[cfg(not(feature = "wasmi"))]
    "wasmi",
];

// Named in documentation and macros whatever is compiled in.
const _: fn() -> String = <Moving<crate::mock::Mock> as Subject>::name;
