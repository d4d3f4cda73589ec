//! The commands `new` and `build-help`: what plugin authors start with.

use std::fs;
use std::path::Path;

use hostheap_kit::{File, project, toolchains};

use crate::args::kit::{BuildHelp, Language, New};
use crate::error::Failure;
use crate::print::{self, quoted};

/// Makes a project.
pub(crate) fn new(options: &New) -> Result<(), Failure> {
    let name = name(&options.folder)?;
    let language = match options.language {
        Language::C => hostheap_kit::Language::C,
        Language::Cpp => hostheap_kit::Language::Cpp,
        Language::Rust => hostheap_kit::Language::Rust,
        Language::Zig => hostheap_kit::Language::Zig,
        Language::AssemblyScript => hostheap_kit::Language::AssemblyScript,
    };
    if options.kit.is_some() && language != hostheap_kit::Language::Rust {
        return Err(Failure::usage("--kit is for rust: the other kits are copied into the folder"));
    }
    let mut files = project(language, &name);
    if let Some(kit) = &options.kit {
        let path = kit.canonicalize().map_err(|error| at(kit, &error))?;
        let here = format!("hostheap-guest = {{ path = {:?} }}", path.display().to_string());
        for file in &mut files {
            file.text = file.text.replace("hostheap-guest = \"0.1\"", &here);
        }
    }
    write(&options.folder, &files)?;
    let (build, test) = language.commands(&name);
    let shown = shell_word(&options.folder.display().to_string());
    if language == hostheap_kit::Language::Rust && options.kit.is_none() {
        print::stderr(
            "note: hostheap-guest is not published yet: --kit names its folder, which is guest/rust of \
             hostheap's repository",
        );
    }
    print::stdout(&format!(
        "{shown}: a plugin in {}, {} files\n  build it   cd {shown} && {build}\n  test it    cd {shown} && {test}\n",
        language.name(),
        files.len(),
    ))
}

/// A path as one word of a shell's.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// The plugin's name: that of its folder.
fn name(folder: &Path) -> Result<String, Failure> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.filter(|name| name != ".." && name != ".");
    let Some(name) = name else {
        return Err(Failure::usage(format_args!(
            "{} has no name of its own: give the folder a name",
            quoted(&folder.display().to_string())
        )));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.chars().all(plain) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(Failure::usage(format_args!(
            "{} is no name for a plugin: a letter, then letters, digits, - and _",
            quoted(&name)
        )));
    }
    Ok(name)
}

/// Writes files into a folder that is new or empty.
fn write(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken || folder.is_file() {
        let folder = quoted(&folder.display().to_string());
        return Err(Failure::usage(format_args!("{folder} is there already: give a new folder")));
    }
    for file in files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
        fs::write(&path, &file.text).map_err(|error| at(&path, &error))?;
    }
    Ok(())
}

fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(error).of(&path.display().to_string())
}

/// Prints how a toolchain is called.
pub(crate) fn build_help(options: &BuildHelp) -> Result<(), Failure> {
    let known: Vec<&str> = toolchains().collect();
    let Some(name) = &options.toolchain else {
        let mut text = String::from("How to build a plugin without malloc, by toolchain:\n");
        for name in known {
            text += &format!("  hostheap build-help {name}\n");
        }
        return print::stdout(&text);
    };
    match hostheap_kit::help(name) {
        Some(text) => print::stdout(text),
        None => Err(Failure::usage(format_args!(
            "{} is no toolchain that is known: {}",
            quoted(name),
            known.join(", ")
        ))),
    }
}
