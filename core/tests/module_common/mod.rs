//! Modules that several tests go through.

/// Valid modules of many shapes, each with what is special about it.
pub(crate) fn modules() -> Vec<(&'static str, Vec<u8>)> {
    TEXTS.iter().map(|(name, text)| (*name, wat::parse_str(text).expect(name))).collect()
}

const TEXTS: &[(&str, &str)] = &[
    ("smallest", r#"(module (memory 1))"#),
    ("ordinary", ORDINARY),
    (
        "everything to do",
        r#"(module
            (type $binary (func (param i32 i32) (result i32)))
            (import "env" "before" (func $before (type $binary)))
            (import "env" "memory" (memory 2 9))
            (import "env" "after" (global $after i32))
            (import "env" "table" (table 1 funcref))
            (@custom "early" (before func) "\01\02")
            (tag $oops (param i32))
            (global $mine (mut i32) (i32.const 5))
            (func $init (i32.store (i32.const 8) (call $before (i32.const 1) (i32.const 2))))
            (export "get" (global $after))
            (start $init)
            (elem (i32.const 0) $init)
            (data (i32.const 1024) "data")
            (@custom "late" "\03"))"#,
    ),
    (
        "only an imported memory",
        r#"(module (import "env" "memory" (memory 1)) (func $f) (start $f))"#,
    ),
    (
        "imported start function",
        r#"(module (import "env" "init" (func $init)) (memory (export "memory") 1) (start $init))"#,
    ),
    (
        "no export section, code after it",
        r#"(module (memory 1) (func $f) (start $f) (data (i32.const 0) "x"))"#,
    ),
    ("no export section, nothing after it", r#"(module (memory 1 2) (global i32 (i32.const 1)))"#),
    (
        "passive data and a data count",
        r#"(module (memory 1) (data $d "abc")
            (func (export "init")
                (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))))"#,
    ),
    (
        "tag between memory and global",
        r#"(module (memory 1) (tag) (global (export "g") i32 (i32.const 1)))"#,
    ),
    (
        "segments of tables",
        r#"(module (memory (export "m") 1) (table $t 4 4 funcref) (table 1 externref)
            (func $f) (func $g (export "g")
                (table.init $t $p (i32.const 0) (i32.const 0) (i32.const 1))
                (elem.drop $p) (drop (ref.func $g)) (call_indirect $t (i32.const 1)))
            (elem (table $t) (i32.const 1) func $f) (elem $p func $g $f)
            (elem (table $t) (offset (i32.const 2)) funcref (ref.null func) (ref.func $f))
            (elem declare func $g))"#,
    ),
    (
        "declared functions",
        r#"(module (memory (export "m") 1) (func $f) (elem declare func $f)
            (func (export "ref") (drop (ref.func $f))) (start $f))"#,
    ),
];

/// What a C compiler makes, by and large.
const ORDINARY: &str = r#"(module $plugin
    (import "env" "malloc" (func $malloc (param i32) (result i32)))
    (import "env" "free" (func $free (param i32)))
    (table 1 1 funcref)
    (memory (export "memory") 2)
    (global $__stack_pointer (mut i32) (i32.const 66592))
    (global (export "__data_end") i32 (i32.const 1056))
    (global (export "__heap_base") i32 (i32.const 66592))
    (func (export "greet") (param i32 i32) (result i64)
        (local i32)
        (local.set 2 (call $malloc (local.get 1)))
        (call $free (local.get 2))
        (i64.extend_i32_u (local.get 0)))
    (func (export "heap_base") (result i32) (i32.const 66592))
    (data (i32.const 1024) "hello, \00")
    (data (i32.const 1048) "\01\02\03\04\05\06\07\08")
    (@producers
        (language "C11" "")
        (processed-by "clang" "19.1.7")
        (sdk "Emscripten" "6.0.9")))"#;
