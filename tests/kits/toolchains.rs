//! The compilers that build the kits' plugins: whether they are here, and how a line of a table is run.
//! Part of the tests of two packages.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The PATH with a tool on it; `None` if it is not here, or a target of rustup's that the command names.
pub(crate) fn path_for(tool: &str, command: &str) -> Option<OsString> {
    let mut folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let modules = env::var_os("HOSTHEAP_NODE_MODULES").map(PathBuf::from);
    let there = match tool {
        "emcc-modern" => {
            let bin = PathBuf::from(env::var_os("HOSTHEAP_EMSCRIPTEN")?).join("bin");
            let there = bin.join("emcc").exists();
            folders.insert(0, bin);
            there
        }
        "asc" => {
            let bin = modules?.join(".bin");
            let there = bin.join("asc").exists();
            folders.insert(0, bin);
            there
        }
        "@yowasp/clang" => modules?.join(tool).exists(),
        "wasi-libc" => {
            runs("clang-19", &["--version"]) && Path::new("/usr/lib/wasm32-wasi/libc.a").exists()
        }
        "libc++" => {
            runs("clang++-19", &["--version"])
                && Path::new("/usr/lib/wasm32-wasi/libc++.a").exists()
        }
        "ziglang" | "zig" => runs("python3", &["-m", "ziglang", "version"]),
        command => runs(command, &["--version"]),
    };
    let mut targets = command.split("--target ").skip(1).filter_map(|rest| rest.split(' ').next());
    let path = env::join_paths(folders).ok()?;
    (there && targets.all(has_target)).then_some(path)
}

/// Runs a command in a folder, with the places that `{words}` stand for.
///
/// # Errors
///
/// The command and what it said, if it failed.
pub(crate) fn build(
    command: &str,
    places: &[(&str, &Path)],
    folder: &Path,
    path: &OsStr,
) -> Result<(), String> {
    let mut command = command.to_owned();
    for (word, place) in places {
        let place = place.canonicalize().unwrap_or_else(|_| (*place).to_owned());
        let quoted = format!("'{}'", place.display().to_string().replace('\'', "'\\''"));
        command = command.replace(word, &quoted);
    }
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(&command).current_dir(folder).env("PATH", path);
    for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS"] {
        shell.env_remove(name);
    }
    let output = shell.output().map_err(|error| format!("sh: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command}\n{}\n{errors}", output.status))
}

/// Whether rustc can build for a target.
fn has_target(target: &str) -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let Ok(sysroot) = sysroot else { return false };
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    sysroot.join("lib/rustlib").join(target).exists()
}

fn runs(command: &str, arguments: &[&str]) -> bool {
    Command::new(command).args(arguments).output().is_ok_and(|output| output.status.success())
}
