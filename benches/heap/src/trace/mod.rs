//! The traces: what is allocated and freed, in which order.
//!
//! A trace is a list of [`Step`]s on numbered slots. It is made from a fixed seed, so everybody
//! gets the same one. Its first part fills the slots and is not timed.

mod generate;
mod sizes;

pub(crate) use generate::PAIR_SIZE;
pub(crate) use sizes::Sizes;

/// One step on one slot. What it means depends on the row's [`Kind`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Step {
    /// Which slot.
    pub(crate) slot: u32,
    /// The new size; 0 frees what is in the slot and leaves it empty.
    pub(crate) size: u32,
}

/// What the steps of a row do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Free what is in the slot, then malloc.
    Churn,
    /// Free what is in the slot, then calloc.
    Calloc,
    /// Realloc what is in the slot; an empty slot is NULL.
    Realloc,
    /// No slots: malloc of 48 bytes, then free, again and again.
    Pair,
}

/// A row of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// malloc(48) and free in an empty heap.
    Pair,
    /// The same with 1000 other blocks live.
    PairInUse,
    /// 50,000 slots, wide sizes.
    A,
    /// 50,000 slots, small sizes.
    B,
    /// As B, in four phases of other sizes, with 90 % freed between them.
    C,
    /// 500 slots of B.
    D,
    /// 20 to 200 live blocks of a plugin's sizes.
    Small,
    /// As B, with calloc.
    Calloc,
    /// 16 vectors that double from 16 bytes to 64 KiB.
    Vector,
    /// 64 slots of 64 KiB to 1 MiB.
    Large,
}

impl Row {
    /// All rows, in the order of the tables.
    pub(crate) const ALL: [Row; 10] = [
        Row::Pair,
        Row::PairInUse,
        Row::A,
        Row::B,
        Row::C,
        Row::D,
        Row::Small,
        Row::Calloc,
        Row::Vector,
        Row::Large,
    ];

    /// The name in tables and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Row::Pair => "pair",
            Row::PairInUse => "pair-in-use",
            Row::A => "A",
            Row::B => "B",
            Row::C => "C",
            Row::D => "D",
            Row::Small => "small",
            Row::Calloc => "calloc",
            Row::Vector => "vector",
            Row::Large => "large",
        }
    }

    /// The row of this name, in any case.
    pub(crate) fn parse(name: &str) -> Result<Row, String> {
        Row::ALL
            .into_iter()
            .find(|row| row.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("no row is called {name}; there are {}", Row::names()))
    }

    /// All names, for messages.
    fn names() -> String {
        Row::ALL.map(Row::name).join(", ")
    }

    /// What its steps do.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Row::Pair | Row::PairInUse => Kind::Pair,
            Row::Calloc => Kind::Calloc,
            Row::Vector => Kind::Realloc,
            Row::A | Row::B | Row::C | Row::D | Row::Small | Row::Large => Kind::Churn,
        }
    }

    /// How many timed steps the row has in full.
    pub(crate) fn full_steps(self) -> usize {
        match self {
            Row::Pair | Row::PairInUse => 2_000_000,
            Row::A | Row::B | Row::C | Row::D => 1_000_000,
            Row::Small => 1_000_000,
            Row::Calloc => 500_000,
            Row::Vector => 50_000,
            Row::Large => 10_000,
        }
    }

    /// What the timed steps are multiplied by where memory is measured: fragmentation takes longer
    /// to come to rest than caches do.
    pub(crate) fn space_factor(self) -> usize {
        match self {
            Row::A | Row::B | Row::C | Row::D | Row::Small => 3,
            _ => 1,
        }
    }

    /// Whether the row tells anything about memory.
    pub(crate) fn has_space(self) -> bool {
        self.kind() != Kind::Pair
    }

    /// The row's trace with about `steps` timed steps.
    pub(crate) fn trace(self, steps: usize) -> Trace {
        generate::trace(self, steps)
    }
}

/// A trace, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// Whose trace it is.
    pub(crate) row: Row,
    /// How many slots there are.
    pub(crate) slots: usize,
    /// Steps that fill the slots; not timed.
    pub(crate) warm_up: Vec<Step>,
    /// Steps that are timed; of rows of [`Kind::Pair`] only their number counts.
    pub(crate) timed: Vec<Step>,
    /// How many operations the timed steps make: each malloc, free, calloc and realloc is one.
    pub(crate) operations: u64,
}

impl Trace {
    /// How many operations the timed steps from the one numbered `first` on make.
    pub(crate) fn operations_after(&self, first: usize) -> u64 {
        let (before, after) = self.timed.split_at(first);
        let warm_up: Vec<Step> = self.warm_up.iter().chain(before).copied().collect();
        generate::operations(self.row.kind(), self.slots, &warm_up, after)
    }

    /// The most bytes that are asked for and live at once.
    pub(crate) fn peak_requested(&self) -> u64 {
        let mut sizes = vec![0u32; self.slots];
        let (mut live, mut peak) = (0, 0);
        let timed = if self.row.kind() == Kind::Pair { &[] } else { &self.timed[..] };
        for step in self.warm_up.iter().chain(timed) {
            let size = &mut sizes[step.slot as usize];
            live = live - u64::from(*size) + u64::from(step.size);
            *size = step.size;
            peak = peak.max(live);
        }
        peak
    }
}
