//! Prototypes in text are what the convention's Rust types are, and the header of a contract is one
//! that plugins can be written with.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::process::Command;

use bytemuck::{Pod, Zeroable};
use hostheap_core::contract::{Contract, Prototype, Role};
use hostheap_core::convention::{
    Arguments, CStruct, Callback, Composed, Fallible, FromGuest, FuncPtr, GuestBlock, GuestBytes,
    GuestError, GuestPtr, GuestSlice, GuestStr, Out, Owned, Parameters, ToGuest,
};
use hostheap_tests::mock::Mock;
use hostheap_tests::say;

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Point {
    x: f64,
    y: f64,
}

impl CStruct for Point {
    const C_NAME: &'static str = "struct point";
}

fn export<A: Arguments, R: FromGuest<Mock, A::Flat>>(text: &str) {
    let prototype: Prototype = text.parse().expect(text);
    assert_eq!(prototype.c_params(Role::Export), A::c_params(), "{text}");
    assert_eq!(prototype.shapes(Role::Export), R::accepted(), "{text}");
    reads_back(&prototype, text);
    // And back from the Rust types.
    let of = Prototype::of_export::<Mock, A, R>().expect(text);
    assert_eq!(of.c_params(Role::Export), A::c_params(), "{text} and {of}");
    assert_eq!(of.shapes(Role::Export), R::accepted(), "{text} and {of}");
}

fn import<P: Parameters, R: ToGuest<Mock, (), P::Flat>>(text: &str) {
    let prototype: Prototype = text.parse().expect(text);
    assert_eq!(prototype.c_params(Role::Import), P::c_params(), "{text}");
    assert_eq!(prototype.shapes(Role::Import), R::accepted(), "{text}");
    reads_back(&prototype, text);
    let of = Prototype::of_import::<Mock, (), P, R>().expect(text);
    assert_eq!(of.c_params(Role::Import), P::c_params(), "{text} and {of}");
    assert_eq!(of.shapes(Role::Import), R::accepted(), "{text} and {of}");
}

/// One whose C parameter the text knows better than the Rust type, which is a pointer to anything.
fn import_of_pointer<P: Parameters, R: ToGuest<Mock, (), P::Flat>>(text: &str) {
    let prototype: Prototype = text.parse().expect(text);
    assert_eq!(prototype.c_params(Role::Import).len(), P::c_params().len(), "{text}");
    assert_eq!(prototype.shapes(Role::Import), R::accepted(), "{text}");
}

fn reads_back(prototype: &Prototype, text: &str) {
    let again: Prototype = prototype.to_string().parse().expect(text);
    assert_eq!(again, *prototype, "{text}");
}

type Ptr = GuestPtr<()>;
type Function = FuncPtr<(i32,), i32>;

#[test]
fn arguments_are_those_of_the_convention() {
    export::<(), ()>("()");
    export::<(i8, u8, i16, u16), ()>("(i8, u8, i16, u16)");
    export::<(i32, u32, i64, u64), ()>("(i32, u32, i64, u64)");
    export::<(f32, f64, bool, char), ()>("(f32, f64, bool, char)");
    export::<(&str,), ()>("(str)");
    export::<(&String,), ()>("(str)");
    export::<(&[u8], &Vec<u8>), ()>("(bytes, slice<u8>)");
    export::<(&[&str],), ()>("(slice<str>)");
    export::<(&[&[u8]],), ()>("(slice<bytes>)");
    export::<(&CStr, &CString), ()>("(cstr, cstr)");
    export::<(&[i32], &[f64; 4], &[Point]), ()>("(slice<i32>, slice<f64>, slice<struct point>)");
    export::<(&[bool], &[char], &[Ptr]), ()>("(slice<bool>, slice<char>, slice<ptr>)");
    export::<(&mut [i32], &mut [u8], &mut [Ptr]), ()>(
        "(mut slice<i32>, mut slice<u8>, mut slice<ptr>)",
    );
    export::<(&Point, &i32, &u8, &Ptr), ()>("(&struct point, &i32, &u8, &ptr)");
    export::<(&mut Point, &mut i64), ()>("(mut struct point, &mut i64)");
    export::<(Out<'_, Point>, Out<'_, [i16]>), ()>("(out struct point, out slice<i16>)");
    export::<(Composed<'_, RequestC>,), ()>("(&struct request)");
    export::<(Option<&str>, Option<&[i32]>, Option<&CStr>, Option<&Point>), ()>(
        "(option<str>, option<slice<i32>>, option<cstr>, option<&struct point>)",
    );
    export::<(Option<&mut Point>, Option<&mut [f32]>), ()>(
        "(option<mut struct point>, option<mut slice<f32>>)",
    );
    export::<(Owned<&str>, Owned<&[u8]>, Owned<&CStr>, Owned<&Point>), ()>(
        "(owned<str>, owned<bytes>, owned<cstr>, owned<&struct point>)",
    );
    export::<(Owned<&[i32]>, Owned<&[&str]>, Option<Owned<&str>>), ()>(
        "(owned<slice<i32>>, owned<slice<str>>, option<owned<str>>)",
    );
    export::<(&GuestBlock, Option<&GuestBlock>, Ptr), ()>("(ptr, option<ptr>, ptr)");
    export::<(&Callback, Option<&Callback>, Function, Option<Function>), ()>(
        "(func, option<func>, func, option<func>)",
    );
    export::<(i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64), i32>(
        "(i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64) -> i32",
    );
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct RequestC {
    name: Ptr,
}

impl CStruct for RequestC {
    const C_NAME: &'static str = "struct request";
}

#[test]
fn results_are_those_of_the_convention() {
    export::<(), i8>("() -> i8");
    export::<(), u64>("() -> u64");
    export::<(), f32>("() -> f32");
    export::<(), bool>("() -> bool");
    export::<(), char>("() -> char");
    export::<(&str,), String>("(str) -> string");
    export::<(&str,), Vec<u8>>("(str) -> bytes");
    export::<(i64,), Vec<Point>>("(i64) -> vec<struct point>");
    export::<(), Vec<Ptr>>("() -> vec<ptr>");
    export::<(), CString>("() -> cstring");
    export::<(), Point>("() -> struct point");
    export::<(), Option<String>>("() -> option<string>");
    export::<(), Option<Vec<i32>>>("() -> option<vec<i32>>");
    export::<(), Option<CString>>("() -> option<cstring>");
    export::<(i32,), Option<Point>>("(i32) -> option<struct point>");
    export::<(), (i32, f64)>("() -> (i32, f64)");
    export::<(i32,), (u8, bool, i64)>("(i32) -> (u8, bool, i64)");
    export::<(), (i8, i16, f32, char)>("() -> (i8, i16, f32, char)");
    export::<(), Result<(), GuestError>>("() -> result<()>");
    export::<(&str,), Result<String, GuestError>>("(str) -> result<string>");
    export::<(), Result<Vec<u8>, GuestError>>("() -> result<bytes>");
    export::<(), Result<Vec<f32>, GuestError>>("() -> result<vec<f32>>");
    export::<(), Result<u8, GuestError>>("() -> result<u8>");
    export::<(), Result<Ptr, GuestError>>("() -> result<ptr>");
    export::<(i32,), Result<Point, GuestError>>("(i32) -> result<struct point>");
    export::<(), Function>("() -> func");
    export::<(), Option<Function>>("() -> option<func>");
    export::<(), Ptr>("() -> ptr");
}

#[test]
fn host_functions_are_those_of_the_convention() {
    import::<(), ()>("()");
    import::<(i8, u8, i16, u16), i8>("(i8, u8, i16, u16) -> i8");
    import::<(i32, u32, i64, u64), u64>("(i32, u32, i64, u64) -> u64");
    import::<(f32, f64, bool, char), char>("(f32, f64, bool, char) -> char");
    import::<(String, GuestStr), String>("(str, str) -> string");
    import::<(Vec<u8>, GuestBytes), Vec<u8>>("(bytes, bytes) -> bytes");
    import::<(Vec<i32>, Vec<Ptr>), &'static str>("(slice<i32>, slice<ptr>) -> string");
    import::<(CString,), CString>("(cstr) -> cstring");
    import::<(Point,), Point>("(&struct point) -> struct point");
    import::<(GuestSlice<f64>, GuestSlice<u8>), Vec<f64>>(
        "(mut slice<f64>, mut slice<u8>) -> vec<f64>",
    );
    import::<(Ptr,), Ptr>("(ptr) -> ptr");
    import::<(Option<String>, Option<Vec<i32>>, Option<CString>, Option<Point>), Option<String>>(
        "(option<str>, option<slice<i32>>, option<cstr>, option<&struct point>) -> option<string>",
    );
    import::<(Owned<String>, Owned<Vec<u8>>, Option<Owned<String>>), Option<Vec<u8>>>(
        "(owned<str>, owned<bytes>, option<owned<str>>) -> option<bytes>",
    );
    import::<(Function, Option<Function>), Function>("(func, option<func>) -> func");
    import::<(), Option<CString>>("() -> option<cstring>");
    import::<(), Option<Point>>("() -> option<struct point>");
    import::<(), (i32, f64)>("() -> (i32, f64)");
    import::<(), (u8, u16, i64, f32)>("() -> (u8, u16, i64, f32)");
    import::<(), Fallible<()>>("() -> result<()>");
    import::<(String,), Fallible<String>>("(str) -> result<string>");
    import::<(), Fallible<Vec<i64>>>("() -> result<vec<i64>>");
    import::<(), Fallible<Point>>("() -> result<struct point>");
    import_of_pointer::<(GuestPtr<i32>, GuestPtr<Point>), i32>("(&i32, mut struct point) -> i32");
}

#[test]
fn rust_types_have_prototypes() {
    let text = |prototype: Result<Prototype, _>| prototype.expect("a prototype").to_string();
    let greet = Prototype::of_export::<Mock, (&str, &[Point], Out<'_, u32>), String>();
    assert_eq!(text(greet), "(str, slice<struct point>, mut u32) -> string");
    let find = Prototype::of_export::<Mock, (&CStr,), Result<Point, GuestError>>();
    assert_eq!(text(find), "(cstr) -> result<struct point>");
    let pair = Prototype::of_import::<Mock, (), (String, bool), (i32, f64)>();
    assert_eq!(text(pair), "(str, bool) -> (i32, f64)");
    let none = Prototype::of_export::<Mock, (), Option<Point>>();
    assert_eq!(text(none), "() -> option<struct point>");

    let error = Prototype::of_export::<Mock, (&Odd,), ()>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`const struct { int32_t x; } *` has no word in prototypes (at character 1)"
    );
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Odd {
    x: i32,
}

impl CStruct for Odd {
    const C_NAME: &'static str = "struct { int32_t x; }";
}

/// All that a prototype can say.
fn wide() -> Contract {
    let import = |contract: Contract, name: &str, text: &str| {
        contract.import("host", name, text.parse().expect(text))
    };
    let contract = Contract::new("every type")
        .c_types("struct point { double x, y; };")
        .import("env", "plain", "(i32) -> i32".parse().expect("a prototype"))
        .export("greet", "(name: str) -> string".parse().expect("a prototype"))
        .export("do", "(i8, bool, char) -> bool".parse().expect("a prototype"))
        .export(
            "odd-name",
            "(&struct point, mut i32, out slice<f64>) -> struct point"
                .parse()
                .expect("a prototype"),
        )
        .export(
            "lookup",
            "(cstr, slice<str>, owned<bytes>) -> result<string>".parse().expect("a prototype"),
        )
        .export(
            "unknown",
            "(&struct other, named) -> struct other"
                .replace(", named", ", &named")
                .parse()
                .expect("a prototype"),
        )
        .optional_export(
            "pair",
            "(ptr, func, option<func>) -> (i32, f64)".parse().expect("a prototype"),
        )
        .optional_export("handler", "() -> func".parse().expect("a prototype"));
    let contract = import(contract, "log", "(line: str)");
    let contract = import(contract, "now", "() -> i64");
    import(contract, "find", "(out: &i32, out_len: u32) -> result<vec<struct point>>")
}

#[test]
fn the_header_compiles_and_a_plugin_links_with_it() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract-header");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory");
    let contract = wide();
    for (name, text) in [
        ("contract.h", contract.c_header()),
        ("allowed.txt", contract.allow_file()),
        ("plugin.c", PLUGIN.to_owned()),
        ("plain.c", "#include \"contract.h\"\n".to_owned()),
        ("plain.cpp", "#include \"contract.h\"\n".to_owned()),
    ] {
        std::fs::write(directory.join(name), text).expect(name);
    }
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/c");
    for major in ["19", "14"] {
        let clang = format!("clang-{major}");
        if Command::new(&clang).arg("--version").output().is_err() {
            let required = std::env::var_os("HOSTHEAP_REQUIRE_COMPILERS");
            assert!(required.is_none_or(|value| value != "1"), "there is no {clang}");
            say(format_args!("NOT TESTED: a contract's header with {clang}: it is not here"));
            continue;
        }
        let compile = |words: &[&str]| {
            let mut command = Command::new(&clang);
            command.args(["--target=wasm32", "-ffreestanding", "-nostdlib"]);
            command.args(["-Wall", "-Wextra", "-Werror", "-pedantic"]).arg("-I").arg(&guest);
            let output = command.args(words).current_dir(&directory).output().expect("clang runs");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{clang} {words:?}\n{errors}\n{}",
                contract.c_header()
            );
        };
        compile(&["-std=c99", "-c", "plain.c", "-o", "plain.o"]);
        compile(&["-std=c++17", "-c", "plain.cpp", "-o", "plain.o"]);
        compile(&[
            "-std=c99",
            "plugin.c",
            "-Wl,--no-entry,--export=__heap_base,--allow-undefined-file=allowed.txt",
            "-o",
            "plugin.wasm",
        ]);
        let wasm = std::fs::read(directory.join("plugin.wasm")).expect("a module");
        let report = contract.check(&wasm);
        assert!(report.passes() && report.findings.is_empty(), "{report}");

        // What the file does not allow is an error of the linker's.
        std::fs::write(directory.join("typo.c"), PLUGIN.replace("plain(", "plian("))
            .expect("typo.c");
        let linked = Command::new(&clang)
            .args(["--target=wasm32", "-ffreestanding", "-nostdlib", "-w", "typo.c", "-I"])
            .arg(&guest)
            .args(["-Wl,--no-entry,--allow-undefined-file=allowed.txt", "-o", "typo.wasm"])
            .current_dir(&directory)
            .output()
            .expect("clang runs");
        let errors = String::from_utf8_lossy(&linked.stderr);
        assert!(!linked.status.success() && errors.contains("plian"), "{errors}");
    }
}

const PLUGIN: &str = r#"
#include "contract.h"

extern int32_t plain(int32_t x);

hh_packed greet(const char *name, size_t name_len)
{
    host_log(name, name_len);
    return HH_PACK(name, name_len);
}

bool do_(int8_t a, bool b, uint32_t c)
{
    return b && a + (int32_t)c + plain(1) > host_now();
}

struct point odd_name(const struct point *p, int32_t *x, double *items, size_t items_len)
{
    int32_t found = *x;
    hh_bytes out;
    (void)items;
    host_find(&out, &found, (uint32_t)items_len);
    return *p;
}

int32_t lookup(hh_bytes *out, const char *s, const hh_bytes *items, size_t items_len, unsigned char *owned, size_t owned_len)
{
    (void)s;
    (void)items_len;
    free(owned);
    (void)owned_len;
    *out = items[0];
    return HH_OK;
}

struct other { int32_t x; };

struct other *unknown(const struct other *p, const named *q)
{
    struct other *made = malloc(sizeof *made);
    (void)q;
    *made = *p;
    return made;
}

struct pair_result pair(void *p, hh_func f, hh_func g)
{
    struct pair_result result = { f == g, p ? 1 : 0 };
    return result;
}
"#;
