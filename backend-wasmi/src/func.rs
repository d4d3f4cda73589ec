//! Typed calls into a guest.

use hostheap_core::error::{LinkError, Mismatch, TableError};
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
        let func = instance.find_func(cx, name)?;
        let inner = func.typed::<P, R>(&cx.0).map_err(|_| LinkError::ExportType {
            name: name.into(),
            expected: types::func_type::<P, R>(),
            found: error::func_type(&func.ty(&cx.0)),
        })?;
        Ok(Func { inner, store: instance.store })
    }

    fn func_at<S: Send + 'static>(cx: &mut Context<'_, S>, index: u32) -> Result<Func<P, R>> {
        let func = cx.table_func(index)?;
        let inner = func.typed::<P, R>(&cx.0).map_err(|_| TableError::Type {
            index,
            expected: types::func_type::<P, R>(),
            found: error::func_type(&func.ty(&cx.0)),
        })?;
        Ok(Func { inner, store: cx.0.data().id })
    }

    #[inline]
    fn belongs<S: Send + 'static>(cx: &Context<'_, S>, func: &Func<P, R>) -> bool {
        func.store == cx.0.data().id
    }

    #[inline]
    fn call<S: Send + 'static>(cx: &mut Context<'_, S>, func: &Func<P, R>, params: P) -> Result<R> {
        // wasmi would panic; one comparison makes it an error.
        if !<Self as Export<P, R>>::belongs(cx, func) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        func.inner.call(&mut cx.0, params).map_err(error::from_guest)
    }
}
