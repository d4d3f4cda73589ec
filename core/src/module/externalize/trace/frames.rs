//! Blocks and jumps: what is on the stack where ways part and meet.

use wasmparser::{BlockType, ContType, FrameKind, ModuleArity, Operator, SubType};

use super::super::value::Value;
use super::{ARITY, Event, Frame, Kind, Tracer};

impl Tracer<'_, '_> {
    pub(super) fn control(&mut self, operator: &Operator<'_>, each: &mut dyn FnMut(Event<'_>)) {
        match operator {
            Operator::Block { blockty } => self.block(*blockty, Kind::Block),
            Operator::Loop { blockty } => self.block(*blockty, Kind::Loop),
            Operator::If { blockty } => {
                self.pop();
                self.block(*blockty, Kind::If);
            }
            Operator::TryTable { try_table } => {
                // A handler may be entered from anywhere inside, with what was thrown.
                self.locals.give_up();
                self.lose_count();
                self.frames.iter_mut().for_each(|frame| frame.result = Value::anything());
                self.block(try_table.ty, Kind::Block);
            }
            Operator::Try { blockty } => {
                self.locals.give_up();
                self.block(*blockty, Kind::Block);
                self.lose_count();
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                let value = self.take_result();
                if let Some(frame) = self.frames.last_mut() {
                    frame.result = frame.result.or(value);
                    self.stack.truncate(frame.height);
                    self.locals.otherwise();
                }
            }
            Operator::End => self.end(each),
            Operator::Delegate { .. } => self.end(each),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.unreachable();
            }
            Operator::BrIf { relative_depth } => {
                self.pop();
                self.branch(*relative_depth);
            }
            Operator::BrTable { targets } => {
                self.pop();
                self.branch(targets.default());
                for target in targets.targets().map_while(Result::ok) {
                    self.branch(target);
                }
                self.unreachable();
            }
            Operator::Return => {
                let value = self.pop();
                each(Event::Leaves(value));
                self.unreachable();
            }
            Operator::Throw { .. } | Operator::ThrowRef => {
                self.all_leave(each);
                self.unreachable();
            }
            Operator::Unreachable | Operator::Rethrow { .. } => self.unreachable(),
            Operator::GlobalSet { .. } | Operator::TableSet { .. } => {
                let value = self.pop();
                // A frame's address goes back to where it came from.
                if !value.only_stack() {
                    each(Event::Leaves(value));
                }
                if matches!(operator, Operator::TableSet { .. }) {
                    self.pop();
                }
            }
            _ => match operator.operator_arity(&Nothing) {
                Some((pops, pushes)) => {
                    (0..pops.min(ARITY as u32)).for_each(|_| {
                        self.pop();
                    });
                    (0..pushes.min(ARITY as u32)).for_each(|_| self.push(Value::number()));
                }
                // A proposal that compilers of C have no use for: it may jump, and what it takes and
                // leaves is not known.
                None => {
                    self.all_leave(each);
                    self.locals.give_up();
                    self.lose_count();
                }
            },
        }
    }

    pub(super) fn lose_count(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.lost_count = true;
        }
    }

    pub(super) fn lost_count(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.lost_count)
    }

    /// What is taken where nothing is: code that is never reached may take more than there is.
    pub(super) fn missing(&self) -> Value {
        if self.lost_count() { Value::anything() } else { Value::NOTHING }
    }

    pub(super) fn results(&mut self, count: usize) {
        (0..count.min(ARITY)).for_each(|_| self.push(Value::pointer()));
    }

    pub(super) fn block(&mut self, ty: BlockType, kind: Kind) {
        let (params, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self
                .program
                .type_at(index)
                .map_or((0, 0), |ty| (ty.params().len(), ty.results().len())),
        };
        self.open(params, results, kind);
    }

    pub(super) fn open(&mut self, params: usize, results: usize, kind: Kind) {
        let height = self.stack.len().saturating_sub(params).max(self.floor());
        match kind {
            Kind::Block => self.locals.block(),
            Kind::If => self.locals.branch_in(),
            Kind::Loop => {
                self.locals.enter_loop();
                // What comes back to the start is not followed.
                self.stack.get_mut(height..).unwrap_or_default().fill(Value::anything());
            }
        }
        let results = results.min(ARITY);
        let lost_count = self.lost_count();
        self.frames.push(Frame { height, results, result: Value::NOTHING, kind, lost_count });
    }

    pub(super) fn end(&mut self, each: &mut dyn FnMut(Event<'_>)) {
        let value = self.take_result();
        let Some(frame) = self.frames.pop() else { return };
        if self.frames.is_empty() {
            each(Event::Leaves(frame.result.or(value)));
            return;
        }
        self.locals.end();
        self.stack.truncate(frame.height);
        match frame.results {
            0 => {}
            1 => self.push(frame.result.or(value)),
            several => (0..several).for_each(|_| self.push(Value::anything())),
        }
    }

    pub(super) fn branch(&mut self, depth: u32) {
        let value = self.stack.last().copied().filter(|_| self.stack.len() > self.floor());
        let missing = self.missing();
        let depth = depth as usize;
        let above = self.frames.len().checked_sub(depth);
        let Some(frame) = above.and_then(|above| above.checked_sub(1)) else { return };
        if let Some(frame) = self.frames.get_mut(frame)
            && frame.results > 0
            && frame.kind != Kind::Loop
        {
            frame.result = frame.result.or(value.unwrap_or(missing));
        }
        self.locals.jump(depth);
    }

    /// The value that the innermost block leaves, if the end is reached.
    pub(super) fn take_result(&mut self) -> Value {
        let results = self.frames.last().map_or(0, |frame| frame.results);
        if results > 0 && self.stack.len() > self.floor() {
            self.stack.last().copied().unwrap_or_default()
        } else {
            self.missing()
        }
    }

    pub(super) fn unreachable(&mut self) {
        let floor = self.floor();
        self.stack.truncate(floor);
        self.locals.unreachable();
    }

    pub(super) fn floor(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.height)
    }
}

/// For the operators whose arity depends on the module, which are followed by hand or not at all.
struct Nothing;

impl ModuleArity for Nothing {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&wasmparser::FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
