//! A hundred thousand of everything, and names of a megabyte: an answer comes back, and takes memory
//! in proportion to the module.

#[path = "module_common/digest.rs"]
mod digest;
#[path = "module_common/work.rs"]
mod work;

use digest::digest;
use hostheap_core::module::{ModuleError, ModuleInfo};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, Module, NameMap, NameSection, ProducersField, ProducersSection,
    TypeSection, ValType,
};
use work::in_proportion;

/// Characters that would break a message.
const BREAKING: [char; 3] = ['\n', '\u{1b}', '\u{202e}'];

const MANY: u32 = 100_000;
const PAGE: u64 = 1 << 16;

const MUTABLE: GlobalType = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
const CONSTANT: GlobalType = GlobalType { mutable: false, ..MUTABLE };

fn memory(pages: u64) -> MemorySection {
    let mut memory = MemorySection::new();
    memory.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memory
}

/// A module with two globals: 66592, which can be a stack pointer, and 70000, a constant.
fn module(pages: u64, exports: &ExportSection, data: &DataSection) -> Module {
    let mut globals = GlobalSection::new();
    globals.global(MUTABLE, &ConstExpr::i32_const(66592));
    globals.global(CONSTANT, &ConstExpr::i32_const(70000));
    let mut module = Module::new();
    module.section(&memory(pages)).section(&globals).section(exports).section(data);
    module
}

/// Everything there is to ask, within bounds.
fn ask(module: Module) -> Result<ModuleInfo, ModuleError> {
    let wasm = module.finish();
    in_proportion(&wasm);
    digest(&wasm)
}

#[test]
fn exports() {
    let mut exports = ExportSection::new();
    for n in 0..MANY {
        exports.export(&format!("{n:x}"), ExportKind::Global, n % 2);
    }
    exports.export("__heap_base", ExportKind::Global, 1);
    let info = ask(module(2, &exports, &DataSection::new())).unwrap();
    assert_eq!(info.layout().heap_base, 70000);
    assert_eq!(info.exports().len(), MANY as usize + 1);
}

/// No runtime accepts them, but that is for it to say.
#[test]
fn exports_of_one_name() {
    for (name, kind) in [("", ExportKind::Memory), ("memory", ExportKind::Memory)] {
        let mut exports = ExportSection::new();
        (0..MANY).for_each(|_| _ = exports.export(name, kind, 0));
        let info = ask(module(2, &exports, &DataSection::new())).unwrap();
        assert_eq!(info.memory().exported_as.as_deref(), Some(name));
    }
    let mut exports = ExportSection::new();
    (0..MANY).for_each(|n| _ = exports.export("__heap_base", ExportKind::Global, (n + 1) % 2));
    // The first counts.
    let info = ask(module(2, &exports, &DataSection::new())).unwrap();
    assert_eq!(info.layout().heap_base, 70000);
}

#[test]
fn segments() {
    let mut data = DataSection::new();
    // From the last to the first, with holes between them.
    (0..MANY).rev().for_each(|n| {
        data.active(0, &ConstExpr::i32_const(1024 + 10 * n.cast_signed()), *b"data");
    });
    let end = 1024 + 10 * (MANY - 1) + 4;
    let info = ask(module(64, &ExportSection::new(), &data)).unwrap();
    let layout = info.layout();
    assert_eq!((layout.data_start, layout.data_end), (Some(1024), Some(end)));
    assert_eq!(u64::from(layout.heap_base), 64 * PAGE);

    let mut empty = DataSection::new();
    (0..MANY).for_each(|_| _ = empty.active(0, &ConstExpr::i32_const(7), *b""));
    assert_eq!(ask(module(2, &ExportSection::new(), &empty)).unwrap().layout().data_end, None);

    let mut passive = DataSection::new();
    (0..MANY).for_each(|_| _ = passive.passive(*b"data"));
    assert!(!ask(module(2, &ExportSection::new(), &passive)).unwrap().layout().data_known);

    data.active(0, &ConstExpr::i32_const(-1), *b"xy");
    assert!(matches!(
        ask(module(64, &ExportSection::new(), &data)),
        Err(ModuleError::DataBeyondMemory { segment: MANY, .. })
    ));
}

/// Each is the one before: nobody may follow the chain anew for each.
#[test]
fn globals() {
    let mut globals = GlobalSection::new();
    globals.global(CONSTANT, &ConstExpr::i32_const(66592));
    (0..MANY).for_each(|n| _ = globals.global(CONSTANT, &ConstExpr::global_get(n)));
    let mut exports = ExportSection::new();
    exports.export("__heap_base", ExportKind::Global, MANY);
    let mut module = Module::new();
    module.section(&memory(2)).section(&globals).section(&exports);
    assert_eq!(ask(module).unwrap().layout().heap_base, 66592);
}

#[test]
fn imports() {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 8], []);
    let mut imports = ImportSection::new();
    (0..MANY).for_each(|_| _ = imports.import("env", "malloc", EntityType::Function(0)));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&memory(2));
    assert_eq!(ask(module).unwrap().imports().len(), MANY as usize);
}

/// Each calls the next, and all are named like allocators.
#[test]
fn functions() {
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut exports = ExportSection::new();
    let mut map = NameMap::new();
    for n in 0..MANY {
        functions.function(0);
        let mut function = Function::new([]);
        function.instruction(&Instruction::Call((n + 1) % MANY)).instruction(&Instruction::End);
        code.function(&function);
        exports.export("dlmalloc", ExportKind::Func, n);
        map.append(n, "dlmalloc");
    }
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut names = NameSection::new();
    names.functions(&map);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memory(2)).section(&exports);
    module.section(&code).section(&names);
    assert_eq!(u64::from(ask(module).unwrap().layout().heap_base), 2 * PAGE);
}

/// A module with these names: data from 1024 to 1028, so that the stack pointer may be the base.
fn named(write: impl FnOnce(&mut NameSection)) -> ModuleInfo {
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(1024), *b"data");
    let mut module = module(2, &ExportSection::new(), &data);
    let mut names = NameSection::new();
    write(&mut names);
    module.section(&names);
    ask(module).unwrap()
}

#[test]
fn names() {
    let stack_pointers = named(|names| {
        let mut map = NameMap::new();
        (0..MANY).for_each(|n| map.append(n, "__stack_pointer"));
        names.globals(&map);
    });
    assert_eq!(stack_pointers.layout().stack_pointer, None);
    let others = named(|names| {
        let mut map = NameMap::new();
        (1..MANY).for_each(|n| map.append(n, "g"));
        names.globals(&map);
        let mut map = NameMap::new();
        map.append(0, "__stack_pointer");
        names.globals(&map);
        (0..MANY).for_each(|_| names.module("m"));
    });
    assert_eq!((others.layout().heap_base, others.name()), (66592, Some("m")));
}

#[test]
fn sections() {
    let mut module = module(2, &ExportSection::new(), &DataSection::new());
    for name in ["name", "producers", "linking", "other"] {
        for _ in 0..MANY / 4 {
            module.section(&CustomSection { name: name.into(), data: [].as_slice().into() });
        }
    }
    assert!(ask(module).is_ok());
}

/// Texts of this many bytes, of what breaks lines and terminals.
fn texts(bytes: usize) -> impl Iterator<Item = String> {
    let fillings = ["x", "\n", "\u{1b}[2J", "\u{202e}", "💥"];
    fillings.into_iter().map(move |filling| filling.repeat(bytes / filling.len()))
}

/// Modules that have this text as a name of everything: in the name section, as an export, and as
/// import and tools.
fn called(text: &str) -> [Module; 3] {
    let mut named = module(2, &ExportSection::new(), &DataSection::new());
    let mut names = NameSection::new();
    names.module(text);
    let mut map = NameMap::new();
    map.append(0, text);
    names.functions(&map);
    names.globals(&map);
    named.section(&names);

    let mut exports = ExportSection::new();
    exports.export(text, ExportKind::Memory, 0);
    exports.export("__stack_pointer", ExportKind::Global, 0);
    let exporting = module(2, &exports, &DataSection::new());

    let mut imports = ImportSection::new();
    let ty = MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    imports.import(text, text, EntityType::Memory(ty));
    let mut tools = ProducersField::new();
    tools.value("clang", text).value(text, text);
    let mut producers = ProducersSection::new();
    producers.field("processed-by", &tools);
    let mut importing = Module::new();
    importing.section(&imports).section(&producers);
    [named, exporting, importing]
}

/// The parser takes names up to 100,000 bytes, as browsers do.
#[test]
fn names_of_a_megabyte() {
    for text in texts(1 << 20) {
        let [named, exporting, importing] = called(&text);
        // In a custom section it is nobody's business.
        let info = ask(named).unwrap();
        assert_eq!((info.name(), u64::from(info.layout().heap_base)), (None, 2 * PAGE));
        for module in [exporting, importing] {
            let error = ask(module).unwrap_err().to_string();
            assert!(error.starts_with("malformed module: string size out of bounds"), "{error}");
        }
    }
}

/// No message grows with them, and no character in them breaks a line: `digest` sees to that.
#[test]
fn names_of_a_hundred_thousand_bytes() {
    for text in texts(99_999) {
        let [named, exporting, importing] = called(&text);
        assert_eq!(ask(named).unwrap().name(), Some(&*text));
        assert_eq!(ask(importing).unwrap().producers().processed_by.len(), 2);
        let info = ask(exporting).unwrap();
        assert_eq!(info.memory().exported_as.as_ref(), Some(&text));
        let error = info.export_func(&text).unwrap_err().to_string();
        assert!(error.len() < 2000 && !error.contains(BREAKING), "{} bytes: {error}", error.len());
        // The flag in this one has the name that the host itself asked for.
        let error = info.export_func(&format!("{text}?")).unwrap_err().to_string();
        assert!(!error.contains(BREAKING), "{error:?}");
    }
}
