//! Which subject can do what, and how many cases run on each: printed, and held to what is
//! expected.

use hostheap_tests::case::cases;
use hostheap_tests::matrix::{columns, table};
use hostheap_tests::mock::Mock;
use hostheap_tests::{own, say};

/// How many cases there are, and do not apply to each subject.
const CASES: usize = 769;

/// Name, capabilities in the order of the table, and how many cases do not apply.
const EXPECTED: [(&str, [bool; 7], usize); 6] = {
    const Y: bool = true;
    const N: bool = false;
    // native, no_std, reservation, moves, max stack, backtrace, prelinks
    [
        ("mock", [N, N, N, Y, Y, Y, Y], 1),
        ("wasmtime", [Y, N, Y, N, Y, Y, Y], 1),
        ("wasmtime, moving memory", [Y, N, Y, N, Y, Y, Y], 1),
        ("wasmer", [Y, N, Y, N, N, Y, N], 2),
        ("wasmer, moving memory", [Y, N, Y, N, N, Y, N], 2),
        ("wasmi", [N, Y, N, Y, Y, N, N], 2),
    ]
};

#[test]
fn the_matrix_is_what_is_expected() {
    let columns = columns();
    say(format_args!("\n{}", table(&columns)));
    for column in &columns {
        for (case, needs) in &column.left_out {
            say(format_args!("{}: {case} does not apply, it needs {needs}", column.name));
        }
    }
    for feature in own::LEFT_OUT {
        say(format_args!("NOT TESTED: {feature} is not compiled in"));
    }
    assert_eq!(columns.len(), EXPECTED.len() - left_out_subjects());
    for column in columns {
        let expected = EXPECTED.iter().find(|(name, ..)| *name == column.name);
        let (_, capabilities, left_out) = expected.expect("every subject is expected");
        let found: Vec<bool> = column.capabilities.rows().map(|(_, has)| has).collect();
        assert_eq!(found, capabilities, "{}", column.name);
        assert_eq!(column.left_out.len(), *left_out, "{}", column.name);
        assert_eq!(column.run + column.left_out.len(), CASES, "{}", column.name);
    }
}

#[test]
fn architecture_has_the_matrix() {
    if !own::LEFT_OUT.is_empty() {
        return say("NOT TESTED: the matrix in ARCHITECTURE.md, for want of all backends");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).expect("ARCHITECTURE.md is there");
    let table = table(&columns());
    assert!(text.contains(table.trim()), "put this into ARCHITECTURE.md:\n{table}");
}

/// wasmtime and wasmer are two subjects each.
fn left_out_subjects() -> usize {
    own::LEFT_OUT.iter().map(|feature| if *feature == "wasmi" { 1 } else { 2 }).sum()
}

#[test]
fn every_case_is_listed_once() {
    let cases = cases::<Mock>();
    let mut names: Vec<_> = cases.iter().map(|case| (case.group, case.name)).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len());
}

/// A case that is written but not listed would never run.
#[test]
fn every_case_that_is_written_is_listed() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cases");
    let listed = cases::<Mock>();
    for entry in std::fs::read_dir(directory).expect("the sources") {
        let path = entry.expect("an entry").path();
        let group = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).expect("a source file");
        for line in source.lines().filter(|line| line.starts_with("pub fn ")) {
            let name = line["pub fn ".len()..].split('<').next().expect("a name");
            let is_listed = listed.iter().any(|case| case.group == group && case.name == name);
            assert!(is_listed, "{group}::{name} is written and not listed");
        }
    }
}
