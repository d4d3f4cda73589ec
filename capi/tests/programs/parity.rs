//! `docs/c/parity.md` says what of the Rust API there is in C, by which functions, and which test
//! shows it. All of that is checked here.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::common::tools::{Compilers, missing, said};
use crate::common::{self, library, runtimes, say};
use crate::program::{Link, Program, Standard};
use crate::scratch;

struct Row {
    capability: String,
    functions: BTreeSet<String>,
    tests: BTreeSet<String>,
}

struct Parity {
    rows: Vec<Row>,
    /// Functions that are for all rows alike.
    helpers: BTreeSet<String>,
}

/// What stands between backticks, without what is behind a name.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(code))
}

fn names(text: &str) -> BTreeSet<String> {
    code(text).filter(|name| name.starts_with("hh_")).map(str::to_owned).collect()
}

impl Parity {
    /// The table has four columns; the helpers are listed under a heading of their own.
    fn read() -> Parity {
        let path = common::root().join("../docs/c/parity.md");
        let page = fs::read_to_string(&path).expect("docs/c/parity.md is there");
        let (table, helpers) = page.split_once("\n## Helpers").expect("it lists the helpers");
        let mut rows = Vec::new();
        for line in table.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [capability, _rust, c, tests] = cells.as_slice() else {
                panic!("a row has four columns: {line}");
            };
            if *capability == "capability" {
                continue;
            }
            rows.push(Row {
                capability: (*capability).to_owned(),
                functions: names(c),
                tests: code(tests).map(str::to_owned).collect(),
            });
        }
        Parity { rows, helpers: names(helpers) }
    }
}

/// What a C program can call: the functions of the library, and what the header itself defines.
struct Api {
    exported: BTreeSet<String>,
    header: String,
}

impl Api {
    fn read() -> Option<Api> {
        if runtimes().is_empty() {
            say("NOT TESTED: docs/c/parity.md is about a library with a runtime");
            return None;
        }
        let library = &library().shared;
        let output = match Command::new("nm").args(["-D", "--defined-only"]).arg(library).output() {
            Ok(output) => output,
            Err(error) => {
                missing(&format!("there is no nm (of binutils): {error}"));
                return None;
            }
        };
        assert!(output.status.success(), "{}", said(&output));
        let symbols = String::from_utf8_lossy(&output.stdout);
        let names = symbols.lines().filter_map(|line| line.split_whitespace().last());
        let names = names.map(|name| name.split('@').next().unwrap_or(name));
        let exported = names.filter(|name| name.starts_with("hh_")).map(str::to_owned).collect();
        let header =
            fs::read_to_string(common::root().join("include/hostheap.h")).expect("the header");
        Some(Api { exported, header })
    }

    /// Declared, or defined as an inline function or a macro.
    fn declares(&self, name: &str) -> bool {
        let call = format!("{name}(");
        self.header.lines().any(|line| {
            let code = line.trim_start();
            let comment = code.starts_with('*') || code.starts_with("//");
            !comment
                && code.match_indices(&call).any(|(at, _)| {
                    let before = code[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
                })
        })
    }

    /// Inline functions and macros are the header's own.
    fn defines(&self, name: &str) -> bool {
        let macro_call = format!("#define {name}(");
        let call = format!(" {name}(");
        self.header.lines().any(|line| {
            line.starts_with(&macro_call) || line.contains("inline") && line.contains(&call)
        })
    }
}

#[test]
fn every_function_of_the_table_is_in_the_header_and_in_the_library() {
    let Some(api) = Api::read() else { return };
    let parity = Parity::read();
    let named = parity.rows.iter().flat_map(|row| &row.functions).chain(&parity.helpers);
    let wrong: Vec<_> = named
        .filter(|name| !api.declares(name) || !api.exported.contains(*name) && !api.defines(name))
        .collect();
    assert!(wrong.is_empty(), "docs/c/parity.md names what is not there: {wrong:#?}");
}

#[test]
fn every_function_of_the_library_is_in_the_table() {
    let Some(api) = Api::read() else { return };
    let parity = Parity::read();
    let mut named: BTreeSet<_> = parity.rows.into_iter().flat_map(|row| row.functions).collect();
    named.extend(parity.helpers);
    let wrong: Vec<_> = api.exported.difference(&named).collect();
    assert!(wrong.is_empty(), "docs/c/parity.md does not name: {wrong:#?}");
    let wrong: Vec<_> = api.exported.iter().filter(|name| !api.declares(name)).collect();
    assert!(wrong.is_empty(), "the header does not declare: {wrong:#?}");
}

#[test]
fn the_functions_of_a_row_are_used_by_the_files_of_its_tests() {
    let folder = common::root().join("tests/c/api");
    let files =
        fs::read_dir(&folder).expect("the tests in C").map(|file| file.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "c"));
    let texts: Vec<String> = files.map(|path| fs::read_to_string(path).expect("a test")).collect();
    let shared = fs::read_to_string(folder.join("check.c")).expect("what the tests share");
    let has_word = |text: &str, word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
        })
    };
    for row in Parity::read().rows {
        let own = texts.iter().filter(|text| {
            row.tests.iter().any(|test| text.contains(&format!("\nvoid {test}(void)")))
        });
        let own: Vec<_> = own.chain([&shared]).collect();
        assert!(own.len() > 1, "{}: no file has its tests", row.capability);
        for function in &row.functions {
            // What the header's macros of C and templates of C++ stand for.
            let name = match function.as_str() {
                "hh_func_call" => "hh_call",
                "hh_invocation_take" => "hh_take",
                "hh_invocation_give" => "hh_give",
                name => name,
            };
            // An options struct is made by the inline function around this one.
            let name = &name.replace("_init", "_default");
            let is_used = own.iter().any(|text| has_word(text, name));
            assert!(is_used, "{}: {name} is in no file of its tests", row.capability);
        }
    }
}

#[test]
fn every_row_of_the_table_has_a_test_that_passes() {
    let Some(compilers) = Compilers::find("gcc") else { return };
    if runtimes().is_empty() {
        return say("NOT TESTED: docs/c/parity.md is about a library with a runtime");
    }
    let scratch = scratch("parity");
    let program = Program::api();
    let objects = program.compile(compilers, Standard::C99, &[], &scratch);
    let built = objects.link(library(), Link::Dynamic, &[], &scratch);
    let runtime = runtimes()[0];
    let output = program.command(&[], &built, runtime).output().expect("it was built");
    program.check_output(&output, runtime, "the tests in C");
    let printed = String::from_utf8_lossy(&output.stdout);
    let passed: BTreeSet<_> = printed.lines().filter_map(|line| line.strip_prefix("ok ")).collect();

    let mut wrong = Vec::new();
    for row in &Parity::read().rows {
        if row.functions.is_empty() || row.tests.is_empty() {
            wrong.push(format!("{}: no function or no test", row.capability));
        }
        for test in row.tests.iter().filter(|test| !passed.contains(test.as_str())) {
            wrong.push(format!("{}: no test `{test}` has passed", row.capability));
        }
    }
    assert!(wrong.is_empty(), "docs/c/parity.md:\n{}", wrong.join("\n"));
}
