//! What is rewritten, and that nothing else is.

mod module_common;

use std::borrow::Cow;

use hostheap_core::module::{
    ExternType, ModuleError, ModuleInfo, PrepareOptions, START_EXPORT, prepare,
};

/// The bytes after preparation, the notes, and the names of memory and start function.
struct Done {
    wasm: Vec<u8>,
    info: ModuleInfo,
    notes: Vec<String>,
    memory: String,
    table: Option<String>,
    start: Option<String>,
    max: u64,
}

fn prepare_bytes(wasm: &[u8], options: &PrepareOptions) -> Result<Done, ModuleError> {
    let prepared = prepare(wasm, &ModuleInfo::parse(wasm)?, options)?;
    assert_eq!(matches!(prepared.wasm, Cow::Borrowed(_)), prepared.notes.is_empty());
    Ok(Done {
        info: ModuleInfo::parse(&prepared.wasm).expect("still valid"),
        notes: prepared.notes.iter().map(ToString::to_string).collect(),
        memory: prepared.memory_export,
        table: prepared.table_export,
        start: prepared.start_export,
        max: prepared.max_memory_bytes,
        wasm: prepared.wasm.into_owned(),
    })
}

fn prepare_text(text: &str, options: &PrepareOptions) -> Result<Done, ModuleError> {
    prepare_bytes(&wat::parse_str(text).expect("test module"), options)
}

fn limit(bytes: u64) -> PrepareOptions {
    PrepareOptions::default().max_memory_bytes(bytes)
}

/// Every section as number and contents.
fn sections(wasm: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut reader = wasmparser::BinaryReader::new(&wasm[8..], 8);
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8().unwrap();
        let size = reader.read_var_u32().unwrap() as usize;
        sections.push((id, reader.read_bytes(size).unwrap().to_vec()));
    }
    sections
}

#[test]
fn ordinary_module_is_borrowed() {
    let text = r#"(module (memory (export "memory") 1) (func (export "f")))"#;
    let done = prepare_text(text, &PrepareOptions::default()).unwrap();
    assert!(done.notes.is_empty());
    assert_eq!((done.memory.as_str(), done.start, done.max), ("memory", None, 1 << 32));
}

#[test]
fn everything_at_once() {
    let modules = module_common::modules();
    let (_, wasm) = modules.iter().find(|(name, _)| *name == "everything to do").unwrap();
    let done = prepare_bytes(wasm, &limit(4 * 65536 + 100)).unwrap();
    assert_eq!(
        done.notes,
        [
            "memory maximum lowered from 589824 to 262144 bytes",
            "memory imported as `env` and `memory` now defined by the module",
            "memory exported as `memory`",
            "start function moved to export `hostheap:start`",
        ]
    );
    assert_eq!(done.start.as_deref(), Some(START_EXPORT));
    assert_eq!(done.max, 262144);
    assert!(!done.info.has_start());
    assert_eq!(done.info.memory().imported, None);
    assert_eq!(done.info.memory().max_bytes, Some(262144));
    assert_eq!(done.info.memory().exported_as.as_deref(), Some("memory"));
    assert_eq!(done.info.export_func(START_EXPORT).unwrap().to_string(), "() -> ()");
    let imports: Vec<&str> = done.info.imports().iter().map(|i| i.name.as_str()).collect();
    assert_eq!(imports, ["before", "after", "table"]);
    let ids: Vec<u8> = sections(&done.wasm).iter().map(|(id, _)| *id).collect();
    // Type, import, custom, function, memory, tag, global, export, element, code, data, custom, names.
    assert_eq!(ids, [1, 2, 0, 3, 5, 13, 6, 7, 9, 10, 11, 0, 0]);
}

#[test]
fn untouched_sections_are_copied_byte_for_byte() {
    for (name, wasm) in module_common::modules() {
        let done = prepare_bytes(&wasm, &limit(4 * 65536)).expect(name);
        let changed = [2, 5, 7, 8];
        let keep = |wasm: &[u8]| -> Vec<_> {
            sections(wasm).into_iter().filter(|(id, _)| !changed.contains(id)).collect()
        };
        assert_eq!(keep(&done.wasm), keep(&wasm), "{name}");
    }
}

#[test]
fn padded_section_sizes_are_copied_too() {
    // Linkers write sizes as five bytes, to be able to fill them in later.
    let mut wasm = wat::parse_str("(module (memory 1))").unwrap();
    wasm.extend([0, 0x86, 0x80, 0x80, 0x80, 0, 1, b'x', 1, 2, 3, 4]);
    let done = prepare_bytes(&wasm, &PrepareOptions::default()).unwrap();
    assert_eq!(done.notes, ["memory exported as `memory`"]);
    assert!(done.wasm.ends_with(&wasm[wasm.len() - 12..]));
}

#[test]
fn preparing_twice_changes_nothing() {
    for (name, wasm) in module_common::modules() {
        let tables = PrepareOptions::default().callback_slots(9);
        let both = tables.clone().max_table_elements(20);
        let options = [PrepareOptions::default(), limit(3 * 65536), tables, both];
        for options in options {
            let once = prepare_bytes(&wasm, &options).expect(name);
            let twice = prepare_bytes(&once.wasm, &options).expect(name);
            assert!(twice.notes.is_empty(), "{name}: {:?}", twice.notes);
            assert_eq!(twice.wasm, once.wasm, "{name}");
            assert_eq!((twice.memory, twice.start), (once.memory, once.start), "{name}");
        }
    }
}

#[test]
fn layout_and_exports_survive() {
    for (name, wasm) in module_common::modules() {
        let before = ModuleInfo::parse(&wasm).expect(name);
        let after = prepare_bytes(&wasm, &limit(3 * 65536)).expect(name).info;
        assert_eq!(after.layout(), before.layout(), "{name}");
        assert_eq!(after.memory().min_bytes, before.memory().min_bytes, "{name}");
        let is_memory = |ty: &ExternType| matches!(ty, ExternType::Memory { .. });
        let others = |info: &ModuleInfo| -> Vec<_> {
            info.exports().iter().filter(|e| !is_memory(&e.ty)).cloned().collect()
        };
        assert!(others(&after).starts_with(&others(&before)), "{name}");
    }
}

#[test]
fn imported_memory_keeps_its_limits() {
    let text = r#"(module (import "env" "memory" (memory 2 9)))"#;
    let done = prepare_text(text, &PrepareOptions::default()).unwrap();
    assert_eq!(done.info.memory().min_bytes, 2 * 65536);
    assert_eq!(done.info.memory().max_bytes, Some(9 * 65536));
    assert!(done.info.imports().is_empty());
    let unlimited = r#"(module (import "env" "memory" (memory 2)))"#;
    let done = prepare_text(unlimited, &PrepareOptions::default()).unwrap();
    assert_eq!(done.info.memory().max_bytes, None);
}

#[test]
fn imported_memory_that_is_exported_keeps_its_name() {
    let text = r#"(module (memory (export "mem") (import "a" "b") 1) (func (export "memory")))"#;
    let done = prepare_text(text, &PrepareOptions::default()).unwrap();
    assert_eq!(done.notes, ["memory imported as `a` and `b` now defined by the module"]);
    assert_eq!(done.memory, "mem");
}

#[test]
fn empty_memory_section_beside_an_import_is_replaced() {
    // Type, import and an empty memory section, which no tool writes and the format allows.
    let mut wasm = wat::parse_str(r#"(module (import "a" "b" (memory 1)))"#).unwrap();
    wasm.extend([5, 1, 0]);
    let done = prepare_bytes(&wasm, &PrepareOptions::default()).unwrap();
    let ids: Vec<u8> = sections(&done.wasm).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [5, 7]);
}

#[test]
fn memory_export_takes_a_free_name() {
    for (taken, name) in [
        ("", "memory"),
        (r#"(func (export "memory"))"#, "hostheap:memory"),
        (r#"(func (export "memory") (export "hostheap:memory"))"#, "mmmmmmmmmmmmmmmm"),
    ] {
        let done = prepare_text(&format!("(module (memory 1) {taken})"), &Default::default());
        let done = done.unwrap();
        assert_eq!(done.memory, name);
        assert_eq!(done.notes, [format!("memory exported as `{name}`")]);
        assert_eq!(done.info.memory().exported_as.as_deref(), Some(name));
    }
}

#[test]
fn maximum_is_lowered_only_when_above_the_limit() {
    let max = |declared: &str, bytes: u64| {
        let text = format!(r#"(module (memory (export "memory") {declared}))"#);
        let done = prepare_text(&text, &limit(bytes)).unwrap();
        (done.info.memory().max_bytes, done.max, done.notes.into_iter().next())
    };
    let some = |text: &str| Some(text.to_string());
    assert_eq!(
        max("1", 5 * 65536 - 1),
        (Some(262144), 262144, some("memory maximum of 262144 bytes added"))
    );
    assert_eq!(
        max("1 9", 262144),
        (Some(262144), 262144, some("memory maximum lowered from 589824 to 262144 bytes"))
    );
    assert_eq!(max("1 3", 262144), (Some(196608), 196608, None));
    assert_eq!(max("4 4", 262144), (Some(262144), 262144, None));
    assert_eq!(max("1", 1 << 32), (None, 1 << 32, None));
    assert_eq!(max("1", u64::MAX), (None, 1 << 32, None));
}

#[test]
fn minimum_above_the_limit_is_refused() {
    for bytes in [131072, 196607, 0] {
        let error = prepare_text("(module (memory 3))", &limit(bytes)).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "the module starts with 196608 bytes of memory, above the limit of {bytes}: raise \
                 the host's limit (`max_memory_bytes`), or lower the initial memory \
                 (-Wl,--initial-memory; a smaller stack helps: -Wl,-z,stack-size)"
            )
        );
    }
    assert!(prepare_text("(module (memory 3))", &limit(196608)).is_ok());
}

#[test]
fn reserved_export_beside_a_start_section_is_refused() {
    let text = r#"(module (memory 1) (func $f (export "hostheap:start")) (start $f))"#;
    assert_eq!(
        prepare_text(text, &PrepareOptions::default()).err().unwrap().to_string(),
        "export name `hostheap:start` is reserved for the start function that the host moves there: \
         rename the export"
    );
    // Of another type, it is no start function and stays what it is.
    let other = r#"(module (memory 1) (func (export "hostheap:start") (param i32)))"#;
    assert_eq!(prepare_text(other, &PrepareOptions::default()).unwrap().start, None);
}

#[test]
fn information_about_other_bytes_is_refused() {
    let one = wat::parse_str("(module (memory 1))").unwrap();
    let other = wat::parse_str("(module (memory 1) (func))").unwrap();
    let info = ModuleInfo::parse(&one).unwrap();
    let error = prepare(&other, &info, &PrepareOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module information belongs to other bytes: pass `prepare` the bytes that \
         `ModuleInfo::parse` was given"
    );
    // Of the same length, anything may come out, but nothing panics.
    for noise in [[0; 64], [0xff; 64], [0x7f; 64]] {
        let mut same = one.clone();
        for (byte, noise) in same.iter_mut().zip(noise) {
            *byte ^= noise;
        }
        let _ = prepare(&same, &info, &PrepareOptions::default());
    }
}

fn tables_after(wat: &str, limit: u64) -> Result<(String, Vec<String>), ModuleError> {
    let wasm = wat::parse_str(wat).expect("valid text");
    let options = PrepareOptions::default().max_table_elements(limit);
    let done = prepare_bytes(&wasm, &options)?;
    Ok((tables(&done.wasm), done.notes))
}

fn tables(wasm: &[u8]) -> String {
    wasmparser::Parser::new(0)
        .parse_all(wasm)
        .filter_map(|payload| match payload {
            Ok(wasmparser::Payload::TableSection(tables)) => Some(tables),
            _ => None,
        })
        .flatten()
        .map(|table| table.expect("a table").ty)
        .map(|ty| format!("{}..{:?} {}", ty.initial, ty.maximum, ty.element_type))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn tables_get_maxima_that_add_up_to_the_limit() {
    let module = r#"(module (memory (export "memory") 1)
        (table 10 funcref) (table 2 4 externref) (func $f) (elem (i32.const 0) $f))"#;
    let (tables, notes) = tables_after(module, 32).expect("it fits");
    assert_eq!(tables, "10..Some(20) funcref, 2..Some(4) externref");
    let exported = "function table exported as `__indirect_function_table`";
    assert_eq!(notes, ["tables limited to 32 elements together", exported]);
}

#[test]
fn tables_of_fixed_size_are_left_alone() {
    let module = r#"(module (memory (export "memory") 1) (table (export "t") 3 3 funcref))"#;
    let (tables, notes) = tables_after(module, 3).expect("it fits");
    assert_eq!((tables.as_str(), notes.len()), ("3..Some(3) funcref", 0));
}

#[test]
fn tables_that_start_above_the_limit_are_refused() {
    let module = r#"(module (memory (export "memory") 1) (table 100000000 funcref))"#;
    let error = tables_after(module, 1_000_000).expect_err("too many");
    assert_eq!(
        error,
        ModuleError::TablesAboveLimit { min_elements: 100_000_000, limit_elements: 1_000_000 }
    );
    assert!(error.to_string().contains("max_table_elements"));
    let module = r#"(module (memory (export "memory") 1) (table i64 1 funcref))"#;
    assert_eq!(tables_after(module, 10), Err(ModuleError::UncommonTable { table: 0 }));
}

#[test]
fn function_table_is_exported_and_gets_room() {
    let slots = |text: &str, slots, limit| {
        let mut options = PrepareOptions::default().callback_slots(slots);
        options.max_table_elements = limit;
        let text = format!(r#"(module (memory (export "memory") 1) {text})"#);
        let done = prepare_text(&text, &options).expect("it fits");
        (tables(&done.wasm), done.table, done.notes)
    };
    let exported = "function table exported as `__indirect_function_table`".to_string();
    let name = Some("__indirect_function_table".to_string());
    // As wasm-ld makes it.
    assert_eq!(
        slots("(table 2 2 funcref)", 256, Some(1000)),
        (
            "2..Some(258) funcref".into(),
            name.clone(),
            vec!["function table maximum raised from 2 to 258 elements".into(), exported.clone()]
        )
    );
    // There is room already; without a maximum always.
    let (after, _, notes) = slots("(table 2 90 funcref)", 8, None);
    assert_eq!((after.as_str(), notes), ("2..Some(90) funcref", vec![exported.clone()]));
    let (after, _, notes) = slots("(table 2 funcref)", 8, None);
    assert_eq!((after.as_str(), notes), ("2..None funcref", vec![exported]));
    // The limit leaves none: it comes on top.
    let (after, _, _) = slots("(table 2 funcref) (table 3 funcref)", 8, Some(7));
    assert_eq!(after, "2..Some(10) funcref, 3..Some(4) funcref");
    let (after, _, _) = slots("(table 2 2 funcref)", u32::MAX, None);
    assert_eq!(after, "2..Some(4294967295) funcref");
    // Names: its own, and one that is free.
    assert_eq!(slots(r#"(table (export "t") 2 2 funcref)"#, 0, None).1.as_deref(), Some("t"));
    let both = r#"(table (export "t") (export "__indirect_function_table") 2 2 funcref)"#;
    assert_eq!(slots(both, 0, None).1, name);
    let taken = r#"(table 2 2 funcref) (func (export "__indirect_function_table"))"#;
    assert_eq!(slots(taken, 0, None).1.as_deref(), Some("hostheap:table"));
}

#[test]
fn tables_that_are_no_function_tables_are_left_alone() {
    for text in [
        "(table 2 2 externref) (table 2 2 funcref)",
        "(table i64 2 2 funcref)",
        r#"(import "env" "table" (table 2 2 funcref)) (table 3 3 funcref)"#,
    ] {
        let text = format!(r#"(module {text} (memory (export "memory") 1))"#);
        let done = prepare_text(&text, &PrepareOptions::default().callback_slots(8)).unwrap();
        assert_eq!((done.table, done.notes.len()), (None, 0), "{text}");
    }
}
