//! What was measured.

use crate::trace::Row;

/// Where something ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this process, without a runtime.
    Native,
    /// In a plugin.
    Guest,
}

impl Place {
    /// The name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Place::Native => "native",
            Place::Guest => "guest",
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it was measured.
    pub(crate) place: Place,
    /// At which trace.
    pub(crate) row: Row,
    /// Whose it is.
    pub(crate) contender: String,
    /// On which runtime; empty if on none.
    pub(crate) runtime: String,
    /// What it is.
    pub(crate) metric: &'static str,
    /// How much.
    pub(crate) value: f64,
}

/// All figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    entries: Vec<Entry>,
    modules: Vec<(String, usize)>,
    missing: Vec<(String, String)>,
}

impl Results {
    /// Adds a figure.
    pub(crate) fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Adds a plugin's size in bytes.
    #[cfg(feature = "guest")]
    pub(crate) fn module(&mut self, name: &str, bytes: usize) {
        self.modules.push((name.to_owned(), bytes));
    }

    /// Adds what could not be measured, and why.
    pub(crate) fn missing(&mut self, missing: &[(String, String)]) {
        self.missing.extend_from_slice(missing);
    }

    /// The plugins and their sizes in bytes.
    pub(crate) fn modules(&self) -> &[(String, usize)] {
        &self.modules
    }

    /// What is missing, and why.
    pub(crate) fn all_missing(&self) -> &[(String, String)] {
        &self.missing
    }

    /// All figures, in the order in which they were measured.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One figure.
    pub(crate) fn get(
        &self,
        place: Place,
        row: Row,
        contender: &str,
        runtime: &str,
        metric: &str,
    ) -> Option<f64> {
        let found = self.entries.iter().find(|entry| {
            entry.place == place
                && entry.row == row
                && entry.contender == contender
                && entry.runtime == runtime
                && entry.metric == metric
        });
        found.map(|entry| entry.value)
    }

    /// The contenders of a place, in the order in which they were measured.
    pub(crate) fn contenders(&self, place: Place) -> Vec<&str> {
        let mut names = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.place == place) {
            if !names.contains(&entry.contender.as_str()) {
                names.push(&entry.contender);
            }
        }
        names
    }
}
