//! Every kind of evidence for the heap base, and every lie about it.

use hostheap_core::module::{
    Certainty, FoundBy, HeapBaseEvidence, Layout, ModuleError, ModuleInfo, PassedOver,
};

fn parse(text: &str) -> Result<ModuleInfo, ModuleError> {
    ModuleInfo::parse(&wat::parse_str(text).expect("test module"))
}

fn layout(text: &str) -> Layout {
    parse(text).expect("layout").layout().clone()
}

fn error(text: &str) -> ModuleError {
    parse(text).expect_err("a lie")
}

#[test]
fn exported_global_is_exact() {
    let layout = layout(
        r#"(module (memory 2) (global (export "__heap_base") i32 (i32.const 82960))
            (data (i32.const 1024) "abcd"))"#,
    );
    assert_eq!(layout.heap_base, 82960);
    assert_eq!(layout.certainty(), Certainty::Exact);
    assert_eq!(layout.evidence.to_string(), "exported global `__heap_base` = 82960");
    assert_eq!((layout.data_start, layout.data_end), (Some(1024), Some(1028)));
    assert!(layout.data_known);
    assert_eq!(layout.stack_pointer, None);
    assert!(layout.passed_over.is_empty());
}

#[test]
fn exported_value_is_rounded_up_to_16() {
    for (value, base) in [(1000, 1008), (1008, 1008), (1009, 1024), (65535, 65536), (65536, 65536)]
    {
        let text = format!(
            r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const {value})))"#
        );
        assert_eq!(layout(&text).heap_base, base);
    }
}

#[test]
fn offset_0_is_never_the_heap_base() {
    let exported =
        layout(r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 0)))"#);
    assert_eq!(exported.heap_base, 16);
    assert_eq!(layout("(module (memory 0))").heap_base, 16);
}

#[test]
fn heap_base_may_equal_the_memory() {
    let text = r#"(module (memory 2) (global (export "__heap_base") i32 (i32.const 131072)))"#;
    assert_eq!(layout(text).heap_base, 131072);
}

#[test]
fn constant_expressions_are_folded() {
    let text = r#"(module (memory 2)
        (global $a i32 (i32.const 1000))
        (global (export "__heap_base") i32
            (i32.sub (i32.mul (i32.add (global.get $a) (i32.const 24)) (i32.const 2)) (i32.const 48)))
        (data (i32.add (i32.const 1000) (i32.const 24)) "abcd"))"#;
    let layout = layout(text);
    assert_eq!(layout.heap_base, 2000);
    assert_eq!(layout.data_start, Some(1024));
}

#[test]
fn exported_function_is_exact() {
    for name in ["__heap_base", "heap_base"] {
        let layout = layout(&format!(
            r#"(module (import "env" "f" (func)) (memory 2)
                (func) (func (export "{name}") (result i32) (i32.const 66592)))"#
        ));
        assert_eq!(layout.heap_base, 66592);
        assert_eq!(layout.certainty(), Certainty::Exact);
        assert_eq!(
            layout.evidence.to_string(),
            format!("exported function `{name}` returns 66592")
        );
    }
}

#[test]
fn unoptimised_function_is_still_constant() {
    let text = r#"(module (memory 2)
        (func (export "heap_base") (result i32) (local i32)
            i32.const 66592  local.set 0  local.get 0  return))"#;
    assert_eq!(layout(text).heap_base, 66592);
}

#[test]
fn function_may_read_a_constant_global() {
    let text = r#"(module (memory 2) (global $base i32 (i32.const 66592))
        (func (export "heap_base") (result i32) (global.get $base)))"#;
    assert_eq!(layout(text).heap_base, 66592);
}

#[test]
fn function_that_computes_is_passed_over_under_the_second_name() {
    let bodies = [
        "(param i32) (result i32) (i32.const 66592)",
        "(result i64) (i64.const 66592)",
        "(result i32) (i32.load (i32.const 0))",
        "(result i32) (global.get $mutable)",
        "(result i32) (call $f)",
        "(result i32) (block (result i32) (i32.const 66592))",
        "(result i32) (local i64) (i32.const 66592)",
        "(result i32) (loop (br 0)) (i32.const 0)",
    ];
    for body in bodies {
        let layout = layout(&format!(
            r#"(module (memory 2) (global $mutable (mut i32) (i32.const 1))
                (func $f (result i32) (i32.const 1))
                (func (export "heap_base") {body}))"#
        ));
        assert_eq!(layout.heap_base, 131072, "{body}");
        let name = "heap_base".to_string();
        assert_eq!(layout.passed_over[0], PassedOver::FunctionNotConstant { name });
    }
}

#[test]
fn exported_global_wins_over_function() {
    let text = r#"(module (memory 2)
        (global (export "__heap_base") i32 (i32.const 2048))
        (func (export "heap_base") (result i32) (i32.const 4096)))"#;
    assert_eq!(layout(text).heap_base, 2048);
}

#[test]
fn stack_above_data_ends_where_the_heap_starts() {
    let layout = layout(
        r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 66592))
            (data (i32.const 1024) "0123456789abcdef0123456789abcdef"))"#,
    );
    assert_eq!(layout.heap_base, 66592);
    assert_eq!(layout.stack_pointer, Some(66592));
    assert_eq!(layout.certainty(), Certainty::Exact);
    assert_eq!(
        layout.evidence,
        HeapBaseEvidence::StackPointer {
            stack_pointer: 66592,
            data_end: 1056,
            found_by: FoundBy::NameSection
        }
    );
    assert_eq!(
        layout.evidence.to_string(),
        "initial stack pointer 66592 (from the name section) lies at or above the end of the data \
         1056 (stack-last layout)"
    );
    assert_eq!(layout.passed_over, [PassedOver::NoHeapBase]);
}

#[test]
fn exported_stack_pointer_needs_no_names() {
    let layout = layout(
        r#"(module (memory 2) (global (export "__stack_pointer") (mut i32) (i32.const 66583))
            (data (i32.const 1024) "x"))"#,
    );
    assert_eq!(layout.heap_base, 66592);
    assert!(matches!(
        layout.evidence,
        HeapBaseEvidence::StackPointer { found_by: FoundBy::Export, .. }
    ));
}

#[test]
fn stack_below_data_leaves_the_end_of_memory() {
    let layout = layout(
        r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 65536))
            (data (i32.const 65536) "0123456789abcdef"))"#,
    );
    assert_eq!(layout.heap_base, 131072);
    assert_eq!(layout.certainty(), Certainty::Bounded);
    assert_eq!(
        layout.evidence.to_string(),
        "end of the declared memory (131072): the module does not export `__heap_base`; link with \
         -Wl,--export=__heap_base to use up to 63 KiB below it"
    );
    assert_eq!(
        layout.passed_over,
        [PassedOver::NoHeapBase, PassedOver::StackFirst { stack_pointer: 65536, data_end: 65552 }]
    );
    let reasons: Vec<String> = layout.passed_over.iter().map(ToString::to_string).collect();
    assert_eq!(
        reasons,
        [
            "`__heap_base` is not exported (-Wl,--export=__heap_base)",
            "initial stack pointer 65536 lies below the end of the data 65552 (stack-first layout)"
        ]
    );
}

#[test]
fn empty_segment_at_the_stack_pointer_is_no_data() {
    // In a stack-first module whose data is all zeros, an optimiser may leave an empty segment
    // where the data starts; the zeros reach further.
    let layout = layout(
        r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 65536))
            (data (i32.const 65536) ""))"#,
    );
    assert_eq!(layout.heap_base, 131072);
    assert_eq!(layout.passed_over[1], PassedOver::NoData);
    // The stack is in sight, and all that has bytes: the linker's value is no lower.
    assert!(matches!(
        layout.evidence,
        HeapBaseEvidence::EndOfDeclaredMemory { least: Some(65536), .. }
    ));
}

#[test]
fn exported_data_end_is_exact_where_the_stack_comes_first() {
    let module = |stack: u32, end: u32| {
        layout(&format!(
            r#"(module (memory 3) (global $__stack_pointer (mut i32) (i32.const {stack}))
                (global (export "__data_end") i32 (i32.const {end}))
                (data (i32.const 65536) "0123"))"#
        ))
    };
    let found = module(65536, 70001);
    assert_eq!((found.heap_base, found.certainty()), (70016, Certainty::Exact));
    assert_eq!(
        found.evidence.to_string(),
        "exported global `__data_end` = 70001, with the stack below all data (initial stack \
         pointer 65536: stack-first layout)"
    );
    // Above the data the stack decides, and nothing is believed that the segments contradict.
    assert_eq!(module(131072, 70001).heap_base, 131072);
    for lie in [65539, 196609] {
        let found = module(65536, lie);
        assert_eq!((found.heap_base, found.static_end), (196608, None));
        assert_eq!(found.certainty(), Certainty::Bounded);
    }
}

#[test]
fn passive_or_imported_data_makes_the_stack_pointer_worthless() {
    let passive = layout(
        r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 66592))
            (data (i32.const 1024) "x") (data "passive"))"#,
    );
    assert_eq!(passive.heap_base, 131072);
    assert!(!passive.data_known);
    assert_eq!(passive.passed_over[1], PassedOver::DataUnknown { segment: 1 });

    let imported = layout(
        r#"(module (import "env" "__memory_base" (global $base i32)) (memory 2)
            (global $__stack_pointer (mut i32) (i32.const 66592))
            (data (global.get $base) "x"))"#,
    );
    assert_eq!(imported.heap_base, 131072);
    assert_eq!(imported.passed_over[1], PassedOver::DataUnknown { segment: 0 });
}

#[test]
fn stack_pointer_is_never_guessed() {
    // Nameless, immutable, of another type, imported, or named twice.
    let globals = [
        "(global (mut i32) (i32.const 66592))",
        "(global $__stack_pointer i32 (i32.const 66592))",
        "(global $__stack_pointer (mut i64) (i64.const 66592))",
        r#"(global $__stack_pointer (import "env" "__stack_pointer") (mut i32))"#,
        "(global (@name \"__stack_pointer\") (mut i32) (i32.const 66592))
         (global (@name \"__stack_pointer\") (mut i32) (i32.const 70000))",
    ];
    for global in globals {
        let layout =
            layout(&format!(r#"(module {global} (memory 2) (data (i32.const 1024) "x"))"#));
        assert_eq!(layout.heap_base, 131072, "{global}");
        assert_eq!(layout.certainty(), Certainty::Fallback);
        assert_eq!(layout.stack_pointer, None);
        assert_eq!(layout.passed_over[1], PassedOver::NoStackPointer);
    }
}

#[test]
fn imported_memory_counts_with_its_minimum() {
    let info = parse(r#"(module (import "env" "memory" (memory 3 5)))"#).unwrap();
    assert_eq!(info.layout().heap_base, 3 * 65536);
    assert_eq!(info.heap_room(), 2 * 65536);
}

#[test]
fn overlapping_data_is_measured_by_its_outer_bounds() {
    let layout = layout(
        r#"(module (memory 1) (data (i32.const 100) "abcdefgh") (data (i32.const 96) "abcdefgh")
            (data (i32.const 104) "ab"))"#,
    );
    assert_eq!((layout.data_start, layout.data_end), (Some(96), Some(108)));
}

#[test]
fn mutable_heap_base_is_refused() {
    let error =
        error(r#"(module (memory 1) (global (export "__heap_base") (mut i32) (i32.const 16)))"#);
    assert_eq!(
        error.to_string(),
        "export `__heap_base` is a mutable global, which only gets its value when the module runs: \
         export a function `heap_base` that returns it instead (AssemblyScript: `export function \
         heap_base(): usize { return __heap_base }`)"
    );
}

#[test]
fn heap_base_of_another_type_is_refused() {
    for (export, what) in [
        ("(global (export \"__heap_base\") i64 (i64.const 1024))", "immutable global i64"),
        ("(global (export \"__heap_base\") (mut f32) (f32.const 1))", "mutable global f32"),
        ("(func (export \"__heap_base\"))", "function () -> ()"),
        ("(table (export \"__heap_base\") 1 funcref)", "table"),
    ] {
        let error = error(&format!("(module (memory 1) {export})"));
        assert_eq!(
            error.to_string(),
            format!(
                "export `__heap_base`: expected an immutable global i32 or a function () -> i32, \
                 found {what}; let the linker export its own (-Wl,--export=__heap_base)"
            )
        );
    }
}

#[test]
fn heap_base_that_is_not_constant_is_refused() {
    for export in [
        r#"(import "env" "base" (global i32)) (export "__heap_base" (global 0)) (memory 1)"#,
        r#"(import "env" "base" (func (result i32))) (export "__heap_base" (func 0)) (memory 1)"#,
        r#"(memory 1) (func (export "__heap_base") (result i32) (memory.size))"#,
    ] {
        let error = error(&format!("(module {export})"));
        assert_eq!(
            error.to_string(),
            "export `__heap_base` does not have a constant value, so the start of the heap is only \
             known once the module runs: let the linker export its own (-Wl,--export=__heap_base)"
        );
    }
}

#[test]
fn heap_base_in_the_data_is_refused() {
    let error = error(
        r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 1024))
            (data (i32.const 1020) "abcdefgh"))"#,
    );
    assert_eq!(
        error.to_string(),
        "export `__heap_base` = 1024 lies below the end of the static data 1028: a heap there would \
         overwrite it; export the linker's own value (-Wl,--export=__heap_base), or none where \
         constructors were run beforehand (Wizer, wasm-ctor-eval), whose data it does not know"
    );
}

#[test]
fn heap_base_in_the_stack_is_refused() {
    let error = error(
        r#"(module (memory 2) (global $__stack_pointer (mut i32) (i32.const 66592))
            (func (export "heap_base") (result i32) (i32.const 2048))
            (data (i32.const 1020) "abcdefgh"))"#,
    );
    assert_eq!(
        error.to_string(),
        "export `heap_base` = 2048 lies below the initial stack pointer 66592: the stack would grow \
         down into the heap; export the linker's own value (-Wl,--export=__heap_base)"
    );
}

#[test]
fn heap_base_beyond_the_memory_is_refused() {
    for value in [65537_u32, 1 << 31, u32::MAX] {
        let error = error(&format!(
            r#"(module (memory 1 100) (global (export "__heap_base") i32 (i32.const {value})))"#
        ));
        assert_eq!(
            error.to_string(),
            format!(
                "export `__heap_base` = {value} lies beyond the memory of 65536 bytes: export the \
                 linker's own value (-Wl,--export=__heap_base)"
            )
        );
    }
}

#[test]
fn data_beyond_the_memory_is_refused() {
    let over = error(r#"(module (memory 1) (data "") (data (i32.const 65533) "abcd"))"#);
    assert_eq!(
        over.to_string(),
        "data segment 1 ends at 65537, beyond the memory of 65536 bytes: raise the initial memory \
         (-Wl,--initial-memory=131072)"
    );
    assert!(parse(r#"(module (memory 1) (data (i32.const 65532) "abcd"))"#).is_ok());
    // Even an empty segment traps when it starts beyond the end.
    let empty = error(r#"(module (memory 1) (data (i32.const 65537) ""))"#);
    assert!(matches!(empty, ModuleError::DataBeyondMemory { end: 65537, .. }));
    let end = error(r#"(module (memory 65535) (data (i32.const -1) "abcd"))"#);
    assert!(matches!(end, ModuleError::DataBeyondMemory { end: 0x1_0000_0003, .. }));
}

#[test]
fn stack_beyond_the_memory_is_refused() {
    let error = error("(module (memory 1) (global $__stack_pointer (mut i32) (i32.const 70000)))");
    assert_eq!(
        error.to_string(),
        "the stack pointer starts at 70000, beyond the memory of 65536 bytes: raise the initial \
         memory (-Wl,--initial-memory=131072)"
    );
}

#[test]
fn memory_of_4_gib_leaves_no_room_unless_a_lower_base_is_known() {
    let error = error("(module (memory 65536))");
    assert_eq!(
        error.to_string(),
        "no address is left for a heap above the 4294967296 bytes the module starts with: lower its \
         initial memory (-Wl,--initial-memory), or export `__heap_base` (-Wl,--export=__heap_base) \
         if that lies below"
    );
    let text = r#"(module (memory 65536) (global (export "__heap_base") i32 (i32.const -16)))"#;
    let info = parse(text).unwrap();
    assert_eq!(info.layout().heap_base, 0xffff_fff0);
    assert_eq!(info.heap_room(), 16);
    let text = r#"(module (memory 65536) (global (export "__heap_base") i32 (i32.const -15)))"#;
    assert!(matches!(parse(text), Err(ModuleError::NoRoom { .. })));
}

#[test]
fn fixed_memory_without_a_known_base_has_no_room() {
    assert_eq!(parse("(module (memory 2 2))").unwrap().heap_room(), 0);
    assert_eq!(parse("(module (memory 2))").unwrap().heap_room(), (1 << 32) - 131072);
}
