//! `hostheap build-help` prints the first part of a page, between `<!-- build-help -->` and
//! `<!-- /build-help -->`. It is kept in `guest/help`, for the command line to have it inside.

use std::fs;

use libtest_mimic::Failed;

use crate::{BLESS, root};

/// The kept text is the page's.
pub(crate) fn check(name: &str, page: &str) -> Result<(), Failed> {
    let path = root().join("guest/help").join(name).with_extension("txt");
    let Some(text) = cut(page) else {
        if path.exists() {
            return Err(
                format!("{} is there, and the page has no build-help", path.display()).into()
            );
        }
        return Ok(());
    };
    if std::env::var_os(BLESS).is_some() {
        fs::create_dir_all(path.parent().expect("a folder"))?;
        fs::write(&path, text)?;
        return Ok(());
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept == text {
        return Ok(());
    }
    let command = format!("{BLESS}=1 cargo test -p hostheap-cli --test guide");
    Err(format!("{} is not what the page says: {command}", path.display()).into())
}

/// The part of a page for the terminal: comments gone, code indented instead of fenced.
fn cut(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<!-- build-help -->\n")?;
    let (part, _) = rest.split_once("<!-- /build-help -->")?;
    let mut text = String::new();
    let mut inside = false;
    let mut file = None;
    for line in part.trim().lines() {
        if line.starts_with("```") {
            inside = !inside;
            if let Some(file) = file.take() {
                text += &format!("    [{file}]\n");
            }
        } else if inside {
            text += format!("    {line}").trim_end();
            text += "\n";
        } else if let Some(note) = line.strip_prefix("<!-- ") {
            let note = note.trim_end_matches("-->").trim();
            file = note.strip_prefix("file: ").map(str::to_owned);
        } else {
            text += &line.replace("**", "").replace('`', "");
            text += "\n";
        }
    }
    Some(text)
}
