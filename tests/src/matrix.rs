//! The matrix of subjects, what their runtimes can do, and how many cases run on each.

use hostheap_core::Capabilities;

use crate::case::{capabilities, cases};
use crate::own::{self, Visit};
use crate::subject::Subject;

/// One subject's column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The subject.
    pub name: String,
    /// What its runtime can do.
    pub capabilities: Capabilities,
    /// How many cases run.
    pub run: usize,
    /// The cases that do not, each with the capability it would need.
    pub left_out: Vec<(String, &'static str)>,
}

impl Column {
    /// The column of a subject.
    pub fn of<S: Subject>() -> Self {
        let cases = cases::<S>();
        let left_out: Vec<_> = cases
            .iter()
            .filter(|case| !case.applies())
            .filter_map(|case| Some((format!("{}::{}", case.group, case.name), case.needs?.0)))
            .collect();
        Column {
            name: S::name(),
            capabilities: capabilities::<S>(),
            run: cases.len() - left_out.len(),
            left_out,
        }
    }
}

/// The columns of all subjects that are compiled in.
pub fn columns() -> Vec<Column> {
    struct Columns(Vec<Column>);
    impl Visit for Columns {
        fn visit<S: Subject>(&mut self) {
            self.0.push(Column::of::<S>());
        }
    }
    let mut columns = Columns(Vec::new());
    own::visit(&mut columns);
    columns.0
}

/// The matrix as a table in Markdown.
pub fn table(columns: &[Column]) -> String {
    let mut lines = vec![row("", columns.iter().map(|column| column.name.clone()))];
    lines.push(row("---", columns.iter().map(|_| "---".into())));
    for (i, (words, _)) in Capabilities::NONE.rows().enumerate() {
        let has = columns.iter().map(|column| {
            let (_, has) = column.capabilities.rows().nth(i).unwrap_or((words, false));
            if has { "yes".into() } else { "no".into() }
        });
        lines.push(row(words, has));
    }
    lines.push(row("cases run", columns.iter().map(|column| column.run.to_string())));
    let left_out = columns.iter().map(|column| column.left_out.len().to_string());
    lines.push(row("cases that do not apply", left_out));
    lines.join("\n") + "\n"
}

fn row(head: &str, cells: impl Iterator<Item = String>) -> String {
    let mut line = format!("| {head} |");
    for cell in cells {
        line.push_str(&format!(" {cell} |"));
    }
    line
}
