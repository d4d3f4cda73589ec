//! Reading plugins and writing results.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{Failure, unreadable};
use crate::print::{self, quoted};

/// Whether a path stands for stdin or stdout.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a path is named in what is printed.
pub(crate) fn name(path: &Path) -> String {
    if is_dash(path) { "stdin".to_owned() } else { path.display().to_string() }
}

/// Reads a file, or stdin if the path is `-`.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let bytes = if is_dash(path) {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    bytes.map_err(|error| {
        let why = unreadable(&name(path), &error);
        Failure::usage(format_args!("{why}; give the path of {what}"))
    })
}

/// Writes a file, or stdout if the path is `-`. A file that is there is replaced as a whole or not
/// at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_dash(path) {
        return print::stdout_raw(bytes);
    }
    let written = match target(path) {
        // Beside the file, so that it is on the same file system.
        Some(target) => {
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            replace(&target, folder.unwrap_or(Path::new(".")), bytes)
        }
        None => File::create(path).and_then(|mut file| file.write_all(bytes)),
    };
    written.map_err(|error| {
        let path = quoted(&name(path));
        Failure::usage(match error.kind() {
            io::ErrorKind::NotFound => format!("cannot write {path}: no such folder"),
            io::ErrorKind::IsADirectory => format!("cannot write {path}: it is a directory"),
            _ => format!("cannot write {path}: {error}"),
        })
    })
}

/// The file that a path leads to; `None` for what is no file, such as `/dev/null`, and must not be
/// replaced by one.
fn target(path: &Path) -> Option<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path).ok(),
        Ok(_) => None,
        // A link to nowhere is written through.
        Err(_) if path.is_symlink() => None,
        Err(_) => Some(path.to_owned()),
    }
}

fn replace(target: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hostheap-");
    // As any program would make it; where there is a file, it keeps its own.
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(found) = fs::metadata(target) {
        fs::set_permissions(file.path(), found.permissions())?;
    }
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

/// Whether two paths lead to one file.
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b && !is_dash(Path::new(&a)),
        _ => false,
    }
}
