//! Names that lie: exports and name sections that call the wrong global the stack pointer, call two
//! so, or are broken. None is believed that cannot be true, and none is an error.

#[path = "module_common/asked.rs"]
mod asked;
#[path = "module_common/digest.rs"]
mod digest;

use asked::{error, layout, layout_of};
use hostheap_core::module::{ModuleError, PassedOver};
use wasm_encoder::{CustomSection, Module, NameMap, NameSection};

const PAGE: u32 = 1 << 16;

/// A module of these globals (all but one mutable i32) with data from 1024 to 1056, whose name
/// section has these contents.
fn named(subsections: &[u8]) -> Vec<u8> {
    module_named(&[CustomSection { name: "name".into(), data: subsections.into() }])
}

fn module_named(sections: &[CustomSection<'_>]) -> Vec<u8> {
    let text = r#"(module (import "env" "base" (global i32)) (memory 2)
        (global (mut i32) (i32.const 66592))
        (global i32 (i32.const 70000))
        (global (mut i64) (i64.const 66592))
        (global (mut i32) (i32.const 2000))
        (data (i32.const 1024) "0123456789abcdef0123456789abcdef"))"#;
    let mut wasm = wat::parse_str(text).expect("test module");
    for section in sections {
        let mut module = Module::new();
        module.section(section);
        wasm.extend(&module.finish()[8..]);
    }
    wasm
}

/// A name section's contents that calls these globals so.
fn names(globals: &[(u32, &str)]) -> Vec<u8> {
    let mut map = NameMap::new();
    globals.iter().for_each(|(index, name)| map.append(*index, name));
    let mut names = NameSection::new();
    names.globals(&map);
    names.as_custom().data.into_owned()
}

const STACK_POINTER: &str = "__stack_pointer";

#[test]
fn name_of_a_global_that_can_be_no_stack_pointer_is_not_believed() {
    let believed = layout_of(&named(&names(&[(1, STACK_POINTER)])));
    assert_eq!((believed.heap_base, believed.stack_pointer), (66592, Some(66592)));
    for (globals, why) in [
        (&[(0, STACK_POINTER)][..], "imported"),
        (&[(2, STACK_POINTER)], "immutable"),
        (&[(3, STACK_POINTER)], "an i64"),
        (&[(5, STACK_POINTER)], "not there"),
        (&[(u32::MAX, STACK_POINTER)], "not there at all"),
        (&[(1, STACK_POINTER), (4, STACK_POINTER)], "one of two"),
        (&[(1, STACK_POINTER), (1, STACK_POINTER)], "named twice"),
        (&[(1, STACK_POINTER), (u32::MAX, STACK_POINTER)], "named beside one that is not there"),
        (&[(1, "__stack_pointer\0")], "nearly"),
        (&[(1, "")], "nameless"),
    ] {
        let layout = layout_of(&named(&names(globals)));
        assert_eq!(layout.stack_pointer, None, "{why}");
        assert_eq!(layout.heap_base, 2 * PAGE, "{why}");
        assert_eq!(layout.passed_over[1], PassedOver::NoStackPointer, "{why}");
    }
}

#[test]
fn stack_pointer_by_a_lying_name_still_lies_above_the_data() {
    // Nobody can tell that 2000 is not where the stack starts; the heap is the plugin's own, and
    // it destroys nothing that the module shows.
    let lie = layout_of(&named(&names(&[(4, STACK_POINTER)])));
    assert_eq!((lie.heap_base, lie.data_end), (2000, Some(1056)));
}

#[test]
fn export_and_name_that_contradict_each_other_are_both_not_believed() {
    let both = |exported: u32, named: u32| {
        layout(&format!(
            r#"(module (memory 2)
                (global (export "__stack_pointer") (mut i32) (i32.const {exported}))
                (global $__stack_pointer (mut i32) (i32.const {named}))
                (data (i32.const 1024) "data"))"#
        ))
    };
    for (exported, named) in [(2000, 66592), (66592, 2000), (2000, 2000)] {
        let layout = both(exported, named);
        assert_eq!(layout.heap_base, 2 * PAGE, "{exported} and {named}");
        assert_eq!(layout.stack_pointer, None);
    }
    // Each of the two may be the stack's, so a heap below either of them is refused.
    for globals in [["2000", "66592"], ["66592", "2000"]] {
        let [exported, named] = globals;
        let below = error(&format!(
            r#"(module (memory 2)
                (global (export "__stack_pointer") (mut i32) (i32.const {exported}))
                (global $__stack_pointer (mut i32) (i32.const {named}))
                (global (export "__heap_base") i32 (i32.const 4096)))"#
        ));
        assert!(matches!(below, ModuleError::HeapBaseBelowStack { stack_pointer: 66592, .. }));
    }
    let same = layout(
        r#"(module (memory 2)
            (global $__stack_pointer (export "__stack_pointer") (mut i32) (i32.const 66592))
            (data (i32.const 1024) "data"))"#,
    );
    assert_eq!(same.heap_base, 66592);
}

#[test]
fn export_of_the_stack_pointers_name_that_is_no_stack_pointer_is_not_believed() {
    for export in [
        "(global (export \"__stack_pointer\") i32 (i32.const 66592))",
        "(global (export \"__stack_pointer\") (mut i64) (i64.const 66592))",
        "(func (export \"__stack_pointer\") (result i32) (i32.const 66592))",
        "(table (export \"__stack_pointer\") 1 funcref)",
    ] {
        let layout =
            layout(&format!(r#"(module (memory 2) {export} (data (i32.const 1024) "data"))"#));
        assert_eq!((layout.heap_base, layout.stack_pointer), (2 * PAGE, None), "{export}");
    }
}

#[test]
fn broken_names_are_ignored_and_never_an_error() {
    let whole = names(&[(0, "base"), (1, STACK_POINTER), (4, "other")]);
    assert_eq!(layout_of(&named(&whole)).heap_base, 66592);
    for end in 0..whole.len() {
        let base = layout_of(&named(&whole[..end])).heap_base;
        assert!([66592, 2 * PAGE].contains(&base), "cut at {end}: {base}");
    }
    let mut changed = whole.clone();
    for at in 0..whole.len() {
        for byte in [0, 1, 2, 4, 7, 0x7f, 0x80, 0xff] {
            changed[at] = byte;
            let base = layout_of(&named(&changed)).heap_base;
            // 2000 is the other global that can be one, and the index is one of the bytes.
            assert!([66592, 2 * PAGE, 2000].contains(&base), "byte {at} = {byte}: {base}");
        }
        changed[at] = whole[at];
    }
    // A name that is not text.
    let mut map = vec![1, 1, 15];
    map.extend(b"\xff_stack_pointer");
    let contents = [&[7, map.len() as u8][..], &map].concat();
    assert_eq!(layout_of(&named(&contents)).heap_base, 2 * PAGE);
}

#[test]
fn only_the_first_of_several_name_sections_counts() {
    let section = |index| CustomSection {
        name: "name".into(),
        data: names(&[(index, STACK_POINTER)]).into(),
    };
    assert_eq!(layout_of(&module_named(&[section(1), section(4)])).heap_base, 66592);
    // Within one section it is a contradiction.
    let twice = [names(&[(1, STACK_POINTER)]), names(&[(4, STACK_POINTER)])].concat();
    assert_eq!(layout_of(&named(&twice)).heap_base, 2 * PAGE);
}
