//! The interpreter's loop.
//!
//! One stack of slots holds everything: for each function in progress its locals, and above them
//! its operands. A call turns the caller's top operands into the callee's first locals, so
//! nothing is copied; a return moves the results down to where the parameters began. Guest
//! functions calling each other use no stack of the host's. Host functions do, by their nature.

use std::iter;

use hostheap_core::{Error, Result, TrapKind};

use super::code::{Code, HOST, NULL, Op, Target, referent};
use super::context::Context;
use super::error::{self, Stop};
use super::instance::{InstanceData, Memory};
use super::linker::HostFunc;
use super::module::Module;
use super::store::{Stack, Store};

/// The most calls from the host that may be in progress, each made by a host function that the
/// one before called: what the host's own stack bears, in a debug build and a thread of 2 MiB.
const MAX_ENTRIES: usize = 128;

/// Calls a function of an instance from outside, with slots as for a
/// [host function](super::linker::HostFunc).
pub(super) fn call<S>(
    store: &mut Store<S>,
    instance: usize,
    function: u32,
    slots: &mut Vec<u64>,
) -> Result<()> {
    let data = store.instances.get(instance).ok_or_else(error::broken)?;
    let (module, imports) = (data.module.clone(), data.imports.clone());
    if store.stack.entries >= MAX_ENTRIES {
        return Err(error::trap(TrapKind::StackOverflow, iter::empty()));
    }
    let before = store.stack;
    store.stack.entries += 1;
    let frames = Vec::new();
    let (module, imports) = (&*module, &*imports);
    let mut machine = Machine { module, imports, store, before, instance, slots, frames };
    machine.run(function).map_err(|stop| match stop {
        Stop::Trap(kind) => {
            let running = machine.frames.iter().rev();
            error::trap(kind, running.map(|frame| module.name(frame.function)))
        }
        Stop::Error(error) => error,
    })
}

/// One call from outside, and all that come of it inside the instance.
struct Machine<'m, S: 'static> {
    module: &'m Module,
    imports: &'m [HostFunc<S>],
    store: &'m mut Store<S>,
    /// The store's account of its stack before this call.
    before: Stack,
    instance: usize,
    slots: &'m mut Vec<u64>,
    /// The guest functions that are running, innermost last.
    frames: Vec<Frame<'m>>,
}

impl<S> Drop for Machine<'_, S> {
    /// On every way out, a host function's panic included.
    fn drop(&mut self) {
        self.store.stack = self.before;
    }
}

/// A guest function that is running.
#[derive(Clone, Copy)]
struct Frame<'m> {
    function: u32,
    code: &'m Code,
    /// The next instruction, while another function is running.
    pc: usize,
    /// Its first local.
    base: usize,
}

impl Frame<'_> {
    fn first_operand(&self) -> usize {
        self.base + self.code.locals
    }
}

/// What the loop does after a call or a return.
enum Then<'m> {
    Run(Frame<'m>),
    Finish,
}

impl<'m, S> Machine<'m, S> {
    fn run(&mut self, function: u32) -> Result<(), Stop> {
        let Then::Run(mut frame) = self.call(function)? else { return Ok(()) };
        let mut pc = 0;
        loop {
            let op = frame.code.ops.get(pc).ok_or_else(error::broken)?;
            pc += 1;
            match *op {
                Op::Br(ref target) => pc = self.branch(&frame, target)?,
                Op::BrIf(ref target) => {
                    if self.pop()? != 0 {
                        pc = self.branch(&frame, target)?;
                    }
                }
                Op::BrIfZero(ref target) => {
                    if self.pop()? == 0 {
                        pc = self.branch(&frame, target)?;
                    }
                }
                Op::BrTable(ref targets) => {
                    let index = usize::try_from(self.pop()?).unwrap_or(usize::MAX);
                    let target = targets.get(index).or(targets.last());
                    pc = self.branch(&frame, target.ok_or_else(error::broken)?)?;
                }
                Op::Return => match self.leave(&frame)? {
                    Then::Run(caller) => (frame, pc) = (caller, caller.pc),
                    Then::Finish => return Ok(()),
                },
                Op::Call(function) => {
                    self.suspend(pc);
                    if let Then::Run(callee) = self.call(function)? {
                        (frame, pc) = (callee, 0);
                    }
                }
                Op::CallIndirect { table, canonical_type } => {
                    let function = self.callee(table, canonical_type)?;
                    self.suspend(pc);
                    if let Then::Run(callee) = self.call(function)? {
                        (frame, pc) = (callee, 0);
                    }
                }
                Op::LocalGet(index) => {
                    let value = *self.local(&frame, index)?;
                    self.push(value);
                }
                Op::LocalSet(index) => {
                    let value = self.pop()?;
                    *self.local(&frame, index)? = value;
                }
                Op::LocalTee(index) => {
                    let value = self.pop()?;
                    *self.local(&frame, index)? = value;
                    self.push(value);
                }
                Op::Const(value) => self.push(value),
                Op::Unary(f) => {
                    let a = self.pop()?;
                    self.push(f(a)?);
                }
                Op::Binary(f) => {
                    let (b, a) = (self.pop()?, self.pop()?);
                    self.push(f(a, b)?);
                }
                ref other => self.other(other)?,
            }
        }
    }

    /// Instructions that do not care which function they are in.
    fn other(&mut self, op: &Op) -> Result<(), Stop> {
        match *op {
            Op::Unreachable => return Err(TrapKind::Unreachable.into()),
            Op::Drop => drop(self.pop()?),
            Op::Select => {
                let (condition, b, a) = (self.pop()?, self.pop()?, self.pop()?);
                self.push(if condition != 0 { a } else { b });
            }
            Op::GlobalGet(index) => {
                let value = *self.global(index)?;
                self.push(value);
            }
            Op::GlobalSet(index) => {
                let value = self.pop()?;
                *self.global(index)? = value;
            }
            Op::Load { offset, len, extend } => {
                let address = self.pop()?.saturating_add(offset);
                let mut bytes = [0; 8];
                for (to, from) in bytes.iter_mut().zip(&*self.memory()?.at(address, len as u64)?) {
                    *to = *from;
                }
                self.push(extend(u64::from_le_bytes(bytes)));
            }
            Op::Store { offset, len } => {
                let bytes = self.pop()?.to_le_bytes();
                let address = self.pop()?.saturating_add(offset);
                for (to, from) in self.memory()?.at(address, len as u64)?.iter_mut().zip(bytes) {
                    *to = from;
                }
            }
            Op::MemorySize => {
                let pages = self.memory()?.size();
                self.push(pages);
            }
            Op::MemoryGrow => {
                let pages = self.pop()?;
                let before = self.memory()?.grow(pages);
                self.push(before.unwrap_or(REFUSED));
            }
            Op::MemoryCopy => {
                let (to, from, len) = self.pop3()?;
                self.memory()?.copy(to, from, len)?;
            }
            Op::MemoryFill => {
                let (to, byte, len) = self.pop3()?;
                self.memory()?.at(to, len)?.fill(byte as u8);
            }
            Op::MemoryInit(segment) => {
                let (to, from, len) = self.pop3()?;
                self.data()?.memory_init(segment, to, from, len)?;
            }
            Op::DataDrop(segment) => self.data()?.data_drop(segment),
            Op::TableGet(table) => {
                let index = self.pop()?;
                let reference = self.data()?.table(table)?.get(index)?;
                self.push(reference);
            }
            Op::TableSet(table) => {
                let (reference, index) = (self.pop()?, self.pop()?);
                self.data()?.table(table)?.at(index, 1)?.fill(reference);
            }
            Op::TableSize(table) => {
                let size = self.data()?.table(table)?.size();
                self.push(size);
            }
            Op::TableGrow(table) => {
                let (slots, reference) = (self.pop()?, self.pop()?);
                let before = self.data()?.table(table)?.grow(slots, reference);
                self.push(before.unwrap_or(REFUSED));
            }
            Op::TableFill(table) => {
                let (to, reference, len) = self.pop3()?;
                self.data()?.table(table)?.at(to, len)?.fill(reference);
            }
            Op::TableCopy { to: to_table, from: from_table } => {
                let (to, from, len) = self.pop3()?;
                self.data()?.table_copy(to_table, from_table, to, from, len)?;
            }
            Op::TableInit { table, segment } => {
                let (to, from, len) = self.pop3()?;
                self.data()?.table_init(table, segment, to, from, len)?;
            }
            Op::ElemDrop(segment) => self.data()?.elem_drop(segment),
            // The loop has done the others.
            _ => return Err(error::broken().into()),
        }
        Ok(())
    }

    /// Begins a call with the parameters on the stack: runs a host function to its end, or
    /// makes a frame for a guest's. [`Then::Finish`] is the former.
    fn call(&mut self, function: u32) -> Result<Then<'m>, Stop> {
        // Of the store, through a table, or of the instance.
        let of_store =
            function.checked_sub(HOST).map(|index| self.store.functions.get(index as usize));
        let of_store = of_store.flatten().map(|(_, host)| host.clone());
        if let Some(host) = of_store.as_ref().or(self.imports.get(function as usize)) {
            let used = self.bytes_used(0);
            self.store.stack.used += used;
            let result = host(Context(self.store), self.slots);
            self.store.stack.used -= used;
            result?;
            return Ok(Then::Finish);
        }
        let code = self.module.code(function).ok_or_else(error::broken)?;
        let base = self.slots.len().checked_sub(code.params).ok_or_else(error::broken)?;
        let most = code.locals - code.params + code.max_operands;
        if self.store.stack.used.saturating_add(self.bytes_used(most)) > self.store.stack.max {
            return Err(TrapKind::StackOverflow.into());
        }
        // References are null at first, and numbers zero.
        self.slots.resize(base + code.locals, NULL);
        let frame = Frame { function, code, pc: 0, base };
        self.frames.push(frame);
        Ok(Then::Run(frame))
    }

    /// Bytes of stack that this machine would use with `more` slots and one frame more.
    fn bytes_used(&self, more: usize) -> usize {
        (self.slots.len() + more) * size_of::<u64>()
            + (self.frames.len() + 1) * size_of::<Frame<'_>>()
    }

    /// Notes where the running function goes on.
    fn suspend(&mut self, pc: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.pc = pc;
        }
    }

    /// Ends the running function.
    fn leave(&mut self, frame: &Frame<'m>) -> Result<Then<'m>, Stop> {
        self.settle(frame.base, frame.code.results)?;
        self.frames.pop();
        Ok(self.frames.last().map_or(Then::Finish, |caller| Then::Run(*caller)))
    }

    fn branch(&mut self, frame: &Frame<'m>, target: &Target) -> Result<usize, Stop> {
        self.settle(frame.first_operand() + target.height, target.keep)?;
        Ok(target.pc)
    }

    /// Moves the top `keep` slots down to `to` and forgets what is above.
    fn settle(&mut self, to: usize, keep: usize) -> Result<(), Stop> {
        let from = self.slots.len().checked_sub(keep).filter(|from| to <= *from);
        let from = from.ok_or_else(error::broken)?;
        if from != to {
            self.slots.copy_within(from.., to);
            self.slots.truncate(to + keep);
        }
        Ok(())
    }

    /// The function that an indirect call calls.
    fn callee(&mut self, table: u32, canonical_type: u32) -> Result<u32, Stop> {
        let index = self.pop()?;
        let reference = self.data()?.table(table)?.get(index)?;
        let function = referent(reference).ok_or(TrapKind::IndirectCallToNull)?;
        let same = if function >= HOST {
            let found = self.store.func_type(self.instance, function);
            found.is_some() && found == self.module.types.func_type(canonical_type)
        } else {
            self.module.canonical_type(function) == Some(canonical_type)
        };
        if !same {
            return Err(TrapKind::IndirectCallTypeMismatch.into());
        }
        Ok(function)
    }

    fn push(&mut self, value: u64) {
        self.slots.push(value);
    }

    fn pop(&mut self) -> Result<u64, Error> {
        self.slots.pop().ok_or_else(error::broken)
    }

    /// Three operands, in the order in which they were pushed.
    fn pop3(&mut self) -> Result<(u64, u64, u64), Error> {
        let (c, b, a) = (self.pop()?, self.pop()?, self.pop()?);
        Ok((a, b, c))
    }

    fn local(&mut self, frame: &Frame<'m>, index: u32) -> Result<&mut u64, Error> {
        self.slots.get_mut(frame.base + index as usize).ok_or_else(error::broken)
    }

    fn global(&mut self, index: u32) -> Result<&mut u64, Stop> {
        Ok(self.data()?.globals.get_mut(index as usize).ok_or_else(error::broken)?)
    }

    /// Found anew each time: a host function may have had the store in between.
    fn data(&mut self) -> Result<&mut InstanceData<S>, Error> {
        self.store.instances.get_mut(self.instance).ok_or_else(error::broken)
    }

    fn memory(&mut self) -> Result<&mut Memory, Stop> {
        self.data()?.memory()
    }
}

/// What growth gives that did not happen: -1 of 32 bits.
const REFUSED: u64 = u32::MAX as u64;
