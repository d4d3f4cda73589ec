//! Which allocators a module has, and what that means for a heap beside them.

use hostheap_core::module::{Member, ModuleInfo, Origin, Situation};

fn info(text: &str) -> ModuleInfo {
    ModuleInfo::parse(&wat::parse_str(text).expect("test module")).expect("a plugin")
}

#[test]
fn a_module_without_allocators_has_none() {
    let info = info("(module (memory 1) (func (export \"pages\") (result i32) (memory.size)))");
    let census = info.census();
    assert_eq!(census.situation(), Situation::None);
    assert_eq!((census.growing, census.sizing), (0, 1));
    assert!(!census.shares_memory() && !census.may_take_grown_pages());
}

#[test]
fn imports_are_the_hosts_if_name_and_type_fit() {
    let info = info(
        r#"(module
            (import "env" "malloc" (func (param i32) (result i32)))
            (import "env" "free" (func (param i32) (result i32)))
            (import "heap" "realloc" (func (param i32 i32) (result i32)))
            (memory 1))"#,
    );
    let fits: Vec<_> = info.census().imports.iter().map(|i| (i.member, i.fits())).collect();
    assert_eq!(fits, [(Member::Malloc, true), (Member::Free, false), (Member::Realloc, false)]);
    assert_eq!(info.census().situation(), Situation::Host);
}

#[test]
fn an_allocator_that_is_exported_by_other_names_is_hidden() {
    let exports = |malloc: &str, free: &str| {
        info(&format!(
            r#"(module (memory 1)
                (func (export "{malloc}") (param i32) (result i32)
                    (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
                (func (export "{free}") (param i32)))"#
        ))
        .census()
        .situation()
    };
    assert_eq!(exports("malloc", "free"), Situation::Exported);
    // A host looks for the C names alone.
    assert_eq!(exports("dlmalloc", "dlfree"), Situation::Hidden);
    assert_eq!(exports("__libc_malloc", "__libc_free"), Situation::Hidden);
    assert_eq!(exports("my_alloc", "my_free"), Situation::Hidden);
}

#[test]
fn a_function_that_leads_to_the_import_is_the_hosts() {
    let forwarding = |more: &str| {
        info(&format!(
            r#"(module
                (import "env" "malloc" (func $host (param i32) (result i32)))
                (memory 1)
                (func $step (param i32) (result i32) (call $host (local.get 0)))
                (func $malloc (export "malloc") (param i32) (result i32)
                    {more} (call $step (local.get 0))))"#
        ))
        .census()
        .situation()
    };
    assert_eq!(forwarding(""), Situation::Host);
    // One that grows the memory as well is not only that.
    assert_eq!(forwarding("(drop (memory.grow (i32.const 1)))"), Situation::TwoHeaps);
}

#[test]
fn growing_without_a_look_at_the_new_pages_takes_the_hosts() {
    let grows = |after: &str| {
        info(&format!(
            r#"(module (memory 1) (func (export "f") (result i32) (local i32)
                (memory.grow (i32.const 1)) {after}))"#
        ))
    };
    for blind in ["i32.const -1 i32.eq", "i32.const -1 i32.ne", "drop i32.const 0"] {
        let census = grows(blind).census().clone();
        assert_eq!((census.growing, census.growing_blindly), (1, 1), "{blind}");
        assert!(census.may_take_grown_pages(), "{blind}");
        assert_eq!(census.inside[0].origin, Origin::Unknown);
    }
    for looks in ["local.tee 0 i32.const -1 i32.eq", "i32.const 16 i32.shl", ""] {
        let census = grows(looks).census().clone();
        assert_eq!((census.growing, census.growing_blindly), (1, 0), "{looks}");
        assert!(!census.may_take_grown_pages(), "{looks}");
    }
}

#[test]
fn a_named_pair_can_be_exported_and_is_found_again() {
    use hostheap_core::module::{PrepareOptions, prepare};
    let wasm = wat::parse_str(
        r#"(module (memory (export "memory") 1)
            (func $malloc (param i32) (result i32) (memory.grow (i32.const 1)))
            (func $free (param i32)))"#,
    )
    .expect("test module");
    let info = ModuleInfo::parse(&wasm).expect("a plugin");
    let options = PrepareOptions::default().export_allocator(true);
    let prepared = prepare(&wasm, &info, &options).expect("it is prepared");
    let pair = ("hostheap:malloc".to_owned(), "hostheap:free".to_owned());
    assert_eq!(prepared.allocator_exports, Some(pair.clone()));
    let notes: Vec<_> = prepared.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "the module's own `malloc` exported as `hostheap:malloc`",
            "the module's own `free` exported as `hostheap:free`"
        ]
    );
    let again = ModuleInfo::parse(&prepared.wasm).expect("still a plugin");
    let twice = prepare(&prepared.wasm, &again, &options).expect("again");
    assert_eq!((twice.allocator_exports, twice.notes.len()), (Some(pair), 0));
}
