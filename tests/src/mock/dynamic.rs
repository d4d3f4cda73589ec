//! Functions whose types are only known at run time, in both directions.

use std::sync::Arc;

use hostheap_core::error::{Error, Mismatch, Unsupported};
use hostheap_core::link::check_values;
use hostheap_core::{FuncType, Result, Runtime, Value};

use super::code::HOST;
use super::context::Context;
use super::linker::{HostFunc, Linker};
use super::store::Instance;
use super::table::FuncRef;
use super::{Mock, error, exec, func, slot};

/// A guest function whose type is only known at run time.
#[derive(Clone, Debug)]
pub struct DynFunc {
    instance: Instance,
    index: u32,
    ty: FuncType,
}

impl DynFunc {
    pub(super) fn find<S>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Self> {
        let (index, ty) = func::find(cx, instance, name)?;
        Ok(DynFunc { instance: *instance, index, ty })
    }

    pub(super) fn at<S>(cx: &mut Context<'_, S>, index: u32) -> Result<Self> {
        let (instance, index, ty) = cx.table_func(index)?;
        Ok(DynFunc { instance, index, ty })
    }

    pub(super) fn ty<S>(&self, cx: &Context<'_, S>) -> Result<FuncType> {
        self.check(cx)?;
        Ok(self.ty.clone())
    }

    pub(super) fn belongs<S>(&self, cx: &Context<'_, S>) -> bool {
        self.instance.store == cx.0.id
    }

    fn check<S>(&self, cx: &Context<'_, S>) -> Result<()> {
        if self.belongs(cx) { Ok(()) } else { Err(Mismatch::FunctionOfOtherStore.into()) }
    }

    pub(super) fn call<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()> {
        self.check(cx)?;
        check_values(&self.ty.params, params)?;
        if results.len() != self.ty.results.len() {
            return Err(Error::runtime("mock: the results are too few or too many"));
        }
        let mut slots: Vec<_> = params.iter().copied().map(slot::slot_of).collect();
        exec::call(cx.0, self.instance.index, self.index, &mut slots)?;
        for ((result, ty), slot) in results.iter_mut().zip(&self.ty.results).zip(slots) {
            *result = slot::value_of(*ty, slot).ok_or_else(error::broken)?;
        }
        Ok(())
    }
}

/// A host function as the interpreter calls it.
fn wrap<S, F>(ty: &FuncType, f: F) -> Result<HostFunc<S>>
where
    S: Send + 'static,
    F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
{
    if !ty.params.iter().chain(&ty.results).all(|ty| ty.is_number()) {
        let what = "host functions that take or give anything but numbers".into();
        return Err(Unsupported { backend: Mock::NAME, what }.into());
    }
    let ty = ty.clone();
    Ok(Arc::new(move |cx: Context<'_, S>, slots: &mut Vec<u64>| {
        let start = slots.len().checked_sub(ty.params.len()).ok_or_else(error::broken)?;
        let params = ty.params.iter().zip(slots.drain(start..));
        let params: Option<Vec<_>> = params.map(|(ty, slot)| slot::value_of(*ty, slot)).collect();
        let results: Option<Vec<_>> = ty.results.iter().copied().map(Value::zero).collect();
        let (Some(params), Some(mut results)) = (params, results) else {
            return Err(error::broken());
        };
        f(cx, &params, &mut results)?;
        check_values(&ty.results, &results)?;
        slots.extend(results.into_iter().map(slot::slot_of));
        Ok(())
    }))
}

impl<S: Send + 'static> Linker<S> {
    pub(super) fn dyn_import<F>(
        &mut self,
        module: &str,
        name: &str,
        ty: &FuncType,
        f: F,
    ) -> Result<()>
    where
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        self.insert(module, name, ty.clone(), wrap(ty, f)?)
    }
}

impl FuncRef {
    pub(super) fn dynamic<S, F>(cx: &mut Context<'_, S>, ty: &FuncType, f: F) -> Result<Self>
    where
        S: Send + 'static,
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        FuncRef::make(cx, ty.clone(), wrap(ty, f)?)
    }

    /// A new function of the store's.
    pub(super) fn make<S>(cx: &mut Context<'_, S>, ty: FuncType, f: HostFunc<S>) -> Result<Self> {
        let index = u32::try_from(cx.0.functions.len()).ok();
        let function = index.and_then(|index| index.checked_add(HOST));
        let function = function.ok_or_else(|| Error::runtime("mock: too many host functions"))?;
        cx.0.functions.push((ty, f));
        Ok(FuncRef { function, store: cx.0.id })
    }
}
