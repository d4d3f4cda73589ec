//! The rows: what every system is asked to do.

use std::fmt;

/// The sizes of buffers, in bytes.
pub(crate) const SIZES: [usize; 4] = [64, 1 << 10, 64 << 10, 1 << 20];

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A call without arguments or result.
    Nothing,
    /// A string in and another out.
    Greet,
    /// A struct of 64 bytes in and another out.
    Struct,
    /// Ten strings in, their total length out.
    Strings,
    /// A buffer in, its first byte out.
    Pass(usize),
    /// A buffer out.
    Fetch(usize),
    /// A buffer in, the sum of its bytes out.
    Sum(usize),
    /// A buffer in, another of the same size out.
    Reverse(usize),
}

impl Row {
    /// All of them, in the order of the tables.
    pub(crate) fn all() -> Vec<Row> {
        let mut rows = vec![Row::Nothing, Row::Greet, Row::Struct, Row::Strings];
        for kind in [Row::Pass, Row::Fetch, Row::Sum, Row::Reverse] {
            rows.extend(SIZES.map(kind));
        }
        rows
    }

    /// The name in tables.
    pub(crate) fn name(self) -> String {
        match self {
            Row::Nothing => "no-op call".to_owned(),
            Row::Greet => "greet: string in and out".to_owned(),
            Row::Struct => "struct of 64 B in and out".to_owned(),
            Row::Strings => "ten strings in".to_owned(),
            Row::Pass(size) => format!("pass in {}", bytes(size)),
            Row::Fetch(size) => format!("fetch {}", bytes(size)),
            Row::Sum(size) => format!("sum of {}", bytes(size)),
            Row::Reverse(size) => format!("reverse {}", bytes(size)),
        }
    }

    /// The rows that a word of the command line stands for: `pass` for all sizes, `pass-64`,
    /// `pass-1K`, `pass-64K` and `pass-1M` for one.
    pub(crate) fn named(word: &str) -> Vec<Row> {
        let fits = |row: &Row| {
            let id = row.to_string();
            id == word || id.split_once('-').is_some_and(|(kind, _)| kind == word)
        };
        Row::all().into_iter().filter(fits).collect()
    }
}

/// The name on the command line and in the CSV.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, size) = match *self {
            Row::Nothing => return f.write_str("nothing"),
            Row::Greet => return f.write_str("greet"),
            Row::Struct => return f.write_str("struct"),
            Row::Strings => return f.write_str("strings"),
            Row::Pass(size) => ("pass", size),
            Row::Fetch(size) => ("fetch", size),
            Row::Sum(size) => ("sum", size),
            Row::Reverse(size) => ("reverse", size),
        };
        match size {
            size if size >= 1 << 20 => write!(f, "{kind}-{}M", size >> 20),
            size if size >= 1 << 10 => write!(f, "{kind}-{}K", size >> 10),
            size => write!(f, "{kind}-{size}"),
        }
    }
}

/// A size for people.
fn bytes(size: usize) -> String {
    match size {
        size if size >= 1 << 20 => format!("{} MiB", size >> 20),
        size if size >= 1 << 10 => format!("{} KiB", size >> 10),
        size => format!("{size} B"),
    }
}
