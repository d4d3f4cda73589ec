//! wasmi's errors and types as hostheap's.

use alloc::format;
use core::fmt;

use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType};

/// What a guest call failed with: a host function's own error, or a trap.
#[cold]
pub(crate) fn from_guest(error: wasmi::Error) -> Error {
    match error.as_trap_code() {
        Some(code) => Trap::new(kind(code), format!("{error}")).into(),
        None if error.downcast_ref::<Host>().is_some() => match error.downcast::<Host>() {
            Some(Host(ours)) => ours,
            None => Error::runtime("a host error vanished on its way through wasmi"),
        },
        None => Error::runtime(error),
    }
}

/// A host function's error on its way through the guest.
#[cold]
pub(crate) fn to_guest(error: Error) -> wasmi::Error {
    wasmi::Error::host(Host(error))
}

/// wasmi carries its own trait's objects only.
#[derive(Debug)]
struct Host(Error);

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Host {}

/// A module that wasmi does not accept.
pub(crate) fn compile(error: wasmi::Error) -> Error {
    Error::runtime(format_args!("wasmi does not accept the module: {error}"))
}

fn kind(trap: wasmi::TrapCode) -> TrapKind {
    use wasmi::TrapCode as T;
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
        _ => TrapKind::Other,
    }
}

pub(crate) fn val_type(ty: &wasmi::ValType) -> ValType {
    match ty {
        wasmi::ValType::I32 => ValType::I32,
        wasmi::ValType::I64 => ValType::I64,
        wasmi::ValType::F32 => ValType::F32,
        wasmi::ValType::F64 => ValType::F64,
        wasmi::ValType::V128 => ValType::V128,
        wasmi::ValType::FuncRef | wasmi::ValType::ExternRef => ValType::Ref,
    }
}

pub(crate) fn func_type(ty: &wasmi::FuncType) -> FuncType {
    FuncType::new(ty.params().iter().map(val_type), ty.results().iter().map(val_type))
}
