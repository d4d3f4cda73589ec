//! Functions whose types are only known at run time, in both directions.

use std::sync::Arc;

use hostheap_core::error::{Mismatch, Unsupported};
use hostheap_core::link::check_values;
use hostheap_core::{Error, FuncType, Result, Runtime, StoreId, ValType, Value};

use crate::context::Context;
use crate::linker::{Define, Linker};
use crate::store::{Instance, Slot};
use crate::table::FuncRef;
use crate::{Wasmer, error};

/// A guest function whose type is only known at run time.
#[derive(Clone, Debug)]
pub struct DynFunc {
    inner: wasmer::Function,
    store: StoreId,
}

/// So many values lie on the host's stack; only more are allocated.
const FEW: usize = 16;

impl DynFunc {
    pub(crate) fn find<S: Send + 'static>(
        cx: &mut Context<'_, S>,
        instance: &Instance,
        name: &str,
    ) -> Result<Self> {
        let inner = instance.find_func(cx, name)?;
        Ok(DynFunc { inner: inner.clone(), store: instance.store })
    }

    pub(crate) fn at<S: Send + 'static>(cx: &mut Context<'_, S>, index: u32) -> Result<Self> {
        let inner = cx.table_func(index)?;
        Ok(DynFunc { inner, store: cx.1 })
    }

    pub(crate) fn ty<S: Send + 'static>(&self, cx: &Context<'_, S>) -> Result<FuncType> {
        self.check(cx)?;
        Ok(error::func_type(&self.inner.ty(&cx.0)))
    }

    #[inline]
    pub(crate) fn belongs<S: Send + 'static>(&self, cx: &Context<'_, S>) -> bool {
        self.store == cx.1
    }

    fn check<S: Send + 'static>(&self, cx: &Context<'_, S>) -> Result<()> {
        // wasmer would panic; one comparison makes it an error.
        if self.belongs(cx) { Ok(()) } else { Err(Mismatch::FunctionOfOtherStore.into()) }
    }

    pub(crate) fn call<S: Send + 'static>(
        &self,
        cx: &mut Context<'_, S>,
        params: &[Value],
        results: &mut [Value],
    ) -> Result<()> {
        self.check(cx)?;
        // wasmer makes its own room for the results, so nobody else counts them.
        let gives = self.inner.result_arity(&cx.0);
        if gives != results.len() {
            let room = results.len();
            return Err(Error::runtime(format_args!("room for {room} results where {gives} come")));
        }
        let mut few = [const { wasmer::Value::I32(0) }; FEW];
        let mut many = Vec::new();
        let inputs = match params.len() {
            all if all <= FEW => &mut few[..all],
            all => {
                many.resize(all, wasmer::Value::I32(0));
                &mut many[..]
            }
        };
        for (input, param) in inputs.iter_mut().zip(params) {
            *input = error::val_of(*param);
        }
        let outputs = self.inner.call(&mut cx.0, inputs).map_err(error::from_guest)?;
        for (result, output) in results.iter_mut().zip(&outputs) {
            *result = number(output)?;
        }
        Ok(())
    }
}

fn number(val: &wasmer::Value) -> Result<Value> {
    error::value_of(val).ok_or_else(|| Error::runtime("wasmer passed what is no number"))
}

fn val_type(ty: ValType) -> Result<wasmer::Type> {
    Ok(match ty {
        ValType::I32 => wasmer::Type::I32,
        ValType::I64 => wasmer::Type::I64,
        ValType::F32 => wasmer::Type::F32,
        ValType::F64 => wasmer::Type::F64,
        _ => {
            let what = "host functions that take or give anything but numbers".into();
            return Err(Unsupported { backend: Wasmer::NAME, what }.into());
        }
    })
}

fn func_type(ty: &FuncType) -> Result<wasmer::FunctionType> {
    let types =
        |types: &[ValType]| types.iter().map(|ty| val_type(*ty)).collect::<Result<Vec<_>>>();
    Ok(wasmer::FunctionType::new(types(&ty.params)?, types(&ty.results)?))
}

/// A host function as wasmer's closure.
#[allow(clippy::type_complexity, reason = "the closure's type is wasmer's, and written once")]
fn wrap<S, F>(
    ty: &FuncType,
    store: StoreId,
    f: Arc<F>,
) -> impl Fn(
    wasmer::FunctionEnvMut<'_, Slot<S>>,
    &[wasmer::Value],
) -> Result<Vec<wasmer::Value>, wasmer::RuntimeError>
+ Send
+ Sync
+ 'static
where
    S: Send + 'static,
    F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
{
    let types = ty.results.clone();
    move |env, inputs| {
        let run = || {
            let params = inputs.iter().map(number).collect::<Result<Vec<_>>>()?;
            let zero = |ty: &ValType| Value::zero(*ty).unwrap_or(Value::I32(0));
            let mut results: Vec<_> = types.iter().map(zero).collect();
            f(Context(env, store), &params, &mut results)?;
            check_values(&types, &results)?;
            Ok(results.into_iter().map(error::val_of).collect())
        };
        // Boxed twice, as the typed functions have it: `from_guest` looks for a boxed error.
        run().map_err(|error: Error| wasmer::RuntimeError::user(Box::new(Box::new(error))))
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
        let (f, ty) = (Arc::new(f), ty.clone());
        let define: Define<S> = Arc::new(move |store| {
            let f = wrap(&ty, store.id, f.clone());
            wasmer::Function::new_with_env(&mut store.inner, &store.env, theirs.clone(), f)
        });
        self.functions.insert((module.to_owned(), name.to_owned()), define);
        Ok(())
    }
}

/// A function of a module of one function, which calls `f`: wasmer panics at functions of dynamic type in
/// tables ("dynamic functions cannot be used in tables or as funcrefs"), and takes a guest's.
fn as_guest_function<S: Send + 'static>(
    cx: &mut Context<'_, S>,
    ty: &FuncType,
    f: wasmer::Function,
) -> Result<wasmer::Function> {
    let engine = wasmer::AsStoreRef::as_store_ref(&cx.0).engine().clone();
    let module = wasmer::Module::new(&engine, passes_on(ty));
    let module = module.map_err(Error::runtime)?;
    let imports = wasmer::imports! { "host" => { "f" => f } };
    let instance = wasmer::Instance::new(&mut cx.0, &module, &imports).map_err(Error::runtime)?;
    instance.exports.get_function("f").cloned().map_err(Error::runtime)
}

/// A module that imports a function `host.f` of this type and exports one that calls it.
fn passes_on(ty: &FuncType) -> Vec<u8> {
    let types = |types: &[ValType]| {
        let of = |ty: &ValType| match ty {
            ValType::I64 => wasm_encoder::ValType::I64,
            ValType::F32 => wasm_encoder::ValType::F32,
            ValType::F64 => wasm_encoder::ValType::F64,
            _ => wasm_encoder::ValType::I32,
        };
        types.iter().map(of).collect::<Vec<_>>()
    };
    let mut type_section = wasm_encoder::TypeSection::new();
    type_section.ty().function(types(&ty.params), types(&ty.results));
    let mut imports = wasm_encoder::ImportSection::new();
    imports.import("host", "f", wasm_encoder::EntityType::Function(0));
    let mut functions = wasm_encoder::FunctionSection::new();
    functions.function(0);
    let mut exports = wasm_encoder::ExportSection::new();
    exports.export("f", wasm_encoder::ExportKind::Func, 1);
    let mut body = wasm_encoder::Function::new([]);
    for (param, _) in (0..).zip(&ty.params) {
        body.instruction(&wasm_encoder::Instruction::LocalGet(param));
    }
    body.instruction(&wasm_encoder::Instruction::Call(0));
    body.instruction(&wasm_encoder::Instruction::End);
    let mut code = wasm_encoder::CodeSection::new();
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&type_section).section(&imports).section(&functions);
    module.section(&exports).section(&code);
    module.finish()
}

impl FuncRef {
    pub(crate) fn dynamic<S, F>(cx: &mut Context<'_, S>, ty: &FuncType, f: F) -> Result<Self>
    where
        S: Send + 'static,
        F: for<'a> Fn(Context<'a, S>, &[Value], &mut [Value]) -> Result<()> + Send + Sync + 'static,
    {
        let (theirs, env, store) = (func_type(ty)?, cx.0.as_ref(), cx.1);
        let f = wrap(ty, store, Arc::new(f));
        let inner = wasmer::Function::new_with_env(&mut cx.0, &env, theirs, f);
        let inner = as_guest_function(cx, ty, inner)?;
        Ok(FuncRef { inner, store })
    }
}
