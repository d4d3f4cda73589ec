//! Functions that only call another one.

use alloc::vec::Vec;

use wasmparser::Operator;

use super::read::Program;

/// What a function hands its own parameters to, all of them, in order, returning what that returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forwarding {
    pub(super) to: u32,
    /// Whether it calls functions without parameters and results before or after, as the wrappers
    /// do that wasm-ld makes for the exports of a command: they call the constructors first.
    pub(super) wraps: bool,
}

/// Operators looked at before giving up; a compiler without optimisation needs some 20.
const OPERATORS: usize = 64;

/// A value on the way through a thunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passed {
    Parameter(u32),
    Result,
    Zero,
}

pub(super) fn forwarding(program: &Program<'_>, function: u32) -> Option<Forwarding> {
    let ty = program.func_type(function)?;
    let params = u32::try_from(ty.params().len()).ok()?;
    let results = ty.results().len();
    if params == 0 || params > 8 || results > 1 {
        return None;
    }
    let mut stack: Vec<Passed> = Vec::new();
    let mut locals: Vec<Passed> = (0..params).map(Passed::Parameter).collect();
    locals.resize(locals.len() + 16, Passed::Zero);
    let mut forwarded = None;
    let mut wraps = false;
    let mut depth = 0_u32;
    let mut reader = program.body(function)?.get_operators_reader().ok()?;
    for _ in 0..OPERATORS {
        match reader.read().ok()? {
            Operator::LocalGet { local_index } => {
                stack.push(*locals.get(usize::try_from(local_index).ok()?)?);
            }
            Operator::LocalSet { local_index } => {
                *locals.get_mut(usize::try_from(local_index).ok()?)? = stack.pop()?;
            }
            Operator::LocalTee { local_index } => {
                *locals.get_mut(usize::try_from(local_index).ok()?)? = *stack.last()?;
            }
            Operator::Nop => {}
            Operator::Call { function_index } => {
                let callee = program.func_type(function_index)?;
                if callee.params().is_empty() && callee.results().is_empty() {
                    wraps = true;
                    continue;
                }
                let arguments = stack.split_off(stack.len().checked_sub(callee.params().len())?);
                let passed = (0..params).map(Passed::Parameter);
                if forwarded.is_some() || callee != ty || !arguments.into_iter().eq(passed) {
                    return None;
                }
                forwarded = Some(function_index);
                stack.extend(callee.results().iter().map(|_| Passed::Result));
            }
            Operator::ReturnCall { function_index } => {
                let callee = program.func_type(function_index)?;
                let arguments = stack.split_off(stack.len().checked_sub(callee.params().len())?);
                let passed = (0..params).map(Passed::Parameter);
                let whole = forwarded.is_none() && callee == ty && arguments.into_iter().eq(passed);
                return whole.then_some(Forwarding { to: function_index, wraps });
            }
            // A block around everything, as wasm-opt leaves it.
            Operator::Block { .. } => depth += 1,
            Operator::End if depth > 0 => depth -= 1,
            Operator::Return | Operator::End => {
                let returned = stack.split_off(stack.len().checked_sub(results)?);
                let all = returned.iter().all(|value| *value == Passed::Result);
                return forwarded.filter(|_| all).map(|to| Forwarding { to, wraps });
            }
            _ => return None,
        }
    }
    None
}
