//! Modules that lie about their layout, or state it in ways that no linker does: each gets a typed
//! error or an answer that does no harm.

#[path = "module_common/asked.rs"]
mod asked;
#[path = "module_common/digest.rs"]
mod digest;

use asked::{error, layout};
use digest::digest;
use hostheap_core::module::{Certainty, ModuleError, PassedOver};
use wasm_encoder::{
    ConstExpr, GlobalSection, GlobalType, MemorySection, MemoryType, Module, ValType,
};

const PAGE: u32 = 1 << 16;

#[test]
fn heap_base_of_another_type_is_refused_with_the_type_it_has() {
    for (export, found) in [
        (r#"(memory (export "__heap_base") 1 7)"#, "memory of 65536 bytes, at most 458752"),
        (
            r#"(memory 1) (func (export "__heap_base") (param i32) (result i32) (i32.const 1024))"#,
            "function (i32) -> i32",
        ),
        (
            r#"(memory 1) (func (export "__heap_base") (result i64) (i64.const 1024))"#,
            "function () -> i64",
        ),
        (
            r#"(memory 1) (func (export "__heap_base") (result i32 i32)
                (i32.const 1024) (i32.const 1024))"#,
            "function () -> (i32, i32)",
        ),
        (
            r#"(memory 1) (global (export "__heap_base") f32 (f32.const 1024))"#,
            "immutable global f32",
        ),
        (
            r#"(memory 1) (global (export "__heap_base") (mut i64) (i64.const 1))"#,
            "mutable global i64",
        ),
        (
            r#"(memory 1) (global (export "__heap_base") funcref (ref.null func))"#,
            "immutable global ref",
        ),
        (r#"(memory 1) (tag (export "__heap_base"))"#, "tag"),
    ] {
        assert_eq!(
            error(&format!("(module {export})")).to_string(),
            format!(
                "export `__heap_base`: expected an immutable global i32 or a function () -> i32, \
                 found {found}; let the linker export its own (-Wl,--export=__heap_base)"
            )
        );
    }
}

#[test]
fn negative_heap_base_is_a_large_one() {
    for (memory, value) in [("1", -16), ("1 65536", -16), ("65535", -1), ("1", i32::MIN)] {
        let text = format!(
            r#"(module (memory {memory}) (global (export "__heap_base") i32 (i32.const {value})))"#
        );
        let heap_base = value.cast_unsigned();
        assert!(
            matches!(error(&text), ModuleError::HeapBaseBeyondMemory { heap_base: found, .. }
                if found == heap_base),
            "{text}"
        );
    }
    let text = r#"(module (memory 1)
        (func (export "heap_base") (result i32) (i32.sub (i32.const 0) (i32.const 16))))"#;
    assert_eq!(
        error(text).to_string(),
        "export `heap_base` = 4294967280 lies beyond the memory of 65536 bytes: export the linker's \
         own value (-Wl,--export=__heap_base)"
    );
}

#[test]
fn imported_heap_base_is_refused_also_when_it_can_be_assigned() {
    let immutable = error(
        r#"(module (import "env" "__heap_base" (global i32)) (memory 1)
            (export "__heap_base" (global 0)))"#,
    );
    assert!(matches!(immutable, ModuleError::HeapBaseNotConstant { .. }));
    let mutable = error(
        r#"(module (import "env" "__heap_base" (global (mut i32))) (memory 1)
            (export "__heap_base" (global 0)))"#,
    );
    assert!(matches!(mutable, ModuleError::HeapBaseMutable { .. }));
    // One that is only imported tells nothing, and is nobody's claim.
    let unused = layout(
        r#"(module (import "env" "__heap_base" (global i32)) (memory 2)
            (func (export "heap_base") (result i32) (global.get 0)))"#,
    );
    assert_eq!(unused.heap_base, 2 * PAGE);
    let name = "heap_base".to_string();
    assert_eq!(unused.passed_over[0], PassedOver::FunctionNotConstant { name });
}

#[test]
fn heap_base_that_depends_on_an_import_is_refused() {
    for init in [
        "(global.get 0)",
        "(i32.add (global.get 0) (i32.const 1024))",
        "(i32.mul (global.get 0) (i32.const 0))",
    ] {
        let error = error(&format!(
            r#"(module (import "env" "base" (global i32)) (memory 1)
                (global (export "__heap_base") i32 {init}))"#
        ));
        assert!(matches!(error, ModuleError::HeapBaseNotConstant { .. }), "{init}");
    }
}

#[test]
fn heap_base_at_the_very_edges_of_data_and_stack_is_accepted_and_one_less_is_not() {
    let text = |base: u32| {
        format!(
            r#"(module (memory 2) (global (export "__stack_pointer") (mut i32) (i32.const 66592))
                (global (export "__heap_base") i32 (i32.const {base}))
                (data (i32.const 1024) "data"))"#
        )
    };
    assert_eq!(layout(&text(66592)).heap_base, 66592);
    let below = error(&text(66591));
    assert!(matches!(below, ModuleError::HeapBaseBelowStack { heap_base: 66591, .. }));
    // Below the data as well as below the stack: the data is what is destroyed first.
    let data = error(&text(1027));
    assert!(matches!(data, ModuleError::HeapBaseBelowData { data_end: 1028, .. }));
}

/// Neither layout that linkers make, whatever is claimed about the end of the data.
#[test]
fn stack_that_ends_inside_the_data_leaves_the_end_of_the_memory() {
    for stack_pointer in [1025, 1026, 1027] {
        let layout = layout(&format!(
            r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const {stack_pointer}))
                (global (export "__data_end") i32 (i32.const 2000))
                (data (i32.const 1024) "data"))"#
        ));
        assert_eq!((layout.heap_base, layout.certainty()), (2 * PAGE, Certainty::Bounded));
    }
}

#[test]
fn heap_base_between_pieces_of_data_is_refused() {
    for base in [16, 1024, 1030, 4095, 4099] {
        let error = error(&format!(
            r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const {base}))
                (data (i32.const 4096) "data") (data (i32.const 1024) "data"))"#
        ));
        assert!(matches!(error, ModuleError::HeapBaseBelowData { data_end: 4100, .. }), "{base}");
    }
}

#[test]
fn segments_may_overlap_and_repeat() {
    let layout = layout(
        r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 1040))
            (data (i32.const 1024) "0123456789abcdef") (data (i32.const 1024) "0123456789abcdef")
            (data (i32.const 1028) "") (data (i32.const 1020) "0123456789abcdef"))"#,
    );
    assert_eq!((layout.data_start, layout.data_end), (Some(1020), Some(1040)));
    assert_eq!(layout.heap_base, 1040);
}

#[test]
fn empty_segment_may_start_at_the_end_of_the_memory_and_not_beyond() {
    let at = |at: u32| format!(r#"(module (memory 1) (data (i32.const {at}) ""))"#);
    assert_eq!(layout(&at(PAGE)).data_end, None);
    for beyond in [PAGE + 1, u32::MAX] {
        assert_eq!(
            error(&at(beyond)),
            ModuleError::DataBeyondMemory {
                segment: 0,
                end: beyond.into(),
                memory_bytes: PAGE.into()
            }
        );
    }
    // A memory of nothing has room for nothing.
    assert_eq!(layout(r#"(module (memory 0) (data (i32.const 0) ""))"#).heap_base, 16);
    let one = error(r#"(module (memory 0) (data (i32.const 0) "x"))"#);
    assert!(matches!(one, ModuleError::DataBeyondMemory { end: 1, memory_bytes: 0, .. }));
}

#[test]
fn the_segment_named_as_beyond_the_memory_is_the_one_that_ends_last() {
    let error = error(
        r#"(module (memory 1) (data (i32.const 65530) "0123456789") (data (i32.const 70000) "x")
            (data (i32.const 65536) "x"))"#,
    );
    assert_eq!(
        error.to_string(),
        "data segment 1 ends at 70001, beyond the memory of 65536 bytes: raise the initial memory \
         (-Wl,--initial-memory=131072)"
    );
}

#[test]
fn offsets_of_segments_wrap_as_they_do_in_the_runtime() {
    for (offset, start) in [
        ("(i32.add (i32.const -1) (i32.const 1025))", 1024),
        ("(i32.sub (i32.const 0) (i32.const -1024))", 1024),
        ("(i32.mul (i32.const 0x10001) (i32.const 0x10001))", 0x20001),
        ("(i32.add (global.get $known) (i32.const 24))", 1024),
    ] {
        let layout = layout(&format!(
            r#"(module (memory 4) (global $known i32 (i32.const 1000)) (data (offset {offset}) "x"))"#
        ));
        assert_eq!(layout.data_start, Some(start), "{offset}");
        assert!(layout.data_known);
    }
    let beyond = error(
        r#"(module (memory 4) (data (offset (i32.sub (i32.const 0) (i32.const 1))) "0123"))"#,
    );
    assert!(matches!(beyond, ModuleError::DataBeyondMemory { end: 0x1_0000_0003, .. }));
}

#[test]
fn segment_of_unknown_place_leaves_the_end_of_the_memory() {
    for offset in [
        "(global.get $imported)",
        "(i32.add (global.get $imported) (i32.const 1024))",
        "(i32.mul (i32.const 0) (global.get $imported))",
    ] {
        let layout = layout(&format!(
            r#"(module (global $imported (import "env" "__memory_base") i32) (memory 2)
                (global $__stack_pointer (mut i32) (i32.const 66592))
                (data (i32.const 1024) "known") (data (offset {offset}) "unknown"))"#
        ));
        assert_eq!(layout.heap_base, 2 * PAGE, "{offset}");
        assert_eq!(layout.certainty(), Certainty::Fallback);
        assert_eq!((layout.data_end, layout.data_known), (Some(1029), false));
        assert_eq!(layout.passed_over[1], PassedOver::DataUnknown { segment: 1 });
    }
    // No runtime accepts these, but that is for it to say; the answer is as safe.
    for invalid in ["(global.get $mutable)", "(i64.const 1024)", "(global.get 99)", ""] {
        let text = format!(
            r#"(module (memory 2) (global $mutable (mut i32) (i32.const 1024))
                (global $__stack_pointer (mut i32) (i32.const 66592))
                (data (offset {invalid}) "unknown"))"#
        );
        assert_eq!(layout(&text).heap_base, 2 * PAGE, "{invalid}");
    }
}

#[test]
fn data_up_to_the_last_byte_of_4_gib_leaves_no_room() {
    let data = r#"(data (i32.const -1) "x")"#;
    for memory in ["65536", "65536 65536"] {
        let full = error(&format!("(module (memory {memory}) {data})"));
        assert_eq!(full, ModuleError::NoRoom { memory_bytes: 1 << 32 });
    }
    let over = error(r#"(module (memory 65536) (data (i32.const -1) "xy"))"#);
    assert_eq!(
        over.to_string(),
        "data segment 0 ends at 4294967297, beyond the memory of 4294967296 bytes: lower the \
         address of the data (-Wl,--global-base): a 32-bit memory cannot be larger"
    );
}

#[test]
fn memory_of_4_gib_has_room_only_above_a_known_base() {
    for memory in ["65536", "65536 65536"] {
        let full = error(&format!("(module (memory {memory}))"));
        assert_eq!(full, ModuleError::NoRoom { memory_bytes: 1 << 32 });
        let stack_last = format!(
            r#"(module (memory {memory}) (global $__stack_pointer (mut i32) (i32.const 66592))
                (data (i32.const 1024) "x"))"#
        );
        let info = digest(&wat::parse_str(stack_last).unwrap());
        // The limit of the tests' own options is refused; nothing else is.
        assert_eq!(info.unwrap().heap_room(), (1 << 32) - 66592);
        let top = format!(
            r#"(module (memory {memory}) (global $__stack_pointer (mut i32) (i32.const -15))
                (data (i32.const 1024) "x"))"#
        );
        assert_eq!(error(&top), ModuleError::NoRoom { memory_bytes: 1 << 32 });
    }
    let whole =
        layout(r#"(module (memory 65535) (data (i32.const 0xfffefff0) "0123456789abcdef"))"#);
    assert_eq!((whole.heap_base, whole.data_end), (0xffff_0000, Some(0xffff_0000)));
}

#[test]
fn memory_of_4_gib_with_an_allocator_inside_has_no_room_for_another() {
    let module = |pages: u32| {
        format!(
            r#"(module (memory {pages}) (global (export "__heap_base") i32 (i32.const 66592))
                (func (drop (memory.grow (i32.const 1)))))"#
        )
    };
    assert_eq!(error(&module(65536)), ModuleError::NoRoom { memory_bytes: 1 << 32 });
    let info = digest(&wat::parse_str(module(65535)).unwrap()).unwrap();
    assert_eq!((info.heap_start(), info.heap_room()), (0xffff_0000, 1 << 16));
}

#[test]
fn memory_whose_minimum_is_above_its_maximum_is_refused() {
    let memory = |minimum, maximum| MemoryType {
        minimum,
        maximum: Some(maximum),
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    for (minimum, maximum) in [(2, 1), (65536, 65535), (1, 0)] {
        let mut defined = Module::new();
        defined.section(MemorySection::new().memory(memory(minimum, maximum)));
        let mut imported = Module::new();
        imported.section(wasm_encoder::ImportSection::new().import(
            "env",
            "memory",
            memory(minimum, maximum),
        ));
        for module in [defined, imported] {
            let error = digest(&module.finish()).expect_err("upside down").to_string();
            let what = format!("memory limits of {minimum} to {maximum} pages");
            assert!(error.starts_with(&format!("malformed module: {what}")), "{error}");
        }
    }
}

#[test]
fn globals_that_refer_to_later_ones_have_no_value() {
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    globals.global(ty, &ConstExpr::global_get(1)).global(ty, &ConstExpr::global_get(1));
    let mut module = Module::new();
    module.section(MemorySection::new().memory(MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }));
    module.section(&globals);
    module.section(wasm_encoder::ExportSection::new().export(
        "__heap_base",
        wasm_encoder::ExportKind::Global,
        0,
    ));
    let error = digest(&module.finish()).expect_err("a circle");
    assert!(matches!(error, ModuleError::HeapBaseNotConstant { .. }));
}
