//! Host functions a guest may call, statically dispatched.

use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::WasmTypes;

/// A host function of signature `P -> R`.
///
/// Closures implement it: `|cx: B::Context<'_, S>, a: A1, b: A2| -> Result<R>` is a
/// `HostFn<B, S, (A1, A2), R>`. The context's type must be written out: the compiler does not infer
/// that the closure takes a context of any lifetime. `P` is a tuple of up to 16 wasm values; `R` is
/// `()`, one value, or a tuple of several.
pub trait HostFn<B: Runtime, S: Send + 'static, P, R>: Send + Sync + 'static {
    /// Runs it for one call from the guest.
    ///
    /// # Errors
    ///
    /// What it returns becomes a trap in the guest and comes out of the guest call unchanged.
    fn call(&self, cx: B::Context<'_, S>, params: P) -> Result<R>;
}

macro_rules! host_fn {
    ($($A:ident)*) => {
        impl<B, S, F, $($A,)* R> HostFn<B, S, ($($A,)*), R> for F
        where
            B: Runtime,
            S: Send + 'static,
            F: for<'a> Fn(B::Context<'a, S>, $($A),*) -> Result<R> + Send + Sync + 'static,
        {
            #[inline]
            #[allow(non_snake_case, reason = "type names double as value names in the macro")]
            fn call(&self, cx: B::Context<'_, S>, ($($A,)*): ($($A,)*)) -> Result<R> {
                self(cx, $($A),*)
            }
        }
    };
}
crate::for_each_arity!(host_fn);

/// `Self` can offer guests host functions of signature `P -> R`.
///
/// The signature is a parameter of the trait, not of the method, so that a backend reaches its
/// runtime's own typed registration without dynamic values and without boxing per call.
pub trait Import<P: WasmTypes, R: WasmTypes>: Runtime {
    /// Registers `f` as `module`.`name`.
    ///
    /// # Errors
    ///
    /// [`LinkError::DuplicateImport`](crate::error::LinkError::DuplicateImport) if that name is taken.
    fn import<S, F>(linker: &mut Self::Linker<S>, module: &str, name: &str, f: F) -> Result<()>
    where
        S: Send + 'static,
        F: HostFn<Self, S, P, R>;

    /// Makes `f` a function of this context's store, to be put into its function table by
    /// [`table_set`](Runtime::table_set).
    ///
    /// It takes host memory until the store is dropped, however often it stands in the table.
    ///
    /// # Errors
    ///
    /// [`Error::Runtime`](crate::Error::Runtime) if the runtime cannot make one.
    fn function<S, F>(cx: &mut Self::Context<'_, S>, f: F) -> Result<Self::FuncRef>
    where
        S: Send + 'static,
        F: HostFn<Self, S, P, R>;
}
