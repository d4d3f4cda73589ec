//! Writing to the terminal.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use crate::error::Failure;

/// Writes text that may come from a plugin to stderr, as one or more lines.
pub(crate) fn stderr(text: &str) {
    // Where stderr is closed, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// Writes text to stdout, as it is, or harmless if a person reads it; with a line's end if it has
/// none.
pub(crate) fn stdout(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let shown = if out.is_terminal() { visible(text).into() } else { Cow::Borrowed(text) };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    written(write!(out, "{shown}{end}").and_then(|()| out.flush()))
}

/// Writes bytes to stdout as they are.
pub(crate) fn stdout_raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

fn written(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| match error.kind() {
        // As `head` does it.
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::plugin(format_args!("cannot write the result: {error}")),
    })
}

/// Text whose control characters cannot steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// A name from a plugin in backticks, on one line.
pub(crate) fn quoted(name: &str) -> String {
    let mut out = String::from("`");
    for c in name.chars() {
        // Quotes are harmless in backticks; all that could break the line is escaped.
        if matches!(c, '"' | '\'') { out.push(c) } else { out.extend(c.escape_debug()) }
    }
    out + "`"
}

/// The library's text with a plugin's words in it, on one line of at most some hundred characters.
pub(crate) fn one_line(text: &str) -> String {
    // What it has escaped already stays as it is.
    escaped(text, 300).replace("\\\\", "\\")
}

/// Lines of at most so many characters, broken at spaces; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

/// Characters of a name that are shown; a hostile module may use 100,000.
const SHOWN: usize = 60;

/// A name from a plugin on one line, escaped and cut to a bearable length.
pub(crate) fn printable(name: &str) -> String {
    escaped(name, SHOWN)
}

/// The same in backticks.
pub(crate) fn ticked(name: &str) -> String {
    format!("`{}`", printable(name))
}

fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(most) {
        if matches!(c, '"' | '\'') { out.push(c) } else { out.extend(c.escape_debug()) }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Bytes as offset, hexadecimal and ASCII, sixteen in a line.
pub(crate) fn hex_dump(bytes: &[u8]) -> String {
    let lines = bytes.chunks(16).enumerate().map(|(i, line)| {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        let ascii: String = line.iter().map(shown).collect();
        format!("{:08x}  {:47}  {ascii}", i * 16, hex.join(" "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(visible("a\u{1b}[31mb\n\tc\u{9b}"), "a\\u{1b}[31mb\n\tc\\u{9b}");
        assert_eq!(quoted("a\nb'\""), "`a\\nb'\"`");
    }

    #[test]
    fn hex_dump_is_aligned() {
        let bytes: Vec<u8> = (0x2e..0x40).collect();
        assert_eq!(
            hex_dump(&bytes),
            "00000000  2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d  ./0123456789:;<=\n\
             00000010  3e 3f                                            >?"
        );
        assert_eq!(hex_dump(&[]), "");
    }
}
