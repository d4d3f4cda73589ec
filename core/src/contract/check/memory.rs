//! The memory's sizes, and where the heap may start.

use alloc::format;
use alloc::string::ToString;

use super::{Check, Made, mends};
use crate::contract::finding::{Code, Severity};
use crate::contract::policy::Matter;
use crate::module::text::Size;
use crate::module::{HeapBaseEvidence, PassedOver, Situation};

/// Bytes in a page.
const PAGE: u64 = 1 << 16;

/// What a heap is offered as a maximum where the contract has none: 16 MiB.
const USUAL: u64 = 16 << 20;

pub(super) fn check(check: &mut Check<'_>) {
    sizes(check);
    layout(check);
}

fn sizes(check: &mut Check<'_>) {
    let (limits, survey) = (check.contract.memory, check.survey);
    let Some(memory) = survey.memory() else { return };
    let (min, max) = (memory.min_bytes, memory.max_bytes);
    if let Some(limit) = limits.initial.filter(|limit| min > *limit) {
        check.found.error(Code::InitialMemory, || Made {
            expected: format!("at most {limit} ({})", Size(limit)),
            mends: mends::initial(&check.makers, (limit / PAGE * PAGE).max(PAGE)),
            ..Made::new("memory", format!("starts with {min} bytes ({})", Size(min)))
        });
    }
    let largest = limits.maximum.unwrap_or(USUAL) / PAGE * PAGE;
    if let (Some(limit), Some(max)) = (limits.maximum, max)
        && max > limit
    {
        check.found.error(Code::MaximumMemory, || Made {
            expected: format!("a maximum of at most {limit} ({})", Size(limit)),
            mends: mends::maximum(&check.makers, largest),
            ..Made::new("memory", format!("may grow to {max} bytes ({})", Size(max)))
        });
    }

    let Some(max) = max.filter(|max| *max == min) else { return };
    // Larger than it is now, or it would be fixed again.
    let larger = largest.max((min + PAGE).next_multiple_of(PAGE)).max(2 * PAGE);
    let room = survey.layout().map(|layout| {
        let base = match check.survey.contents().census().shares_memory() {
            true => u64::from(layout.heap_base).max(min),
            false => layout.heap_base.into(),
        };
        max.saturating_sub(base)
    });
    let (code, severity, found) = match room {
        Some(0) => (
            Code::NoHeapRoom,
            Severity::Error,
            format!("{min} bytes that cannot grow, and the heap starts at their end"),
        ),
        room => {
            let severity = if limits.growable { Severity::Error } else { Severity::Warning };
            let room = room.unwrap_or(0);
            let found = format!("{min} bytes that cannot grow: {room} of them are for the heap");
            (Code::FixedMemory, severity, found)
        }
    };
    // A heap of the plugin's own is its own affair.
    if check.survey.contents().census().situation() == Situation::Exported {
        return;
    }
    let mut all = mends::grow(&check.makers, larger);
    if code == Code::NoHeapRoom && !base_known(check) {
        all.extend(mends::heap_base(&check.makers));
    }
    let made = Made {
        expected: "memory that can grow".to_string(),
        reason: match code {
            Code::NoHeapRoom => "every malloc would fail".to_string(),
            _ => "malloc fails once these are used up".to_string(),
        },
        mends: all,
        ..Made::new("memory", found)
    };
    check.found.add(code, severity, || made);
}

fn base_known(check: &Check<'_>) -> bool {
    let evidence = check.survey.layout().map(|layout| &layout.evidence);
    !matches!(evidence, Some(HeapBaseEvidence::EndOfDeclaredMemory { .. }))
}

fn layout(check: &mut Check<'_>) {
    let Some(layout) = check.survey.layout() else { return };
    let HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, least } = layout.evidence else {
        return;
    };
    // The host puts no heap into a legacy module, and one beside another allocator starts at the
    // end of the memory in any case.
    if check.survey.contents().census().shares_memory() {
        return;
    }
    let cost = match least {
        Some(least) => format!("at most {} below it stay unused", Size(memory_bytes - least)),
        None => format!("what lies unused below it is lost, at most {}", Size(memory_bytes)),
    };
    let not_constant = layout
        .passed_over
        .iter()
        .any(|passed| matches!(passed, PassedOver::FunctionNotConstant { .. }));
    let found = if not_constant {
        "not exported, and `heap_base` does more than return a constant"
    } else {
        "not exported"
    };
    let made = Made {
        expected: "an exported constant: where the heap may start".to_string(),
        reason: format!("the heap starts at the end of the memory, at {memory_bytes}: {cost}"),
        mends: mends::heap_base(&check.makers),
        ..Made::new("export `__heap_base`", found)
    };
    let policy = check.contract.policy_on(Matter::UnknownLayout);
    check.found.under(policy, Code::HeapBaseUnknown, || made);
}
