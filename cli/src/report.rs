//! The report of a call: what runtime, what heap, what memory.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};

use hostheap_core::heap::HeapStats;
use hostheap_core::memory::PAGE;
use hostheap_core::module::ModuleInfo;
use hostheap_core::{Backend, Guest};

use crate::args::BackendChoice;
use crate::print::{one_line, visible};
use crate::run::{Outcome, Request};

/// Lines of the plugin's source that are shown.
const SITES: usize = 10;

/// A plugin's heap and memory after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct After {
    /// First byte of the host's heap.
    pub(crate) heap_start: u32,
    pub(crate) heap: HeapStats,
    pub(crate) memory_bytes: u64,
    pub(crate) memory_hash: u64,
}

impl After {
    /// As it is now; `None` if the plugin has no memory, which none is without.
    pub(crate) fn of<B: Backend>(guest: &Guest<'_, B, ()>) -> Option<Self> {
        let memory = guest.memory().ok()?;
        let mut hasher = DefaultHasher::new();
        hasher.write(memory);
        Some(After {
            heap_start: guest.heap().base(),
            heap: guest.heap().stats(),
            memory_bytes: memory.len() as u64,
            memory_hash: hasher.finish(),
        })
    }

    /// Pages by which the heap has grown the memory, and pages by which the plugin has.
    fn grown(&self, info: &ModuleInfo) -> (u64, u64) {
        let at_start = info.memory().min_bytes;
        let owned_at_start = at_start.saturating_sub(self.heap_start.into());
        let total = self.memory_bytes.saturating_sub(at_start);
        let by_heap = self.heap.owned_bytes.saturating_sub(owned_at_start).div_ceil(PAGE);
        (by_heap, (total / PAGE).saturating_sub(by_heap))
    }
}

/// Lines of a name and what there is to say.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(&'static str, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (i, (name, text)) in self.rows.iter().enumerate() {
            let end = if i + 1 < self.rows.len() { "\n" } else { "" };
            write!(f, "  {name:width$}  {}{end}", visible(text))?;
        }
        Ok(())
    }
}

/// The report of a call on one runtime, or on several that agree. `None` if the plugin was never
/// instantiated.
pub(crate) fn report(request: &Request<'_>, outcomes: &[Outcome]) -> Option<Report> {
    let first = outcomes.first()?;
    let after = first.after?;
    let heap = &after.heap;
    let mut report = Report::default();
    let mut row = |name, text: String| report.rows.push((name, text));

    match outcomes {
        [only] if request.options.backend == Some(BackendChoice::All) => {
            row("runtime", format!("{}, the only one that is compiled in", only.runtime));
        }
        [only] => row("runtime", only.runtime.to_owned()),
        several => {
            let names: Vec<_> = several.iter().map(|outcome| outcome.runtime).collect();
            row(
                "runtimes",
                format!(
                    "{} agree: result, heap and all {} bytes of memory",
                    and(&names),
                    after.memory_bytes
                ),
            );
        }
    }
    if let Some(how) = first.answer.as_ref().ok().and_then(|answer| answer.how.clone()) {
        row("result", how);
    }
    let layout = request.info.layout();
    row("heap base", format!("{}, {}", layout.heap_base, layout.evidence));
    let start = after.heap_start;
    if start != layout.heap_base
        && let Some(own) = request.info.census().inside.first()
    {
        row("own heap", format!("{own}; the host's heap starts above it, at {start}"));
    }
    row("live", format!("{} in {}", bytes(heap.live_bytes), blocks(heap.live_blocks)));
    for (site, count, size) in first.sites.iter().take(SITES) {
        row(
            "",
            format!("{} in {} from {}", bytes(*size), blocks(*count), one_line(&site.to_string())),
        );
    }
    if first.sites.len() > SITES {
        row("", format!("and from {} other lines", first.sites.len() - SITES));
    }
    row("peak", format!("{} in {}", bytes(heap.peak_bytes), blocks(heap.peak_blocks)));
    if heap.failed > 0 {
        row("refused", format!("{} for memory", count(heap.failed, "request")));
    }
    if heap.invalid_frees > 0 {
        row("invalid", format!("{} of no live block", count(heap.invalid_frees, "free")));
    }
    let (by_heap, by_plugin) = after.grown(request.info);
    let mut memory = format!(
        "{} ({}, {by_heap} grown by the heap",
        bytes(after.memory_bytes),
        count(after.memory_bytes / PAGE, "page")
    );
    if by_plugin > 0 {
        memory += &format!(", {by_plugin} by the plugin itself");
    }
    row("memory", memory + ")");
    row("bookkeeping", format!("{} on the host, none in the plugin", bytes(heap.metadata_bytes)));
    Some(report)
}

/// `1 byte`, `2 bytes`.
pub(crate) fn bytes(n: u64) -> String {
    count(n, "byte")
}

fn blocks(n: u32) -> String {
    count(n.into(), "block")
}

pub(crate) fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn and(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
