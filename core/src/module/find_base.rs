//! Weighs the evidence for the heap base.
//!
//! Linkers lay memory out in one of two ways, each from low to high addresses:
//!
//! ```text
//! stack last     data | bss | <- stack | heap ->     initial stack pointer = heap base
//! stack first    <- stack | data | bss | heap ->     initial stack pointer = stack size
//! ```
//!
//! Zero-initialised data has no segment, so the end of the segments bounds nothing from above. A
//! claim that would put the heap into data or stack is an error; missing evidence is not, because
//! the end of the declared memory is always safe.

use alloc::vec::Vec;

use super::data::Data;
use super::layout::{FoundBy, HeapBaseEvidence, Layout, PassedOver};
use super::parse::Facts;
use super::types::{ExternType, MemoryInfo};
use super::{Export, ModuleError};
use crate::{FuncType, ValType};

const HEAP_BASE: &str = "__heap_base";
const HEAP_BASE_FUNCTION: &str = "heap_base";
const STACK_POINTER: &str = "__stack_pointer";
const DATA_END: &str = "__data_end";

/// The heap base is a multiple of this, as the blocks in the heap are.
const ALIGN: u64 = 16;

/// Finds the layout. Every contradiction is a problem; with any there is none.
pub(super) fn layout(
    facts: &Facts<'_>,
    data: &mut Data,
    memory: &MemoryInfo,
    problems: &mut Vec<ModuleError>,
) -> Option<Layout> {
    let before = problems.len();
    let memory_bytes = memory.min_bytes;
    if let Some((segment, end)) = data.last.filter(|&(_, end)| end > memory_bytes) {
        problems.push(ModuleError::DataBeyondMemory { segment, end, memory_bytes });
    }
    let stack = stack(facts);
    data.stack = stack.known;
    if let Some(stack_pointer) = stack.top
        && u64::from(stack_pointer) > memory_bytes
    {
        problems.push(ModuleError::StackBeyondMemory { stack_pointer, memory_bytes });
    }
    data.static_end = static_end(facts, data, memory_bytes);

    let mut passed_over = Vec::new();
    let exported = exported(facts, data, &mut passed_over).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    if let Some(exported) = &exported {
        check(exported, data, stack.top, memory_bytes, problems);
    }
    let evidence = exported
        .or_else(|| stack_last(data, &mut passed_over))
        .or_else(|| stack_first(data))
        .unwrap_or_else(|| end_of_memory(data, memory_bytes));

    // Offset 0 is never an address in C.
    let base = value(&evidence).next_multiple_of(ALIGN).max(ALIGN);
    let heap_base = u32::try_from(base).ok();
    if heap_base.is_none() {
        problems.push(ModuleError::NoRoom { memory_bytes });
    }
    if problems.len() > before {
        return None;
    }
    // Data does not reach beyond the heap base, so these fit as well.
    let narrow = |offset: u64| u32::try_from(offset).ok();
    Some(Layout {
        heap_base: heap_base?,
        evidence,
        data_start: data.extent().and_then(|(start, _)| narrow(start)),
        data_end: data.extent().and_then(|(_, end)| narrow(end)),
        static_end: data.static_end,
        data_known: data.unknown.is_none(),
        stack_pointer: data.stack.map(|(value, _)| value),
        passed_over,
    })
}

/// The value that a piece of evidence gives for the heap base.
fn value(evidence: &HeapBaseEvidence) -> u64 {
    match evidence {
        HeapBaseEvidence::ExportedGlobal { value, .. }
        | HeapBaseEvidence::ExportedFunction { value, .. } => u64::from(*value),
        HeapBaseEvidence::StackPointer { stack_pointer, .. } => u64::from(*stack_pointer),
        HeapBaseEvidence::DataEnd { static_end, .. } => u64::from(*static_end),
        HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, .. } => *memory_bytes,
    }
}

/// An exported heap base. One that cannot be read is an error under the linker's own name, and
/// passed over under the other, which may well mean something else.
fn exported(
    facts: &Facts<'_>,
    data: &mut Data,
    passed_over: &mut Vec<PassedOver>,
) -> Result<Option<HeapBaseEvidence>, ModuleError> {
    if let Some((Export { name, ty }, index)) = find(facts, HEAP_BASE) {
        let name = name.clone();
        return match ty {
            ExternType::Global { ty: ValType::I32, mutable: true } => {
                Err(ModuleError::HeapBaseMutable { name })
            }
            ExternType::Global { ty: ValType::I32, mutable: false } => {
                match facts.global(index).and_then(|global| global.initial) {
                    Some(value) => {
                        data.claimed_base = Some(value);
                        Ok(Some(HeapBaseEvidence::ExportedGlobal { name, value }))
                    }
                    None => Err(ModuleError::HeapBaseNotConstant { name }),
                }
            }
            ExternType::Func(ty) if returns_i32(ty) => match facts.returned(index) {
                Some(value) => {
                    data.claimed_base = Some(value);
                    Ok(Some(HeapBaseEvidence::ExportedFunction { name, value }))
                }
                None => Err(ModuleError::HeapBaseNotConstant { name }),
            },
            found => Err(ModuleError::HeapBaseType { name, found: found.clone() }),
        };
    }
    let Some((Export { name, ty: ExternType::Func(ty) }, index)) = find(facts, HEAP_BASE_FUNCTION)
    else {
        passed_over.push(PassedOver::NoHeapBase);
        return Ok(None);
    };
    let name = name.clone();
    Ok(match facts.returned(index).filter(|_| returns_i32(ty)) {
        Some(value) => {
            data.claimed_base = Some(value);
            Some(HeapBaseEvidence::ExportedFunction { name, value })
        }
        None => {
            passed_over.push(PassedOver::FunctionNotConstant { name });
            None
        }
    })
}

/// Refuses an exported heap base that would let the heap collide with data or stack.
fn check(
    evidence: &HeapBaseEvidence,
    data: &Data,
    stack_top: Option<u32>,
    memory_bytes: u64,
    problems: &mut Vec<ModuleError>,
) {
    let (HeapBaseEvidence::ExportedGlobal { name, value: heap_base }
    | HeapBaseEvidence::ExportedFunction { name, value: heap_base }) = evidence
    else {
        return;
    };
    let (name, heap_base) = (name.clone(), *heap_base);
    let value = u64::from(heap_base);
    if value > memory_bytes {
        let name = name.clone();
        problems.push(ModuleError::HeapBaseBeyondMemory { name, heap_base, memory_bytes });
    }
    if let Some((_, data_end)) = data.extent().filter(|&(_, data_end)| value < data_end) {
        let name = name.clone();
        problems.push(ModuleError::HeapBaseBelowData { name, heap_base, data_end });
    }
    if let Some(stack_pointer) = stack_top.filter(|&top| heap_base < top) {
        problems.push(ModuleError::HeapBaseBelowStack { name, heap_base, stack_pointer });
    }
}

/// The stack pointer as the heap base, which it is if the stack lies above all data.
fn stack_last(data: &Data, passed_over: &mut Vec<PassedOver>) -> Option<HeapBaseEvidence> {
    let Some((stack_pointer, found_by)) = data.stack else {
        passed_over.push(PassedOver::NoStackPointer);
        return None;
    };
    if let Some(segment) = data.unknown {
        passed_over.push(PassedOver::DataUnknown { segment });
        return None;
    }
    let Some((_, data_end)) = data.extent() else {
        passed_over.push(PassedOver::NoData);
        return None;
    };
    // An end that does not fit lies above every stack pointer.
    let data_end = u32::try_from(data_end).unwrap_or(u32::MAX);
    if stack_pointer < data_end {
        passed_over.push(PassedOver::StackFirst { stack_pointer, data_end });
        return None;
    }
    Some(HeapBaseEvidence::StackPointer { stack_pointer, data_end, found_by })
}

/// The exported end of the data as the heap base, which it is if the stack lies below all data.
fn stack_first(data: &Data) -> Option<HeapBaseEvidence> {
    let static_end = data.static_end?;
    let (stack_pointer, _) = data.stack?;
    let (data_start, _) = data.extent()?;
    let below = data.unknown.is_none() && u64::from(stack_pointer) <= data_start;
    below.then_some(HeapBaseEvidence::DataEnd { static_end, stack_pointer })
}

/// What is left: nothing of the module's lies beyond its declared memory.
fn end_of_memory(data: &Data, memory_bytes: u64) -> HeapBaseEvidence {
    let data_end = data.extent().map_or(0, |(_, end)| end);
    let stack_end = data.stack.map_or(0, |(value, _)| u64::from(value));
    let static_end = data.static_end.map_or(0, u64::from);
    let least = data_end.max(stack_end).max(static_end).min(memory_bytes);
    // Only with both the data and the stack in sight is that a bound worth the name.
    let bounded = data.stack.is_some() && data.unknown.is_none();
    HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, least: bounded.then_some(least) }
}

/// What is claimed about the initial value of the stack pointer.
#[derive(Clone, Copy)]
struct Stack {
    /// The value, if all claims are about the same global.
    known: Option<(u32, FoundBy)>,
    /// The highest value claimed: claims that contradict each other prove no layout, but may not
    /// be true either.
    top: Option<u32>,
}

/// The claims that the export and the name section make. One is trusted only if the global can be
/// a stack pointer.
fn stack(facts: &Facts<'_>) -> Stack {
    let value = |index| facts.global(index).filter(|global| global.mutable)?.initial;
    let exported = find(facts, STACK_POINTER)
        .filter(|(export, _)| matches!(export.ty, ExternType::Global { .. }))
        .map(|(_, index)| index);
    let named = facts.custom.stack_pointer;
    let top = exported.and_then(value).max(named.and_then(value));
    let known = match (exported, named) {
        (Some(exported), Some(named)) if exported != named => None,
        (Some(_), _) => top.map(|value| (value, FoundBy::Export)),
        (None, _) => top.map(|value| (value, FoundBy::NameSection)),
    };
    Stack { known, top }
}

/// The linker's `__data_end`, if it is exported and can be true.
fn static_end(facts: &Facts<'_>, data: &Data, memory_bytes: u64) -> Option<u32> {
    let (export, index) = find(facts, DATA_END)?;
    if !matches!(export.ty, ExternType::Global { mutable: false, .. }) {
        return None;
    }
    let value = facts.global(index)?.initial?;
    let data_end = data.extent().map_or(0, |(_, end)| end);
    (data_end..=memory_bytes).contains(&u64::from(value)).then_some(value)
}

fn find<'f>(facts: &'f Facts<'_>, name: &str) -> Option<(&'f Export, u32)> {
    let position = facts.exports.iter().position(|export| export.name == name)?;
    Some((facts.exports.get(position)?, *facts.export_indices.get(position)?))
}

fn returns_i32(ty: &FuncType) -> bool {
    ty.params.is_empty() && ty.results == [ValType::I32]
}
