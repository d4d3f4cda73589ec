//! How names and bytes that come from a module are shown to people.

use core::fmt::{self, Write};

/// Characters of a name that are shown; a hostile module may use 100,000.
const SHOWN: usize = 80;

/// A text from a module, escaped and cut to a bearable length.
pub(crate) struct Cut<'a>(pub(crate) &'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(SHOWN) {
            // Quotes are harmless here and common in C++ names; everything else that would break
            // a line or turn its direction is escaped.
            if matches!(c, '"' | '\'') {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_debug())?;
            }
        }
        if chars.next().is_some() {
            f.write_char('…')?;
        }
        Ok(())
    }
}

/// The same in backticks, for names.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", Cut(self.0))
    }
}

/// A list of names: `` `a`, `b` and `c` ``.
pub(crate) struct Names<'a, S>(pub(crate) &'a [S]);

impl<S: AsRef<str>> fmt::Display for Names<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            let separator = match i {
                0 => "",
                _ if i + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{separator}{}", Quoted(name.as_ref()))?;
        }
        Ok(())
    }
}

/// A byte count for reading: `1040 bytes`, `46 KiB`, `3 MiB`. Rounds down.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n < 4 << 10 => write!(f, "{n} bytes"),
            n if n < 4 << 20 => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{} MiB", n >> 20),
        }
    }
}
