//! An installed library, as other people's programs find it: by pkg-config and by CMake, shared and
//! static. On Linux; `install.sh` says what is different elsewhere.
#![cfg(target_os = "linux")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

mod common;

/// A prefix with the library in it.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prefix");
        let features = [
            ("wasmtime", cfg!(feature = "wasmtime")),
            ("wasmer", cfg!(feature = "wasmer")),
            ("wasmi", cfg!(feature = "wasmi")),
        ];
        let features = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name);
        let mut install = Command::new(common::root().join("install.sh"));
        install.arg(&prefix).env("ARCHIVE", &common::library().archive);
        install.env("FEATURES", features.collect::<Vec<_>>().join(" "));
        common::done(&mut install);
        prefix
    })
}

/// What a command prints.
fn output(command: &mut Command) -> String {
    String::from_utf8(common::done(command).stdout).unwrap()
}

/// Whether a tool is there; if not, the test says that it did not run, or fails if all tools must be.
fn has(tool: &str) -> bool {
    let has = common::has(tool);
    let required = env::var_os("HOSTHEAP_REQUIRE_COMPILERS").is_some();
    assert!(has || !required, "{tool} is missing");
    if !has {
        eprintln!("NOT TESTED: {tool} is missing");
    }
    has
}

fn run_installed(program: &Path) {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix().join("lib"));
    assert!(output(&mut command).starts_with("hostheap 0.1"));
}

#[test]
fn the_shared_library_has_a_soname_and_versioned_symbols_and_nothing_else() {
    let shared = prefix().join("lib/libhostheap.so");
    let head = output(Command::new("objdump").arg("-p").arg(&shared));
    // While the version is 0.x, the next x is another library. Up to the end of the line: a soname
    // with less or more of the version is another one.
    let soname = head.lines().find_map(|line| line.trim().strip_prefix("SONAME"));
    assert_eq!(soname.map(str::trim), Some("libhostheap.so.0.1"), "{head}");
    assert!(prefix().join("lib/libhostheap.so.0.1").exists());
    let symbols = output(Command::new("nm").args(["-D", "--defined-only"]).arg(&shared));
    let strange: Vec<&str> = symbols
        .lines()
        .filter_map(|line| line.rsplit(' ').next())
        .filter(|name| !(name.starts_with("hh_") && name.ends_with("@@HOSTHEAP_0.1")))
        .filter(|name| *name != "HOSTHEAP_0.1")
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(symbols.contains("hh_heap_new@@HOSTHEAP_0.1"), "{symbols}");
}

#[test]
fn pkg_config_finds_it() {
    if !has("pkg-config") {
        return common::tools::missing("there is no pkg-config");
    }
    for (name, mode) in [
        ("pkg-shared", &["--cflags", "--libs"][..]),
        ("pkg-static", &["--static", "--cflags", "--libs"]),
    ] {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")).args(mode);
        let flags = output(pkg_config.arg("hostheap"));
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut cc = Command::new("cc");
        cc.arg(common::root().join("tests/c/consumer.c")).arg("-o").arg(&program);
        for flag in flags.split_whitespace() {
            // Beside a shared library of the same name, only so the static one is taken.
            let flag = if flag == "-lhostheap" && name == "pkg-static" {
                "-l:libhostheap.a"
            } else {
                flag
            };
            cc.arg(flag);
        }
        common::done(&mut cc);
        run_installed(&program);
    }
}

#[test]
fn cmake_finds_it() {
    if !has("cmake") {
        return common::tools::missing("there is no cmake");
    }
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cmake");
    // One that was made for another checkout is refused.
    let _ = std::fs::remove_dir_all(&build);
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(common::root().join("tests/cmake")).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()));
    common::done(&mut configure);
    common::done(Command::new("cmake").arg("--build").arg(&build));
    run_installed(&build.join("shared"));
    run_installed(&build.join("static"));
}
