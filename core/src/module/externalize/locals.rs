//! What is known of a function's locals on every way through it.

use alloc::vec::Vec;
use core::mem;

use wasmparser::{FunctionBody, Operator};

use super::value::Value;
use crate::module::ModuleError;

/// Locals that a valid function has at most.
const LOCALS: u32 = 50_000;

/// Values that are looked at for each byte of code, before a function is taken for one that may do
/// anything.
const WORK: u64 = 128;

/// Values that are held at once for each byte of code, and in any case.
const HELD: (usize, usize) = (16, 1 << 16);

/// Values that are held at once at most: some 100 MB.
const MOST_HELD: usize = 1 << 20;

/// The locals at one place in a function.
type State = Vec<Value>;

#[derive(Default)]
pub(super) struct Locals {
    params: u32,
    /// How many the code names; a declaration of many costs nothing.
    count: usize,
    now: State,
    /// Nothing gets here.
    dead: bool,
    blocks: Vec<Block>,
    /// What comes to the start of each loop, in the order of the code, as far as it is known.
    loops: Vec<State>,
    /// How many loops were entered in this pass.
    entered: usize,
    changed: bool,
    widen: bool,
    gave_up: bool,
    work: u64,
    /// Values that may still be held besides.
    room: usize,
    /// States to use again.
    spare: Vec<State>,
}

#[derive(Default)]
struct Block {
    /// What comes to its end, if anything does.
    end: Option<State>,
    /// What an `if` is entered with, until there is an `else`.
    otherwise: Option<State>,
    /// Which loop it is.
    number: Option<usize>,
}

impl Locals {
    pub(super) fn begin(
        &mut self,
        params: u32,
        body: &FunctionBody<'_>,
    ) -> Result<(), ModuleError> {
        self.params = params;
        self.count = 0;
        self.gave_up = false;
        self.work = WORK.saturating_mul(body.range().len() as u64);
        self.room = body.range().len().saturating_mul(HELD.0).clamp(HELD.1, MOST_HELD);
        self.loops.clear();
        self.spare.clear();
        let mut most = 0;
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index } => {
                    most = most.max(local_index.saturating_add(1));
                }
                Operator::Loop { .. } => self.loops.push(State::new()),
                _ => {}
            }
        }
        self.count = most.min(LOCALS) as usize;
        Ok(())
    }

    /// Back to the start of the function, with what all passes have learnt.
    pub(super) fn rewind(&mut self, widen: bool) {
        self.now.clear();
        self.spend(1);
        if !self.gave_up {
            let params = self.params;
            self.now.extend((0..).take(self.count).map(|index| match index < params {
                true => Value::param(index),
                false => Value::constant(0, &(0..0)),
            }));
        }
        self.dead = false;
        self.blocks.clear();
        self.entered = 0;
        self.changed = false;
        self.widen = widen;
    }

    /// Whether anything new was learnt in this pass.
    pub(super) fn changed(&self) -> bool {
        self.changed && !self.gave_up
    }

    /// From now on every local may be anything.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
    }

    pub(super) fn get(&self, index: u32) -> Value {
        if self.gave_up {
            return Value::anything();
        }
        self.now.get(index as usize).copied().unwrap_or(Value::anything())
    }

    pub(super) fn set(&mut self, index: u32, value: Value) {
        if let Some(local) = self.now.get_mut(index as usize) {
            *local = value;
        }
    }

    pub(super) fn block(&mut self) {
        self.blocks.push(Block::default());
    }

    pub(super) fn branch_in(&mut self) {
        let otherwise = self.copy();
        self.blocks.push(Block { otherwise, ..Block::default() });
    }

    pub(super) fn enter_loop(&mut self) {
        let number = self.entered;
        self.entered += 1;
        self.arrive(number);
        // Values from the loop's end count as well.
        if let Some(state) = self.loops.get(number).filter(|_| !self.gave_up) {
            self.now.clone_from(state);
            self.dead = state.is_empty() && self.count > 0;
        }
        self.blocks.push(Block { number: Some(number), ..Block::default() });
    }

    /// The other way of an `if`.
    pub(super) fn otherwise(&mut self) {
        let Some(mut block) = self.blocks.pop() else { return };
        self.join(&mut block.end);
        self.dead = block.otherwise.is_none();
        if let Some(otherwise) = block.otherwise.take() {
            self.spare.push(mem::replace(&mut self.now, otherwise));
        }
        self.blocks.push(block);
    }

    pub(super) fn end(&mut self) {
        let Some(mut block) = self.blocks.pop() else { return };
        if let Some(otherwise) = block.otherwise.take() {
            self.join(&mut block.end);
            self.spare.push(mem::replace(&mut self.now, otherwise));
            self.dead = false;
        }
        if block.number.is_none() && block.end.is_some() {
            self.join(&mut block.end);
            if let Some(end) = block.end {
                self.spare.push(mem::replace(&mut self.now, end));
                self.dead = false;
            }
        }
    }

    /// A jump to the end of a block, or to the start of a loop.
    pub(super) fn jump(&mut self, depth: usize) {
        let above = self.blocks.len().checked_sub(depth);
        let Some(index) = above.and_then(|above| above.checked_sub(1)) else { return };
        let Some(block) = self.blocks.get_mut(index) else { return };
        if let Some(number) = block.number {
            self.arrive(number);
        } else {
            let mut end = block.end.take();
            self.join(&mut end);
            if let Some(block) = self.blocks.get_mut(index) {
                block.end = end;
            }
        }
    }

    pub(super) fn unreachable(&mut self) {
        self.dead = true;
    }

    fn copy(&mut self) -> Option<State> {
        if self.dead || self.gave_up {
            return None;
        }
        self.spend(1);
        let mut state = match self.spare.pop() {
            Some(state) => state,
            None if self.hold() => State::new(),
            None => return None,
        };
        state.clone_from(&self.now);
        Some(state)
    }

    /// Adds what is known here to what is known at another place.
    fn join(&mut self, state: &mut Option<State>) {
        if self.dead || self.gave_up {
            return;
        }
        match state {
            None => *state = self.copy(),
            Some(state) => {
                self.spend(1);
                for (there, here) in state.iter_mut().zip(&self.now) {
                    if there != here {
                        *there = there.or(*here);
                    }
                }
            }
        }
    }

    /// Adds what is known here to what comes to the start of a loop.
    fn arrive(&mut self, number: usize) {
        if self.dead || self.gave_up {
            return;
        }
        self.spend(2);
        if self.loops.get(number).is_some_and(Vec::is_empty) && !self.hold() {
            return;
        }
        let Some(state) = self.loops.get_mut(number) else { return };
        if state.is_empty() {
            self.changed |= self.count > 0;
            state.clone_from(&self.now);
            return;
        }
        for (there, here) in state.iter_mut().zip(&self.now) {
            if there == here {
                continue;
            }
            let both = there.or(*here);
            if both != *there {
                self.changed = true;
                *there = if self.widen { there.widened(both) } else { both };
            }
        }
    }

    /// Takes room for one more state.
    fn hold(&mut self) -> bool {
        match self.room.checked_sub(self.count) {
            Some(left) => self.room = left,
            None => self.gave_up = true,
        }
        !self.gave_up
    }

    /// Counts work; a function without locals costs a little too.
    fn spend(&mut self, times: u64) {
        match self.work.checked_sub((self.count as u64 + 1).saturating_mul(times)) {
            Some(left) => self.work = left,
            None => self.gave_up = true,
        }
    }
}
