//! Follows a function's values as far as addresses go.
//!
//! Where ways meet, a local may be what it is on any of them. Loops take a few passes until nothing
//! new is learnt; what keeps changing is widened, and a function that would take too long is taken
//! for one that may do anything, so the time is in proportion to the code.

use alloc::vec::Vec;
use core::ops::Range;

use wasmparser::{FunctionBody, Operator};

use super::access::{Access, access};
use super::locals::Locals;
use super::read::Program;
use super::value::{LOWEST, Value};
use crate::module::const_expr;
use crate::module::{Layout, ModuleError};

mod frames;

/// Passes after which a function that keeps changing is taken for one that may do anything.
const PASSES: usize = 12;

/// Passes after which what keeps changing is widened.
const NARROW: usize = 3;

/// Parameters and results beyond which a call is not followed.
const ARITY: usize = 32;

/// Values on the stack that are told apart; compilers need some hundreds at most.
const STACK: usize = 1 << 16;

/// Blocks in each other.
const DEPTH: usize = 1 << 16;

/// Something that a function does.
pub(super) enum Event<'v> {
    Access {
        address: Value,
        offset: u64,
        bytes: u32,
        reads: bool,
        stored: Option<Value>,
    },
    Call {
        function: u32,
        arguments: &'v [Value],
    },
    /// A value goes where it is not followed: into memory is an access instead.
    Leaves(Value),
    /// A function that is not known is handed a value.
    Indirect(Value),
    /// Flags are taken from what may have been read from a block's header.
    Flags,
    Grow,
    Size,
}

/// Follows functions, one after the other, with one set of buffers.
pub(super) struct Tracer<'p, 'a> {
    program: &'p Program<'a>,
    /// Where static data lies.
    data: Range<u32>,
    /// Initial value of the stack pointer, if it is known.
    stack_pointer: Option<u32>,
    /// What reading each global gives.
    globals: Vec<Value>,
    /// Distances from a pointer at which the allocator keeps headers.
    headers: Vec<i32>,
    /// What functions return that only return a constant.
    constants: Vec<Option<u32>>,
    locals: Locals,
    stack: Vec<Value>,
    frames: Vec<Frame>,
}

struct Frame {
    /// Height of the stack below it.
    height: usize,
    results: usize,
    result: Value,
    kind: Kind,
    /// There may be more on the stack than is known.
    lost_count: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
}

impl<'p, 'a> Tracer<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>, layout: &Layout) -> Self {
        let constants = (0..program.count()).map(|function| {
            let ty = program.func_type(function)?;
            if !ty.params().is_empty() || ty.results() != [wasmparser::ValType::I32] {
                return None;
            }
            const_expr::returned(program.body(function)?, &program.globals)
        });
        let lowest = layout.data_start.unwrap_or(LOWEST).min(LOWEST).min(layout.heap_base);
        let mut tracer = Tracer {
            program,
            data: lowest..layout.heap_base,
            stack_pointer: layout.stack_pointer,
            globals: Vec::new(),
            headers: Vec::new(),
            constants: constants.collect(),
            locals: Locals::default(),
            stack: Vec::new(),
            frames: Vec::new(),
        };
        let data = tracer.data.clone();
        // Without a name, the stack pointer is the first of them.
        let first = program.globals.iter().position(|global| global.mutable);
        let first = first.filter(|_| layout.stack_pointer.is_none());
        tracer.set_globals(&|index, initial| first != Some(index) && data.contains(&initial));
        tracer
    }

    /// From here on, constants may be addresses.
    pub(super) fn lowest(&self) -> u32 {
        self.data.start
    }

    pub(super) fn set_lowest(&mut self, lowest: u32) {
        self.data.start = lowest;
    }

    /// From now on, a mutable global of such an index and initial address may still hold it. The
    /// stack pointer does not: it points into frames.
    pub(super) fn set_globals(&mut self, pointed: &dyn Fn(usize, u32) -> bool) {
        let globals = &self.program.globals;
        let values = globals.iter().enumerate().map(|(index, global)| {
            match global.initial.map(|initial| (initial, Value::constant(initial, &self.data))) {
                Some((_, constant)) if !global.mutable => constant,
                Some((initial, constant))
                    if pointed(index, initial) && self.stack_pointer != Some(initial) =>
                {
                    constant.or(Value::pointer())
                }
                _ => Value::stack(),
            }
        });
        self.globals = values.collect();
    }

    /// From now on, reading so far from a pointer is reading a header.
    pub(super) fn set_headers(&mut self, offsets: &[i32]) {
        self.headers = offsets.to_vec();
    }

    /// Tells everything that a function does.
    pub(super) fn follow(
        &mut self,
        function: u32,
        each: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), ModuleError> {
        let program = self.program;
        let Some(body) = program.body(function) else { return Ok(()) };
        let params = program.func_type(function).map_or(0, |ty| ty.params().len());
        self.locals.begin(u32::try_from(params).unwrap_or(u32::MAX), body)?;
        let results = program.func_type(function).map_or(0, |ty| ty.results().len());
        for pass in 0..PASSES {
            self.pass(body, results, pass >= NARROW, &mut |_| {})?;
            if !self.locals.changed() {
                return self.pass(body, results, false, each);
            }
        }
        self.locals.give_up();
        self.pass(body, results, false, each)
    }

    fn pass(
        &mut self,
        body: &FunctionBody<'a>,
        results: usize,
        widen: bool,
        each: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), ModuleError> {
        self.stack.clear();
        self.frames.clear();
        self.locals.rewind(widen);
        // The function itself; what it returns leaves.
        self.open(0, results, Kind::Block);
        for operator in body.get_operators_reader()? {
            self.operator(&operator?, each);
            if self.frames.len() > DEPTH {
                let limit = DEPTH as u64;
                return Err(ModuleError::TooLarge { what: "blocks in each other", limit });
            }
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>, each: &mut dyn FnMut(Event<'_>)) {
        if let Some(access) = access(operator) {
            return self.access(&access, each);
        }
        match operator {
            Operator::I32Const { value } => {
                self.push(Value::constant(value.cast_unsigned(), &self.data));
            }
            Operator::LocalGet { local_index } => {
                let value = self.locals.get(*local_index);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.locals.set(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.locals.set(*local_index, value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => {
                let value = self.globals.get(*global_index as usize).copied();
                self.push(value.unwrap_or(Value::anything()));
            }
            Operator::I32Add | Operator::I32Or => {
                let (a, b) = self.pop_two();
                self.push(a.plus(b).folded(&self.data));
            }
            Operator::I32Sub => {
                let (a, b) = self.pop_two();
                self.push(a.minus(b).folded(&self.data));
            }
            Operator::I32Mul | Operator::I32Shl => {
                let (a, b) = self.pop_two();
                let value = match (operator, a.exact, b.exact) {
                    (Operator::I32Mul, Some(a), Some(b)) => Some(a.wrapping_mul(b)),
                    (_, Some(a), Some(b)) => Some(a.wrapping_shl(b)),
                    _ => None,
                };
                self.push(value.map_or(Value::number(), |it| Value::constant(it, &self.data)));
            }
            Operator::I32And => {
                let (a, b) = self.pop_two();
                if a.header && b.exact.is_some_and(flags) || b.header && a.exact.is_some_and(flags)
                {
                    each(Event::Flags);
                }
                self.push(a.masked(b));
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                self.pop();
                let (a, b) = self.pop_two();
                self.push(a.or(b));
            }
            Operator::Call { function_index } => {
                if let Some(Some(value)) = self.constants.get(*function_index as usize) {
                    let value = *value;
                    return self.push(Value::constant(value, &self.data));
                }
                self.call(*function_index, each);
            }
            Operator::ReturnCall { function_index } => {
                self.call(*function_index, each);
                self.unreachable();
            }
            Operator::CallIndirect { type_index, .. } => self.call_type(*type_index, 1, each),
            Operator::ReturnCallIndirect { type_index, .. } => {
                self.call_type(*type_index, 1, each);
                self.unreachable();
            }
            // One of two pointers that were read at once.
            Operator::I32WrapI64 => {
                self.pop();
                self.push(Value::pointer());
            }
            Operator::MemoryGrow { .. } => {
                each(Event::Grow);
                self.pop();
                self.push(Value::pointer());
            }
            Operator::MemorySize { .. } => {
                each(Event::Size);
                self.push(Value::number());
            }
            Operator::MemoryCopy { .. } => {
                self.pop();
                let (to, from) = self.pop_two();
                for (address, reads) in [(from, true), (to, false)] {
                    each(Event::Access {
                        address: address.plus(Value::number()),
                        offset: 0,
                        bytes: 1,
                        reads,
                        stored: (!reads).then(Value::number),
                    });
                }
            }
            Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => {
                self.pop_two();
                let address = self.pop().plus(Value::number());
                let stored = Some(Value::number());
                each(Event::Access { address, offset: 0, bytes: 1, reads: false, stored });
            }
            _ => self.control(operator, each),
        }
    }

    fn access(&mut self, access: &Access, each: &mut dyn FnMut(Event<'_>)) {
        let &Access { offset, bytes, reads, pops, pushes } = access;
        // Of atomic operations the operand that is stored counts, which is the last.
        let stored = (pops > 1).then(|| self.pop());
        (2..pops).for_each(|_| {
            self.pop();
        });
        let address = self.pop();
        let stored = stored.filter(|_| access.writes());
        each(Event::Access { address, offset, bytes, reads, stored });
        if pushes {
            // A pointer takes 4 bytes.
            let mut value = if bytes == 4 { Value::pointer() } else { Value::number() };
            value.header = !address.only_stack()
                && self.headers.iter().any(|header| address.reaches(offset, *header));
            self.push(value);
        }
    }

    fn call(&mut self, function: u32, each: &mut dyn FnMut(Event<'_>)) {
        let program = self.program;
        let Some(ty) = program.func_type(function) else { return self.unreachable() };
        let arguments = self.arguments(ty.params().len());
        each(Event::Call { function, arguments: &arguments });
        self.results(ty.results().len());
    }

    fn call_type(&mut self, ty: u32, also: usize, each: &mut dyn FnMut(Event<'_>)) {
        let program = self.program;
        let Some(ty) = program.type_at(ty) else { return self.unreachable() };
        (0..also).for_each(|_| {
            self.pop();
        });
        for argument in self.arguments(ty.params().len()) {
            each(Event::Indirect(argument));
        }
        self.results(ty.results().len());
    }

    /// The topmost values of the stack, as many as there are parameters. Those that are missing are
    /// of code that is never reached, or were lost count of.
    fn arguments(&mut self, params: usize) -> Vec<Value> {
        let there = self.stack.len().saturating_sub(self.floor());
        let mut arguments = self.stack.split_off(self.stack.len() - there.min(params));
        if self.lost_count() {
            let missing = params.saturating_sub(arguments.len()).min(ARITY);
            arguments.splice(0..0, core::iter::repeat_n(Value::anything(), missing));
        }
        arguments
    }

    /// Every value of the innermost block goes where it is not followed.
    fn all_leave(&mut self, each: &mut dyn FnMut(Event<'_>)) {
        let at = self.floor().min(self.stack.len());
        for value in self.stack.drain(at..) {
            each(Event::Leaves(value));
        }
    }

    fn push(&mut self, value: Value) {
        if self.stack.len() < STACK {
            self.stack.push(value);
        } else {
            self.locals.give_up();
        }
    }

    fn pop(&mut self) -> Value {
        if self.stack.len() > self.floor() {
            self.stack.pop().unwrap_or_default()
        } else {
            self.missing()
        }
    }

    fn pop_two(&mut self) -> (Value, Value) {
        let b = self.pop();
        (self.pop(), b)
    }
}

/// Masks for the flags that allocators keep in the low bits of a size.
fn flags(mask: u32) -> bool {
    matches!(mask.cast_signed(), 1..=7 | -8..=-2)
}
