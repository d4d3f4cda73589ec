//! The interface as a binary: the layout of its structs in C, the symbols that the library exports, and
//! what its functions do with NULL.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

mod common;

/// A program that is written by a test.
fn written(name: &str, text: &str) -> std::path::PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

/// All text of the source.
fn source() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|it| it == "rs") {
                *text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let mut text = String::new();
    read(&common::root().join("src"), &mut text);
    text
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structs_are_laid_out_in_c_as_in_rust() {
    let source = source();
    let mut program = "#include <hostheap.h>\n#define AT(what, n) \
                       typedef char at_##n[(what) ? 1 : -1]\n"
        .to_owned();
    let mut checks = 0;
    let mut described = BTreeSet::new();
    for abi in source.split("abi!(").skip(1) {
        let (head, fields) = abi.split_once('{').unwrap();
        let (name, size) = head.split_once(": ").unwrap();
        let name = name.split('<').next().unwrap();
        described.insert(name.to_owned());
        let mut check = |what: String| {
            checks += 1;
            // A number of its own, also where the macro is used twice in a line.
            writeln!(program, "AT({what}, {checks});").unwrap();
        };
        check(format!("sizeof({name}) == {}", size.trim()));
        for field in fields.split_once('}').unwrap().0.split(',').filter(|it| it.contains(':')) {
            let (field, at) = field.split_once(':').unwrap();
            let field = field.trim().trim_start_matches("r#");
            check(format!("offsetof({name}, {}) == {}", field, at.trim()));
        }
    }
    let header = fs::read_to_string(common::root().join("include/hostheap.h")).unwrap();
    for line in header.lines().filter_map(|line| line.strip_prefix("typedef struct hh_")) {
        if let Some(name) = line.strip_suffix(" {") {
            assert!(described.contains(&format!("hh_{name}")), "hh_{name} has no abi!(…)");
        }
    }
    program += "int main(void) { return 0; }\n";
    for (compiler, language) in [("cc", &["-std=c99"][..]), ("c++", &["-x", "c++", "-std=c++17"])] {
        let mut command = Command::new(compiler);
        command.args(language).args(["-fsyntax-only", "-Wall", "-I"]);
        command.arg(common::root().join("include")).arg(written("abi.c", &program));
        common::done(&mut command);
    }
    assert!(checks > 80, "{checks}");
}

/// Whether this build has no runtime.
const BARE: bool = !cfg!(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"));

type Function = (String, String, Vec<String>);

fn names(functions: Vec<Function>) -> BTreeSet<String> {
    functions.into_iter().map(|(_, name, _)| name).collect()
}

/// The functions of the header: result, name, and parameters. `bare` are those that need no runtime.
fn functions(bare: bool) -> Vec<Function> {
    let header = fs::read_to_string(common::root().join("include/hostheap.h")).unwrap();
    let header = match header.split_once("#ifndef HOSTHEAP_BARE") {
        Some((before, _)) if bare => before.to_owned(),
        _ => header,
    };
    let code: Vec<&str> = header.lines().filter(|line| !line.starts_with("//")).collect();
    let mut functions = Vec::new();
    for block in code.join("\n").split("\n\n") {
        let block = block.trim().replace("\n    ", " ");
        let Some((head, parameters)) = block.split_once('(') else { continue };
        let head = head.trim_start_matches("const ");
        let name = head.rsplit([' ', '*']).next().unwrap_or_default();
        let prototype = block.ends_with(");") && !block.contains(['{', '#']);
        if !prototype || !name.starts_with("hh_") || head.starts_with("typedef") {
            continue;
        }
        let parameters = parameters.trim_end_matches(");");
        let parameters = match parameters {
            "void" => Vec::new(),
            some => some.split(", ").map(str::to_owned).collect(),
        };
        let result = head.trim_end_matches(name).trim().to_owned();
        functions.push((result, name.to_owned(), parameters));
    }
    functions
}

#[test]
fn exported_symbols_are_those_of_the_header_and_of_the_list() {
    let nm = common::done(
        Command::new("nm").args(["-D", "--defined-only"]).arg(&common::library().shared),
    );
    let nm = String::from_utf8(nm.stdout).unwrap();
    let exported: BTreeSet<String> = nm
        .lines()
        .filter_map(|line| line.rsplit(' ').next())
        .map(|name| name.split('@').next().unwrap_or_default().to_owned())
        .filter(|name| name.starts_with("hh_"))
        .collect();
    let declared = names(functions(BARE));
    assert_eq!(exported, declared, "the library's and the header's");

    // `hh_x` is in every build, `hh_x runtime` in those with one.
    let path = common::root().join("symbols.txt");
    if env::var_os("HOSTHEAP_BLESS").is_some() {
        let in_bare: BTreeSet<String> = names(functions(true));
        let mark = |name: &String| match in_bare.contains(name) {
            true => format!("{name}\n"),
            false => format!("{name} runtime\n"),
        };
        fs::write(&path, names(functions(false)).iter().map(mark).collect::<String>()).unwrap();
    }
    let list = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<String> = list
        .lines()
        .filter(|line| !BARE || !line.ends_with(" runtime"))
        .map(|line| line.trim_end_matches(" runtime").to_owned())
        .collect();
    let gone: Vec<_> = listed.difference(&exported).collect();
    let new: Vec<_> = exported.difference(&listed).collect();
    assert!(gone.is_empty(), "programs may use what is exported no longer: {gone:?}");
    assert!(new.is_empty(), "symbols.txt lacks {new:?}: HOSTHEAP_BLESS=1 writes it");
}

/// Those whose pointers, beside the handle, may all be NULL: an array of nothing is one.
const ARRAYS: &[&str] = &["hh_contract_family", "hh_contract_wasi_only"];

/// Every function is called with nothing but NULL and 0, then those of a heap or contract with a real
/// one. None may crash, and those with a status must say what is missing.
#[test]
fn null_is_refused_everywhere() {
    let mut calls = String::new();
    let functions = functions(BARE);
    for (result, name, parameters) in &functions {
        let zeros = |first: &str| -> String {
            let zero = |(i, it): (usize, &String)| match it.contains('*') {
                true if i == 0 && !first.is_empty() => first.to_owned(),
                true => "NULL".to_owned(),
                false if it.starts_with("hh_value ") => "hh_null()".to_owned(),
                false => "0".to_owned(),
            };
            parameters.iter().enumerate().map(zero).collect::<Vec<_>>().join(", ")
        };
        let checked = |arguments: &str, expected: &str| {
            format!("    STATUS({expected}, {name}({arguments}));\n")
        };
        let takes_pointers = parameters.iter().any(|it| it.contains('*'));
        if result != "hh_status" {
            writeln!(calls, "    (void){name}({});", zeros("")).unwrap();
            continue;
        }
        let frees = name.ends_with("_delete") || name == "hh_view_end";
        calls +=
            &checked(&zeros(""), if frees || !takes_pointers { "HH_OK" } else { "HH_ERR_NULL" });
        let first = parameters.first().map(String::as_str).unwrap_or_default();
        let pointers = parameters.iter().filter(|it| it.contains('*')).count();
        for (handle, variable) in [("hh_heap *heap", "heap"), ("hh_contract *contract", "contract")]
        {
            if first.trim_start_matches("const ") == handle
                && pointers > 1
                && !frees
                && !ARRAYS.contains(&name.as_str())
            {
                calls += &checked(&zeros(variable), "HH_ERR_NULL");
            }
        }
    }
    let program = format!(
        "#include \"linear.h\"\nint main(void) {{\n    hh_heap *heap;\n    hh_contract *contract;\n    \
         linear memory = linear_of(1, 2);\n    hh_memory over;\n    over.env = &memory;\n    \
         over.data = linear_data;\n    over.grow = linear_grow;\n    \
         OK(hh_heap_new(1024, NULL, &over, &heap));\n    OK(hh_contract_new(\"\", &contract));\n\
         {calls}    OK(hh_heap_delete(heap));\n    OK(hh_contract_delete(contract));\n    \
         free(memory.bytes);\n    return 0;\n}}\n"
    );
    let program = written("null.c", &program);
    let include = common::root().join("tests/c");
    let include = format!("-I{}", include.display());
    let program = common::cc(program.to_str().unwrap(), &["-std=c99", &include]);
    common::done(&mut Command::new(program));
    assert!(functions.len() > 60, "{}", functions.len());
}
