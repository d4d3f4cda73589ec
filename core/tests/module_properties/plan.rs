//! What a linker is asked to do, and what it decides: the truth about a module.

use proptest::prelude::*;

pub(crate) const PAGE: u32 = 1 << 16;

/// What to link. Sizes are in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) stack_first: bool,
    pub(crate) stack: u32,
    /// Left free below the data.
    pub(crate) gap: u32,
    pub(crate) segments: Vec<Segment>,
    pub(crate) bss: u32,
    /// Linkers align the heap base to 16; AssemblyScript's does not.
    pub(crate) align: u32,
    /// Whether `.bss` ends such that the heap base is the end of the memory.
    pub(crate) to_the_brim: bool,
    pub(crate) spare_pages: u32,
    /// Pages that the memory may grow by.
    pub(crate) growth: Option<u32>,
    pub(crate) memory: Memory,
    pub(crate) heap_base: HeapBase,
    pub(crate) stack_pointer: StackPointer,
    pub(crate) more: More,
}

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Zeros before it that an optimiser left out.
    pub(crate) skip: u32,
    pub(crate) len: u32,
    pub(crate) place: Place,
}

/// How a segment says where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Number,
    /// A sum, as the extended constant expressions allow.
    Sum,
    /// A sum with an imported global: nobody knows before it is linked.
    ImportedGlobal,
    /// The code puts it there.
    Passive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    Exported,
    Hidden,
    Imported,
}

/// How the heap base is shown, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeapBase {
    Hidden,
    Global,
    /// A global whose value is that of another.
    GlobalOfGlobal,
    Function(&'static str),
    /// As compilers write it without optimisation.
    SlowFunction,
    /// A function `heap_base` that cannot be understood without running it.
    Computed,
}

/// How the stack pointer is shown, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StackPointer {
    /// No function needed it, so the linker dropped it. The stack is there all the same.
    Dropped,
    Nameless,
    Named,
    Exported,
    Both,
}

/// What has nothing to do with the layout.
#[derive(Clone, Debug)]
pub(crate) struct More {
    pub(crate) imported_functions: u32,
    /// Globals before the stack pointer and after it.
    pub(crate) before: Vec<Other>,
    pub(crate) after: Vec<Other>,
    pub(crate) data_end: bool,
    pub(crate) start: bool,
    /// Names other than the stack pointer's: of functions, globals, and of the module.
    pub(crate) names: bool,
    /// A custom section of this many bytes before all others.
    pub(crate) custom: Option<usize>,
}

/// A global that is not the stack pointer.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) mutable: bool,
    pub(crate) value: i32,
    pub(crate) name: &'static str,
}

/// What the linker decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    /// Start of the heap.
    pub(crate) heap_base: u32,
    pub(crate) stack_pointer: u32,
    /// End of the data, `.bss` included.
    pub(crate) static_end: u32,
    pub(crate) memory_bytes: u32,
    /// Whether the module shows enough to know the heap base exactly.
    pub(crate) exact: bool,
}

/// What the module claims although it is not so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// Another heap base, shown as the plan says; as a global if it says nothing.
    HeapBase(u32),
    /// Another initial value of the stack pointer.
    StackPointer(u32),
    /// The name section calls another global the stack pointer.
    NameOf(u32),
    /// It calls two so: the real one and this.
    SecondName(u32),
    /// It has one more segment, there.
    Segment { at: u32, len: u32 },
    /// The memory starts with so many pages.
    Pages(u32),
    /// The data ends elsewhere.
    DataEnd(u32),
    /// The stack pointer cannot be assigned.
    Immutable,
    /// The export `__stack_pointer` is this global.
    ExportOf(u32),
    /// The heap base can be assigned.
    MutableHeapBase,
}

impl Plan {
    pub(crate) fn truth(&self) -> Truth {
        let (_, data_end) = self.places();
        let mut heap_base = self.after_data(data_end);
        if self.to_the_brim {
            heap_base = heap_base.next_multiple_of(PAGE);
        }
        let stack_pointer = if self.stack_first { self.stack } else { heap_base };
        let known = |place| matches!(place, Place::Number | Place::Sum);
        let all_known = matches!(
            self.stack_pointer,
            StackPointer::Named | StackPointer::Exported | StackPointer::Both
        ) && self.segments.iter().all(|segment| known(segment.place))
            && self.segments.iter().any(|segment| segment.len > 0);
        // The stack above the data ends where the heap starts; below it, the data does.
        let inferred = all_known && (!self.stack_first || self.more.data_end);
        let shown = !matches!(self.heap_base, HeapBase::Hidden | HeapBase::Computed);
        Truth {
            heap_base,
            static_end: if self.stack_first { heap_base } else { data_end + self.bss },
            stack_pointer,
            memory_bytes: heap_base.next_multiple_of(PAGE) + self.spare_pages * PAGE,
            exact: shown || inferred,
        }
    }

    fn after_data(&self, data_end: u32) -> u32 {
        let end = data_end + self.bss;
        if self.stack_first {
            end.next_multiple_of(self.align)
        } else {
            (end.next_multiple_of(16) + self.stack).next_multiple_of(self.align)
        }
    }

    /// Where each segment starts, and where the last one ends.
    pub(crate) fn places(&self) -> (Vec<u32>, u32) {
        let mut at = self.gap + if self.stack_first { self.stack } else { 0 };
        let mut starts = Vec::new();
        for segment in &self.segments {
            at += segment.skip;
            starts.push(at);
            at += segment.len;
        }
        (starts, at)
    }
}

/// Any plan of a linker that makes no mistake.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let stack = prop_oneof![Just(0), Just(65536), (1_u32..5000).prop_map(|n| n * 16)];
    let bss = prop_oneof![Just(0), 0..200_u32, 0..200_000_u32];
    let layout = (
        any::<bool>(),
        stack,
        prop_oneof![Just(1024_u32), 16..5000_u32],
        prop::collection::vec(segment(), 0..6),
        bss,
        prop_oneof![4 => Just(16_u32), 1 => Just(1)],
        prop::bool::weighted(0.2),
    );
    let memory = (
        prop_oneof![2 => Just(0), 1 => 0..4_u32],
        prop::option::of(prop_oneof![Just(0), 0..200_u32]),
        prop_oneof![Just(Memory::Exported), Just(Memory::Hidden), Just(Memory::Imported)],
    );
    let heap_base = prop_oneof![
        3 => Just(HeapBase::Hidden),
        1 => Just(HeapBase::Global),
        1 => Just(HeapBase::GlobalOfGlobal),
        1 => Just(HeapBase::Function("heap_base")),
        1 => Just(HeapBase::Function("__heap_base")),
        1 => Just(HeapBase::SlowFunction),
        1 => Just(HeapBase::Computed),
    ];
    let stack_pointer = prop_oneof![
        1 => Just(StackPointer::Dropped),
        1 => Just(StackPointer::Nameless),
        3 => Just(StackPointer::Named),
        2 => Just(StackPointer::Exported),
        1 => Just(StackPointer::Both),
    ];
    (layout, memory, heap_base, stack_pointer, more()).prop_map(
        |(
            (stack_first, stack, gap, segments, bss, align, to_the_brim),
            (spare_pages, growth, memory),
            heap_base,
            stack_pointer,
            more,
        )| Plan {
            stack_first,
            stack,
            gap,
            segments,
            bss,
            align,
            to_the_brim,
            spare_pages,
            growth,
            memory,
            heap_base,
            stack_pointer,
            more,
        },
    )
}

fn segment() -> impl Strategy<Value = Segment> {
    let place = prop_oneof![
        8 => Just(Place::Number),
        2 => Just(Place::Sum),
        1 => Just(Place::ImportedGlobal),
        1 => Just(Place::Passive),
    ];
    (0..64_u32, prop_oneof![1 => Just(0), 4 => 1..300_u32], place)
        .prop_map(|(skip, len, place)| Segment { skip, len, place })
}

fn more() -> impl Strategy<Value = More> {
    let others = || prop::collection::vec(other(), 0..4);
    let flags = (any::<bool>(), prop::bool::weighted(0.2), any::<bool>());
    (0..3_u32, others(), others(), flags, prop::option::weighted(0.1, 0..3000_usize)).prop_map(
        |(imported_functions, before, after, (data_end, start, names), custom)| More {
            imported_functions,
            before,
            after,
            data_end,
            start,
            names,
            custom,
        },
    )
}

fn other() -> impl Strategy<Value = Other> {
    const NAMES: &[&str] = &[
        "",
        "__tls_base",
        "__stack_pointer.1",
        "__stack_low",
        "stack_pointer",
        "__STACK_POINTER",
        "__heap_base",
    ];
    let value = prop_oneof![any::<i32>(), 0..200_000_i32];
    (any::<bool>(), value, prop::sample::select(NAMES)).prop_map(|(mutable, value, name)| Other {
        mutable,
        value,
        name,
    })
}

/// Any lie.
pub(crate) fn lie() -> impl Strategy<Value = Lie> {
    let at =
        || prop_oneof![0..5000_u32, 0..300_000_u32, any::<u32>(), (0..40_u32).prop_map(|n| !n)];
    prop_oneof![
        4 => at().prop_map(Lie::HeapBase),
        2 => at().prop_map(Lie::StackPointer),
        2 => (0..9_u32).prop_map(Lie::NameOf),
        1 => (0..9_u32).prop_map(Lie::SecondName),
        3 => (at(), 0..300_u32).prop_map(|(at, len)| Lie::Segment { at, len }),
        2 => prop_oneof![0..4_u32, Just(65536), Just(65535)].prop_map(Lie::Pages),
        1 => at().prop_map(Lie::DataEnd),
        1 => Just(Lie::Immutable),
        1 => (0..9_u32).prop_map(Lie::ExportOf),
        1 => Just(Lie::MutableHeapBase),
    ]
}
