//! Every message that people read, in one place: what happened, the value seen, the next step.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test -p hostheap-core --test messages`.

use hostheap_core::error::{
    AllocError, ConventionError, GrowError, ImportProblem, InvalidPointer, LinkError, Mismatch,
    OutOfBounds, TableError, Unsupported,
};
use hostheap_core::heap::InvalidKind;
use hostheap_core::link::ImportType;
use hostheap_core::{Error, FuncType, Trap, TrapKind, ValType};
use std::fmt::Write;

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.iter().copied(), results.iter().copied())
}

fn listing(errors: impl IntoIterator<Item = Error>) -> String {
    let mut out = String::new();
    for error in errors {
        writeln!(out, "- {error}").expect("writing to a string");
    }
    out
}

#[test]
fn traps() {
    let kinds = [
        TrapKind::Unreachable,
        TrapKind::MemoryOutOfBounds,
        TrapKind::TableOutOfBounds,
        TrapKind::IndirectCallToNull,
        TrapKind::IndirectCallTypeMismatch,
        TrapKind::IntegerDivisionByZero,
        TrapKind::IntegerOverflow,
        TrapKind::BadConversionToInteger,
        TrapKind::StackOverflow,
        TrapKind::OutOfFuel,
        TrapKind::Interrupted,
        TrapKind::Other,
    ];
    insta::assert_snapshot!(listing(kinds.map(|kind| Trap::new(kind, "its own words").into())));
}

#[test]
fn memory_and_heap() {
    let pointer = |kind| Error::InvalidPointer(InvalidPointer { offset: 0x1_2345, kind });
    insta::assert_snapshot!(listing([
        OutOfBounds { offset: 65530, len: 16, size: 65536 }.into(),
        GrowError { size: 65536, additional: 131072, max: Some(131072) }.into(),
        GrowError { size: 65536, additional: 131072, max: None }.into(),
        AllocError::OutOfMemory.into(),
        AllocError::TooLarge { requested: 1 << 33, max: 1 << 32 }.into(),
        AllocError::TooManyBlocks { max: 16 }.into(),
        AllocError::QuotaExceeded { live: 4096, requested: 64, max: 4100 }.into(),
        AllocError::BadAlignment { align: 24 }.into(),
        pointer(InvalidKind::BelowHeap { base: 0x1_8000 }),
        pointer(InvalidKind::BeyondTop { top: 0x1_0000 }),
        pointer(InvalidKind::Foreign),
        pointer(InvalidKind::Interior { block: 0x1_2300, size: 128 }),
        pointer(InvalidKind::Lent),
        pointer(InvalidKind::AlreadyFreed),
        pointer(InvalidKind::NeverAllocated),
        Error::Unbound,
        Error::Poisoned,
    ]));
}

#[test]
fn links() {
    let import = |wanted, offered| ImportProblem {
        module: "host".into(),
        name: "log".into(),
        wanted,
        offered,
    };
    let missing = import(ImportType::Func(ty(&[I32, I32], &[])), None);
    let differs = import(ImportType::Func(ty(&[I32, I32], &[])), Some(ty(&[I32], &[])));
    let global = import(ImportType::Other("global"), None);
    let accepted = vec![
        (ty(&[I32, I32], &[I64]), "uint64_t greet(const char *, size_t)".to_owned()),
        (ty(&[I32, I32], &[I32, I32]), "struct pair greet(const char *, size_t)".to_owned()),
    ];
    let export = |kind, available: &[&str]| LinkError::MissingExport {
        name: "greet".into(),
        kind,
        available: available.iter().map(|&name| name.to_owned()).collect(),
    };
    let many: Vec<String> = (0..20).map(|i| format!("f{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    insta::assert_snapshot!(listing([
        LinkError::DuplicateImport { module: "host".into(), name: "log".into() }.into(),
        LinkError::Imports(vec![missing.clone()]).into(),
        LinkError::Imports(vec![missing, differs, global]).into(),
        export("function", &["great", "gree"]).into(),
        export("function", &many).into(),
        export("memory", &[]).into(),
        export("function table", &[]).into(),
        LinkError::ExportKind {
            name: "greet".into(),
            expected: "function",
            found: "immutable global i32".into(),
        }
        .into(),
        LinkError::ExportType {
            name: "add".into(),
            expected: ty(&[I32], &[I32]),
            found: ty(&[I32, I32], &[I32]),
        }
        .into(),
        LinkError::ExportSignature {
            name: "greet".into(),
            found: ty(&[], &[]),
            accepted: accepted.clone(),
        }
        .into(),
        LinkError::PointerSignature {
            index: 3,
            found: ty(&[I32], &[I32]),
            accepted: vec![(ty(&[I32, I32], &[I32]), "int32_t (*f)(int32_t, int32_t)".to_owned(),)],
        }
        .into(),
        LinkError::PointerSignature {
            index: 3,
            found: ty(&[], &[]),
            accepted: vec![
                (
                    ty(&[I32, I32], &[I64]),
                    "uint64_t (*f)(const char *, size_t) /* (uint64_t)pointer << 32 | length */"
                        .to_owned(),
                ),
                (
                    ty(&[I32, I32, I32], &[]),
                    "struct { char *ptr; size_t len; } (*f)(const char *, size_t)".to_owned(),
                ),
            ],
        }
        .into(),
        LinkError::ImportSignature {
            module: "host".into(),
            name: "greet".into(),
            found: ty(&[], &[]),
            accepted: accepted[..1].to_vec(),
        }
        .into(),
        LinkError::GlobalType { name: "level".into(), expected: I64, found: I32 }.into(),
        LinkError::ImmutableGlobal { name: "level".into() }.into(),
        Mismatch::ModuleOfOtherEngine.into(),
        Mismatch::StoreOfOtherEngine.into(),
        Mismatch::InstanceOfOtherStore.into(),
        Mismatch::FunctionOfOtherStore.into(),
        Unsupported { backend: "wasmi", what: "reserving address space".into() }.into(),
    ]));
}

#[test]
fn tables() {
    insta::assert_snapshot!(listing([
        TableError::Unbound.into(),
        TableError::OutOfBounds { index: 70000, size: 3 }.into(),
        TableError::Null { index: 0 }.into(),
        TableError::Null { index: 7 }.into(),
        TableError::Type { index: 2, expected: ty(&[I32, I32], &[I32]), found: ty(&[I32], &[]) }
            .into(),
        TableError::Grow { size: 3, by: 1, max: Some(3) }.into(),
        TableError::Grow { size: 3, by: 1, max: None }.into(),
    ]));
}

#[test]
fn convention() {
    insta::assert_snapshot!(listing([
        ConventionError::ArgumentsTooLarge { bytes: 5_000_000_000 }.into(),
        ConventionError::TooLong { len: 300, max: 256 }.into(),
        ConventionError::ResultNotInBlock { offset: 0x2_0000, len: 5 }.into(),
        ConventionError::ResultOverrunsBlock {
            offset: 0x2_0000,
            len: 50,
            block: 0x2_0000,
            size: 48
        }
        .into(),
        ConventionError::TooDeep { max: 64 }.into(),
        ConventionError::NotUtf8 { offset: 0x2_0000, len: 5, valid_up_to: 2 }.into(),
        ConventionError::Misaligned { offset: 0x2_0001, align: 8, of: "struct point" }.into(),
        ConventionError::InvalidBits { offset: 0x2_0008, of: "bool" }.into(),
        ConventionError::InvalidBits { offset: 0x2_0000, of: "struct item" }.into(),
        ConventionError::NotTerminated { offset: 0x2_0000, searched: 16 }.into(),
        ConventionError::NullPointer { of: "struct point" }.into(),
        ConventionError::Stale { offset: 0x2_0010 }.into(),
        ConventionError::StaleCallback { index: 9 }.into(),
        ConventionError::NotChar { value: 0xd800 }.into(),
        ConventionError::WrongCount { expected: 2, given: 3 }.into(),
        ConventionError::WrongArgument {
            number: 2,
            expected: "times: u8".into(),
            given: "the i32 300".into(),
        }
        .into(),
        ConventionError::WrongResult {
            expected: "vec<struct point>".into(),
            given: "a size of 0 bytes".into(),
        }
        .into(),
        ConventionError::WrongResult { expected: "string".into(), given: "nothing".into() }.into(),
        ConventionError::NoParameter { number: 3, of: 2 }.into(),
        ConventionError::AlreadyTaken { number: 1 }.into(),
    ]));
}

#[test]
fn an_error_of_ours_with_context_keeps_both() {
    let error = anyhow::Error::new(Error::Poisoned).context("while greeting");
    let error = Error::host(error);
    assert_eq!(error.to_string(), "while greeting");
    let source = std::error::Error::source(&error).expect("what it happened to");
    assert!(matches!(source.downcast_ref(), Some(Error::Poisoned)));
}

#[test]
fn a_host_error_that_is_ours_comes_back_as_itself() {
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(Error::Poisoned);
    assert!(matches!(Error::host(boxed), Error::Poisoned));
    let Error::Host(other) = Error::host("a message") else { panic!("a message is foreign") };
    assert_eq!(other.to_string(), "a message");
}
