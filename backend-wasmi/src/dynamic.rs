//! Functions whose types are only known at run time, in both directions.

use alloc::vec;
use alloc::vec::Vec;

use hostheap_core::error::{Mismatch, Unsupported};
use hostheap_core::link::check_values;
use hostheap_core::{Error, FuncType, Result, Runtime, StoreId, ValType, Value};
use wasmi::{AsContextMut, Val};

use crate::context::Context;
use crate::linker::Linker;
use crate::store::{Instance, Slot};
use crate::table::FuncRef;
use crate::{Wasmi, error};

/// A guest function whose type is only known at run time.
#[derive(Clone, Copy, Debug)]
pub struct DynFunc {
    inner: wasmi::Func,
    store: StoreId,
}

/// So many values lie on the host's stack; only more are allocated.
const FEW: usize = 16;

impl DynFunc {
    pub(crate) fn find<S>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Self> {
        let inner = instance.find_func(cx, name)?;
        Ok(DynFunc { inner, store: instance.store })
    }

    pub(crate) fn at<S>(cx: &mut Context<'_, S>, index: u32) -> Result<Self> {
        let inner = cx.table_func(index)?;
        Ok(DynFunc { inner, store: cx.0.data().id })
    }

    pub(crate) fn ty<S>(&self, cx: &Context<'_, S>) -> Result<FuncType> {
        self.check(cx)?;
        Ok(error::func_type(&self.inner.ty(&cx.0)))
    }

    #[inline]
    pub(crate) fn belongs<S>(&self, cx: &Context<'_, S>) -> bool {
        self.store == cx.0.data().id
    }

    fn check<S>(&self, cx: &Context<'_, S>) -> Result<()> {
        // wasmi would panic; one comparison makes it an error.
        if self.belongs(cx) { Ok(()) } else { Err(Mismatch::FunctionOfOtherStore.into()) }
    }

    pub(crate) fn call<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()> {
        self.check(cx)?;
        let (given, wanted) = (params.len(), results.len());
        let (mut few, mut many) = ([const { Val::I32(0) }; 2 * FEW], vec![]);
        let vals = match given + wanted {
            all if all <= few.len() => &mut few[..all],
            all => {
                many.resize(all, Val::I32(0));
                &mut many[..]
            }
        };
        let (inputs, outputs) = vals.split_at_mut(given);
        for (input, param) in inputs.iter_mut().zip(params) {
            *input = error::val_of(*param);
        }
        self.inner.call(&mut cx.0, inputs, outputs).map_err(error::from_guest)?;
        for (result, output) in results.iter_mut().zip(outputs) {
            *result = number(output)?;
        }
        Ok(())
    }
}

fn number(val: &Val) -> Result<Value> {
    error::value_of(val).ok_or_else(|| Error::runtime("wasmi passed what is no number"))
}

fn val_type(ty: ValType) -> Result<wasmi::ValType> {
    Ok(match ty {
        ValType::I32 => wasmi::ValType::I32,
        ValType::I64 => wasmi::ValType::I64,
        ValType::F32 => wasmi::ValType::F32,
        ValType::F64 => wasmi::ValType::F64,
        _ => {
            let what = "host functions that take or give anything but numbers".into();
            return Err(Unsupported { backend: Wasmi::NAME, what }.into());
        }
    })
}

fn func_type(ty: &FuncType) -> Result<wasmi::FuncType> {
    let types =
        |types: &[ValType]| types.iter().map(|ty| val_type(*ty)).collect::<Result<Vec<_>>>();
    Ok(wasmi::FuncType::new(types(&ty.params)?, types(&ty.results)?))
}

/// A host function as wasmi's closure.
#[allow(clippy::type_complexity, reason = "the closure's type is wasmi's, and written once")]
fn wrap<S, F>(
    ty: &FuncType,
    f: F,
) -> impl Fn(wasmi::Caller<'_, Slot<S>>, &[Val], &mut [Val]) -> Result<(), wasmi::Error>
+ Send
+ Sync
+ 'static
where
    S: Send + 'static,
    F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
{
    let types = ty.results.clone();
    move |mut caller, inputs, outputs| {
        error::host_call(|| {
            let (mut few, mut many) = ([Value::I32(0); 2 * FEW], vec![]);
            let values = match inputs.len() + outputs.len() {
                all if all <= few.len() => &mut few[..all],
                all => {
                    many.resize(all, Value::I32(0));
                    &mut many[..]
                }
            };
            let (params, results) = values.split_at_mut(inputs.len());
            for (param, input) in params.iter_mut().zip(inputs) {
                *param = number(input)?;
            }
            for (result, ty) in results.iter_mut().zip(&types) {
                *result = Value::zero(*ty).unwrap_or(*result);
            }
            f(Context(caller.as_context_mut()), params, results)?;
            check_values(&types, results)?;
            for (output, result) in outputs.iter_mut().zip(results) {
                *output = error::val_of(*result);
            }
            Ok(())
        })
    }
}

impl<S: Send + 'static> Linker<S> {
    pub(crate) fn dyn_import<F>(
        &mut self,
        module: &str,
        name: &str,
        ty: &FuncType,
        f: F,
    ) -> Result<()>
    where
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        let theirs = func_type(ty)?;
        self.table.insert(module, name, ty.clone())?;
        self.inner.func_new(module, name, theirs, wrap(ty, f)).map_err(Error::runtime)?;
        Ok(())
    }
}

impl FuncRef {
    pub(crate) fn dynamic<S, F>(cx: &mut Context<'_, S>, ty: &FuncType, f: F) -> Result<Self>
    where
        S: Send + 'static,
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        let inner = wasmi::Func::new(&mut cx.0, func_type(ty)?, wrap(ty, f));
        Ok(FuncRef { inner, store: cx.0.data().id })
    }
}
