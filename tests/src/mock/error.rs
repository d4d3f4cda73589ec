//! Errors and types as hostheap's.

use std::fmt;

use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType};

/// Why the interpreter stopped before the guest returned.
pub(super) enum Stop {
    /// The guest trapped. Where, the loop knows.
    Trap(TrapKind),
    /// A host function's own error, or one of the interpreter.
    Error(Error),
}

impl From<TrapKind> for Stop {
    fn from(kind: TrapKind) -> Self {
        Stop::Trap(kind)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

/// The guest functions that were running, innermost first, as they stand in a trap's detail.
const SHOWN: usize = 16;

/// A trap with the functions that were running, innermost first.
#[cold]
pub(super) fn trap(kind: TrapKind, running: impl ExactSizeIterator<Item = String>) -> Error {
    let mut detail = kind.to_string();
    let more = running.len().saturating_sub(SHOWN);
    for function in running.take(SHOWN) {
        detail.push_str("\n  in ");
        detail.push_str(&function);
    }
    if more > 0 {
        detail.push_str(&format!("\n  and {more} more"));
    }
    Trap::new(kind, detail).into()
}

/// What validation rules out happened all the same: a mistake in the interpreter.
#[cold]
pub(super) fn broken() -> Error {
    Error::runtime("mock: the guest's code did what validation rules out")
}

/// A module that the interpreter does not accept.
pub(super) fn compile(error: Refused) -> Error {
    Error::runtime(format_args!("mock does not accept the module: {}", error.0))
}

/// Why a module is not accepted.
#[derive(Debug)]
pub(super) struct Refused(String);

impl Refused {
    /// The module is valid and uses something the interpreter does not have.
    pub(super) fn unsupported(what: impl fmt::Display) -> Self {
        Refused(format!("it uses {what}, which an interpreter of core WebAssembly does not have"))
    }

    /// The same for an instruction.
    pub(super) fn operator(operator: &wasmparser::Operator<'_>) -> Self {
        let debug = format!("{operator:?}");
        let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        Self::unsupported(format_args!("the instruction {name}"))
    }
}

impl From<wasmparser::Error> for Refused {
    fn from(error: wasmparser::Error) -> Self {
        Refused(error.to_string())
    }
}

pub(super) fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(_) => ValType::Ref,
    }
}

pub(super) fn func_type(ty: &wasmparser::FuncType) -> FuncType {
    FuncType::new(
        ty.params().iter().copied().map(val_type),
        ty.results().iter().copied().map(val_type),
    )
}
