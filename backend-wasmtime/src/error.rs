//! wasmtime's errors, types and values as hostheap's.

use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType, Value};

/// What a guest call failed with: a host function's own error, or a trap.
#[cold]
pub(crate) fn from_guest(error: wasmtime::Error) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(ours) => return ours,
        Err(error) => error,
    };
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => Trap::new(kind(*trap), format!("{error:?}")).into(),
        None => Error::runtime(format_args!("{error:#}")),
    }
}

/// A module that wasmtime does not accept.
pub(crate) fn compile(error: wasmtime::Error) -> Error {
    Error::runtime(format_args!("wasmtime does not accept the module: {error:#}"))
}

fn kind(trap: wasmtime::Trap) -> TrapKind {
    use wasmtime::Trap as T;
    match trap {
        T::UnreachableCodeReached => TrapKind::Unreachable,
        T::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        T::TableOutOfBounds => TrapKind::TableOutOfBounds,
        T::IndirectCallToNull => TrapKind::IndirectCallToNull,
        T::BadSignature => TrapKind::IndirectCallTypeMismatch,
        T::IntegerDivisionByZero => TrapKind::IntegerDivisionByZero,
        T::IntegerOverflow => TrapKind::IntegerOverflow,
        T::BadConversionToInteger => TrapKind::BadConversionToInteger,
        T::StackOverflow => TrapKind::StackOverflow,
        T::OutOfFuel => TrapKind::OutOfFuel,
        T::Interrupt => TrapKind::Interrupted,
        _ => TrapKind::Other,
    }
}

pub(crate) fn val_type(ty: &wasmtime::ValType) -> ValType {
    match ty {
        wasmtime::ValType::I32 => ValType::I32,
        wasmtime::ValType::I64 => ValType::I64,
        wasmtime::ValType::F32 => ValType::F32,
        wasmtime::ValType::F64 => ValType::F64,
        wasmtime::ValType::V128 => ValType::V128,
        wasmtime::ValType::Ref(_) => ValType::Ref,
    }
}

pub(crate) fn func_type(ty: &wasmtime::FuncType) -> FuncType {
    FuncType::new(ty.params().map(|ty| val_type(&ty)), ty.results().map(|ty| val_type(&ty)))
}

pub(crate) fn val_of(value: Value) -> wasmtime::Val {
    match value {
        Value::I32(v) => wasmtime::Val::I32(v),
        Value::I64(v) => wasmtime::Val::I64(v),
        Value::F32(v) => wasmtime::Val::F32(v.to_bits()),
        Value::F64(v) => wasmtime::Val::F64(v.to_bits()),
    }
}

/// `None` for what is no number.
pub(crate) fn value_of(val: &wasmtime::Val) -> Option<Value> {
    match *val {
        wasmtime::Val::I32(v) => Some(Value::I32(v)),
        wasmtime::Val::I64(v) => Some(Value::I64(v)),
        wasmtime::Val::F32(bits) => Some(Value::F32(f32::from_bits(bits))),
        wasmtime::Val::F64(bits) => Some(Value::F64(f64::from_bits(bits))),
        _ => None,
    }
}
