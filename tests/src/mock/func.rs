//! Typed calls into a guest.

use std::marker::PhantomData;

use hostheap_core::error::{LinkError, Mismatch, TableError};
use hostheap_core::{Export, FuncType, Result, types};
use wasmparser::ExternalKind;

use super::context::Context;
use super::slot::Slots;
use super::store::{Instance, missing};
use super::{Mock, exec};

/// A guest function of known signature.
pub struct Func<P, R> {
    instance: Instance,
    index: u32,
    signature: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for Func<P, R> {
    fn clone(&self) -> Self {
        Func { instance: self.instance, index: self.index, signature: PhantomData }
    }
}

impl<P, R> std::fmt::Debug for Func<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = f.debug_struct("Func");
        f.field("instance", &self.instance).field("index", &self.index).finish()
    }
}

impl<P: Slots, R: Slots> Export<P, R> for Mock {
    type Func = Func<P, R>;

    fn func<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Func<P, R>> {
        let (index, found) = find(cx, instance, name)?;
        let expected = types::func_type::<P, R>();
        if expected != found {
            return Err(LinkError::ExportType { name: name.into(), expected, found }.into());
        }
        Ok(Func { instance: *instance, index, signature: PhantomData })
    }

    fn func_at<S: Send + 'static>(cx: &mut Context<'_, S>, index: u32) -> Result<Func<P, R>> {
        let (instance, function, found) = cx.table_func(index)?;
        let expected = types::func_type::<P, R>();
        if expected != found {
            return Err(TableError::Type { index, expected, found }.into());
        }
        Ok(Func { instance, index: function, signature: PhantomData })
    }

    fn belongs<S: Send + 'static>(cx: &Context<'_, S>, func: &Func<P, R>) -> bool {
        func.instance.store == cx.0.id
    }

    fn call<S: Send + 'static>(cx: &mut Context<'_, S>, func: &Func<P, R>, params: P) -> Result<R> {
        if !<Self as Export<P, R>>::belongs(cx, func) {
            return Err(Mismatch::FunctionOfOtherStore.into());
        }
        let mut slots = Vec::new();
        params.push(&mut slots);
        exec::call(cx.0, func.instance.index, func.index, &mut slots)?;
        R::pop(&mut slots)
    }
}

/// An exported function, and its type.
pub(super) fn find<S>(
    cx: &mut Context<'_, S>,
    instance: &Instance,
    name: &str,
) -> Result<(u32, FuncType)> {
    let module = &instance.data(cx)?.module;
    let index = module.export(name, ExternalKind::Func);
    let found = index.and_then(|index| Some((index, module.func_type(index)?)));
    found.ok_or_else(|| missing(module, name, "function"))
}
