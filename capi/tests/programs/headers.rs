//! The headers hold up in programs whose warnings are stricter than ours.

use std::fs;
use std::process::Command;

use crate::common;
use crate::common::tools::{Compilers, said};
use crate::scratch;

/// Those that users turn on, and that warn of code which is right.
const STRICT: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wcast-qual",
    "-Wcast-align",
    "-Wundef",
    "-Wwrite-strings",
];

fn compiles(name: &str, code: &str) {
    for house in ["gcc", "clang"] {
        let Some(compilers) = Compilers::find(house) else { continue };
        let scratch = scratch(&format!("headers-{name}-{house}"));
        let source = scratch.join("header.c");
        fs::write(&source, code).expect("a scratch file");
        let c: &[&str] = &["c99", "c11", "c17"];
        let cxx: &[&str] = &["c++17", "c++20"];
        let cpp_only = name.ends_with("hpp");
        for standard in if cpp_only { cxx.to_vec() } else { [c, cxx].concat() } {
            let cpp = standard.starts_with("c++");
            let mut command = Command::new(if cpp { compilers.cxx } else { compilers.c });
            command.args(["-x", if cpp { "c++" } else { "c" }, &format!("-std={standard}")]);
            command.args(STRICT);
            if cpp {
                command.args(["-Wnon-virtual-dtor", "-Woverloaded-virtual"]);
            } else {
                command.args(["-Wstrict-prototypes", "-Wmissing-prototypes"]);
            }
            command.arg("-I").arg(common::root().join("include")).arg("-fsyntax-only").arg(&source);
            let output = command.output().expect("the compiler is there");
            assert!(output.status.success(), "{command:?}:\n{}", said(&output));
        }
    }
}

/// What a macro expands to is checked where it is used.
#[test]
fn the_c_header_is_clean_under_stricter_warnings() {
    let code = "#include <hostheap.h>\n\
                #include <hostheap.h>\n\
                hh_status use(hh_func *f, hh_string *text);\n\
                hh_status use(hh_func *f, hh_string *text)\n\
                {\n    return hh_call(f, hh_to_string(text), hh_str(\"you\"), hh_i32(-1));\n}\n\
                hh_status host(hh_invocation *call, void *user);\n\
                hh_status host(hh_invocation *call, void *user)\n\
                {\n    hh_span text;\n    (void)user;\n\
                \x20   return hh_take(call, hh_to_span(&text));\n}\n";
    compiles("h", code);
}

#[test]
fn the_cpp_headers_are_clean_under_stricter_warnings() {
    let code = "#include <hostheap.hpp>\n\
                #include <hostheap.hpp>\n\
                std::string use(hostheap::instance &plugin);\n\
                std::string use(hostheap::instance &plugin)\n\
                {\n    auto f = plugin.func<std::string(std::string_view, double &)>(\"f\");\n\
                \x20   double x = 1;\n    return f(\"you\", x);\n}\n\
                void add(hostheap::linker &linker);\n\
                void add(hostheap::linker &linker)\n\
                {\n    linker.func(\"host\", \"f\", [](hostheap::guest &, std::string_view text) {\n\
                \x20       return text.size() > 1;\n    });\n}\n";
    compiles("hpp", code);
}

/// What is not meant to work says what would, and does not compile to something else.
#[test]
fn types_that_cannot_cross_are_refused_with_a_reason() {
    for (name, function, part) in [
        ("guest", "[](hostheap::guest, int) { return 0; }", "`guest &`"),
        ("guest-const", "[](int, const hostheap::guest &) { return 0; }", "`guest &`"),
        ("span", "[](hh_span) { return 0; }", "cannot be a parameter"),
        ("bool-slice", "[](hostheap::slice<const bool>) { return 0; }", "neither true nor false"),
        ("bool-vector", "[] { return std::vector<bool>(); }", "has no array"),
    ] {
        for house in ["gcc", "clang"] {
            let Some(compilers) = Compilers::find(house) else { continue };
            let source = scratch(&format!("refused-{name}-{house}")).join("refused.cpp");
            let code = format!(
                "#include <hostheap.hpp>\nvoid add(hostheap::linker &linker)\n\
                 {{\n    linker.func(\"host\", \"f\", {function});\n}}\n"
            );
            fs::write(&source, code).expect("a scratch file");
            let mut command = Command::new(compilers.cxx);
            command.args(["-std=c++17", "-fsyntax-only", "-I"]);
            command.arg(common::root().join("include")).arg(&source);
            let output = command.output().expect("the compiler is there");
            assert!(!output.status.success(), "{command:?} accepts {name}");
            assert!(said(&output).contains(part), "{command:?}:\n{}", said(&output));
        }
    }
}
