//! What must be true of the answers about any bytes at all. The tests use it, and the fuzz target.

use std::fmt::{Debug, Display};

use hostheap_core::contract::Contract;
use hostheap_core::module::{
    Certainty, ExternalizeOptions, HeapBaseEvidence, MemoryInfo, MemoryMap, ModuleError,
    ModuleInfo, PrepareOptions, RegionKind, Survey, changes_tables, externalize, prepare,
};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload, Validator};

/// Asks everything there is to ask about these bytes, and returns what parsing them gave.
///
/// # Panics
///
/// An answer contradicts the bytes, another answer, or itself.
pub(crate) fn digest(wasm: &[u8]) -> Result<ModuleInfo, ModuleError> {
    let changes = changes_tables(wasm);
    checked(wasm);
    let info = match (Survey::read(wasm), ModuleInfo::parse(wasm)) {
        (Ok(survey), Ok(info)) => {
            assert_eq!(survey.problems(), []);
            assert_eq!(survey.map().as_ref(), Some(&info.map()));
            info
        }
        (Ok(survey), Err(error)) => {
            survey.problems().iter().for_each(readable);
            assert_eq!(survey.problems().first(), Some(&error));
            if let (Some(drawn), Some(memory)) = (survey.map(), survey.memory()) {
                map(&drawn, memory);
            }
            return Err(error);
        }
        (Err(unreadable), Err(error)) => {
            readable(&error);
            assert_eq!(unreadable, error);
            return Err(error);
        }
        (Err(error), Ok(_)) => panic!("a module that could be read could not: {error}"),
    };
    readable(info.toolchain());
    info.census().inside.iter().for_each(readable);
    layout(&info, &Shown::read(wasm));
    map(&info.map(), info.memory());
    let default = PrepareOptions::default;
    let limited = default().max_memory_bytes(3 << 16).max_table_elements(100).callback_slots(9);
    let served = default().export_allocator(true);
    for options in [default(), default().callback_slots(9), limited, served] {
        rewriting(wasm, &info, changes, &options);
    }
    externalized(wasm, &info);
    Ok(info)
}

/// A contract that asks for nothing passes only what can be loaded, and every finding of it is a
/// line of its own.
fn checked(wasm: &[u8]) {
    let report = Contract::default().check(wasm);
    assert!(!report.passes() || ModuleInfo::parse(wasm).is_ok(), "{report}");
    for line in report.lines("plugin.wasm") {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// A module without its own allocator is still one, with the same layout, and imports the family.
fn externalized(wasm: &[u8], info: &ModuleInfo) {
    let options = ExternalizeOptions::default();
    let done = match externalize(wasm, &options) {
        Ok(done) => done,
        Err(error) => return readable(&error),
    };
    done.proof.iter().for_each(readable);
    let again = ModuleInfo::parse(&done.wasm).expect("it stays a module");
    assert_eq!(again.layout().heap_base, info.layout().heap_base);
    assert!(again.imports().iter().any(|import| import.name == "malloc"));
    assert!(externalize(&done.wasm, &options).is_err(), "there is nothing left to take out");
    if Validator::new().validate_all(wasm).is_ok() {
        let valid = Validator::new().validate_all(&done.wasm).map(|_| ());
        assert!(valid.is_ok(), "{valid:?}");
    }
}

/// The heap starts at or above all that the module says about itself, and not without reason.
fn layout(info: &ModuleInfo, shown: &Shown) {
    let (layout, memory) = (info.layout(), info.memory());
    let base = u64::from(layout.heap_base);
    assert!(base >= 16 && base.is_multiple_of(16), "{layout:?}");
    assert!(base >= shown.data_end, "data ends at {}: {layout:?}", shown.data_end);
    assert!(base >= shown.stack_top, "the stack ends at {}: {layout:?}", shown.stack_top);
    assert!(base <= memory.min_bytes.max(16), "{layout:?} in {memory:?}");
    if let Some(exported) = shown.heap_base {
        assert_eq!(base, exported.next_multiple_of(16).max(16), "{layout:?}");
        assert_eq!(layout.certainty(), Certainty::Exact);
    }
    match &layout.evidence {
        HeapBaseEvidence::EndOfDeclaredMemory { memory_bytes, least } => {
            assert_eq!(*memory_bytes, memory.min_bytes);
            assert!(least.is_none_or(|least| least <= *memory_bytes), "{layout:?}");
            let certainty = least.map_or(Certainty::Fallback, |_| Certainty::Bounded);
            assert_eq!(layout.certainty(), certainty);
            assert!(!layout.passed_over.is_empty(), "silent about why: {layout:?}");
        }
        _ => assert_eq!(layout.certainty(), Certainty::Exact),
    }
    let (most, start) = (memory.max_bytes.unwrap_or(1 << 32), u64::from(info.heap_start()));
    assert!(start >= base && start.is_multiple_of(16), "{start} {layout:?}");
    assert_eq!(info.heap_room(), most.saturating_sub(start), "{memory:?} {layout:?}");
    assert!(!info.census().shares_memory() || start >= memory.min_bytes, "{:?}", info.census());
    readable(&layout.evidence);
    layout.passed_over.iter().for_each(readable);
}

/// The picture of the memory has no gaps, and the heap in it lies where the answer says.
fn map(map: &MemoryMap, memory: &MemoryInfo) {
    assert!(map.regions.len() <= MemoryMap::REGIONS, "{map:?}");
    let mut at = 0;
    for region in &map.regions {
        assert!(region.start == at && region.end > at, "{map:?}");
        at = region.end;
        let base = map.heap_base.map(u64::from);
        assert_eq!(
            matches!(region.kind, RegionKind::Heap | RegionKind::OwnHeap),
            base.is_some_and(|base| region.start >= base) && region.start < memory.min_bytes,
            "{map:?}"
        );
    }
    assert_eq!(at, memory.max_bytes.unwrap_or(1 << 32), "{map:?}");
}

/// Rewriting keeps a module's layout and validity, and has nothing to do the second time.
fn rewriting(wasm: &[u8], info: &ModuleInfo, changes: bool, options: &PrepareOptions) {
    let prepared = match prepare(wasm, info, options) {
        Ok(prepared) => prepared,
        Err(error) => {
            assert_ne!(error, ModuleError::OtherModule, "they are the very bytes");
            return readable(&error);
        }
    };
    prepared.notes.iter().for_each(readable);
    let again = ModuleInfo::parse(&prepared.wasm).expect("rewriting keeps a module whole");
    assert_eq!(again.layout(), info.layout());
    assert_eq!(changes_tables(&prepared.wasm), changes);
    let twice = prepare(&prepared.wasm, &again, options).expect("it was accepted once");
    assert_eq!(twice.notes, [], "it was all done");
    assert!(twice.wasm == prepared.wasm);
    if Validator::new().validate_all(wasm).is_ok() {
        let valid = Validator::new().validate_all(&prepared.wasm).map(|_| ());
        assert!(valid.is_ok(), "{valid:?} after {:?}", prepared.notes);
    }
}

/// A message is one line that a person can read to its end, whatever the names in it.
fn readable(message: &(impl Display + Debug)) {
    let text = message.to_string();
    assert!(!text.is_empty() && text.len() < 2000, "{} bytes: {text}", text.len());
    let breaking = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(breaking), "{text:?}");
}

/// What a module says about its memory in the plainest way. It is read here once more, by other
/// code than what is tested.
#[derive(Debug, Default)]
struct Shown {
    /// End of the segments whose offset is nothing but a number.
    data_end: u64,
    /// Value of an exported mutable `__stack_pointer`.
    stack_top: u64,
    /// Value of an exported immutable `__heap_base`.
    heap_base: Option<u64>,
}

impl Shown {
    fn read(wasm: &[u8]) -> Shown {
        let mut shown = Shown::default();
        // Of each global: whether it is mutable, and its value if that is nothing but a number.
        let mut globals = Vec::new();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports().map_while(Result::ok) {
                        if let wasmparser::TypeRef::Global(ty) = import.ty {
                            globals.push((ty.mutable, None));
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section.into_iter().map_while(Result::ok) {
                        // One of another type is for the runtime to refuse.
                        let value = number(&global.init_expr)
                            .filter(|_| global.ty.content_type == wasmparser::ValType::I32);
                        globals.push((global.ty.mutable, value));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports.into_iter().map_while(Result::ok) {
                        if export.kind != ExternalKind::Global {
                            continue;
                        }
                        match (export.name, globals.get(export.index as usize)) {
                            ("__stack_pointer", Some((true, Some(value)))) => {
                                shown.stack_top = *value;
                            }
                            ("__heap_base", Some((false, value))) => shown.heap_base = *value,
                            _ => {}
                        }
                    }
                }
                Payload::DataSection(data) => {
                    for segment in data.into_iter().map_while(Result::ok) {
                        if let DataKind::Active { offset_expr, .. } = segment.kind
                            && let Some(start) = number(&offset_expr)
                            && !segment.data.is_empty()
                        {
                            let end = start + segment.data.len() as u64;
                            shown.data_end = shown.data_end.max(end);
                        }
                    }
                }
                _ => {}
            }
        }
        shown
    }
}

fn number(expr: &wasmparser::ConstExpr<'_>) -> Option<u64> {
    let mut operators = expr.get_operators_reader().into_iter().map_while(Result::ok);
    match (operators.next(), operators.next(), operators.next()) {
        (Some(Operator::I32Const { value }), Some(Operator::End), None) => {
            Some(value.cast_unsigned().into())
        }
        _ => None,
    }
}
