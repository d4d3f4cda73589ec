//! Where the removed functions keep their state.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::error::ExternalizeError;
use super::handed::{Handed, Relative, helpers, takers, through_parameters};
use super::identify::Family;
use super::reach::Reach;
use super::read::Program;
use super::report::FunctionId;
use super::trace::{Event, Tracer};
use super::value::{PARAMS, Value};

/// Bytes that a table of the allocator is taken to have at most, if nothing else of it follows, where
/// code that stays computes an address.
const TABLE: u64 = 1024;

/// The same where it has a constant address: what lies farther is more likely another object. Only
/// code that knows a size beforehand uses a table so, and then the rest of the state as well.
const SHORT_TABLE: u64 = 64;

/// Where a constant address is one for certain; below is the null pointer.
const NULL_ENDS: u64 = 16;

/// Distances before its pointer at which `free` may look for a header.
const DISTANCES: [i32; 4] = [-4, -8, -12, -16];

/// What the removed functions do with memory at known addresses.
pub(super) struct State {
    /// Start and end of what they write and somebody may read for its contents, rising.
    pub(super) ranges: Vec<(u64, u64)>,
    /// The same with as much as its tables may have.
    wide: Vec<(u64, u64)>,
    /// Where in it something is that the allocator accesses.
    starts: BTreeSet<u64>,
    /// Addresses in it that the allocator itself stores or returns.
    pub(super) handed_on: BTreeSet<u32>,
    /// Where `free` reads headers, before its pointer.
    pub(super) headers: Vec<i32>,
    /// Whether it finds flags there beside the size, so that nobody can read the size without
    /// masking them.
    pub(super) flags: bool,
}

impl State {
    pub(super) fn contains(&self, start: u64, bytes: u64) -> bool {
        meets(&self.ranges, start, bytes)
    }

    /// Whether an address that is computed from this one may lie in it.
    pub(super) fn may_contain(&self, start: u64, bytes: u64) -> bool {
        meets(&self.wide, start, bytes)
    }

    pub(super) fn holds(&self, address: u32) -> bool {
        self.contains(u64::from(address), 1)
    }

    /// Whether one of its objects, as far as they are known, starts there.
    pub(super) fn starts(&self, address: u32) -> bool {
        self.starts.contains(&u64::from(address))
    }
}

fn meets(ranges: &[(u64, u64)], start: u64, bytes: u64) -> bool {
    let after = ranges.partition_point(|(_, end)| *end <= start);
    ranges.get(after).is_some_and(|(first, _)| *first < start.saturating_add(bytes))
}

/// One access of a removed function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) bytes: u64,
    /// At this address or somewhere above it.
    pub(super) indexed: bool,
    pub(super) reads: bool,
    pub(super) writes: bool,
    /// What it writes is a constant, as an error number is.
    pub(super) constant: bool,
}

impl Span {
    /// An address that a function is given of which is not known what it does.
    fn given(at: u32, used: bool) -> Span {
        let start = u64::from(at);
        Span { start, bytes: 4, indexed: true, reads: used, writes: true, constant: !used }
    }
}

pub(super) fn state(
    program: &Program<'_>,
    family: &Family,
    reach: &Reach,
    tracer: &mut Tracer<'_, '_>,
    limit: u32,
) -> Result<State, ExternalizeError> {
    let mut spans: BTreeSet<Span> = BTreeSet::new();
    let mut relative: Vec<Relative> = Vec::new();
    let mut handed: Vec<Handed> = Vec::new();
    let mut stored: Vec<(Vec<u64>, Value)> = Vec::new();
    // Reads below a parameter: function, parameter, distance.
    let mut below: BTreeSet<(u32, u32, i32)> = BTreeSet::new();
    let mut flags: BTreeSet<u32> = BTreeSet::new();
    let mut unclear = None;
    tracer.set_headers(&DISTANCES);
    let lowest = u64::from(tracer.lowest());
    let known = |address: u64| address >= lowest && address < u64::from(limit);

    for function in (program.imported()..program.count()).filter(|f| reach.goes(*f)) {
        tracer.follow(function, &mut |event| match event {
            Event::Access { address, offset, bytes, reads, stored: value } => {
                if address.bases.more {
                    unclear = unclear.or(Some(function));
                }
                let mut span = Span {
                    start: offset,
                    bytes: u64::from(bytes),
                    indexed: address.exact.is_none(),
                    reads,
                    writes: value.is_some(),
                    constant: value.is_some_and(|value| value.exact.is_some()),
                };
                let mut at = Vec::new();
                for constant in address.addresses() {
                    span.start = u64::from(constant).saturating_add(offset);
                    at.push(span.start);
                    if known(span.start) {
                        spans.insert(span);
                    }
                }
                if at.is_empty() && known(offset) && !address.is_pointer() {
                    span.start = offset;
                    at.push(offset);
                    spans.insert(span);
                }
                // A small constant is an address as well if it is used as one.
                if let Some(exact) = address.exact.filter(|_| at.is_empty()) {
                    span.start = u64::from(exact).saturating_add(offset);
                    if span.start >= NULL_ENDS && span.start < u64::from(limit) {
                        at.push(span.start);
                        spans.insert(span);
                    }
                }
                if address.params != 0 {
                    let exactly = (0..PARAMS).any(|index| address == Value::param(index));
                    let span = Span { start: offset, indexed: !exactly, ..span };
                    relative.push(Relative { function, params: address.params, span });
                    for distance in
                        DISTANCES.into_iter().filter(|d| reads && address.reaches(offset, *d))
                    {
                        let params = (0..PARAMS).filter(|i| address.params & (1 << i) != 0);
                        below.extend(params.map(|param| (function, param, distance)));
                    }
                }
                if let Some(value) = value.filter(|value| value.constants().next().is_some()) {
                    stored.push((at, value));
                }
            }
            Event::Call { function: callee, arguments } => {
                for (param, argument) in (0..PARAMS).zip(arguments) {
                    let exact = argument.exact.is_some();
                    let constants: Vec<_> = argument
                        .addresses()
                        .filter(|constant| known(u64::from(*constant)))
                        .map(|constant| (constant, exact))
                        .collect();
                    if callee < program.imported() {
                        // What the host writes there counts if the allocator reads it.
                        spans.extend(constants.iter().map(|(at, _)| Span::given(*at, false)));
                    } else if !constants.is_empty() || argument.params != 0 {
                        handed.push(Handed {
                            caller: function,
                            caller_params: argument.params,
                            callee,
                            param,
                            constants,
                        });
                    }
                }
            }
            Event::Leaves(value) => {
                if value.constants().next().is_some() {
                    stored.push((Vec::new(), value));
                }
            }
            // Whoever it is does what the allocator wants done there.
            Event::Indirect(value) => {
                let given = value.addresses().filter(|at| known(u64::from(*at)));
                spans.extend(given.map(|at| Span::given(at, true)));
                if value.constants().next().is_some() {
                    stored.push((Vec::new(), value));
                }
            }
            Event::Flags => drop(flags.insert(function)),
            Event::Grow | Event::Size => {}
        })?;
    }
    if let Some(function) = unclear {
        return Err(ExternalizeError::Unclear { function: FunctionId::of(program, function) });
    }
    helpers(program, reach, tracer, &mut relative, &mut handed)?;
    through_parameters(program, &relative, &handed, &known, &mut spans)?;
    let first = spans.first().map_or(u64::from(limit), |span| span.start);
    tracer.set_lowest(u32::try_from(first).unwrap_or(limit).min(tracer.lowest()));
    let (ranges, wide) = (ranges(&spans, SHORT_TABLE), ranges(&spans, TABLE));
    let inside = spans.iter().map(|span| span.start).filter(|start| meets(&ranges, *start, 1));
    let starts = inside.collect();
    let mut state = State {
        ranges,
        wide,
        starts,
        handed_on: BTreeSet::new(),
        headers: Vec::new(),
        flags: false,
    };
    if state.ranges.is_empty() {
        return Err(ExternalizeError::NoState);
    }
    for (at, value) in stored {
        if !at.iter().any(|address| state.contains(*address, 1)) {
            let inside: Vec<u32> =
                value.constants().filter(|constant| state.holds(*constant)).collect();
            state.handed_on.extend(inside);
        }
    }
    let takers = takers(family, &handed);
    let taken = |function: u32| takers.range((function, 0)..=(function, u32::MAX)).next().is_some();
    state.flags = flags.into_iter().any(taken);
    let below = below.iter().filter(|(function, param, _)| takers.contains(&(*function, *param)));
    let distances: BTreeSet<i32> = below.map(|(.., distance)| *distance).collect();
    state.headers = distances.into_iter().rev().collect();
    Ok(state)
}

/// The ranges that are written for somebody to read.
fn ranges(spans: &BTreeSet<Span>, table: u64) -> Vec<(u64, u64)> {
    let starts: Vec<u64> = spans.iter().map(|span| span.start).collect();
    let extent = |span: &Span| {
        let end = span.start + span.bytes;
        if !span.indexed {
            return (span.start, end);
        }
        // A table reaches to what is next to it, or not very far.
        let next = starts.partition_point(|start| *start <= span.start);
        let next = starts.get(next).copied().unwrap_or(u64::MAX);
        let bound = if next <= span.start + TABLE { next } else { span.start + table };
        (span.start, end.max(bound))
    };
    // An error number is written, and only constants are written to it: it is no state.
    let mut used: Vec<(u64, u64)> = spans
        .iter()
        .filter(|span| span.reads || span.writes && !span.constant)
        .map(extent)
        .collect();
    used = merged(used);
    let written = spans.iter().filter(|span| span.writes).map(extent).filter(|(start, end)| {
        let after = used.partition_point(|(_, end)| end <= start);
        used.get(after).is_some_and(|(first, _)| first < end)
    });
    merged(written.collect())
}

fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        match merged.last_mut() {
            Some((_, last)) if *last >= start => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}
