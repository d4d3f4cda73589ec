//! What is read and written, and what is left alone.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn module(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules").join(name)
}

/// An empty folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("can be made");
    folder
}

fn hostheap(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostheap"));
    command.args(args.iter().map(AsRef::as_ref));
    command
}

fn run(args: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    hostheap(args).output().expect("runs")
}

fn names(folder: &Path) -> Vec<String> {
    let files = folder.read_dir().expect("is there");
    files.map(|file| file.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_picture_never_replaces_the_plugin() {
    let folder = folder("picture");
    let plugin = folder.join("plugin.wasm");
    fs::copy(module("own_heap.wasm"), &plugin).expect("can be copied");
    let done = run(&[&"inspect", &plugin, &"--svg", &plugin]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stderr).contains("give --svg another file"), "{done:?}");
    assert!(fs::read(&plugin).expect("is there").starts_with(b"\0asm"));
}

#[test]
fn externalized_plugins_replace_what_was_there() {
    let folder = folder("replace");
    let out = folder.join("out.wasm");
    fs::write(&out, "old").expect("can be written");
    let done = run(&[&"externalize", &module("own_heap.wasm"), &"-o", &out]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(names(&folder), ["out.wasm"]);
    assert!(fs::read(&out).expect("is there").starts_with(b"\0asm"));

    let seen = run(&[&"inspect", &out]);
    let text = String::from_utf8(seen.stdout).expect("is UTF-8");
    assert!(text.contains("Allocators: the host's: the module imports it\n"), "{text}");
}

#[test]
#[cfg(any(feature = "wasmtime", feature = "wasmer", feature = "wasmi"))]
fn externalized_plugins_work() {
    let out = folder("work").join("out.wasm");
    assert!(run(&[&"externalize", &module("own_heap.wasm"), &"-o", &out]).status.success());
    let called = run(&[&"call", &out, &"answer"]);
    assert_eq!(String::from_utf8_lossy(&called.stdout), "42\n", "{called:?}");
    let report = String::from_utf8_lossy(&called.stderr).into_owned();
    assert!(report.contains("live         0 bytes in 0 blocks"), "{report}");
    assert!(!report.contains("peak         0 bytes"), "{report}");
}

#[test]
fn nothing_is_written_if_it_cannot_be_done() {
    let folder = folder("refused");
    let kept = folder.join("kept.wasm");
    fs::write(&kept, "old").expect("can be written");
    for out in [kept.clone(), folder.join("new.wasm")] {
        let refused = run(&[&"externalize", &module("two_heaps.wasm"), &"-o", &out]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    }
    assert_eq!(names(&folder), ["kept.wasm"]);
    assert_eq!(fs::read(&kept).expect("is there"), b"old");
}

#[test]
fn the_plugin_itself_is_never_overwritten() {
    let folder = folder("itself");
    let plugin = folder.join("plugin.wasm");
    fs::copy(module("own_heap.wasm"), &plugin).expect("can be copied");
    let before = fs::read(&plugin).expect("is there");
    let refused = run(&[&"externalize", &plugin, &"-o", &folder.join("./plugin.wasm")]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(fs::read(&plugin).expect("is there"), before);
}

#[test]
#[cfg(unix)]
fn links_are_written_through_and_keep_the_files_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder("links");
    let (file, link) = (folder.join("file.wasm"), folder.join("link.wasm"));
    fs::write(&file, "old").expect("can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("can be set");
    symlink("file.wasm", &link).expect("can be made");
    assert!(run(&[&"externalize", &module("own_heap.wasm"), &"-o", &link]).status.success());
    assert!(link.is_symlink());
    assert!(fs::read(&file).expect("is there").starts_with(b"\0asm"));
    let mode = fs::metadata(&file).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
#[cfg(unix)]
fn what_is_no_file_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt;
    let null = Path::new("/dev/null");
    assert!(run(&[&"externalize", &module("own_heap.wasm"), &"-o", &null]).status.success());
    let kind = fs::metadata(null).expect("is there").file_type();
    assert!(kind.is_char_device());
}

#[test]
fn a_dash_is_stdin_and_stdout() {
    let wasm = fs::read(module("own_heap.wasm")).expect("is there");
    let mut command = hostheap(&[&"externalize", &"-", &"-o", &"-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("runs");
    child.stdin.take().expect("is piped").write_all(&wasm).expect("is read");
    let done = child.wait_with_output().expect("ends");
    assert!(done.status.success(), "{done:?}");
    assert!(done.stdout.starts_with(b"\0asm"));
    let report = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(report.starts_with("`stdin` imports its allocator now\n"), "{report}");

    let mut command = hostheap(&[&"check", &"-", &"-f", &"short"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("runs");
    child.stdin.take().expect("is piped").write_all(b"(module)").expect("is read");
    let checked = child.wait_with_output().expect("ends");
    assert_eq!(checked.status.code(), Some(1));
    assert!(checked.stdout.starts_with(b"stdin: error[not-wasm]: "), "{checked:?}");
}

#[test]
fn names_steer_no_terminal() {
    let plugin = module("names.wasm");
    let contract = module("filter.toml");
    for output in [
        run(&[&"inspect", &plugin]),
        run(&[&"inspect", &plugin, &"--json"]),
        run(&[&"inspect", &plugin, &"--svg", &"-"]),
        run(&[&"check", &plugin, &"-c", &contract]),
        run(&[&"check", &plugin, &"-c", &contract, &"-f", &"short"]),
        run(&[&"check", &plugin, &"-c", &contract, &"-f", &"json"]),
        run(&[&"externalize", &plugin, &"-o", &"-", &"--json"]),
    ] {
        for bytes in [output.stdout, output.stderr] {
            let text = String::from_utf8(bytes).expect("is UTF-8");
            let steers =
                |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(!text.contains(steers), "{text:?}");
        }
    }
    let json = run(&[&"inspect", &plugin, &"--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("is JSON");
    assert_eq!(json["imports"][0]["name"], "mal\u{1b}[31mloc");
    assert_eq!(json["imports"][1]["module"], "a\nExports: 7");
    assert_eq!(json["exports"][0]["name"], "\u{9b}2J");
}
