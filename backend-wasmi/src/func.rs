//! Typed calls into a guest.

use hostheap_core::error::{LinkError, Mismatch};
use hostheap_core::{Export, Result, StoreId, types};

use crate::context::Context;
use crate::store::Instance;
use crate::{Wasmi, error};

/// A guest function of known signature.
pub struct Func<P, R> {
    inner: wasmi::TypedFunc<P, R>,
    store: StoreId,
}

impl<P, R> Clone for Func<P, R> {
    fn clone(&self) -> Self {
        Func { inner: self.inner, store: self.store }
    }
}

impl<P, R> core::fmt::Debug for Func<P, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Func").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<P, R> Export<P, R> for Wasmi
where
    P: types::WasmTypes + wasmi::WasmParams,
    R: types::WasmTypes + wasmi::WasmResults,
{
    type Func = Func<P, R>;

    fn func<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Func<P, R>> {
        instance.check(cx)?;
        let Some(func) = instance.inner.get_func(&cx.0, name) else {
            return Err(instance.missing(cx, name, "function"));
        };
        let inner = func.typed::<P, R>(&cx.0).map_err(|_| LinkError::ExportType {
            name: name.into(),
            expected: types::func_type::<P, R>(),
            found: error::func_type(&func.ty(&cx.0)),
        })?;
        Ok(Func { inner, store: instance.store })
    }

    #[inline]
    fn call<S: Send + 'static>(cx: &mut Context<'_, S>, func: &Func<P, R>, params: P) -> Result<R> {
        // wasmi would panic; one comparison makes it an error.
        if func.store != cx.0.data().id {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        func.inner.call(&mut cx.0, params).map_err(error::from_guest)
    }
}
