//! Typed calls into a guest.

use hostheap_core::error::{LinkError, Mismatch, TableError};
use hostheap_core::{Export, Result, StoreId, for_each_arity, types};

use crate::context::Context;
use crate::store::Instance;
use crate::{Wasmer, error};

/// A guest function of known signature: `F` is wasmer's typed function.
#[derive(Clone, Debug)]
pub struct Func<F> {
    inner: F,
    store: StoreId,
}

// wasmer's typed function of one parameter has that parameter's own type, not a tuple of one.
macro_rules! export {
    ($($A:ident)*) => {
        impl<$($A,)* R> Export<($($A,)*), R> for Wasmer
        where
            $($A: types::WasmType + wasmer::FromToNativeWasmType,)*
            R: types::WasmTypes + wasmer::WasmTypeList,
        {
            #[allow(unused_parens, reason = "one parameter is no tuple")]
            type Func = Func<wasmer::TypedFunction<($($A),*), R>>;

            fn func<S: Send + 'static>(
                cx: &mut Context<'_, S>,
                instance: &Instance,
                name: &str,
            ) -> Result<Self::Func> {
                let func = instance.find_func(cx, name)?;
                let inner = func.typed(&cx.0).map_err(|_| LinkError::ExportType {
                    name: name.into(),
                    expected: types::func_type::<($($A,)*), R>(),
                    found: error::func_type(&func.ty(&cx.0)),
                })?;
                Ok(Func { inner, store: instance.store })
            }

            fn func_at<S: Send + 'static>(
                cx: &mut Context<'_, S>,
                index: u32,
            ) -> Result<Self::Func> {
                let func = cx.table_func(index)?;
                let inner = func.typed(&cx.0).map_err(|_| TableError::Type {
                    index,
                    expected: types::func_type::<($($A,)*), R>(),
                    found: error::func_type(&func.ty(&cx.0)),
                })?;
                Ok(Func { inner, store: cx.1 })
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &Context<'_, S>, func: &Self::Func) -> bool {
                func.store == cx.1
            }

            #[inline]
            #[allow(non_snake_case, reason = "type names double as value names in the macro")]
            fn call<S: Send + 'static>(
                cx: &mut Context<'_, S>,
                func: &Self::Func,
                ($($A,)*): ($($A,)*),
            ) -> Result<R> {
                // wasmer would panic; one comparison makes it an error.
                if !<Self as Export<($($A,)*), R>>::belongs(cx, func) {
                    return Err(Mismatch::FunctionOfOtherStore.into());
                }
                func.inner.call(&mut cx.0, $($A),*).map_err(error::from_guest)
            }
        }
    };
}
for_each_arity!(export);
