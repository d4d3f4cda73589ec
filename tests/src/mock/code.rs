//! A function's body, prepared: every branch knows where it goes.
//!
//! WebAssembly's control is structured: `br 1` leaves the second block around it, wherever that
//! ends. An interpreter that looked for the end at each branch would crawl, so a pass over the
//! body turns blocks into jumps. `end` and `else` vanish; `if` becomes a jump taken on zero.

use wasmparser::{
    FuncValidator, FunctionBody, MemArg, Operator, OperatorsReader, ValidatorResources,
};

use super::error::Refused;
use super::module::Types;
use super::numeric;
use super::slot::Slot;

/// One instruction.
///
/// References are slots too: 0 is null, and `n + 1` is function `n`.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Unreachable,
    Br(Target),
    BrIf(Target),
    BrIfZero(Target),
    /// The default stands last.
    BrTable(Box<[Target]>),
    Return,
    Call(u32),
    CallIndirect {
        table: u32,
        canonical_type: u32,
    },
    Drop,
    Select,
    LocalGet(u32),
    LocalSet(u32),
    LocalTee(u32),
    GlobalGet(u32),
    GlobalSet(u32),
    Const(u64),
    Unary(numeric::Unary),
    Binary(numeric::Binary),
    /// Reads `len` bytes, little-endian with zeros above, and makes a value of them.
    Load {
        offset: u64,
        len: usize,
        extend: fn(u64) -> u64,
    },
    /// Writes the lowest `len` bytes of a value.
    Store {
        offset: u64,
        len: usize,
    },
    MemorySize,
    MemoryGrow,
    MemoryCopy,
    MemoryFill,
    MemoryInit(u32),
    DataDrop(u32),
    TableGet(u32),
    TableSet(u32),
    TableSize(u32),
    TableGrow(u32),
    TableFill(u32),
    TableCopy {
        to: u32,
        from: u32,
    },
    TableInit {
        table: u32,
        segment: u32,
    },
    ElemDrop(u32),
}

/// Where a branch goes, and what becomes of the operands: the top `keep` are moved down to
/// `height`, counted from the function's own lowest operand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Target {
    pub(super) pc: usize,
    pub(super) keep: usize,
    pub(super) height: usize,
}

/// A function that the module defines.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) ops: Box<[Op]>,
    pub(super) params: usize,
    pub(super) results: usize,
    /// Parameters and the other locals.
    pub(super) locals: usize,
    /// The most operands it ever has.
    pub(super) max_operands: usize,
}

impl Code {
    /// Validates and translates a body; the validator knows the height of the operand stack.
    pub(super) fn compile(
        types: &Types,
        ty: u32,
        validator: &mut FuncValidator<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<Self, Refused> {
        let (params, results) = types.arity(ty);
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let locals = validator.len_locals() as usize;
        let function = Label { arity: results, ..Label::default() };
        let mut builder = Builder { types, ops: Vec::new(), labels: vec![function] };
        let mut max_operands = 0;
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            validator.op(offset, &operator)?;
            max_operands = max_operands.max(validator.operand_stack_height() as usize);
            // The block that the instruction has just begun, if it is one that begins a block.
            let height = validator.get_control_frame(0).map_or(0, |frame| frame.height);
            builder.operator(&operator, height)?;
        }
        operators.finish()?;
        Ok(Code { ops: builder.ops.into(), params, results, locals, max_operands })
    }
}

/// A block that has begun and not ended.
#[derive(Default)]
struct Label {
    /// Operands below the block.
    height: usize,
    /// Values that a branch to the label carries: a loop's parameters, or a block's results.
    arity: usize,
    /// Where a branch goes, if that is known by now: to a loop's beginning.
    start: Option<usize>,
    /// Targets that wait for the block's end: the instruction, and which of its targets.
    waiting: Vec<(usize, usize)>,
    /// The jump of an `if` that waits for its `else`.
    if_jump: Option<usize>,
}

/// Builds up the instructions.
///
/// What cannot be reached is translated like all else: it does no harm, as it never runs.
struct Builder<'a> {
    types: &'a Types,
    ops: Vec<Op>,
    /// Innermost last; the function itself first.
    labels: Vec<Label>,
}

impl Builder<'_> {
    fn operator(&mut self, operator: &Operator<'_>, height: usize) -> Result<(), Refused> {
        match operator {
            Operator::Nop => {}
            Operator::Block { blockty } => {
                let (_, results) = self.types.block_arity(*blockty);
                self.labels.push(Label { height, arity: results, ..Label::default() });
            }
            Operator::Loop { blockty } => {
                let (arity, _) = self.types.block_arity(*blockty);
                let start = Some(self.ops.len());
                self.labels.push(Label { height, arity, start, ..Label::default() });
            }
            Operator::If { blockty } => {
                let (params, results) = self.types.block_arity(*blockty);
                let if_jump = Some(self.ops.len());
                // To the `else`, or to the end, with the parameters where they are.
                self.ops.push(Op::BrIfZero(Target { pc: 0, keep: params, height }));
                let label = Label { height, arity: results, if_jump, ..Label::default() };
                self.labels.push(label);
            }
            Operator::Else => self.begin_else(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.branch(Op::Br, *relative_depth),
            Operator::BrIf { relative_depth } => self.branch(Op::BrIf, *relative_depth),
            Operator::BrTable { targets } => {
                let depths = targets.targets().chain([Ok(targets.default())]);
                let depths = depths.collect::<Result<Vec<_>, _>>()?;
                let op = self.ops.len();
                let to = depths.iter().enumerate().map(|(i, depth)| self.target(*depth, op, i));
                let to = to.collect();
                self.ops.push(Op::BrTable(to));
            }
            other => {
                let op = plain(other, self.types).ok_or_else(|| Refused::operator(other))?;
                self.ops.push(op);
            }
        }
        Ok(())
    }

    fn branch(&mut self, op: fn(Target) -> Op, depth: u32) {
        let target = self.target(depth, self.ops.len(), 0);
        self.ops.push(op(target));
    }

    /// The `which`th target of the instruction at `op`, for the label `depth` blocks out.
    fn target(&mut self, depth: u32, op: usize, which: usize) -> Target {
        let label = self.labels.iter_mut().nth_back(depth as usize);
        // The validator knows that there is one.
        let Some(label) = label else { return Target::default() };
        if label.start.is_none() {
            label.waiting.push((op, which));
        }
        Target { pc: label.start.unwrap_or(0), keep: label.arity, height: label.height }
    }

    fn begin_else(&mut self) {
        // Whoever comes from above leaves out what follows.
        self.branch(Op::Br, 0);
        let here = self.ops.len();
        let if_jump = self.labels.last_mut().and_then(|label| label.if_jump.take());
        self.resolve(if_jump.map(|op| (op, 0)), here);
    }

    fn end(&mut self) {
        let here = self.ops.len();
        if let Some(label) = self.labels.pop() {
            self.resolve(label.waiting, here);
            self.resolve(label.if_jump.map(|op| (op, 0)), here);
        }
        if self.labels.is_empty() {
            self.ops.push(Op::Return);
        }
    }

    /// Lets targets that waited go to `pc`.
    fn resolve(&mut self, waiting: impl IntoIterator<Item = (usize, usize)>, pc: usize) {
        for (op, which) in waiting {
            let target = match self.ops.get_mut(op) {
                Some(Op::Br(target) | Op::BrIf(target) | Op::BrIfZero(target)) => Some(target),
                Some(Op::BrTable(targets)) => targets.get_mut(which),
                _ => None,
            };
            if let Some(target) = target {
                target.pc = pc;
            }
        }
    }
}

/// Instructions that are one instruction here too.
fn plain(operator: &Operator<'_>, types: &Types) -> Option<Op> {
    Some(match *operator {
        Operator::Unreachable => Op::Unreachable,
        Operator::Return => Op::Return,
        Operator::Call { function_index } => Op::Call(function_index),
        Operator::CallIndirect { type_index, table_index } => {
            Op::CallIndirect { table: table_index, canonical_type: types.canonical(type_index) }
        }
        Operator::Drop => Op::Drop,
        Operator::Select | Operator::TypedSelect { .. } => Op::Select,
        Operator::LocalGet { local_index } => Op::LocalGet(local_index),
        Operator::LocalSet { local_index } => Op::LocalSet(local_index),
        Operator::LocalTee { local_index } => Op::LocalTee(local_index),
        Operator::GlobalGet { global_index } => Op::GlobalGet(global_index),
        Operator::GlobalSet { global_index } => Op::GlobalSet(global_index),
        Operator::MemorySize { .. } => Op::MemorySize,
        Operator::MemoryGrow { .. } => Op::MemoryGrow,
        Operator::MemoryCopy { .. } => Op::MemoryCopy,
        Operator::MemoryFill { .. } => Op::MemoryFill,
        Operator::MemoryInit { data_index, .. } => Op::MemoryInit(data_index),
        Operator::DataDrop { data_index } => Op::DataDrop(data_index),
        Operator::TableGet { table } => Op::TableGet(table),
        Operator::TableSet { table } => Op::TableSet(table),
        Operator::TableSize { table } => Op::TableSize(table),
        Operator::TableGrow { table } => Op::TableGrow(table),
        Operator::TableFill { table } => Op::TableFill(table),
        Operator::TableCopy { dst_table, src_table } => {
            Op::TableCopy { to: dst_table, from: src_table }
        }
        Operator::TableInit { elem_index, table } => Op::TableInit { table, segment: elem_index },
        Operator::ElemDrop { elem_index } => Op::ElemDrop(elem_index),
        ref other => {
            return constant(other).or_else(|| access(other)).or_else(|| numeric::op(other));
        }
    })
}

fn constant(operator: &Operator<'_>) -> Option<Op> {
    Some(Op::Const(match *operator {
        Operator::I32Const { value } => value.to_slot(),
        Operator::I64Const { value } => value.to_slot(),
        Operator::F32Const { value } => value.bits().to_slot(),
        Operator::F64Const { value } => value.bits(),
        Operator::RefNull { .. } => NULL,
        Operator::RefFunc { function_index } => function(function_index),
        _ => return None,
    }))
}

/// Loads and stores.
fn access(operator: &Operator<'_>) -> Option<Op> {
    fn load(memarg: MemArg, len: usize) -> Op {
        Op::Load { offset: memarg.offset, len, extend: |bits| bits }
    }
    fn signed(memarg: MemArg, len: usize, extend: fn(u64) -> u64) -> Op {
        Op::Load { offset: memarg.offset, len, extend }
    }
    fn store(memarg: MemArg, len: usize) -> Op {
        Op::Store { offset: memarg.offset, len }
    }
    Some(match *operator {
        Operator::I32Load8U { memarg } | Operator::I64Load8U { memarg } => load(memarg, 1),
        Operator::I32Load16U { memarg } | Operator::I64Load16U { memarg } => load(memarg, 2),
        Operator::I32Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::I64Load32U { memarg } => load(memarg, 4),
        Operator::I64Load { memarg } | Operator::F64Load { memarg } => load(memarg, 8),
        Operator::I32Load8S { memarg } => signed(memarg, 1, |v| i32::from(v as i8).to_slot()),
        Operator::I32Load16S { memarg } => signed(memarg, 2, |v| i32::from(v as i16).to_slot()),
        Operator::I64Load8S { memarg } => signed(memarg, 1, |v| i64::from(v as i8).to_slot()),
        Operator::I64Load16S { memarg } => signed(memarg, 2, |v| i64::from(v as i16).to_slot()),
        Operator::I64Load32S { memarg } => signed(memarg, 4, |v| i64::from(v as i32).to_slot()),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => store(memarg, 1),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => store(memarg, 2),
        Operator::I32Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::I64Store32 { memarg } => store(memarg, 4),
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => store(memarg, 8),
        _ => return None,
    })
}

/// The reference that refers to nothing.
pub(super) const NULL: u64 = 0;

/// A reference to a function.
pub(super) fn function(index: u32) -> u64 {
    u64::from(index) + 1
}

/// Where the indices of the host's functions begin: far beyond the functions of any valid module.
pub(super) const HOST: u32 = 1 << 31;

/// The function a reference refers to; `None` for null.
pub(super) fn referent(reference: u64) -> Option<u32> {
    u32::try_from(reference.checked_sub(1)?).ok()
}

/// A constant expression: what a global begins with, where a segment goes.
#[derive(Debug)]
pub(super) struct Const(Box<[Op]>);

impl Const {
    /// The null reference, and any number's zero.
    pub(super) fn null() -> Self {
        Const([Op::Const(NULL)].into())
    }

    pub(super) fn function(index: u32) -> Self {
        Const([Op::Const(function(index))].into())
    }

    pub(super) fn from_operators(operators: OperatorsReader<'_>) -> Result<Self, Refused> {
        let mut ops = Vec::new();
        for operator in operators {
            match operator? {
                Operator::End => {}
                Operator::GlobalGet { global_index } => ops.push(Op::GlobalGet(global_index)),
                other => {
                    let op = constant(&other).or_else(|| numeric::op(&other));
                    ops.push(op.ok_or_else(|| Refused::operator(&other))?);
                }
            }
        }
        Ok(Const(ops.into()))
    }

    /// Its value, given those of the globals before; `None` is ruled out by validation.
    pub(super) fn value(&self, globals: &[u64]) -> Option<u64> {
        let mut stack = Vec::new();
        for op in &self.0 {
            let value = match op {
                Op::Const(value) => *value,
                Op::GlobalGet(index) => *globals.get(*index as usize)?,
                Op::Unary(f) => f(stack.pop()?).ok()?,
                Op::Binary(f) => {
                    let (b, a) = (stack.pop()?, stack.pop()?);
                    f(a, b).ok()?
                }
                _ => return None,
            };
            stack.push(value);
        }
        stack.pop()
    }
}
