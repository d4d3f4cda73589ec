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

use super::layout::{FoundBy, HeapBaseEvidence, Layout, PassedOver};
use super::parse::Facts;
use super::types::{ExternType, MemoryInfo};
use super::{Export, ModuleError};
use crate::{FuncType, ValType};

const HEAP_BASE: &str = "__heap_base";
const HEAP_BASE_FUNCTION: &str = "heap_base";
const STACK_POINTER: &str = "__stack_pointer";

/// The heap base is a multiple of this, as the blocks in the heap are.
const ALIGN: u64 = 16;

pub(super) fn layout(facts: &Facts<'_>, memory: &MemoryInfo) -> Result<Layout, ModuleError> {
    let memory_bytes = memory.min_bytes;
    if let Some((segment, end)) = facts.data.last.filter(|&(_, end)| end > memory_bytes) {
        return Err(ModuleError::DataBeyondMemory { segment, end, memory_bytes });
    }
    let stack = stack(facts);
    if let Some(stack_pointer) = stack.top
        && u64::from(stack_pointer) > memory_bytes
    {
        return Err(ModuleError::StackBeyondMemory { stack_pointer, memory_bytes });
    }

    let mut passed_over = Vec::new();
    let evidence = if let Some(exported) = exported(facts, &mut passed_over)? {
        check(&exported, facts, stack.top, memory_bytes)?;
        exported
    } else if let Some(stack_last) = stack_last(facts, stack.known, &mut passed_over) {
        stack_last
    } else {
        let data_end = facts.data.extent.map_or(0, |(_, end)| end);
        let stack_end = stack.top.map_or(0, u64::from);
        let unused_bytes = memory_bytes - data_end.max(stack_end).min(memory_bytes);
        HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, unused_bytes }
    };

    // Offset 0 is never an address in C.
    let base = value(&evidence).next_multiple_of(ALIGN).max(ALIGN);
    let Ok(heap_base) = u32::try_from(base) else {
        return Err(ModuleError::NoRoom { memory_bytes });
    };
    // Data does not reach beyond the heap base, so these fit as well.
    let narrow = |offset: u64| u32::try_from(offset).ok();
    Ok(Layout {
        heap_base,
        evidence,
        data_start: facts.data.extent.and_then(|(start, _)| narrow(start)),
        data_end: facts.data.extent.and_then(|(_, end)| narrow(end)),
        data_known: facts.data.unknown.is_none(),
        stack_pointer: stack.known.map(|(value, _)| value),
        passed_over,
    })
}

/// The value that a piece of evidence gives for the heap base.
fn value(evidence: &HeapBaseEvidence) -> u64 {
    match evidence {
        HeapBaseEvidence::ExportedGlobal { value, .. }
        | HeapBaseEvidence::ExportedFunction { value, .. } => u64::from(*value),
        HeapBaseEvidence::StackPointer { stack_pointer, .. } => u64::from(*stack_pointer),
        HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, .. } => *memory_bytes,
    }
}

/// An exported heap base. One that cannot be read is an error under the linker's own name, and
/// passed over under the other, which may well mean something else.
fn exported(
    facts: &Facts<'_>,
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
                    Some(value) => Ok(Some(HeapBaseEvidence::ExportedGlobal { name, value })),
                    None => Err(ModuleError::HeapBaseNotConstant { name }),
                }
            }
            ExternType::Func(ty) if returns_i32(ty) => match facts.returned(index) {
                Some(value) => Ok(Some(HeapBaseEvidence::ExportedFunction { name, value })),
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
        Some(value) => Some(HeapBaseEvidence::ExportedFunction { name, value }),
        None => {
            passed_over.push(PassedOver::FunctionNotConstant { name });
            None
        }
    })
}

/// Refuses an exported heap base that would let the heap collide with data or stack.
fn check(
    evidence: &HeapBaseEvidence,
    facts: &Facts<'_>,
    stack_top: Option<u32>,
    memory_bytes: u64,
) -> Result<(), ModuleError> {
    let (HeapBaseEvidence::ExportedGlobal { name, value: heap_base }
    | HeapBaseEvidence::ExportedFunction { name, value: heap_base }) = evidence
    else {
        return Ok(());
    };
    let (name, heap_base) = (name.clone(), *heap_base);
    let value = u64::from(heap_base);
    if value > memory_bytes {
        return Err(ModuleError::HeapBaseBeyondMemory { name, heap_base, memory_bytes });
    }
    match facts.data.extent {
        Some((_, data_end)) if value < data_end => {
            return Err(ModuleError::HeapBaseBelowData { name, heap_base, data_end });
        }
        _ => {}
    }
    match stack_top {
        Some(stack_pointer) if heap_base < stack_pointer => {
            Err(ModuleError::HeapBaseBelowStack { name, heap_base, stack_pointer })
        }
        _ => Ok(()),
    }
}

/// The stack pointer as the heap base, which it is if the stack lies above all data.
fn stack_last(
    facts: &Facts<'_>,
    stack: Option<(u32, FoundBy)>,
    passed_over: &mut Vec<PassedOver>,
) -> Option<HeapBaseEvidence> {
    let Some((stack_pointer, found_by)) = stack else {
        passed_over.push(PassedOver::NoStackPointer);
        return None;
    };
    if let Some(segment) = facts.data.unknown {
        passed_over.push(PassedOver::DataUnknown { segment });
        return None;
    }
    let Some((_, data_end)) = facts.data.extent else {
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

fn find<'f>(facts: &'f Facts<'_>, name: &str) -> Option<(&'f Export, u32)> {
    let position = facts.exports.iter().position(|export| export.name == name)?;
    Some((facts.exports.get(position)?, *facts.export_indices.get(position)?))
}

fn returns_i32(ty: &FuncType) -> bool {
    ty.params.is_empty() && ty.results == [ValType::I32]
}
