//! The tables of `docs/guide/thrift.md`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::picture;

/// Writes instead of comparing.
const BLESS: &str = "HOSTHEAP_BLESS";

/// How far a number may be from the page's, as a part of it.
const TOLERANCE: f64 = 0.03;

/// One at a time reads and writes the page.
static PAGE: Mutex<()> = Mutex::new(());

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// What it is of.
    pub(crate) key: String,
    pub(crate) cells: Vec<String>,
}

/// The page around one table.
#[derive(Debug)]
pub(crate) struct Page {
    before: String,
    head: String,
    pub(crate) rows: Vec<Row>,
    after: String,
}

pub(crate) fn blesses() -> bool {
    env::var_os(BLESS).is_some_and(|value| value == "1")
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")
}

impl Page {
    /// Reads the table between `[//]: # (measured: NAME)` and `[//]: # (end)`, which Markdown does not
    /// show.
    pub(crate) fn read(name: &str) -> Page {
        let path = folder().join("thrift.md");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (start, end) = (format!("[//]: # (measured: {name})\n\n"), "\n[//]: # (end)\n");
        let (before, rest) = text.split_once(&start).expect("the table's start");
        let (table, after) = rest.split_once(end).expect("the table's end");
        let mut lines = table.lines();
        let head: Vec<_> = lines.by_ref().take(2).collect();
        let rows = lines.map(|line| {
            let line = line.trim_start_matches("| ").trim_end_matches('|');
            let mut cells = line.split('|').map(|cell| cell.trim().to_owned());
            Row { key: cells.next().unwrap_or_default(), cells: cells.collect() }
        });
        Page {
            before: before.to_owned() + &start,
            head: head.join("\n") + "\n",
            rows: rows.collect(),
            after: end.to_owned() + after,
        }
    }

    /// Compares what was measured with the page's table, or writes it.
    #[track_caller]
    pub(crate) fn check(name: &str, measured: &[Row]) {
        let _one = PAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut page = Page::read(name);
        let mut wrong = String::new();
        for row in measured {
            match page.rows.iter_mut().find(|kept| kept.key == row.key) {
                Some(kept) if blesses() => kept.clone_from(row),
                Some(kept) if kept.agrees(row) => {}
                Some(kept) => {
                    let (key, kept, cells) = (&row.key, kept.cells.join(" | "), &row.cells);
                    let _ = writeln!(wrong, "{key}:\n  {kept}\n  {} measured", cells.join(" | "));
                }
                None if blesses() => page.rows.push(row.clone()),
                None => drop(writeln!(wrong, "{} is missing", row.key)),
            }
        }
        if env::var_os(super::build::REQUIRE).is_some_and(|value| value == "1") {
            for kept in &page.rows {
                if !measured.iter().any(|row| row.key == kept.key) {
                    let _ = writeln!(wrong, "{} is on the page and was not measured", kept.key);
                }
            }
        }
        let hint = format!("{BLESS}=1 cargo test --test thrift writes docs/guide/thrift.md");
        assert!(wrong.is_empty(), "the page says otherwise; {hint}\n{wrong}");
        if blesses() {
            // In the order in which they are built; what is not built here stays, at the end.
            let place = |row: &Row| measured.iter().position(|one| one.key == row.key);
            page.rows.sort_by_key(|row| place(row).unwrap_or(measured.len()));
            fs::write(folder().join("thrift.md"), page.text()).expect("the page can be written");
            picture::write();
        }
    }

    fn text(&self) -> String {
        let mut text = self.before.clone() + &self.head;
        for row in &self.rows {
            let _ = writeln!(text, "| {} | {} |", row.key, row.cells.join(" | "));
        }
        text + &self.after
    }
}

impl Row {
    /// Whether the numbers are about the same, and all else is.
    fn agrees(&self, measured: &Row) -> bool {
        let same = |(kept, found): (&String, &String)| {
            let (kept, found) = (numbers(kept), numbers(found));
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= a * TOLERANCE;
            kept.0 == found.0 && kept.1.iter().zip(&found.1).all(near)
        };
        self.cells.len() == measured.cells.len() && self.cells.iter().zip(&measured.cells).all(same)
    }
}

/// A cell with `#` for its numbers, and these.
fn numbers(cell: &str) -> (String, Vec<f64>) {
    let (mut rest, mut all) = (String::new(), Vec::new());
    for word in cell.split_inclusive([' ', '(', ')']) {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(value) => {
                all.push(value);
                rest.push('#');
            }
            Err(_) => rest.push_str(word),
        }
    }
    (rest, all)
}

/// A number with its thousands apart.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes of memory, and how many pages these are.
pub(crate) fn pages(bytes: u64) -> String {
    format!("{} ({})", number(bytes), bytes >> 16)
}

/// The first number of a cell.
pub(crate) fn value(cell: &str) -> f64 {
    numbers(cell).1.first().copied().unwrap_or_default()
}
