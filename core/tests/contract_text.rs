//! What a contract writes for people: its file's errors, a header, a list of symbols.

#![cfg(feature = "toml")]

use std::fmt::Write;

use hostheap_core::contract::{Contract, Matter, Policy, Prototype, Role, Wasi};
use hostheap_core::module::Member;

fn p(text: &str) -> Prototype {
    text.parse().expect(text)
}

fn full() -> Contract {
    Contract::new("text \"filter\" */ 2")
        .family([Member::Malloc, Member::Free])
        .import("host", "log", p("(line: str)"))
        .import("host", "find", p("(cstr, out u32) -> result<struct point>"))
        .import("env", "now", p("() -> i64"))
        .import("odd \"module\"", "odd\nname", p("(func) -> option<func>"))
        .export("greet", p("(name: str) -> string"))
        .export("int", p("(slice<struct point>, slice<str>) -> struct point"))
        .optional_export("sum", p("(slice<i32>) -> (i32, f64)"))
        .optional_export("make", p("(&vec2) -> option<struct other>"))
        .c_types("struct point { double x, y; };\n")
        .max_initial_bytes(1 << 20)
        .max_maximum_bytes(100 * 65536)
        .growable(true)
        .wasi(Wasi::only(["fd_write"]))
        .policy(Matter::SecondAllocator, Policy::Refuse)
        .policy(Matter::ExtraExports, Policy::Warn)
}

#[test]
fn file() {
    insta::assert_snapshot!(full().to_toml());
}

#[test]
fn header() {
    insta::assert_snapshot!(full().c_header());
}

#[test]
fn symbols() {
    insta::assert_snapshot!(full().allow_file());
}

#[test]
fn a_contract_and_its_file_are_the_same() {
    for contract in [Contract::default(), full(), full().family([]).wasi(Policy::Warn)] {
        assert_eq!(Contract::from_toml(&contract.to_toml()), Ok(contract));
    }
}

#[test]
fn errors_of_files() {
    let files = [
        "name = 5",
        "nam = \"x\"",
        "exports = 3",
        "[exports]\ngreet = \"(string) -> str\"",
        "[exports]\ngreet = \"(str -> str\"",
        "[exports]\ngreet = { typ = \"()\" }",
        "[exports]\ngreet = { optional = true }",
        "[exports]\ngreet = { type = \"()\", optional = 1 }",
        "[imports]\nlog = \"(str)\"",
        "[imports.host]\nlog = 7",
        "malloc = [\"malloc\", \"sbrk\"]",
        "malloc = \"malloc\"",
        "[memory]\ninitial = \"1T\"",
        "[memory]\ninitial = 1.5",
        "[memory]\nminimum = 1",
        "[memory]\ngrowable = \"yes\"",
        "[policy]\nwasi = \"maybe\"",
        "[policy]\nwasi = [1]",
        "[policy]\nwasi = true",
        "[policy]\nstart = \"alow\"",
        "[policy]\nstrat = \"allow\"",
        "[policy]\nstart = \"allow\"\nstart = \"warn\"",
        "# käse\n  [exports",
        "\u{202e}",
    ];
    let mut errors = String::new();
    for file in files {
        let error = Contract::from_toml(file).expect_err(file);
        writeln!(errors, "{file:?}\n    {error}").expect("writing to a string");
    }
    insta::assert_snapshot!(errors);
}

#[test]
fn errors_of_prototypes() {
    let many = "i32, ".repeat(12);
    let texts = [
        "",
        "str",
        "(",
        "()x",
        "() ->",
        "(int)",
        "(i32 i32)",
        "(str,)",
        "(-> i32)",
        "(usize)",
        "(string)",
        "(vec<i32>)",
        "(struct point)",
        "(point)",
        "(&)",
        "(&str)",
        "(&mut str)",
        "(mut slice<str>)",
        "(slice<slice<i32>>)",
        "(slice<>)",
        "(slice<struct>)",
        "(option<i32>)",
        "(option<option<str>>)",
        "(owned<i32>)",
        "(owned<mut i32>)",
        "(option<owned<option<owned<option<str>>>>>)",
        "(a: i32, a: i32)",
        "(int: i32)",
        "() -> str",
        "() -> slice<i32>",
        "() -> option<i32>",
        "() -> result<option<string>>",
        "() -> (i32, string)",
        "() -> (i32, i32, i32, i32, i32)",
        "() -> vec<vec<i32>>",
        "(str, str, str, str, str, str, str, str)",
        &format!("({many}i32)"),
        "(größe: i32)",
    ];
    let mut errors = String::new();
    for text in texts {
        let error = text.parse::<Prototype>().expect_err(text);
        writeln!(errors, "{text}\n    {error}").expect("writing to a string");
    }
    assert!("x".repeat(5000).parse::<Prototype>().is_err());
    insta::assert_snapshot!(errors);
}

#[test]
fn prototypes_in_rust() {
    let texts = [
        "()",
        "(str)",
        "(bytes, cstr, slice<f64>, mut slice<i32>, out slice<u8>)",
        "(&struct user_name, mut i32, out point, option<str>, owned<bytes>, ptr, func)",
        "() -> result<string>",
        "(slice<str>) -> option<vec<struct point>>",
        "(i32) -> (i32, f64)",
    ];
    let mut shown = String::new();
    for text in texts {
        let (export, import) = (p(text).rust(Role::Export), p(text).rust(Role::Import));
        writeln!(shown, "{text}\n    {export}\n    {import}").expect("writing to a string");
    }
    insta::assert_snapshot!(shown);
}
