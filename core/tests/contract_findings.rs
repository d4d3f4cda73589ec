//! Every finding's text, as people and as editors read it.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test -p hostheap-core --features toml
//! --test contract_findings`.

use std::fmt::Write;

use hostheap_core::contract::{Code, Contract, Matter, Policy, Prototype, Report, Severity, Wasi};
use hostheap_core::module::Member;

fn p(text: &str) -> Prototype {
    text.parse().expect(text)
}

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect(wat)
}

/// What most plugins here keep to.
fn filter() -> Contract {
    Contract::new("text filter")
        .import("host", "log", p("(line: str)"))
        .import("host", "now", p("() -> i64"))
        .export("greet", p("(name: str) -> string"))
        .optional_export("sum", p("(slice<i32>) -> i64"))
}

/// A contract that asks for nothing, and is strict about everything.
fn strict() -> Contract {
    Matter::ALL
        .into_iter()
        .fold(Contract::new("strict"), |contract, matter| contract.policy(matter, Policy::Refuse))
}

/// A module by clang, with these fields besides its memory and heap base.
fn clang(fields: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module {fields}
            (memory (export "memory") 2)
            (global (export "__heap_base") i32 (i32.const 66576))
            (@producers (processed-by "clang" "19.1.7")))"#
    ))
}

const GREET: &str = r#"(func (export "greet") (param i32 i32) (result i64) unreachable)"#;

/// The codes must be these; the texts go to the snapshot.
#[track_caller]
fn shown(shown: &mut String, contract: &Contract, wasm: &[u8], codes: &[Code]) -> Report {
    let report = contract.check(wasm);
    let found: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, codes, "{report}");
    assert_eq!(report.lines("p.wasm").len(), report.findings.len() + report.omitted.len());
    for line in report.lines("p.wasm") {
        assert!(!line.contains('\n'), "{line}");
        writeln!(shown, "{line}").expect("writing to a string");
    }
    writeln!(shown, "\n{report}\n\n").expect("writing to a string");
    report
}

#[test]
fn nothing_to_find() {
    let report = filter().check(&clang(GREET));
    assert!(report.passes() && report.findings.is_empty());
    let own = r#"
        (import "env" "malloc" (func (param i32) (result i32)))
        (import "env" "free" (func (param i32)))
        (import "host" "log" (func (param i32 i32)))
        (import "host" "log" (func (param i32 i32)))
        (import "host" "now" (func (result i64)))
        (func (export "greet") (param i32 i32 i32))
        (func (export "sum") (param i32 i32) (result i64) unreachable)
        (func (export "more") (param f32))"#;
    let report = filter().check(&clang(own));
    assert!(report.passes() && report.findings.is_empty(), "{report}");
    insta::assert_snapshot!(report, @r#"
    made by clang 19.1.7 (producers section: clang 19.1.7)
    the module keeps to the contract "text filter"
    "#);
}

#[test]
fn bytes_that_are_no_module() {
    let mut text = String::new();
    let contract = filter();
    let object =
        r#"(module (import "env" "__linear_memory" (memory 0)) (@custom "linking" "\02"))"#;
    let object = wasm(object);
    for (bytes, code) in [
        (&b""[..], Code::NotWasm),
        (b"(module)", Code::NotWasm),
        (b"\0asm\x0d\0\x01\0", Code::Component),
        (&object, Code::ObjectFile),
        (b"\0asm\x01\0\0\0\x05\x7f", Code::Malformed),
    ] {
        let report = shown(&mut text, &contract, bytes, &[code]);
        assert!(!report.passes() && report.made.is_none());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn imports() {
    let mut text = String::new();
    let module = clang(&format!(
        r#"(import "host" "lgo" (func (param i32 i32)))
        (import "env" "now" (func (result i64)))
        (import "host" "log" (func (param i32)))
        (import "env" "malloc" (func (param i64) (result i32)))
        (import "env" "_malloc" (func (param i32) (result i32)))
        (import "env" "dlfree" (func (param i32)))
        (import "env" "undefined_function" (func))
        (import "other" "thing" (func (param i32 f64) (result i64)))
        (import "env" "__memory_base" (global i32))
        (import "env" "table" (table 1 funcref))
        (import "wbg" "__wbindgen_throw" (func (param i32 i32)))
        {GREET}"#
    ));
    let report = filter().check(&module);
    assert_eq!(report.count(Severity::Error), 11, "{report}");
    writeln!(text, "{}\n\n{report}", report.lines("p.wasm").join("\n")).expect("a string");

    let calls = r#"
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))"#;
    let module = clang(&format!("{calls}{GREET}"));
    let both = [Code::WasiNotAllowed, Code::WasiNotAllowed];
    shown(&mut text, &filter(), &module, &both);
    let some = filter().wasi(Wasi::only(["fd_write", "proc_exit"]));
    shown(&mut text, &some, &module, &both[..1]);
    let report = filter().wasi(Policy::Warn).check(&module);
    assert!(report.passes() && report.count(Severity::Warning) == 2);
    assert!(filter().wasi(Policy::Allow).check(&module).findings.is_empty());

    let module =
        clang(&format!(r#"(import "env" "calloc" (func (param i32 i32) (result i32))) {GREET}"#));
    let narrow = filter().family([Member::Malloc, Member::Free]);
    shown(&mut text, &narrow, &module, &[Code::ImportNotAllowed]);

    let minified = r#"(module (import "a" "a" (func)) (import "a" "b" (func (param i32)))
        (memory (export "c") 2) (global (export "__heap_base") i32 (i32.const 66576)))"#;
    shown(&mut text, &Contract::default(), &wasm(minified), &[Code::MinifiedNames]);
    let abort = r#"(module (import "env" "abort" (func (param i32 i32 i32 i32)))
        (memory (export "memory") 2) (global (export "__heap_base") i32 (i32.const 1024)))"#;
    shown(&mut text, &Contract::default(), &wasm(abort), &[Code::ImportNotAllowed]);
    insta::assert_snapshot!(text);
}

#[test]
fn exports() {
    let mut text = String::new();
    let contract = filter();
    let missing = [Code::MissingExport];
    shown(&mut text, &contract, &clang(r#"(func (export "gret"))"#), &missing);
    shown(&mut text, &contract, &clang(r#"(func (export "_Z5greetPKcm"))"#), &missing);
    let declared = r#"(import "env" "greet" (func (param i32 i32) (result i64)))"#;
    let codes = [Code::MissingExport, Code::ImportNotAllowed];
    shown(&mut text, &contract, &clang(declared), &codes);
    let wrong = r#"(func (export "greet") (param i32)) (func (export "sum") (param i32 i32))"#;
    shown(&mut text, &contract, &clang(wrong), &[Code::ExportType, Code::ExportType]);
    let global = r#"(global (export "greet") i32 (i32.const 1))"#;
    shown(&mut text, &contract, &clang(global), &[Code::ExportKind]);
    let more =
        format!(r#"{GREET} (func (export "more") (param i32)) (func (export "_initialize"))"#);
    let contract = filter().policy(Matter::ExtraExports, Policy::Warn);
    shown(&mut text, &contract, &clang(&more), &[Code::ExportNotAskedFor]);
    insta::assert_snapshot!(text);
}

#[test]
fn unknown_toolchains_get_all_mends() {
    let mut text = String::new();
    let module = wasm(r#"(module (memory (export "memory") 2) (func (export "_Z5greetv")))"#);
    shown(&mut text, &filter(), &module, &[Code::MissingExport, Code::HeapBaseUnknown]);
    let module = wasm(
        r#"(module (memory (export "memory") 2)
        (func (export "greet") (param i32)))"#,
    );
    shown(&mut text, &filter(), &module, &[Code::ExportType, Code::HeapBaseUnknown]);
    insta::assert_snapshot!(text);
}

#[test]
fn memory() {
    let mut text = String::new();
    let contract = Contract::new("").max_initial_bytes(100_000).max_maximum_bytes(1 << 20);
    let module = |fields: &str| {
        wasm(&format!(r#"(module {fields} (@producers (processed-by "clang" "19.1.7")))"#))
    };
    let base = r#"(global (export "__heap_base") i32 (i32.const 66576))"#;
    let large = module(&format!(r#"{base} (memory (export "memory") 4 100)"#));
    shown(&mut text, &contract, &large, &[Code::InitialMemory, Code::MaximumMemory]);
    let unlimited = module(&format!(r#"{base} (memory (export "memory") 2)"#));
    shown(&mut text, &contract, &unlimited, &[Code::InitialMemory]);
    let fixed = module(&format!(r#"{base} (memory (export "memory") 2 2)"#));
    let report = shown(&mut text, &Contract::default(), &fixed, &[Code::FixedMemory]);
    assert!(report.passes());
    assert!(!Contract::default().growable(true).check(&fixed).passes());
    let full = module(r#"(memory (export "memory") 2 2)"#);
    let codes = [Code::NoHeapRoom, Code::HeapBaseUnknown];
    shown(&mut text, &Contract::default(), &full, &codes);

    // The survey's problems.
    for (fields, code) in [
        ("", Code::NoMemory),
        (r#"(memory 1) (memory 2)"#, Code::SeveralMemories),
        (r#"(memory 1 2 shared)"#, Code::SharedMemory),
        (r#"(memory i64 1)"#, Code::Memory64),
        (r#"(memory 1 (pagesize 1))"#, Code::CustomPageSize),
        (r#"(memory 1) (data (i32.const 65530) "beyond the end")"#, Code::DataBeyondMemory),
        (
            r#"(memory 1) (global $sp (export "__stack_pointer") (mut i32) (i32.const 70000))"#,
            Code::StackBeyondMemory,
        ),
        (r#"(memory 1) (func (export "__heap_base") (param i32))"#, Code::HeapBaseType),
        (
            r#"(memory 1) (global (export "__heap_base") (mut i32) (i32.const 1024))"#,
            Code::HeapBaseType,
        ),
        (
            r#"(memory 1) (func (export "__heap_base") (result i32) (memory.size))"#,
            Code::HeapBaseType,
        ),
        (
            r#"(memory 1) (data (i32.const 1024) "data")
               (global (export "__heap_base") i32 (i32.const 1024))"#,
            Code::HeapBaseWrong,
        ),
        (
            r#"(memory 1) (global (export "__heap_base") i32 (i32.const 1024))
               (global (export "__stack_pointer") (mut i32) (i32.const 2048))"#,
            Code::HeapBaseWrong,
        ),
        (
            r#"(memory 1) (global (export "__heap_base") i32 (i32.const 70000))"#,
            Code::HeapBaseWrong,
        ),
        (r#"(memory 65536)"#, Code::NoHeapRoom),
    ] {
        let contract = Contract::default().policy(Matter::UnknownLayout, Policy::Allow);
        shown(&mut text, &contract, &module(fields), &[code]);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn allocators() {
    let mut text = String::new();
    let family = r#"(import "env" "malloc" (func (param i32) (result i32)))"#;
    let grows = r#"(func $dlmalloc (param i32) (result i32) (memory.grow (local.get 0)))"#;
    for (toolchain, version) in
        [("clang", "19.1.7"), ("rustc", "1.95.0"), ("Emscripten", "3.1.6"), ("zig", "0.17.1")]
    {
        let module = wasm(&format!(
            r#"(module {family} {grows} (memory (export "memory") 2)
                (global (export "__heap_base") i32 (i32.const 66576))
                (@producers (processed-by "{toolchain}" "{version}")))"#
        ));
        shown(&mut text, &Contract::default(), &module, &[Code::TwoHeaps]);
    }
    shown(&mut text, &strict(), &clang(grows), &[Code::HiddenHeap]);
    // One that the loader refuses by itself.
    let greedy = r#"(import "env" "malloc" (func (param i32) (result i32)))
        (func $sbrk (param i32) (result i32) (memory.grow (i32.sub (local.get 0) (memory.size))))"#;
    let report = shown(&mut text, &Contract::default(), &clang(greedy), &[Code::TwoHeaps]);
    assert!(!report.passes());
    let said = Contract::default().policy(Matter::SecondAllocator, Policy::Warn);
    assert!(said.check(&clang(greedy)).passes());
    let bump = r#"(func (export "greet") (result i32) (memory.grow (i32.const 1)))"#;
    shown(&mut text, &Contract::default(), &clang(bump), &[Code::HiddenHeap]);
    let legacy = r#"(func (export "malloc") (param i32) (result i32) (memory.grow (i32.const 1)))
        (func (export "free") (param i32))"#;
    shown(&mut text, &strict(), &clang(legacy), &[Code::LegacyHeap]);
    let allowed = Contract::default().policy(Matter::Legacy, Policy::Allow);
    assert!(allowed.check(&clang(legacy)).findings.is_empty());
    insta::assert_snapshot!(text);
}

#[test]
fn what_runs_first() {
    let mut text = String::new();
    shown(&mut text, &strict(), &clang("(func $start) (start $start)"), &[Code::StartFunction]);
    shown(&mut text, &strict(), &clang(r#"(func (export "_start"))"#), &[Code::CommandModule]);
    let wrapped = r#"(func $__wasm_call_ctors)
        (func (export "a") (call $__wasm_call_ctors)) (func (export "b") (call $__wasm_call_ctors))"#;
    let contract = strict().policy(Matter::ExtraExports, Policy::Allow);
    shown(&mut text, &contract, &clang(wrapped), &[Code::WrappedExports]);
    let rust = wasm(
        r#"(module (func $start) (start $start) (memory (export "memory") 17)
            (@producers (language "Rust" "") (processed-by "rustc" "1.95.0")))"#,
    );
    shown(&mut text, &strict(), &rust, &[Code::HeapBaseUnknown, Code::StartFunction]);
    insta::assert_snapshot!(text);
}

#[test]
fn initialisers_call_constructors_by_right() {
    let module = clang(
        r#"(func $__wasm_call_ctors) (func (export "_initialize") (call $__wasm_call_ctors))"#,
    );
    assert!(strict().check(&module).findings.is_empty());
}

#[test]
fn reports_on_hostile_modules_are_short() {
    let mut fields = String::new();
    for i in 0..20_000 {
        writeln!(
            fields,
            r#"(import "m{i}" "{}" (func (param {})))"#,
            "n".repeat(300),
            "i32 ".repeat(20)
        )
        .expect("writing to a string");
    }
    for i in 0..20_000 {
        writeln!(fields, r#"(export "gree{i}" (func {i}))"#).expect("writing to a string");
    }
    let contract = filter().policy(Matter::ExtraExports, Policy::Warn);
    let report = contract.check(&clang(&fields));
    assert_eq!(report.count(Severity::Error), 20_001, "{report}");
    assert_eq!(report.count(Severity::Warning), 20_000);
    assert_eq!(report.findings.len(), 2 * Report::MOST + 1);
    let text = format!("{report}\n{}", report.lines("p.wasm").join("\n"));
    assert!(text.len() < 100_000, "{} bytes", text.len());
    assert!(text.contains("error[import-not-allowed]: 19976 more"), "{text}");
}

#[test]
fn names_from_modules_cannot_break_a_line() {
    let module = clang(
        "(import \"env\" \"evil\\n\\u{202e}\\1b[31m\" (func)) (func (export \"greet\\r\\n\"))",
    );
    let report = filter().check(&module);
    assert_eq!(report.findings.len(), 2);
    for line in report.lines("p.wasm") {
        assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{202e}']), "{line:?}");
    }
    assert!(!report.to_string().contains(['\r', '\u{1b}', '\u{202e}']), "{report}");
}

#[test]
fn broken_modules_are_reported_on() {
    let whole = clang(&format!(
        r#"(import "env" "malloc" (func (param i32) (result i32)))
        (import "host" "lgo" (func (param i32 i32)))
        (func $dlmalloc (param i32) (result i32) (memory.grow (local.get 0)))
        {GREET} (data (i32.const 1024) "data") (@custom "linking" "\\02")"#
    ));
    let contract = filter().policy(Matter::ExtraExports, Policy::Warn);
    let mut failed = 0;
    for at in 0..whole.len() {
        let cut = contract.check(&whole[..at]);
        failed += u32::from(!cut.passes());
        for value in [0, 1, 0x40, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            let report = contract.check(&changed);
            assert!(report.lines("p.wasm").iter().all(|line| !line.contains('\n')), "{report}");
        }
    }
    assert!(failed > 50, "{failed} of {}", whole.len());
}

#[test]
fn codes_are_stable_names() {
    let mut ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    for id in &ids {
        assert!(
            id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{id}"
        );
    }
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
