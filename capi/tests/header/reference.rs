//! Makes `docs/c/reference.md` of the header: a section for each of its subjects, with what stands
//! above each declaration.

use std::fmt::Write as _;

/// A declaration with what is said about it.
struct Item {
    comment: Vec<String>,
    code: Vec<String>,
}

/// The page for a header.
pub(crate) fn page(header: &str) -> String {
    let mut page = String::from(
        "# Reference\n\nEvery function and type of \
         [hostheap.h](../../capi/include/hostheap.h), made from it; the header itself begins with the \
         rules of ownership, errors and threads. Functions of the sections marked \"needs a runtime\" \
         are not in a library that was built without one.\n\n",
    );
    let sections = sections(header);
    for (title, _, bare) in &sections {
        let mark = if *bare { "" } else { " (needs a runtime)" };
        writeln!(page, "- [{title}](#{}){mark}", anchor(title)).expect("a string");
    }
    for (title, lines, _) in &sections {
        write!(page, "\n## {title}\n").expect("a string");
        for item in items(lines) {
            let name = name(&item.code);
            write!(page, "\n### `{name}`\n\n```c\n{}\n```\n", item.code.join("\n"))
                .expect("a string");
            if !item.comment.is_empty() {
                write!(page, "\n{}\n", prose(&item.comment)).expect("a string");
            }
        }
    }
    page
}

/// Titles of the sections with their lines, and whether they need no runtime. A section begins with
/// a line of dashes, its title, and dashes again.
fn sections(header: &str) -> Vec<(&str, Vec<&str>, bool)> {
    let lines: Vec<&str> = header.lines().collect();
    let is_rule =
        |line: &str| line.starts_with("// ----------") && !line.contains(char::is_alphabetic);
    let mut sections: Vec<(&str, Vec<&str>, bool)> = Vec::new();
    let mut bare = true;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        match line.trim() {
            "#ifndef HOSTHEAP_BARE" => bare = false,
            "#endif // HOSTHEAP_BARE" => bare = true,
            _ => {}
        }
        let title = lines.get(at + 1).and_then(|line| line.strip_prefix("// "));
        let closed = lines.get(at + 2).is_some_and(|line| is_rule(line));
        if let (true, Some(title), true) = (is_rule(line), title, closed) {
            sections.push((title, Vec::new(), bare));
            at += 3;
            continue;
        }
        if let Some((_, section, _)) = sections.last_mut() {
            section.push(line);
        }
        at += 1;
    }
    sections
}

/// The declarations of a section. One ends where its brackets are closed and a `;` or `}` ends the
/// line, or as a `#define`.
fn items(lines: &[&str]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut comment: Vec<String> = Vec::new();
    let mut rest = lines.iter().peekable();
    while let Some(line) = rest.next() {
        if let Some(text) = line.strip_prefix("//") {
            comment.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
            continue;
        }
        if line.trim().is_empty() {
            comment.clear();
            continue;
        }
        let is_macro = line.starts_with("#define HH_") || line.starts_with("#define hh_");
        if line.starts_with('#') && !is_macro {
            continue;
        }
        let mut code = vec![(*line).to_owned()];
        while is_macro && code.last().is_some_and(|line| line.ends_with('\\')) {
            code.extend(rest.next().map(|line| (*line).to_owned()));
        }
        let is_open = |code: &[String]| {
            let all = code.join("\n");
            let depth = |open, close| all.matches(open).count() > all.matches(close).count();
            let last = code.last().map_or("", |line| line.trim_end());
            depth('{', '}') || depth('(', ')') || !(last.ends_with(';') || last.ends_with('}'))
        };
        while !is_macro && is_open(&code) {
            match rest.next() {
                // How an enum is declared differs between C and C++; its values do not.
                Some(line) if line.starts_with('#') || line.starts_with("  : ") => {}
                Some(line) => code.push((*line).to_owned()),
                None => break,
            }
        }
        // An enum's typedef, and what C++ has in place of the macros.
        let is_plumbing = code[0].starts_with("template")
            || comment.is_empty() && code[0].starts_with("typedef") && code.len() == 1;
        if !is_plumbing {
            items.push(Item { comment: std::mem::take(&mut comment), code: shortened(code) });
        }
        comment.clear();
    }
    items
}

/// An inline function's body is nobody's business.
fn shortened(code: Vec<String>) -> Vec<String> {
    if !code[0].starts_with("static inline") {
        return code;
    }
    let head: Vec<_> = code.into_iter().take_while(|line| line.trim() != "{").collect();
    let mut head = head;
    if let Some(first) = head.first_mut() {
        *first = first.trim_start_matches("static inline ").to_owned();
    }
    if let Some(last) = head.last_mut() {
        last.push(';');
    }
    head
}

/// What a declaration declares: the word before its bracket, or its last one.
fn name(code: &[String]) -> String {
    let first = &code[0];
    let word = |text: &str| {
        let word = text.trim_end_matches([';', ' ', '{']).rsplit([' ', '*']).next();
        word.unwrap_or_default().to_owned()
    };
    if let Some(rest) = first.strip_prefix("#define ") {
        return rest.split([' ', '(']).next().unwrap_or_default().to_owned();
    }
    if first.contains("(*") {
        let inner = first.split("(*").nth(1).unwrap_or_default();
        return inner.split(')').next().unwrap_or_default().to_owned();
    }
    word(first.split('(').next().unwrap_or_default())
}

/// A comment as Markdown, which it nearly is.
fn prose(comment: &[String]) -> String {
    comment.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// Where a heading is on a page, as the common forges make it.
fn anchor(title: &str) -> String {
    let letters = title.to_lowercase().replace(' ', "-");
    letters.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
}
