//! What is used, before and after.

use alloc::vec::Vec;

use super::identify::Family;
use super::read::{self, Program};
use crate::module::ModuleError;

/// Which functions are used, by index.
pub(super) struct Reach {
    /// As the module is.
    pub(super) before: Vec<bool>,
    /// Once the family is imported.
    pub(super) after: Vec<bool>,
    /// References from what stays to each function of the family.
    pub(super) references: Vec<u32>,
    /// A function that calls each, if there is one among those that stay.
    pub(super) caller: Vec<Option<u32>>,
}

impl Reach {
    pub(super) fn of(program: &Program<'_>, family: &Family) -> Result<Self, ModuleError> {
        let mut reach = Reach {
            before: Vec::new(),
            after: Vec::new(),
            references: alloc::vec![0; program.functions.len()],
            caller: alloc::vec![None; program.functions.len()],
        };
        let all_exports = program.exports.iter().map(|(_, function)| *function);
        reach.before = walk(program, all_exports, |_, _| true)?;
        let kept = program.exports.iter().enumerate().filter(|(i, _)| !family.exports.contains(i));
        let kept = kept.map(|(_, (_, function))| *function);
        let Reach { references, caller, .. } = &mut reach;
        let after = walk(program, kept, |from, to| {
            let at = to as usize;
            if family.member(to).is_some() {
                if let Some(references) = references.get_mut(at) {
                    *references = references.saturating_add(1);
                }
                return false;
            }
            if let Some(caller) = caller.get_mut(at) {
                *caller = caller.or(from);
            }
            true
        })?;
        reach.after = after;
        Ok(reach)
    }

    pub(super) fn stays(&self, function: u32) -> bool {
        self.after.get(function as usize).copied().unwrap_or(false)
    }

    /// Whether a function is used now and will not be.
    pub(super) fn goes(&self, function: u32) -> bool {
        !self.stays(function) && self.before.get(function as usize).copied().unwrap_or(false)
    }
}

/// Marks everything that is reached from the roots; `follow` is asked about each reference, with
/// the function it comes from.
fn walk(
    program: &Program<'_>,
    exports: impl Iterator<Item = u32>,
    mut follow: impl FnMut(Option<u32>, u32) -> bool,
) -> Result<Vec<bool>, ModuleError> {
    let mut reached = read::flags(program);
    let mut waiting = Vec::new();
    let mut outside = false;
    let mut reach =
        |from, function: u32, waiting: &mut Vec<u32>| match reached.get_mut(function as usize) {
            None => outside = true,
            Some(reached) => {
                if follow(from, function) && !core::mem::replace(reached, true) {
                    waiting.push(function);
                }
            }
        };
    for function in exports.chain(program.start).chain(program.referenced.iter().copied()) {
        reach(None, function, &mut waiting);
    }
    while let Some(function) = waiting.pop() {
        if let Some(body) = program.body(function) {
            read::callees(body, |callee| reach(Some(function), callee, &mut waiting))?;
        }
    }
    if outside {
        return Err(ModuleError::malformed(0, "there is no function of an index that is used"));
    }
    Ok(reached)
}
