//! Guest functions a host may call, statically dispatched.

use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::WasmTypes;

/// `Self` can call guest functions of signature `P -> R`.
///
/// `P` is a tuple of up to 16 wasm values (`(i32,)` for one); `R` is `()`, one value, or a tuple
/// of several.
pub trait Export<P: WasmTypes, R: WasmTypes>: Runtime {
    /// A function of an instance, its signature checked.
    type Func: Clone + Send + Sync + 'static;

    /// Looks up an exported function and checks its signature, once.
    ///
    /// # Errors
    ///
    /// [`LinkError::MissingExport`](crate::error::LinkError::MissingExport) or
    /// [`LinkError::ExportType`](crate::error::LinkError::ExportType), and
    /// [`Error::Mismatch`](crate::Error::Mismatch) if the instance lives in another store.
    fn func<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        instance: &Self::Instance,
        name: &str,
    ) -> Result<Self::Func>;

    /// The function at an index of the function table, its signature checked: a C plugin's function
    /// pointer. The handle stays what it is if the table changes later.
    ///
    /// Look it up once for many calls: a runtime may keep some bytes for each look-up until the
    /// store is dropped (wasmer does).
    ///
    /// # Errors
    ///
    /// [`TableError::OutOfBounds`](crate::error::TableError::OutOfBounds),
    /// [`TableError::Null`](crate::error::TableError::Null),
    /// [`TableError::Type`](crate::error::TableError::Type), and
    /// [`TableError::Unbound`](crate::error::TableError::Unbound) before a table is bound.
    fn func_at<S: Send + 'static>(cx: &mut Self::Context<'_, S>, index: u32) -> Result<Self::Func>;

    /// Whether the function lives in this context's store.
    fn belongs<S: Send + 'static>(cx: &Self::Context<'_, S>, func: &Self::Func) -> bool;

    /// Calls it.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`](crate::Error::Trap), or the error that a host function on the way
    /// returned; [`Error::Mismatch`](crate::Error::Mismatch) if the handle belongs to another store.
    fn call<S: Send + 'static>(
        cx: &mut Self::Context<'_, S>,
        func: &Self::Func,
        params: P,
    ) -> Result<R>;
}
