//! Values that are known without running the module.

use alloc::vec::Vec;

use wasmparser::{FunctionBody, Operator, OperatorsReader};

use crate::ValType;

/// A global, as far as its initial value goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Global {
    pub(super) ty: ValType,
    pub(super) mutable: bool,
    /// Its initial value if it is an i32 defined by the module and starts with a constant.
    pub(super) initial: Option<u32>,
}

impl Global {
    /// The value it has for ever.
    fn constant(self) -> Option<u32> {
        self.initial.filter(|_| !self.mutable)
    }
}

/// Operators looked at before giving up. A compiler without optimisation needs four.
const OPERATORS: usize = 64;

/// Locals of a function that is still taken for a constant.
const LOCALS: usize = 16;

/// The value of a constant expression of type i32, if it does not depend on an import.
pub(super) fn value(expr: &wasmparser::ConstExpr<'_>, globals: &[Global]) -> Option<u32> {
    run(expr.get_operators_reader(), globals, &mut [])
}

/// What a function without parameters returns, if it is straight-line code over constants.
///
/// An optimised accessor of a linker symbol is one `i32.const`; an unoptimised one passes it
/// through a local and returns explicitly.
pub(super) fn returned(body: &FunctionBody<'_>, globals: &[Global]) -> Option<u32> {
    let mut locals = 0_usize;
    for group in body.get_locals_reader().ok()? {
        let (count, ty) = group.ok()?;
        locals = locals.checked_add(usize::try_from(count).ok()?)?;
        if ty != wasmparser::ValType::I32 || locals > LOCALS {
            return None;
        }
    }
    let mut values = [0; LOCALS];
    run(body.get_operators_reader().ok()?, globals, values.get_mut(..locals)?)
}

fn run(mut code: OperatorsReader<'_>, globals: &[Global], locals: &mut [u32]) -> Option<u32> {
    let mut stack: Vec<u32> = Vec::new();
    for _ in 0..OPERATORS {
        match code.read().ok()? {
            Operator::I32Const { value } => stack.push(value.cast_unsigned()),
            Operator::I32Add => binary(&mut stack, u32::wrapping_add)?,
            Operator::I32Sub => binary(&mut stack, u32::wrapping_sub)?,
            Operator::I32Mul => binary(&mut stack, u32::wrapping_mul)?,
            Operator::GlobalGet { global_index } => {
                stack.push(globals.get(usize::try_from(global_index).ok()?)?.constant()?);
            }
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
            Operator::Return => return stack.pop(),
            Operator::End => return stack.pop().filter(|_| stack.is_empty()),
            _ => return None,
        }
    }
    None
}

fn binary(stack: &mut Vec<u32>, op: fn(u32, u32) -> u32) -> Option<()> {
    let (b, a) = (stack.pop()?, stack.pop()?);
    stack.push(op(a, b));
    Some(())
}
