//! wasmer's errors, types and values as hostheap's.

use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType, Value};
use wasmer::sys::vm::TrapCode;

/// What a guest call failed with: a host function's own error, or a trap.
#[cold]
pub(crate) fn from_guest(error: wasmer::RuntimeError) -> Error {
    let error = match error.downcast::<Box<Error>>() {
        Ok(ours) => return *ours,
        Err(error) => error,
    };
    let detail = error.to_string();
    match error.to_trap() {
        Some(code) => Trap::new(kind(code), detail).into(),
        None => Error::runtime(detail),
    }
}

/// A module that wasmer does not accept.
pub(crate) fn compile(error: wasmer::CompileError) -> Error {
    Error::runtime(format_args!("wasmer does not accept the module: {error}"))
}

fn kind(trap: TrapCode) -> TrapKind {
    use TrapCode as T;
    match trap {
        T::UnreachableCodeReached => TrapKind::Unreachable,
        T::HeapAccessOutOfBounds => TrapKind::MemoryOutOfBounds,
        T::TableAccessOutOfBounds => TrapKind::TableOutOfBounds,
        T::IndirectCallToNull => TrapKind::IndirectCallToNull,
        T::BadSignature => TrapKind::IndirectCallTypeMismatch,
        T::IntegerDivisionByZero => TrapKind::IntegerDivisionByZero,
        T::IntegerOverflow => TrapKind::IntegerOverflow,
        T::BadConversionToInteger => TrapKind::BadConversionToInteger,
        T::StackOverflow => TrapKind::StackOverflow,
        T::HostInterrupt => TrapKind::Interrupted,
        _ => TrapKind::Other,
    }
}

pub(crate) fn val_type(ty: &wasmer::Type) -> ValType {
    match ty {
        wasmer::Type::I32 => ValType::I32,
        wasmer::Type::I64 => ValType::I64,
        wasmer::Type::F32 => ValType::F32,
        wasmer::Type::F64 => ValType::F64,
        wasmer::Type::V128 => ValType::V128,
        wasmer::Type::ExternRef | wasmer::Type::FuncRef | wasmer::Type::ExceptionRef => {
            ValType::Ref
        }
    }
}

pub(crate) fn func_type(ty: &wasmer::FunctionType) -> FuncType {
    FuncType::new(ty.params().iter().map(val_type), ty.results().iter().map(val_type))
}

pub(crate) fn val_of(value: Value) -> wasmer::Value {
    match value {
        Value::I32(v) => wasmer::Value::I32(v),
        Value::I64(v) => wasmer::Value::I64(v),
        Value::F32(v) => wasmer::Value::F32(v),
        Value::F64(v) => wasmer::Value::F64(v),
    }
}

/// `None` for what is no number.
pub(crate) fn value_of(val: &wasmer::Value) -> Option<Value> {
    match *val {
        wasmer::Value::I32(v) => Some(Value::I32(v)),
        wasmer::Value::I64(v) => Some(Value::I64(v)),
        wasmer::Value::F32(v) => Some(Value::F32(v)),
        wasmer::Value::F64(v) => Some(Value::F64(v)),
        _ => None,
    }
}
