//! wasmi's errors, types and values as hostheap's.

use alloc::format;
use core::fmt;

use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType, Value};
use wasmi::errors::{ErrorKind, InstantiationError, MemoryError};

/// What a guest call failed with: a host function's own error, or a trap. A host function's panic
/// goes on.
#[cold]
pub(crate) fn from_guest(error: wasmi::Error) -> Error {
    #[cfg(feature = "std")]
    let error = match error.downcast_ref::<Panic>() {
        Some(_) => match error.downcast::<Panic>().map(|Panic(payload)| payload.into_inner()) {
            Some(Ok(payload)) => std::panic::resume_unwind(payload),
            _ => return Error::runtime("a host function panicked"),
        },
        None => error,
    };
    match error.as_trap_code() {
        Some(code) => Trap::new(kind(code), format!("{error}")).into(),
        // A segment that does not fit its table or memory, which wasmi does not call a trap.
        None if matches!(
            error.kind(),
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. })
        ) =>
        {
            Trap::new(TrapKind::TableOutOfBounds, format!("{error}")).into()
        }
        None if matches!(error.kind(), ErrorKind::Memory(MemoryError::OutOfBoundsAccess)) => {
            Trap::new(TrapKind::MemoryOutOfBounds, format!("{error}")).into()
        }
        None if error.downcast_ref::<Host>().is_some() => match error.downcast::<Host>() {
            Some(Host(ours)) => ours,
            None => Error::runtime("a host error vanished on its way through wasmi"),
        },
        None => Error::runtime(error),
    }
}

/// Runs a host function; its error, or its panic, goes on through the guest as wasmi's error.
///
/// wasmi's interpreter aborts the process when a panic reaches it, so a panic is caught here and
/// goes on once the guest is left, in [`from_guest`]. Without std nothing can catch it.
#[inline]
pub(crate) fn host_call<R>(
    call: impl FnOnce() -> hostheap_core::Result<R>,
) -> Result<R, wasmi::Error> {
    #[cfg(feature = "std")]
    let result = {
        // What the closure has half done is the caller's to see, as without a guest in between.
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)) {
            Ok(result) => result,
            Err(payload) => return Err(wasmi::Error::host(Panic(std::sync::Mutex::new(payload)))),
        }
    };
    #[cfg(not(feature = "std"))]
    let result = call();
    result.map_err(|error| wasmi::Error::host(Host(error)))
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

/// A host function's panic on its way through the guest. The lock is there for `Sync` alone.
#[cfg(feature = "std")]
#[derive(Debug)]
struct Panic(std::sync::Mutex<alloc::boxed::Box<dyn core::any::Any + Send>>);

#[cfg(feature = "std")]
impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host function panicked")
    }
}

#[cfg(feature = "std")]
impl wasmi::errors::HostError for Panic {}

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

pub(crate) fn val_of(value: Value) -> wasmi::Val {
    match value {
        Value::I32(v) => wasmi::Val::I32(v),
        Value::I64(v) => wasmi::Val::I64(v),
        Value::F32(v) => wasmi::Val::F32(v.into()),
        Value::F64(v) => wasmi::Val::F64(v.into()),
    }
}

/// `None` for what is no number.
pub(crate) fn value_of(val: &wasmi::Val) -> Option<Value> {
    match *val {
        wasmi::Val::I32(v) => Some(Value::I32(v)),
        wasmi::Val::I64(v) => Some(Value::I64(v)),
        wasmi::Val::F32(v) => Some(Value::F32(v.into())),
        wasmi::Val::F64(v) => Some(Value::F64(v.into())),
        _ => None,
    }
}
