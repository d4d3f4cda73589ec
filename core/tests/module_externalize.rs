//! A module's own allocator becomes imports if nothing else needs it, and stays otherwise.

mod module_common;

use hostheap_core::module::{
    ExternalizeError, ExternalizeOptions, Externalized, FoundAs, Instead, Member, ModuleError,
    ModuleInfo, Proof, externalize,
};

/// The state of the allocator in these modules, which they read first and write then.
const MALLOC: &str = "(func $malloc (param $size i32) (result i32) (local $p i32)
    (local.set $p (i32.load (i32.const 2048)))
    (i32.store (i32.const 2048) (i32.add (local.get $p) (i32.add (local.get $size) (i32.const 8))))
    (i32.store offset=65540 (local.get $p) (i32.or (local.get $size) (i32.const 1)))
    (drop (memory.grow (i32.const 0)))
    (i32.add (local.get $p) (i32.const 65544)))";

/// It takes flags from the header, as dlmalloc does.
const FREE: &str = "(func $free (param $p i32) (local $size i32)
    (local.set $size (i32.load (i32.sub (local.get $p) (i32.const 4))))
    (if (i32.and (local.get $size) (i32.const 1)) (then
        (i32.store (i32.const 2052) (i32.and (local.get $size) (i32.const -8)))
        (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2052)) (i32.const 0)))))
    (i32.store (i32.const 4096) (i32.const 48)))";

/// One that does not.
const PLAIN_FREE: &str = "(func $free (param $p i32)
    (i32.store (i32.const 2048) (i32.load (i32.sub (local.get $p) (i32.const 4)))))";

const USE: &str = r#"(func $use (export "use") (result i32) (local $p i32)
    (local.set $p (call $malloc (i32.const 100)))
    (i32.store (local.get $p) (i32.const 42))
    (call $free (local.get $p))
    (i32.load (i32.const 4096)))"#;

const EXPORTS: &str = r#"(export "malloc" (func $malloc)) (export "free" (func $free))"#;

/// A module with the allocator and more.
fn module(more: &str) -> Vec<u8> {
    from(&format!("(memory (export \"memory\") 2) {MALLOC} {FREE} {USE} {more}"))
}

/// The same without any names.
fn nameless(more: &str) -> Vec<u8> {
    stripped(&module(more))
}

fn from(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{error}"))
}

/// Without its name section, which stands last.
fn stripped(wasm: &[u8]) -> Vec<u8> {
    let mut end = wasm.len();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CustomSection(section) = payload.expect("a module")
            && section.name() == "name"
        {
            // Its id and its length of up to five bytes stand before it.
            let start = section.range().start;
            end = (1..=6)
                .map(|before| start - before)
                .find(|at| wasm[*at] == 0)
                .expect("the id of a custom section");
        }
    }
    wasm[..end].to_vec()
}

fn done(wasm: &[u8]) -> Externalized {
    let done = externalize(wasm, &ExternalizeOptions::default());
    let done = done.unwrap_or_else(|error| panic!("{error}"));
    if let Err(error) = wasmparser::Validator::new().validate_all(&done.wasm) {
        panic!("{error}\n{done:?}");
    }
    let (before, after) = (ModuleInfo::parse(wasm), ModuleInfo::parse(&done.wasm));
    let (before, after) = (before.expect("it was one before"), after.expect("it still is one"));
    assert_eq!(before.layout(), after.layout());
    assert_eq!(before.memory(), after.memory());
    assert_eq!(done.bytes_after, done.wasm.len() as u64);
    done
}

fn refused(wasm: &[u8]) -> ExternalizeError {
    match externalize(wasm, &ExternalizeOptions::default()) {
        Ok(done) => panic!("it was rewritten: {done:?}"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error
        }
    }
}

fn imports(done: &Externalized) -> Vec<String> {
    let info = ModuleInfo::parse(&done.wasm).expect("a module");
    info.imports().iter().map(|import| format!("{}.{}", import.module, import.name)).collect()
}

/// The module as text, to look for what should or should not be there.
fn text(done: &Externalized) -> String {
    wasmprint(&done.wasm)
}

/// Operators of all functions, one a line, and names of functions.
fn wasmprint(wasm: &[u8]) -> String {
    use wasmparser::{KnownCustom, Name, Payload};
    let mut text = String::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload.expect("a module") {
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().expect("a body") {
                    text += &format!("{:?}\n", operator.expect("an operator"));
                }
            }
            Payload::CustomSection(section) => {
                text += &format!("section {}\n", section.name());
                if let KnownCustom::Name(names) = section.as_known() {
                    for name in names {
                        match name.expect("names") {
                            Name::Function(map) => {
                                for naming in map {
                                    let naming = naming.expect("a name");
                                    text += &format!("name {} {}\n", naming.index, naming.name);
                                }
                            }
                            Name::Local(map) => {
                                for locals in map {
                                    let locals = locals.expect("names of locals");
                                    text += &format!("locals of {}\n", locals.index);
                                }
                            }
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
    }
    text
}

#[test]
fn an_allocator_becomes_two_imports() {
    let wasm = module(EXPORTS);
    let done = done(&wasm);
    assert_eq!(imports(&done), ["env.malloc", "env.free"]);
    assert_eq!(done.imports, [Member::Malloc, Member::Free]);
    assert_eq!(done.dropped_exports, ["malloc", "free"]);
    assert_eq!(done.replaced.len(), 2);
    assert_eq!(done.replaced[0].to_owned().found_by, FoundAs::Exported);
    assert_eq!(done.replaced[0].references, 1);
    assert_eq!(done.removed.len(), 2);
    assert!(done.removed_code_bytes > 20 && done.bytes_after < done.bytes_before);
    let text = text(&done);
    assert!(!text.contains("MemoryGrow"), "{text}");
    assert!(text.contains("name 0 malloc") && text.contains("name 2 use"), "{text}");
    assert!(text.contains("locals of 2") && !text.contains("locals of 0"), "{text}");
    let lines: Vec<_> = done.proof.iter().map(ToString::to_string).collect();
    assert!(lines[0].ends_with("malloc, free"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("2048..2056")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("4 bytes before")), "{lines:?}");
    assert!(done.proof.contains(&Proof::NoGrowth));
}

#[test]
fn what_is_rewritten_is_left_alone_the_next_time() {
    let first = done(&module(EXPORTS));
    let error = refused(&first.wasm);
    let ExternalizeError::AlreadyImports { names } = &error else { panic!("{error}") };
    assert_eq!(names, &["free", "malloc"]);
    assert!(error.to_string().starts_with("nothing to do"), "{error}");
}

#[test]
fn names_are_enough() {
    let done = done(&module(""));
    assert_eq!(imports(&done), ["env.malloc", "env.free"]);
    assert!(done.replaced.iter().all(|replaced| replaced.found_by == FoundAs::Named));
    assert!(done.dropped_exports.is_empty());
}

#[test]
fn exports_are_enough_if_headers_have_flags() {
    let done = done(&nameless(EXPORTS));
    assert!(done.replaced.iter().all(|replaced| replaced.found_by == FoundAs::Exported));
    let headers = done
        .proof
        .iter()
        .any(|proof| matches!(proof, Proof::HeadersUnread { all_named: false, flags: true, .. }));
    assert!(headers, "{:?}", done.proof);
}

#[test]
fn the_import_module_can_be_another() {
    let options = ExternalizeOptions::default().import_module("host");
    let done = externalize(&module(EXPORTS), &options).expect("it is rewritten");
    assert_eq!(imports(&done), ["host.malloc", "host.free"]);
    assert!(matches!(
        externalize(&done.wasm, &options),
        Err(ExternalizeError::AlreadyImports { .. })
    ));
}

#[test]
fn every_form_of_thunk_is_followed() {
    let thunks = [
        "(func $thunk (param i32) (result i32) (call $malloc (local.get 0)))",
        "(func $thunk (param i32) (result i32) (return_call $malloc (local.get 0)))",
        "(func $thunk (param i32) (result i32) (return (call $malloc (local.get 0))))",
        "(func $thunk (param i32) (result i32) (local i32)
            (local.set 1 (local.get 0)) (nop)
            (local.set 1 (call $malloc (local.get 1))) (local.get 1))",
        "(func $thunk (param i32) (result i32)
            (block (result i32) (call $malloc (local.tee 0 (local.get 0)))))",
        // As wasm-ld wraps the exports of a command.
        "(func $ctors) (func $thunk (param i32) (result i32)
            (call $ctors) (call $malloc (local.get 0)))",
        "(func $dtors) (func $thunk (param i32) (result i32)
            (call $malloc (local.get 0)) (call $dtors))",
    ];
    for thunk in thunks {
        let exports = r#"(export "malloc" (func $thunk)) (export "free" (func $free))"#;
        for wasm in [module(&format!("{thunk} {exports}")), nameless(&format!("{thunk} {exports}"))]
        {
            let done = done(&wasm);
            assert_eq!(imports(&done), ["env.malloc", "env.free"], "{thunk}");
            assert_eq!(done.replaced[0].references, 1, "{thunk}: {:?}", done.replaced);
            assert!(done.removed.len() >= 3, "{thunk}: {:?}", done.removed);
        }
    }
}

#[test]
fn what_does_more_than_call_is_no_thunk() {
    let others = [
        "(func $other (param i32) (result i32) (call $malloc (i32.add (local.get 0) (i32.const 1))))",
        "(func $other (param i32) (result i32)
            (drop (call $malloc (local.get 0))) (i32.const 0))",
        "(func $other (param i32) (result i32)
            (drop (call $malloc (local.get 0))) (call $malloc (local.get 0)))",
    ];
    for other in others {
        let error = refused(&module(&format!(
            r#"{other} (export "malloc" (func $other)) (export "free" (func $free))"#
        )));
        let ExternalizeError::TwoFunctions { member: Member::Malloc, first, second } = &error
        else {
            panic!("{error}")
        };
        assert_ne!(first, second);
        assert!(error.to_string().contains("`malloc`"), "{error}");
    }
}

#[test]
fn a_wrapper_of_the_users_stays_and_calls_the_import() {
    let done = done(&module(&format!(
        r#"{EXPORTS} (func (export "alloc") (param i32) (result i32) (call $malloc (local.get 0)))"#
    )));
    let info = ModuleInfo::parse(&done.wasm).expect("a module");
    assert_eq!(info.export_func("alloc").expect("it stays").to_string(), "(i32) -> i32");
    assert_eq!(done.replaced[0].references, 2);
}

#[test]
fn an_export_under_another_name_leads_to_the_import() {
    let done = done(&module(&format!(r#"{EXPORTS} (export "alloc" (func $malloc))"#)));
    let info = ModuleInfo::parse(&done.wasm).expect("a module");
    assert!(info.export_func("alloc").is_ok() && info.export_func("malloc").is_err());
}

#[test]
fn tables_references_and_tail_calls_lead_to_the_imports() {
    let done = done(&module(&format!(
        r#"{EXPORTS}
        (type $free_type (func (param i32)))
        (table (export "table") 3 funcref)
        (global $pointer funcref (ref.func $free))
        (elem (i32.const 0) $free $use)
        (elem (i32.const 2) funcref (ref.func $malloc))
        (func (export "indirect") (call_indirect (type $free_type) (i32.const 8) (i32.const 0)))
        (func (export "tail") (param i32) (result i32) (return_call $malloc (local.get 0)))
        (func (export "taken") (result funcref) (ref.func $malloc))
        (func $start (call $free (call $malloc (i32.const 1)))) (start $start)"#
    )));
    assert_eq!(done.removed.len(), 2);
    let text = text(&done);
    assert!(text.contains("ReturnCall { function_index: 0 }"), "{text}");
    assert!(text.contains("RefFunc { function_index: 0 }"), "{text}");
}

/// Its export declared it before.
#[test]
fn a_reference_in_code_alone_stays_declared() {
    let taken = r#"(func (export "taken") (result funcref) (ref.func $malloc))"#;
    done(&module(&format!("{EXPORTS} {taken}")));
    done(&module(&format!(
        "{EXPORTS} {taken} (table 1 funcref) (elem (i32.const 0) $use) (data (i32.const 8) \"x\")"
    )));
}

#[test]
fn functions_that_go_take_their_imports_with_them() {
    let done = done(&from(&format!(
        r#"(import "env" "grew" (func $grew (param i32)))
        (import "env" "other" (func $other))
        (import "env" "unused" (func $unused))
        (import "env" "base" (global $base i32))
        (memory (export "memory") 2)
        (func $malloc (param i32) (result i32)
            (call $grew (i32.const 0))
            (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (local.get 0)))
            (i32.load (i32.const 2048)))
        {FREE} {USE} {EXPORTS} (func (export "call") (call $other))"#
    )));
    assert_eq!(done.dropped_imports, [("env".to_owned(), "grew".to_owned())]);
    assert_eq!(imports(&done), ["env.other", "env.unused", "env.base", "env.malloc", "env.free"]);
}

#[test]
fn the_whole_family_is_imported_as_far_as_it_is_used() {
    let forward = |name: &str, params: &str, body: &str| {
        format!("(func ${name} (param {params}) (result i32) {body})")
    };
    let state = "(i32.load (i32.const 2048))";
    let family = [
        forward("calloc", "i32 i32", state),
        forward("realloc", "i32 i32", state),
        forward("reallocarray", "i32 i32 i32", state),
        forward("memalign", "i32 i32", state),
        forward("aligned_alloc", "i32 i32", "(call $memalign (local.get 0) (local.get 1))"),
        forward("posix_memalign", "i32 i32 i32", state),
        forward("malloc_usable_size", "i32", "(i32.load (i32.sub (local.get 0) (i32.const 4)))"),
    ];
    let uses = r#"(func (export "uses") (result i32)
        (call $posix_memalign (i32.const 0)
            (call $calloc (i32.const 1) (i32.const 2))
            (call $malloc_usable_size (call $realloc (i32.const 0)
                (call $aligned_alloc (i32.const 16) (i32.const 32))))))"#;
    let done = done(&module(&format!("{} {uses} {EXPORTS}", family.concat())));
    assert_eq!(done.replaced.len(), 9);
    assert_eq!(done.removed.len(), 9);
    let names: Vec<_> = done.imports.iter().map(|member| member.name()).collect();
    let expected = ["malloc", "free", "calloc", "realloc", "aligned_alloc", "posix_memalign"];
    assert_eq!(names, [&expected[..], &["malloc_usable_size"]].concat());
}

#[test]
fn what_reads_the_state_keeps_the_allocator() {
    let readers = [
        // A constant, an index, a table in the instruction, a pointer that is handed on, a copy.
        "(func (export \"look\") (result i32) (i32.load (i32.const 2048)))",
        "(func (export \"look\") (result i32) (i32.load offset=2048 (i32.const 0)))",
        "(func (export \"look\") (param i32) (result i32) (i32.load offset=2052
            (i32.shl (local.get 0) (i32.const 2))))",
        "(func (export \"look\") (param i32) (result i32) (i32.load
            (i32.add (i32.const 2048) (i32.shl (local.get 0) (i32.const 2)))))",
        "(func (export \"look\") (result i64) (local i32)
            (local.set 0 (i32.const 2044)) (i64.load (local.get 0)))",
        "(func $read (param i32) (result i32) (i32.load (local.get 0)))
         (func $between (param i32) (result i32) (call $read (local.get 0)))
         (func (export \"look\") (result i32) (call $between (i32.const 2052)))",
        "(func (export \"look\") (memory.copy (i32.const 0) (i32.const 2048) (i32.const 8)))",
        "(func $address (result i32) (i32.const 2048))
         (func (export \"look\") (result i32) (i32.load (call $address)))",
        "(global $state i32 (i32.const 2048))
         (func (export \"look\") (result i32) (i32.load (global.get $state)))",
        "(func (export \"look\") (param i32) (result i32) (local i32)
            (local.set 1 (i32.const 0))
            (if (local.get 0) (then (local.set 1 (i32.const 2048))))
            (i32.load (local.get 1)))",
        "(func (export \"look\") (param i32) (local i32)
            (local.set 1 (local.get 0))
            (loop (drop (i32.load (local.get 1)))
                (local.set 1 (i32.const 2052))
                (br_if 0 (local.get 0))))",
        "(func (export \"look\") (param i32) (result i32)
            (i32.load (block (result i32)
                (br_if 0 (i32.const 2048) (local.get 0)) (drop) (i32.const 8))))",
        "(func (export \"look\") (param i32) (result i32)
            (i32.load (select (i32.const 2048) (i32.const 8) (local.get 0))))",
        "(func (export \"look\") (result i32)
            (i32.atomic.rmw.add (i32.const 2048) (i32.const 0)))",
        "(func (export \"look\") (result v128) (v128.load (i32.const 2040)))",
    ];
    for reader in readers {
        let error = refused(&module(&format!("{EXPORTS} {reader}")));
        let ExternalizeError::ReadsState { address, .. } = &error else {
            panic!("{reader}: {error}")
        };
        assert!((2040..2056).contains(address), "{reader}: {error}");
        assert!(error.to_string().contains("-Wl,--export=realloc"), "{error}");
    }
}

#[test]
fn numbers_that_look_like_the_state_are_none() {
    let harmless = [
        // No object of the allocator starts there.
        "(func (export \"number\") (result i32) (i32.const 2049))",
        "(func (export \"number\") (param i32) (result i32)
            (i32.gt_u (local.get 0) (i32.const 2048)))",
        "(func (export \"number\") (call $free (call $malloc (i32.const 2048))))",
        "(func $count (param i32 i32) (result i32)
            (i32.load (i32.add (local.get 0) (i32.const 16))))
         (func (export \"number\") (param i32) (result i32)
            (call $count (local.get 0) (i32.const 2048)))",
        "(func (export \"number\") (param i32) (i32.store (local.get 0) (i32.const 2050)))",
        // A frame of more than 2048 bytes.
        "(global $sp (mut i32) (i32.const 131072))
         (func (export \"number\") (result i32) (local i32)
            (global.set $sp (local.tee 0 (i32.sub (global.get $sp) (i32.const 4096))))
            (i32.load offset=2048 (local.get 0)))",
        // The error number is no state: only constants are written to it.
        "(func (export \"errno\") (result i32) (i32.load (i32.const 4096)))",
        "(func (export \"beside\") (result i32) (i32.load (i32.const 2044)))",
        "(func (export \"beside\") (result i32) (i32.load (i32.const 2056)))",
    ];
    for harmless in harmless {
        done(&module(&format!("{EXPORTS} {harmless}")));
    }
}

/// Nothing says where a table ends: code that computes an address in what may be one is refused, and
/// a constant far beyond its start is another object.
#[test]
fn tables_have_no_known_end() {
    let table = |more: &str| {
        let malloc = "(func $malloc (param i32) (result i32) (local i32)
            (local.set 1 (i32.add (i32.const 5120)
                (i32.shl (i32.and (local.get 0) (i32.const 31)) (i32.const 2))))
            (i32.store (local.get 1) (i32.load (local.get 1))) (i32.load (local.get 1)))";
        from(&format!("(memory (export \"memory\") 2) {malloc} {FREE} {USE} {EXPORTS} {more}"))
    };
    let constant =
        |at: u32| format!("(func (export \"c\") (result i32) (i32.load (i32.const {at})))");
    let indexed = |at: u32| {
        format!(
            "(func (export \"i\") (param i32) (result i32)
            (i32.load (i32.add (i32.const {at}) (i32.shl (local.get 0) (i32.const 2)))))"
        )
    };
    for near in [constant(5120), constant(5180), indexed(5120), indexed(5248), indexed(6140)] {
        let error = refused(&table(&near));
        assert!(matches!(error, ExternalizeError::ReadsState { .. }), "{near}: {error}");
    }
    for far in [constant(5116), constant(5184), indexed(6144)] {
        done(&table(&far));
    }
}

#[test]
fn a_constructor_may_write_to_the_state() {
    let done = done(&module(&format!(
        "{EXPORTS} (func $init (local i32)
            (i32.store (i32.const 2048) (i32.const 0))
            (loop
                (i32.store (i32.add (i32.const 2048) (i32.shl (local.get 0) (i32.const 2)))
                    (i32.const 0))
                (br_if 0 (i32.lt_u
                    (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 2)))))
         (start $init)"
    )));
    assert!(done.proof.contains(&Proof::StateWritten { functions: 1 }), "{:?}", done.proof);
}

#[test]
fn a_realloc_that_was_not_found_keeps_the_allocator() {
    let realloc = "(func $resize (export \"resize\") (param i32 i32) (result i32)
        (if (i32.eq (local.get 0) (i32.load (i32.const 2048))) (then (return (local.get 0))))
        (call $free (local.get 0)) (call $malloc (local.get 1)))";
    let error = refused(&module(&format!("{EXPORTS} {realloc}")));
    let ExternalizeError::ReadsState { function, address: 2048 } = &error else {
        panic!("{error}")
    };
    assert_eq!(function.name.as_deref(), Some("resize"));
}

#[test]
fn memory_that_still_grows_keeps_the_allocator() {
    let sbrk = r#"(func $sbrk (param i32) (result i32) (memory.grow (local.get 0)))
        (func $more (export "more") (drop (call $sbrk (i32.const 1))))"#;
    let error = refused(&module(&format!("{EXPORTS} {sbrk}")));
    let ExternalizeError::GrowsMemory { function, kept_by: Some(kept_by) } = &error else {
        panic!("{error}")
    };
    assert_eq!(function.name.as_deref(), Some("sbrk"));
    assert_eq!(kept_by.name.as_deref(), Some("more"));
}

#[test]
fn the_size_of_memory_may_be_asked() {
    let size = r#"(func (export "size") (result i32) (memory.size))"#;
    let done = done(&module(&format!("{EXPORTS} {size}")));
    let proof = done.proof.iter().find(|proof| matches!(proof, Proof::AsksSize { .. }));
    assert!(proof.expect("it is told").to_string().contains("`size`"));
}

const USABLE: [&str; 3] = [
    "(func (export \"how_much\") (param i32) (result i32)
        (i32.and (i32.load (i32.sub (local.get 0) (i32.const 4))) (i32.const -8)))",
    "(func (export \"how_much\") (param i32) (result i32) (local i32 i32)
        (local.set 1 (i32.add (local.get 0) (i32.const -8)))
        (local.set 2 (i32.load offset=4 (local.get 1)))
        (if (result i32) (i32.eq (i32.and (i32.const 3) (local.get 2)) (i32.const 1))
            (then (i32.const 0)) (else (local.get 2))))",
    "(func (export \"how_much\") (param i32) (result i32)
        (i32.and (i32.load (i32.sub (i32.load (local.get 0)) (i32.const 4))) (i32.const 1)))",
];

#[test]
fn flags_before_a_block_keep_the_allocator() {
    for usable in USABLE {
        let more = format!("{EXPORTS} {usable}");
        for wasm in [module(&more), nameless(&more)] {
            let error = refused(&wasm);
            let ExternalizeError::ReadsHeader { flags: true, offset: -4, .. } = &error else {
                panic!("{usable}: {error}")
            };
        }
    }
}

/// SQLite keeps the size of a block in eight bytes before it, in a header of its own.
#[test]
fn a_header_of_the_users_is_no_block_header() {
    let own = "(func (export \"sqlite3MemSize\") (param i32) (result i64)
        (i64.load (i32.sub (local.get 0) (i32.const 8))))
        (func (export \"before\") (param i32) (result i32)
        (i32.load (i32.add (local.get 0) (i32.const -4))))";
    done(&module(&format!("{EXPORTS} {own}")));
    done(&nameless(&format!("{EXPORTS} {own}")));

    // Without flags in headers nothing can tell.
    let plain = |more: &str| {
        from(&format!(
            "(memory (export \"memory\") 2) {MALLOC} {PLAIN_FREE} {USE} {EXPORTS} {more}"
        ))
    };
    let named = own.replace("(func (export", "(func $it (export");
    let named = named.replacen("$it", "$one", 1);
    done(&stripped(&plain("")));
    // Nor can names, as a name may be any.
    for wasm in [plain(&named), stripped(&plain(own))] {
        let error = refused(&wasm);
        let ExternalizeError::ReadsHeader { flags: false, offset: -4, .. } = &error else {
            panic!("{error}")
        };
    }
    done(&plain(
        "(func $far (export \"far\") (param i32) (result i32)
            (i32.load (i32.sub (local.get 0) (i32.const 8))))",
    ));
}

#[test]
fn without_headers_only_names_can_tell() {
    let free = "(func $free (param i32)
        (i32.store (i32.const 2048) (i32.sub (i32.load (i32.const 2048)) (i32.const 16))))";
    let wasm = from(&format!("(memory (export \"memory\") 2) {MALLOC} {free} {USE} {EXPORTS}"));
    done(&wasm);
    let error = refused(&stripped(&wasm));
    assert!(matches!(error, ExternalizeError::Unnamed { .. }), "{error}");
}

#[test]
fn an_allocator_without_state_is_left_alone() {
    let wasm = from(&format!(
        "(memory (export \"memory\") 2) (global $next (mut i32) (i32.const 8))
        (func $malloc (param i32) (result i32)
            (global.set $next (i32.add (global.get $next) (local.get 0))) (global.get $next))
        (func $free (param i32)) {USE} {EXPORTS}"
    ));
    assert_eq!(refused(&wasm), ExternalizeError::NoState);
}

#[test]
fn an_allocator_with_blocks_in_use_is_left_alone() {
    let data =
        |address: u32| format!("{EXPORTS} (data (i32.const {address}) \"\\01\\02\\03\\04\")");
    // One word may be where memory begins.
    done(&module(&data(2048)));
    let table = format!(
        "(memory (export \"memory\") 2)
        (func $malloc (param i32) (result i32) (local i32)
            (local.set 1 (i32.add (i32.const 3072) (i32.shl (local.get 0) (i32.const 2))))
            (i32.store (local.get 1) (i32.load (local.get 1))) (i32.load (local.get 1)))
        {FREE} {USE} {EXPORTS} (data (i32.const 3080) \"{}\")",
        "\\01\\02\\03\\04".repeat(8)
    );
    let error = refused(&from(&table));
    assert!(matches!(error, ExternalizeError::Snapshot { .. }), "{error}");
}

#[test]
fn half_a_family_is_refused() {
    let only = |name: &str| format!("(export \"{name}\" (func ${name}))");
    for (member, found) in [(Member::Free, Member::Malloc), (Member::Malloc, Member::Free)] {
        let error = refused(&nameless(&only(found.name())));
        assert_eq!(error, ExternalizeError::Missing { member, found });
        assert!(error.to_string().contains(&format!("-Wl,--export={member}")), "{error}");
    }
}

#[test]
fn a_member_of_another_type_is_refused() {
    let error = refused(&module(
        r#"(func $other (param i64) (result i32) (i32.const 0))
        (export "malloc" (func $malloc)) (export "free" (func $free))
        (export "realloc" (func $other))"#,
    ));
    let ExternalizeError::WrongType { member: Member::Realloc, found, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(found.to_string(), "(i64) -> i32");
    assert!(error.to_string().contains("(i32, i32) -> i32"), "{error}");
    // A function of that name beside the real one is something else.
    let done = done(&module(&format!("{EXPORTS} (func $dlmalloc (export \"other\") (param i64))")));
    assert_eq!(done.replaced.len(), 2);
}

#[test]
fn one_function_with_two_meanings_is_refused() {
    let error = refused(&module(&format!(
        r#"{EXPORTS} (func $both (param i32 i32) (result i32) (i32.load (i32.const 2048)))
        (export "realloc" (func $both)) (export "calloc" (func $both))"#
    )));
    assert!(matches!(error, ExternalizeError::TwoMembers { .. }), "{error}");
    // memalign and aligned_alloc mean the same.
    done(&module(&format!(
        r#"{EXPORTS} (func $both (param i32 i32) (result i32) (i32.load (i32.const 2048)))
        (export "memalign" (func $both)) (export "aligned_alloc" (func $both))"#
    )));
}

#[test]
fn modules_without_a_family_are_told_what_to_do_instead() {
    let none = |fields: &str| match refused(&from(&format!("{fields} (memory 1)"))) {
        ExternalizeError::NoFamily { instead } => instead,
        other => panic!("{other}"),
    };
    assert_eq!(none(""), Instead::NoNames);
    assert_eq!(none("(func $f)"), Instead::Nothing);
    assert_eq!(none("(func $f) (@producers (language \"Rust\" \"2024\"))"), Instead::Rust);
    assert_eq!(
        none("(func $~lib/rt/itcms/__new (export \"__new\")) (func (export \"__pin\"))"),
        Instead::AssemblyScript
    );
    assert_eq!(none("(import \"gojs\" \"runtime.wasmExit\" (func))"), Instead::Go);
}

#[test]
fn sections_that_describe_the_code_are_dropped() {
    let done = done(&module(&format!(
        r#"{EXPORTS} (@custom ".debug_info" "x") (@custom ".debug_line" "x")
        (@custom "sourceMappingURL" "\03a.x") (@custom "mine" "kept")
        (@producers (processed-by "clang" "19.1.7"))
        (@custom "target_features" "\00")"#
    )));
    assert_eq!(done.dropped_sections, [".debug_info", ".debug_line", "sourceMappingURL"]);
    let text = text(&done);
    for kept in ["section mine", "section producers", "section target_features", "section name"] {
        assert!(text.contains(kept), "{text}");
    }
    assert!(!text.contains("debug"), "{text}");
}

#[test]
fn dynamic_libraries_are_refused() {
    let error = refused(&module(&format!("{EXPORTS} (@custom \"dylink.0\" \"\")")));
    assert!(matches!(error, ExternalizeError::DynamicLibrary { .. }), "{error}");
}

#[test]
fn what_no_host_can_load_is_refused_as_such() {
    for (wasm, expected) in [
        (b"(module)".to_vec(), "text format"),
        (from("(memory i64 1)"), "64-bit"),
        (from(""), "no linear memory"),
    ] {
        let error = refused(&wasm);
        assert!(matches!(error, ExternalizeError::Module(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Bytes that are cut, flipped or doubled: an answer, whichever.
#[test]
fn damaged_modules_are_answered() {
    let realloc = "(func $realloc (param i32 i32) (result i32) (i32.load (i32.const 2048)))";
    let wasm = module(&format!(
        "{EXPORTS} {realloc} (table 2 funcref) (elem (i32.const 0) $free $use)
        (func (export \"r\") (drop (call $realloc (i32.const 0) (i32.const 1))))"
    ));
    done(&wasm);
    let options = ExternalizeOptions::default();
    let mut answers = [0, 0];
    for at in 0..wasm.len() {
        let _ = externalize(&wasm[..at], &options);
        for bits in [0x01, 0x10, 0x80, 0xff] {
            let mut damaged = wasm.clone();
            damaged[at] ^= bits;
            let valid = wasmparser::Validator::new().validate_all(&damaged).is_ok();
            match externalize(&damaged, &options) {
                Ok(done) => {
                    answers[0] += 1;
                    if valid {
                        let after = wasmparser::Validator::new().validate_all(&done.wasm).err();
                        assert!(after.is_none(), "byte {at}: {after:?}");
                    }
                }
                Err(error) => {
                    answers[1] += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    assert!(answers[0] > 100 && answers[1] > 100, "{answers:?}");
}

#[test]
fn modules_of_many_shapes_are_answered() {
    for (name, wasm) in module_common::modules() {
        let error = refused(&wasm);
        assert!(
            matches!(
                error,
                ExternalizeError::NoFamily { .. } | ExternalizeError::AlreadyImports { .. }
            ),
            "{name}: {error}"
        );
    }
}

/// Time and memory are in proportion to the input: none of these takes noticeably long.
#[test]
fn large_modules_are_answered_in_time() {
    let repeat =
        |count: usize, of: &dyn Fn(usize) -> String| -> String { (0..count).map(of).collect() };
    // Many functions with many declared locals, and calls of them all.
    let locals = repeat(2_000, &|i| {
        format!(
            "(func $f{i} (local i32) (local.set 0 (i32.const {i})) (call $f{}))",
            (i + 1) % 2_000
        )
    });
    done(&module(&format!("{EXPORTS} {locals} (export \"f\" (func $f0))")));
    // One function with many locals and many branches.
    let branches = repeat(3_000, &|i| {
        format!(
            "(if (local.get {}) (then (local.set {} (i32.const {i}))))",
            i % 1_000,
            (i * 7) % 1_000
        )
    });
    let many = format!(
        "(func (export \"many\") (local {}) (loop {branches} (br 0)))",
        "i32 ".repeat(1_000)
    );
    let _ = externalize(&module(&format!("{EXPORTS} {many}")), &ExternalizeOptions::default());
    // A constant that is handed from each function to the next.
    let chain = repeat(3_000, &|i| {
        format!("(func $g{i} (param i32) (call $g{} (local.get 0)))", (i + 1) % 3_000)
    });
    done(&module(&format!("{EXPORTS} {chain} (func (export \"g\") (call $g0 (i32.const 2048)))")));
    // Deeply nested blocks.
    let deep = format!(
        "(func (export \"deep\") {} {})",
        "(block (loop ".repeat(5_000),
        "))".repeat(5_000)
    );
    done(&module(&format!("{EXPORTS} {deep}")));
}

#[test]
fn errors_are_kept_apart() {
    let error = ExternalizeError::from(ModuleError::NoMemory);
    assert_eq!(error.to_string(), ModuleError::NoMemory.to_string());
    assert!(core::error::Error::source(&error).is_some());
}

/// Each of these takes a few bytes and could cost the host much more.
#[test]
fn little_code_costs_little() {
    let repeat =
        |count: usize, of: &dyn Fn(usize) -> String| -> String { (0..count).map(of).collect() };
    // A local far up in each of many functions.
    let far = repeat(3_000, &|i| {
        format!("(func $f{i} (local {}) (drop (local.get 999)))", "i32 ".repeat(1_000))
    });
    let refs = repeat(3_000, &|i| format!("(elem declare func $f{i})"));
    done(&module(&format!("{EXPORTS} {far} {refs}")));
    // Many functions that go, and many exports.
    let exports = repeat(5_000, &|i| format!("(export \"e{i}\" (func $use))"));
    let dead = repeat(5_000, &|_| "(func)".to_owned());
    let done = done(&nameless(&format!("{EXPORTS} {exports} {dead}")));
    assert_eq!(done.removed.len(), 5_002);
    // More on the stack and more blocks in each other than any compiler makes.
    let high = format!("(func {} {})", "i32.const 2048 ".repeat(100_000), "drop ".repeat(100_000));
    let _ = externalize(
        &module(&format!("{EXPORTS} {high} (elem declare func 3)")),
        &ExternalizeOptions::default(),
    );
    let deep = format!("(func {} {})", "block ".repeat(70_000), "end ".repeat(70_000));
    let error = refused(&module(&format!("{EXPORTS} {deep} (elem declare func 3)")));
    assert!(error.to_string().contains("65536 blocks in each other"), "{error}");
}

/// An allocator that only asks for memory at a fixed place, with more beside it.
const BUMP: &str = "(func $malloc (export \"malloc\") (param i32) (result i32)
        (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (local.get 0)))
        (i32.load (i32.const 2048)))
    (func $free (export \"free\") (param i32)
        (i32.store (i32.const 2048) (i32.sub (i32.load (i32.const 2048)) (i32.const 8))))
    (func $use (export \"use\") (call $free (call $malloc (i32.const 8))))";

/// A module with it: the heap starts at 8192.
fn bump(more: &str) -> Vec<u8> {
    from(&format!(
        "(import \"env\" \"host\" (func $host (param i32))) (memory (export \"memory\") 2)
        (global (export \"__heap_base\") i32 (i32.const 8192)) {BUMP} {more}"
    ))
}

#[test]
fn an_address_of_the_state_that_leaves_keeps_the_allocator() {
    done(&bump(""));
    for leaves in [
        "(func $at (export \"stats\") (result i32) (i32.const 2048))",
        "(func $at (param i32) (result i32) (i32.add (i32.const 2048) (local.get 0)))
         (func $x (export \"x\") (result i32) (i32.load (call $at (i32.const 0))))",
        "(func $x (export \"x\") (call $host (i32.const 2048)))",
        "(func $pass (param i32) (call $host (local.get 0)))
         (func $x (export \"x\") (call $pass (i32.const 2050)))",
        "(func $x (export \"x\") (param i32) (i32.store (local.get 0) (i32.const 2048)))",
        "(table 1 funcref) (elem (i32.const 0) $rd)
         (func $rd (param i32) (result i32) (i32.load (local.get 0)))
         (func $x (export \"x\") (result i32)
            (call_indirect (param i32) (result i32) (i32.const 2048) (i32.const 0)))",
        "(global $sp (mut i32) (i32.const 8192)) (global $g (mut i32) (i32.const 2048))
         (func $x (export \"x\") (result i32) (i32.load (global.get $g)))",
        "(global $g (mut i32) (i32.const 2048))
         (func $x (export \"x\") (result i32) (i32.load (global.get $g)))",
        "(func $x (export \"x\") (result i32) (i32.load (i32.shl (i32.const 512) (i32.const 2))))",
        "(func $x (export \"x\") (result i32) (i32.load (i32.mul (i32.const 512) (i32.const 4))))",
    ] {
        let error = refused(&bump(leaves));
        let ExternalizeError::ReadsState { address, .. } = &error else {
            panic!("{leaves}: {error}")
        };
        assert!((2048..2052).contains(address), "{leaves}: {error}");
    }
}

#[test]
fn an_exported_address_of_the_state_keeps_the_allocator() {
    let export = |name: &str| format!("(global (export \"{name}\") i32 (i32.const 2048))");
    let error = refused(&bump(&export("stats")));
    let ExternalizeError::ExportsState { global, address: 2048 } = &error else {
        panic!("{error}")
    };
    assert_eq!(global, "stats");
    assert!(error.to_string().contains("-Wl,--export=stats"), "{error}");
    done(&bump(&export("__global_base")));
}

#[test]
fn a_walk_over_the_heap_keeps_the_allocator() {
    let read = |at: u32| {
        format!("(func $walk (export \"walk\") (result i32) (i32.load (i32.const {at})))")
    };
    for address in [8192, 8196] {
        let error = refused(&bump(&read(address)));
        let ExternalizeError::ReadsHeap { address: found, .. } = &error else { panic!("{error}") };
        assert_eq!(*found, address);
        assert!(error.to_string().contains("where the heap"), "{error}");
    }
    done(&bump(&read(8184)));
}

#[test]
fn state_that_is_reached_by_functions_that_stay_is_state() {
    let list = |more: &str| {
        from(&format!(
            "(memory (export \"memory\") 2)
            (global (export \"__heap_base\") i32 (i32.const 8192))
            (type $two (func (param i32 i32)))
            (table 1 funcref) (elem (i32.const 0) $push)
            (func $push (param i32 i32)
                (i32.store (local.get 1) (i32.load (local.get 0)))
                (i32.store (local.get 0) (local.get 1)))
            (func $pop (param i32) (result i32) (local i32)
                (local.set 1 (i32.load (local.get 0)))
                (if (local.get 1) (then
                    (i32.store (local.get 0) (i32.load (local.get 1)))))
                (local.get 1))
            (func $malloc (export \"malloc\") (param i32) (result i32)
                (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (local.get 0)))
                (i32.add (call $pop (i32.const 2056)) (i32.load (i32.const 2048))))
            (func $free (export \"free\") (param i32)
                (call $push (i32.const 2056) (local.get 0))
                (call_indirect (type $two) (i32.const 2072) (local.get 0) (i32.const 0)))
            (func $use (export \"use\") (param i32) (result i32)
                (call $free (call $malloc (i32.const 8)))
                (call $push (i32.const 4096) (local.get 0)) (call $pop (i32.const 4096)))
            {more}"
        ))
    };
    done(&list(""));
    for state in [2056, 2072] {
        let error = refused(&list(&format!(
            "(func $first (export \"first\") (result i32) (i32.load (i32.const {state})))"
        )));
        let ExternalizeError::ReadsState { address, .. } = &error else { panic!("{error}") };
        assert_eq!(*address, state);
    }
}

/// As `-z stack-size=512` with the stack first puts it.
#[test]
fn state_may_lie_below_the_usual_start_of_data() {
    let low = |at: u32, more: &str| {
        from(&format!(
            "(memory (export \"memory\") 2)
            (func $malloc (export \"malloc\") (param i32) (result i32)
                (i32.store (i32.const {at}) (i32.add (i32.load (i32.const {at})) (i32.const 1)))
                (i32.const 4096))
            (func $free (export \"free\") (param i32)
                (i32.store (i32.const {at}) (i32.sub (i32.load (i32.const {at})) (i32.const 1))))
            (func $use (export \"use\") (call $free (call $malloc (i32.const 8)))) {more}"
        ))
    };
    let live = |at: u32| {
        format!("(func $live (export \"live\") (result i32) (i32.load (i32.const {at})))")
    };
    for data in ["", "(data (i32.const 256) \"x\")"] {
        for address in [512, 1016, 1024] {
            done(&low(address, &format!("{data} {}", live(address - 4))));
            let error = refused(&low(address, &format!("{data} {}", live(address))));
            let ExternalizeError::ReadsState { address: found, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!(*found, address);
        }
    }
}

/// What a typed reference takes and leaves is not known; a call after it has to make do.
#[test]
fn operators_of_unknown_arity_are_answered() {
    let odd = |body: &str| {
        format!(
            "{EXPORTS} (type $odd (func)) (func $four (param i32 i32 i32 i32))
            (func $odd (export \"odd\") (param i32) {body})"
        )
    };
    let call = "(block (call_ref $odd (ref.null $odd)))";
    for body in [
        call.to_owned(),
        format!("i32.const 1 i32.const 2 {call} drop drop"),
        "i32.const 1 i32.const 2 i32.const 3 i32.const 4
            (call_ref $odd (ref.null $odd)) call $four"
            .to_owned(),
        // Not valid: there are no arguments in the block.
        "i32.const 1 i32.const 2 i32.const 3
            (block ref.null $odd call_ref $odd call $four) drop drop drop"
            .to_owned(),
    ] {
        let wasm = module(&odd(&body));
        let _ = externalize(&wasm, &ExternalizeOptions::default());
    }
    // And what is done after it may be anything, also with the state.
    let error = refused(&module(&odd(
        "(drop (i32.const 2048)) (call_ref $odd (ref.null $odd)) (drop (i32.load (local.get 0)))",
    )));
    assert!(matches!(error, ExternalizeError::ReadsState { address: 2048, .. }), "{error}");
}

/// Constants times accesses would be millions.
#[test]
fn addresses_are_not_handed_on_without_end() {
    let repeat =
        |count: usize, of: &dyn Fn(usize) -> String| -> String { (0..count).map(of).collect() };
    let hands = repeat(3_000, &|i| format!("(call $f (i32.const {}))", 4096 + i * 16));
    let reads = repeat(3_000, &|i| format!("(drop (i32.load offset={} (local.get 0)))", i * 4));
    let calls = repeat(3_000, &|_| "(call $g (local.get 0))".to_owned());
    for body in [reads, calls] {
        let wasm = from(&format!(
            "(memory (export \"memory\") 16)
            (global (export \"__heap_base\") i32 (i32.const 1000000))
            (func $f (param i32) {body}) (func $g (param i32))
            (func $malloc (export \"malloc\") (param i32) (result i32)
                {hands}
                (i32.store (i32.const 2048) (i32.load (i32.const 2048))) (i32.const 0))
            (func $free (export \"free\") (param i32))
            (func $use (export \"use\") (call $free (call $malloc (i32.const 8))))"
        ));
        let start = std::time::Instant::now();
        let error = refused(&wasm);
        assert!(matches!(error, ExternalizeError::Unclear { .. }), "{error}");
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
