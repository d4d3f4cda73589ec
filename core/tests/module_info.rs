//! What is read from a module, and what is refused before anything else.

mod module_common;

use hostheap_core::module::{ExternType, ModuleError, ModuleInfo};
use hostheap_core::{FuncType, ValType};

fn parse(text: &str) -> Result<ModuleInfo, ModuleError> {
    ModuleInfo::parse(&wat::parse_str(text).expect("test module"))
}

fn message(text: &str) -> String {
    parse(text).expect_err("refused").to_string()
}

fn module(name: &str) -> ModuleInfo {
    let modules = module_common::modules();
    let (_, wasm) = modules.iter().find(|(n, _)| *n == name).expect("a module of that name");
    ModuleInfo::parse(wasm).expect("a valid module")
}

#[test]
fn ordinary_module_is_known() {
    let info = module("ordinary");
    let imports: Vec<String> =
        info.imports().iter().map(|i| format!("{}.{}: {}", i.module, i.name, i.ty)).collect();
    assert_eq!(imports, ["env.malloc: function (i32) -> i32", "env.free: function (i32) -> ()"]);
    let exports: Vec<String> =
        info.exports().iter().map(|e| format!("{}: {}", e.name, e.ty)).collect();
    assert_eq!(
        exports,
        [
            "memory: memory of 131072 bytes",
            "__data_end: immutable global i32",
            "__heap_base: immutable global i32",
            "greet: function (i32, i32) -> i64",
            "heap_base: function () -> i32",
        ]
    );
    assert_eq!(info.memory().min_bytes, 131072);
    assert_eq!(info.memory().max_bytes, None);
    assert_eq!(info.memory().imported, None);
    assert_eq!(info.memory().exported_as.as_deref(), Some("memory"));
    assert!(!info.has_start());
    assert_eq!(info.name(), Some("plugin"));
    let producers = info.producers();
    assert_eq!(producers.languages[0].to_string(), "C11");
    assert_eq!(producers.processed_by[0].to_string(), "clang 19.1.7");
    assert_eq!(producers.sdks[0].to_string(), "Emscripten 6.0.9");
}

#[test]
fn every_kind_of_import_is_known() {
    let info = module("everything to do");
    let types: Vec<String> = info.imports().iter().map(|i| i.ty.to_string()).collect();
    assert_eq!(
        types,
        [
            "function (i32, i32) -> i32",
            "memory of 131072 bytes, at most 589824",
            "immutable global i32",
            "table",
        ]
    );
    assert_eq!(info.memory().imported, Some(("env".to_string(), "memory".to_string())));
    assert!(info.has_start());
    assert_eq!(info.export("get"), Some(&ExternType::Global { ty: ValType::I32, mutable: false }));
    assert_eq!(info.export("none"), None);
}

#[test]
fn reference_and_vector_types_are_named() {
    let info = parse(r#"(module (memory 1) (func (export "f") (param v128 externref f32 f64)))"#);
    let info = info.unwrap();
    let expected = FuncType::new([ValType::V128, ValType::Ref, ValType::F32, ValType::F64], []);
    assert_eq!(info.export_func("f"), Ok(&expected));
}

#[test]
fn globals_of_every_type_are_read() {
    let info = parse(
        r#"(module (memory 1)
            (global (export "vector") v128 (v128.const i32x4 1 2 3 4))
            (global (export "reference") (mut externref) (ref.null extern))
            (global (export "float") f64 (f64.const 0.5)))"#,
    );
    let info = info.unwrap();
    let types: Vec<String> = info.exports().iter().map(|e| e.ty.to_string()).collect();
    assert_eq!(types, ["immutable global v128", "mutable global ref", "immutable global f64"]);
}

#[test]
fn name_memory_is_preferred_among_several() {
    let info = parse(r#"(module (memory (export "a") (export "memory") 1))"#).unwrap();
    assert_eq!(info.memory().exported_as.as_deref(), Some("memory"));
}

#[test]
fn missing_export_names_similar_ones() {
    let missing = |text: &str, name: &str| {
        parse(text).unwrap().export_func(name).expect_err("missing").to_string()
    };
    let few =
        r#"(module (memory (export "memory") 1) (func (export "greet")) (func (export "add")))"#;
    assert_eq!(
        missing(few, "gret"),
        "the module exports no function `gret`; it exports `greet`: export it with \
         `-Wl,--export=gret`, or in Rust with `#[unsafe(no_mangle)] pub extern \"C\" fn`"
    );
    assert!(missing(few, "Greet").contains("it exports `greet`:"));
    assert!(missing(few, "_add").contains("it exports `add`:"));
    assert!(missing(few, "subtract").contains("it exports `greet` and `add`:"));
    assert!(missing("(module (memory 1))", "f").contains(", nor one of a similar name:"));
    assert_eq!(
        missing(few, "memory"),
        "export `memory`: expected a function, found memory of 65536 bytes"
    );

    let mangled = r#"(module (memory 1) (func (export "_Z5greetPKc")))"#;
    assert_eq!(
        missing(mangled, "greet"),
        "the module exports no function `greet`; it exports `_Z5greetPKc`: declare the function \
         `extern \"C\"`"
    );

    let many: String = (0..100).map(|n| format!("(func (export \"operation{n}\"))")).collect();
    let many = format!("(module (memory 1) {many})");
    assert!(missing(&many, "unrelated").contains(", nor one of a similar name:"));
    assert!(missing(&many, "operation100").contains("it exports `operation10`, `operation0`, "));
}

#[test]
fn hostile_names_stay_on_one_short_line() {
    let name = format!("a\\n\\1b[31m\\u{{202e}}{}", "x".repeat(5000));
    let text = format!(r#"(module (memory (export "{name}") 1) (func (export "{name}2")))"#);
    let info = parse(&text).unwrap();
    let name = info.memory().exported_as.clone().unwrap();
    let message = info.export_func(&name).unwrap_err().to_string();
    assert!(message.starts_with(r"export `a\n\u{1b}[31m\u{202e}xxx"), "{message}");
    assert!(message.len() < 250 && message.contains("x…`"), "{message}");
    let message = info.export_func("f").unwrap_err().to_string();
    assert!(message.len() < 400 && !message.contains('\n'), "{message}");
}

#[test]
fn other_bytes_are_told_apart() {
    let message = |bytes: &[u8]| ModuleInfo::parse(bytes).expect_err("no module").to_string();
    assert_eq!(message(b""), "not a WebAssembly module: there are no bytes");
    assert_eq!(
        message(b"(module)"),
        "not a WebAssembly module: the bytes start with 28 6d 6f 64 75 6c 65 29 instead of 00 61 73 \
         6d; this looks like the text format: assemble it first (`wat2wasm`, `wat::parse_bytes`)"
    );
    assert!(message(b"\n  (module").ends_with("(`wat2wasm`, `wat::parse_bytes`)"));
    assert!(message(b"\x1f\x8b\x08").ends_with("this looks like gzip: decompress it first"));
    assert!(message(b"\x28\xb5\x2f\xfd").contains("zstd"));
    assert!(message(b"!<arch>\n").contains("static library"));
    assert!(message(b"BC\xc0\xde").contains("LLVM bitcode"));
    assert!(message(b"\x7fELF").ends_with("compile with --target=wasm32"));
    assert!(
        message(b"\0as")
            .ends_with("00 61 73 instead of 00 61 73 6d; pass the contents of a `.wasm` file")
    );
    assert!(message(b"\0asm\x02\0\0\0").starts_with("malformed module: unknown binary version"));
    assert!(message(b"\0asm").starts_with("malformed module: "));
}

#[test]
fn component_is_refused() {
    assert_eq!(
        message("(component)"),
        "this is a component, not a core module: build for wasm32-unknown-unknown or wasm32-wasip1 \
         instead of wasm32-wasip2, and leave out `wasm-tools component new`"
    );
}

#[test]
fn object_file_is_refused() {
    let object =
        r#"(module (import "env" "__linear_memory" (memory 0)) (@custom "linking" "\02"))"#;
    assert_eq!(
        message(object),
        "this is an object file, not a module: link it, for instance with `wasm-ld --no-entry \
         --export=__heap_base` or by leaving out `-c`"
    );
    // `--emit-relocs` leaves the section in a finished module.
    assert!(parse(r#"(module (memory 1) (@custom "linking" "\02"))"#).is_ok());
}

#[test]
fn memory_must_be_one_and_ordinary() {
    assert_eq!(
        message("(module)"),
        "the module has no linear memory, so there is nowhere to put a heap: let the linker define \
         one (wasm-ld does by default), or write `(memory (export \"memory\") 1)`"
    );
    for two in [
        r#"(module (memory 1) (memory 1))"#,
        r#"(module (import "env" "memory" (memory 1)) (memory 1) (data (memory 1) (i32.const 0) "x"))"#,
    ] {
        assert_eq!(
            message(two),
            "the module has 2 linear memories, but a heap needs exactly one: link without \
             multi-memory"
        );
    }
    assert_eq!(
        message("(module (memory 1 2 shared))"),
        "the memory is shared, which is not supported: build without -pthread and \
         -Wl,--shared-memory"
    );
    assert_eq!(
        message("(module (memory i64 1))"),
        "the memory has 64-bit addresses, which is not supported: build for wasm32 instead of \
         wasm64, without -sMEMORY64"
    );
    for pages in ["1 ", "65536"] {
        let page_bytes = pages.trim();
        assert_eq!(
            message(&format!("(module (memory 1 (pagesize {pages})))")),
            format!(
                "the memory has pages of {page_bytes} bytes, but only the standard memory type with \
                 65536 is supported: link without -Wl,--page-size"
            )
        );
    }
}

#[test]
fn errors_are_errors() {
    fn takes(error: impl std::error::Error + Clone + PartialEq + Send + Sync + 'static) {
        assert!(!error.to_string().is_empty());
    }
    takes(ModuleError::NoMemory);
    takes(parse("(module (memory 1))").unwrap().export_func("f").unwrap_err());
}

#[test]
fn error_is_small() {
    assert!(size_of::<ModuleError>() <= 80, "{}", size_of::<ModuleError>());
}
