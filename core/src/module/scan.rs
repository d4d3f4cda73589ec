//! One pass over all code: who calls whom, and who asks for memory.
//!
//! It takes as long as all the rest of the parsing ten times over, so code that shows no sign of an
//! allocator at first sight is not read.
//!
//! Nothing here validates. Code that cannot be read is left out and counts as doing nothing: the
//! runtime refuses the module anyway.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use wasmparser::{FunctionBody, Operator};

use super::parse::Facts;
use super::types::ExternType;
use crate::FuncType;

/// What the functions that a module defines do, as far as anybody here asks.
#[derive(Debug, Default)]
pub(super) struct Code {
    bodies: Vec<Body>,
    /// The callees of all functions, one after the other.
    calls: Vec<u32>,
}

/// What one function does.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// Its part of [`Code::calls`].
    calls: Range<usize>,
    /// It contains `memory.grow`.
    pub(super) grows: bool,
    /// It does not use what `memory.grow` returns but to see whether that worked.
    pub(super) grows_blindly: bool,
    /// It contains `memory.size`.
    pub(super) sizes: bool,
    /// The function that it calls first of all, if nothing stands before that call.
    first_call: Option<u32>,
}

/// What was read behind a `memory.grow`.
#[derive(Clone, Copy)]
enum Grown {
    /// Nothing yet.
    Now,
    /// What says that it failed.
    Failed,
}

impl Code {
    /// Reads all code, if there may be an allocator in it; of other code no more than how its
    /// functions begin.
    pub(super) fn read(facts: &Facts<'_>) -> Self {
        let mut code = Code::default();
        let whole = facts.shows_names_of_allocators() || may_ask_for_memory(facts.code());
        // Names tell of constructors better than how functions begin.
        let named = facts.custom.functions_named && facts.custom.constructors.is_none();
        if !whole && named {
            return code;
        }
        for body in facts.bodies().into_iter().flatten() {
            match body {
                Ok(body) if whole => code.body(&body),
                Ok(body) => {
                    code.bodies.push(Body { first_call: first_call(&body), ..Body::default() });
                }
                Err(_) => break,
            }
        }
        code
    }

    fn body(&mut self, body: &FunctionBody<'_>) {
        let start = self.calls.len();
        let mut read = Body { first_call: first_call(body), ..Body::default() };
        if let Ok(mut operators) = body.get_operators_reader() {
            // What stands behind a `memory.grow`: the operators since, as far as they matter.
            let mut grown = None;
            while let Ok(operator) = operators.read() {
                grown = match (grown, &operator) {
                    (Some(Grown::Now), Operator::I32Const { value: -1 }) => Some(Grown::Failed),
                    (Some(Grown::Now), Operator::Drop)
                    | (Some(Grown::Failed), Operator::I32Eq | Operator::I32Ne) => {
                        read.grows_blindly = true;
                        None
                    }
                    (_, Operator::MemoryGrow { .. }) => Some(Grown::Now),
                    _ => None,
                };
                match operator {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        self.calls.push(function_index);
                    }
                    Operator::MemoryGrow { .. } => read.grows = true,
                    Operator::MemorySize { .. } => read.sizes = true,
                    _ => {}
                }
            }
        }
        // A function that calls another a thousand times calls it.
        let calls = self.calls.get_mut(start..).unwrap_or_default();
        calls.sort_unstable();
        let mut kept = start;
        for at in start..self.calls.len() {
            if at == start || self.calls.get(at) != self.calls.get(at - 1) {
                self.calls.swap(kept, at);
                kept += 1;
            }
        }
        self.calls.truncate(kept);
        read.calls = start..kept;
        self.bodies.push(read);
    }

    /// Each defined function, in order; the first has the index after the last imported one.
    pub(super) fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    fn calls(&self, body: &Body) -> &[u32] {
        self.calls.get(body.calls.clone()).unwrap_or_default()
    }

    /// Marks every function that leads to one of these by direct calls, themselves included.
    /// Functions called through tables are not followed.
    pub(super) fn leading_to(
        &self,
        imported: usize,
        targets: impl IntoIterator<Item = usize>,
    ) -> Vec<bool> {
        let mut marked = vec![false; imported + self.bodies.len()];
        // The callers of each function, one function after the other: counted, then filled in.
        let mut starts = vec![0_usize; marked.len() + 1];
        let index = |callee: u32| usize::try_from(callee).ok().filter(|&i| i < marked.len());
        for callee in self.calls.iter().filter_map(|&callee| index(callee)) {
            if let Some(start) = starts.get_mut(callee + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut callers = vec![0_usize; sum];
        for (caller, body) in (imported..).zip(&self.bodies) {
            for callee in self.calls(body).iter().filter_map(|&callee| index(callee)) {
                if let Some(at) = next.get_mut(callee)
                    && let Some(slot) = callers.get_mut(*at)
                {
                    *slot = caller;
                    *at += 1;
                }
            }
        }

        let mut due: Vec<usize> = targets.into_iter().collect();
        while let Some(function) = due.pop() {
            match marked.get_mut(function) {
                Some(mark) if !*mark => *mark = true,
                _ => continue,
            }
            if let (Some(&start), Some(&end)) = (starts.get(function), starts.get(function + 1)) {
                due.extend_from_slice(callers.get(start..end).unwrap_or_default());
            }
        }
        marked
    }

    /// The exported functions that begin with a call of the module's constructors.
    ///
    /// wasm-ld makes them for a command, which is run once: constructors, function, destructors.
    /// They are told by what they do: first of all call `__wasm_call_ctors`, or, in a module without
    /// names, several the same function `() -> ()`.
    pub(super) fn wrapped_exports(&self, facts: &Facts<'_>) -> u32 {
        let imported = facts.imported_functions();
        let nothing = FuncType::default();
        let mut first_calls: Vec<u32> = Vec::new();
        for (export, &index) in facts.exports.iter().zip(&facts.export_indices) {
            // These call the constructors by right.
            let initialises = matches!(export.name.as_str(), "_initialize" | "_start");
            if initialises || !matches!(export.ty, ExternType::Func(_)) {
                continue;
            }
            let body = usize::try_from(index).ok().and_then(|i| i.checked_sub(imported));
            let first = body.and_then(|i| self.bodies.get(i)).and_then(|body| body.first_call);
            first_calls.extend(first.filter(|&callee| facts.has_type(callee, &nothing)));
        }
        first_calls.sort_unstable();
        let is_constructors = |group: &&[u32]| match facts.custom.constructors {
            Some(named) => group.first() == Some(&named),
            // Without names: by the company they keep.
            None => !facts.custom.functions_named && group.len() > 1,
        };
        let wrapped = first_calls.chunk_by(|a, b| a == b).filter(is_constructors);
        wrapped.map(<[u32]>::len).max().unwrap_or(0).try_into().unwrap_or(u32::MAX)
    }
}

/// Whether the bytes can contain `memory.size` or `memory.grow`, of the first memory: 0x3f or 0x40,
/// and a zero, which can be written in more bytes than one.
fn may_ask_for_memory(code: &[u8]) -> bool {
    code.windows(2).any(|pair| matches!(pair, [0x3f | 0x40, 0 | 0x80]))
}

fn first_call(body: &FunctionBody<'_>) -> Option<u32> {
    match body.get_operators_reader().ok()?.read().ok()? {
        Operator::Call { function_index } => Some(function_index),
        _ => None,
    }
}
