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

/// The part of a page for the terminal: comments gone, code indented instead of fenced, links without
/// their targets.
fn cut(page: &str) -> Option<String> {
    let (before, rest) = page.split_once("<!-- build-help -->\n")?;
    let title = before.lines().next()?;
    let (part, _) = rest.split_once("<!-- /build-help -->")?;
    let mut text = format!("{}\n\n", title.trim().trim_start_matches("# "));
    let (mut inside, mut output) = (false, false);
    let mut file = None;
    for line in part.trim().lines() {
        if line.starts_with("```") {
            inside = !inside;
            output &= inside; // what is printed, the reader sees when it is
            if let Some(file) = file.take() {
                text += &format!("    [{file}]\n");
            }
        } else if inside && output {
        } else if inside {
            text += format!("    {line}").trim_end();
            text += "\n";
        } else if let Some(note) = line.strip_prefix("<!-- ") {
            let note = note.trim_end_matches("-->").trim();
            file = note.strip_prefix("file: ").map(str::to_owned);
            output = note == "output";
        } else if let Some(heading) = line.strip_prefix("## ") {
            text += &format!("{}\n", heading.to_uppercase());
        } else if line.starts_with("|--") {
            // The line under a table's head, which means nothing without its borders.
        } else if let Some(row) = line.strip_prefix("| ") {
            let cells: Vec<String> = row.trim_end_matches(" |").split(" | ").map(plain).collect();
            text += &format!("  {}\n", cells.join("\n      "));
        } else {
            text += &plain(line);
            text += "\n";
        }
    }
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    Some(text)
}

/// A line without what only Markdown needs.
fn plain(line: &str) -> String {
    let mut line = line.replace("**", "").replace('`', "");
    while let Some(middle) = line.find("](") {
        let Some(end) = line[middle..].find(')') else { break };
        let Some(start) = line[..middle].rfind('[') else { break };
        line =
            format!("{}{}{}", &line[..start], &line[start + 1..middle], &line[middle + end + 1..]);
    }
    line
}
