//! What functions of the allocator do with addresses that others hand them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::error::ExternalizeError;
use super::identify::Family;
use super::reach::Reach;
use super::read::Program;
use super::report::FunctionId;
use super::state::Span;
use super::trace::{Event, Tracer};
use super::value::{PARAMS, Value};
use crate::module::Member;

/// Addresses that are handed from one function of the allocator to another, at most.
const HANDED: usize = 4096;

/// Steps that following such addresses may take for each byte of code, and at most.
const STEPS: (usize, usize) = (64, 1 << 18);

/// An access relative to a parameter.
pub(super) struct Relative {
    pub(super) function: u32,
    pub(super) params: u16,
    pub(super) span: Span,
}

pub(super) struct Handed {
    pub(super) caller: u32,
    pub(super) caller_params: u16,
    pub(super) callee: u32,
    pub(super) param: u32,
    /// Constants that are handed over, and whether as they are.
    pub(super) constants: Vec<(u32, bool)>,
}

/// Functions that stay and that the allocator uses too, such as those of a list: what they do with
/// their parameters is done to its state if they are handed an address of it.
pub(super) fn helpers(
    program: &Program<'_>,
    reach: &Reach,
    tracer: &mut Tracer<'_, '_>,
    relative: &mut Vec<Relative>,
    handed: &mut Vec<Handed>,
) -> Result<(), ExternalizeError> {
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let mut waiting: Vec<u32> = handed.iter().map(|hand| hand.callee).collect();
    while let Some(function) = waiting.pop() {
        if !reach.stays(function) || !seen.insert(function) {
            continue;
        }
        tracer.follow(function, &mut |event| match event {
            Event::Access { address, offset, bytes, reads, stored } if address.params != 0 => {
                let exactly = (0..PARAMS).any(|index| address == Value::param(index));
                let span = Span {
                    start: offset,
                    bytes: u64::from(bytes),
                    indexed: !exactly,
                    reads,
                    writes: stored.is_some(),
                    constant: stored.is_some_and(|value| value.exact.is_some()),
                };
                relative.push(Relative { function, params: address.params, span });
            }
            Event::Call { function: callee, arguments } => {
                for (param, argument) in (0..PARAMS).zip(arguments) {
                    if argument.params != 0 && callee >= program.imported() {
                        let (caller, caller_params) = (function, argument.params);
                        let constants = Vec::new();
                        handed.push(Handed { caller, caller_params, callee, param, constants });
                        waiting.push(callee);
                    }
                }
            }
            _ => {}
        })?;
    }
    Ok(())
}

/// Adds what functions do with addresses that others of the allocator hand them.
pub(super) fn through_parameters(
    program: &Program<'_>,
    relative: &[Relative],
    handed: &[Handed],
    known: &dyn Fn(u64) -> bool,
    spans: &mut BTreeSet<Span>,
) -> Result<(), ExternalizeError> {
    // What each parameter may be, as it is or with something added.
    let mut seen: BTreeSet<(u32, u32, u32, bool)> = BTreeSet::new();
    let mut waiting: Vec<(u32, u32, u32, bool)> = Vec::new();
    let code: usize = program.bodies.iter().map(|body| body.range().len()).sum();
    let mut steps = code.saturating_mul(STEPS.0).min(STEPS.1);
    let mut step = |function: u32| match steps.checked_sub(1) {
        Some(left) => {
            steps = left;
            Ok(())
        }
        None => Err(ExternalizeError::Unclear { function: FunctionId::of(program, function) }),
    };
    for hand in handed {
        let constants = hand.constants.iter();
        waiting.extend(
            constants.map(|(constant, exact)| (hand.callee, hand.param, *constant, *exact)),
        );
    }
    let mut by_caller: Vec<&Handed> = handed.iter().filter(|h| h.caller_params != 0).collect();
    by_caller.sort_by_key(|hand| hand.caller);
    while let Some(entry) = waiting.pop() {
        if !seen.insert(entry) {
            continue;
        }
        let (function, param, constant, exact) = entry;
        step(function)?;
        if seen.len() > HANDED || waiting.len() > HANDED * 16 {
            return Err(ExternalizeError::Unclear { function: FunctionId::of(program, function) });
        }
        let first = by_caller.partition_point(|hand| hand.caller < function);
        let mine = by_caller.get(first..).unwrap_or_default();
        for hand in mine.iter().take_while(|hand| hand.caller == function) {
            step(function)?;
            if hand.caller_params & (1 << param) != 0 {
                waiting.push((hand.callee, hand.param, constant, exact));
            }
        }
    }
    let mut constants: Vec<_> = seen.into_iter().collect();
    constants.sort_unstable();
    for access in relative {
        let first = constants.partition_point(|(function, ..)| *function < access.function);
        let mine = constants.get(first..).unwrap_or_default();
        for (_, param, constant, exact) in mine.iter().take_while(|c| c.0 == access.function) {
            step(access.function)?;
            let start = u64::from(*constant).saturating_add(access.span.start);
            if access.params & (1 << param) != 0 && known(start) {
                let indexed = access.span.indexed || !exact;
                spans.insert(Span { start, indexed, ..access.span });
            }
        }
    }
    Ok(())
}

/// The functions that are given a block, and as which parameter: members of the family, and those
/// that they hand it to.
pub(super) fn takers(family: &Family, handed: &[Handed]) -> BTreeSet<(u32, u32)> {
    let takes = |member| matches!(member, Member::Free | Member::Realloc | Member::UsableSize);
    let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
    let members = family.functions.iter().filter(|(_, (member, _))| takes(*member));
    let mut waiting: Vec<(u32, u32)> = members.map(|(function, _)| (*function, 0)).collect();
    let mut by_caller: Vec<&Handed> = handed.iter().filter(|h| h.caller_params != 0).collect();
    by_caller.sort_by_key(|hand| hand.caller);
    while let Some((function, param)) = waiting.pop() {
        if !seen.insert((function, param)) {
            continue;
        }
        let first = by_caller.partition_point(|hand| hand.caller < function);
        let mine = by_caller.get(first..).unwrap_or_default();
        for hand in mine.iter().take_while(|hand| hand.caller == function) {
            if hand.caller_params & (1 << param) != 0 {
                waiting.push((hand.callee, hand.param));
            }
        }
    }
    seen
}
