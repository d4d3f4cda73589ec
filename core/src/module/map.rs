//! What stands where in linear memory.

use alloc::vec::Vec;
use core::fmt;

use super::census::{Census, Situation};
use super::data::Data;
use super::layout::Layout;
use super::types::{ADDRESSABLE, MemoryInfo};

/// Linear memory from offset 0 to its maximum, in regions without gaps.
///
/// ```
/// use hostheap_core::module::{ModuleInfo, RegionKind};
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (memory (export "memory") 2 16)
///         (global $__stack_pointer (mut i32) (i32.const 66592))
///         (global (export "__data_end") i32 (i32.const 1056))
///         (global (export "__heap_base") i32 (i32.const 66592))
///         (data (i32.const 1024) "hello"))"#,
/// )?;
/// let map = ModuleInfo::parse(&wasm)?.map();
/// let regions: Vec<_> = map.regions.iter().map(|r| (r.start, r.end, r.kind)).collect();
/// assert_eq!(regions, [
///     (0, 1024, RegionKind::Unused),
///     (1024, 1029, RegionKind::Data),
///     (1029, 1056, RegionKind::Bss),
///     (1056, 66592, RegionKind::Stack),
///     (66592, 131072, RegionKind::Heap),
///     (131072, 1048576, RegionKind::Growth),
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryMap {
    /// The regions in order: each starts where the one before ends, none is empty. At most
    /// [`MemoryMap::REGIONS`]: of many pieces of data the smallest holes between them are left out.
    pub regions: Vec<Region>,
    /// Bytes the memory has from the start.
    pub min_bytes: u64,
    /// Declared limit, if there is one.
    pub max_bytes: Option<u64>,
    /// Initial value of the stack pointer, if it is known.
    pub stack_pointer: Option<u32>,
    /// Where the linker has the heap start; `None` if the module's claims contradict each other.
    ///
    /// Where the module has an allocator of its own, what lies above is [`RegionKind::OwnHeap`].
    pub heap_base: Option<u32>,
    /// Where the host's heap starts: there, or above an allocator inside. `None` too if the module
    /// is served by its own allocator, or if that leaves no place for another.
    pub host_heap: Option<u64>,
    /// Value of an exported heap base, whether or not it can be true.
    pub claimed_base: Option<u32>,
}

impl MemoryMap {
    /// The most regions of a map.
    pub const REGIONS: usize = 64;
}

/// A part of linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Region {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// What it is.
    pub kind: RegionKind,
}

impl Region {
    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// What a part of linear memory is for. Displays as a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegionKind {
    /// Below everything: linkers leave the first 1024 bytes free, for NULL to be nobody's.
    Unused,
    /// The stack, which grows down from its end.
    Stack,
    /// Bytes of data segments.
    Data,
    /// Zero-initialised data, and what alignment leaves.
    Bss,
    /// Zero-initialised data and above it the stack: where one ends and the other starts is not
    /// known, as `__data_end` is not exported.
    BssAndStack,
    /// Perhaps data, perhaps the stack: nobody can tell from outside. The heap stays out of it.
    Unknown,
    /// The heap's from the start.
    Heap,
    /// What an allocator of the module's own has from the start; the host's heap stays above it.
    OwnHeap,
    /// What the heap can grow into.
    Growth,
}

impl RegionKind {
    /// Its name in lower case, for machines: `unused`, `stack`, `data`, `bss`, `bss-and-stack`,
    /// `unknown`, `heap`, `own-heap` or `growth`.
    pub fn id(self) -> &'static str {
        match self {
            RegionKind::Unused => "unused",
            RegionKind::Stack => "stack",
            RegionKind::Data => "data",
            RegionKind::Bss => "bss",
            RegionKind::BssAndStack => "bss-and-stack",
            RegionKind::Unknown => "unknown",
            RegionKind::Heap => "heap",
            RegionKind::OwnHeap => "own-heap",
            RegionKind::Growth => "growth",
        }
    }
}

impl fmt::Display for RegionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RegionKind::Unused => "unused",
            RegionKind::Stack => "stack",
            RegionKind::Data => "data",
            RegionKind::Bss => "zero-initialised data",
            RegionKind::BssAndStack => "zero-initialised data, then the stack",
            RegionKind::Unknown => "unknown",
            RegionKind::Heap => "heap",
            RegionKind::OwnHeap => "the module's own heap",
            RegionKind::Growth => "room to grow",
        })
    }
}

pub(super) fn of(
    data: &Data,
    memory: &MemoryInfo,
    layout: Option<&Layout>,
    census: &Census,
) -> MemoryMap {
    let min = memory.min_bytes;
    let max = memory.max_bytes.unwrap_or(ADDRESSABLE);
    // A contradiction is drawn as the module claims it, without a heap.
    let base = layout.map_or(min, |layout| u64::from(layout.heap_base)).min(max);
    let stack = data.stack.map(|(top, _)| u64::from(top).min(min));
    let mut drawn = Drawn { regions: Vec::new(), at: 0 };

    let ranges = coarse(&data.ranges);
    let data_end = ranges.last().map_or(0, |&(_, end)| end.min(base));
    let data_start = ranges.first().map_or(0, |&(start, _)| start);
    // Without data to compare with: a stack above the data ends where the heap starts.
    let exact = layout.filter(|layout| layout.is_exact() && data.unknown.is_none());
    let ends_below = |top: u64| exact.is_some_and(|_| top.next_multiple_of(16) < base);
    let is_first = |top: u64| if ranges.is_empty() { ends_below(top) } else { top <= data_start };
    let stack_first = stack.filter(|&top| is_first(top));
    if let Some(top) = stack_first {
        drawn.to(top, RegionKind::Stack);
    }
    // Linkers that put data first leave this much free. More is the stack, if nobody knows better.
    let unused = stack.is_some() || data_start <= 1024;
    let before = match unused && data.unknown.is_none() {
        true => RegionKind::Unused,
        false => RegionKind::Unknown,
    };
    // Where data starts well above the stack there is more data, of zeros: the linker puts `.bss`
    // last, so this is what alignment leaves or what nobody uses.
    drawn.to(data_start.min(base), if stack_first.is_some() { RegionKind::Bss } else { before });
    for (start, end) in ranges {
        drawn.to(start.min(base), RegionKind::Bss);
        drawn.to(end.min(base), RegionKind::Data);
    }

    // What alignment leaves, unless nobody knows where the heap starts.
    let above = match layout.is_some_and(Layout::is_exact) {
        true => RegionKind::Bss,
        false => RegionKind::Unknown,
    };
    let rest = match (stack.filter(|_| stack_first.is_none()), data.static_end.map(u64::from)) {
        // The stack above the data.
        (Some(top), _) if data.unknown.is_some() || top < data_end => {
            drawn.to(top.max(data_end).min(base), RegionKind::Unknown);
            RegionKind::Unknown
        }
        (Some(top), Some(end)) => {
            drawn.to(end.min(base), RegionKind::Bss);
            drawn.to(top.min(base), RegionKind::Stack);
            above
        }
        (Some(top), None) => {
            drawn.to(top.min(base), RegionKind::BssAndStack);
            above
        }
        // The stack below the data: only zeros are left, if it is known where they end.
        (None, Some(end)) if stack_first.is_some() => {
            drawn.to(end.min(base), RegionKind::Bss);
            RegionKind::Bss
        }
        // Nobody knows the stack pointer, but the linker says where data ends and where the heap
        // starts, and has nothing but the stack to put between them.
        (None, Some(end)) if data.unknown.is_none() => {
            drawn.to(end.min(base), RegionKind::Bss);
            match layout.is_some_and(Layout::is_exact) {
                true if base.saturating_sub(end) < 16 => RegionKind::Bss,
                true => RegionKind::Stack,
                false => RegionKind::Unknown,
            }
        }
        (None, _) if stack_first.is_some() && layout.is_some_and(Layout::is_exact) => {
            RegionKind::Bss
        }
        (None, _) => RegionKind::Unknown,
    };
    // Memory that starts empty has its first bytes left out, as NULL is nobody's.
    drawn.to(base, if base > min { RegionKind::Unused } else { rest });
    let heap = match layout {
        None => RegionKind::Unknown,
        Some(_) if census.shares_memory() => RegionKind::OwnHeap,
        Some(_) => RegionKind::Heap,
    };
    drawn.to(min, heap);
    drawn.to(max, RegionKind::Growth);
    MemoryMap {
        regions: drawn.regions,
        min_bytes: min,
        max_bytes: memory.max_bytes,
        stack_pointer: data.stack.map(|(top, _)| top),
        heap_base: layout.map(|layout| layout.heap_base),
        host_heap: layout
            .filter(|_| !is_without(census))
            .map(|_| if census.shares_memory() { base.max(min) } else { base }),
        claimed_base: data.claimed_base,
    }
}

/// Whether there is no heap of the host's: the module's own allocator serves it, or takes every page
/// that there is.
fn is_without(census: &Census) -> bool {
    match census.situation() {
        Situation::Exported => true,
        Situation::Hidden => census.named_pair.is_some() || census.may_take_grown_pages(),
        Situation::TwoHeaps => census.may_take_grown_pages(),
        Situation::None | Situation::Host => false,
    }
}

/// The ranges, with so many of the smallest holes filled that few are left.
fn coarse(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    const MOST: usize = MemoryMap::REGIONS / 2 - 8;
    let hole = |pair: &[(u64, u64)]| match pair {
        [before, next] => next.0.saturating_sub(before.1),
        _ => 0,
    };
    let mut holes: Vec<u64> = ranges.windows(2).map(hole).collect();
    // Holes larger than this stay; ties may leave fewer, never more.
    let largest_filled = match holes.len().checked_sub(MOST) {
        None => 0,
        Some(at) => {
            holes.sort_unstable();
            holes.get(at).copied().unwrap_or(0)
        }
    };
    let mut coarse: Vec<(u64, u64)> = Vec::new();
    for &(start, end) in ranges {
        match coarse.last_mut() {
            Some(last) if start.saturating_sub(last.1) <= largest_filled => {
                last.1 = last.1.max(end);
            }
            _ => coarse.push((start, end)),
        }
    }
    coarse
}

struct Drawn {
    regions: Vec<Region>,
    at: u64,
}

impl Drawn {
    /// The next region ends here; nothing is drawn if that is no farther.
    fn to(&mut self, end: u64, kind: RegionKind) {
        if end <= self.at {
            return;
        }
        match self.regions.last_mut() {
            Some(last) if last.kind == kind => last.end = end,
            _ => self.regions.push(Region { start: self.at, end, kind }),
        }
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Survey;

    fn map(wat: &str) -> MemoryMap {
        let wasm = wat::parse_str(wat).expect("is a module");
        Survey::read(&wasm).expect("can be read").map().expect("has a memory")
    }

    fn regions(map: &MemoryMap) -> Vec<(u64, RegionKind)> {
        map.regions.iter().map(|region| (region.end, region.kind)).collect()
    }

    #[test]
    fn an_allocator_inside_has_the_memory_above_the_heap_base() {
        let map = map(r#"(module
            (import "env" "malloc" (func (param i32) (result i32)))
            (memory 2 4)
            (global (export "__heap_base") i32 (i32.const 2048))
            (func $dlmalloc (param i32) (result i32) (memory.grow (i32.const 1)))
            (func (export "f") (result i32) (call $dlmalloc (i32.const 1)))
            (data (i32.const 1024) "words"))"#);
        assert_eq!(
            regions(&map)[3..],
            [(131072, RegionKind::OwnHeap), (262144, RegionKind::Growth),]
        );
        assert_eq!((map.heap_base, map.host_heap), (Some(2048), Some(131072)));
    }

    #[test]
    fn a_plugin_that_is_served_by_its_own_malloc_has_no_heap_of_the_hosts() {
        let map = map(r#"(module
            (memory 1 1)
            (global (export "__heap_base") i32 (i32.const 2048))
            (func (export "malloc") (param i32) (result i32) (i32.const 2048))
            (func (export "free") (param i32)))"#);
        assert_eq!(map.regions.last().map(|region| region.kind), Some(RegionKind::OwnHeap));
        assert_eq!((map.heap_base, map.host_heap), (Some(2048), None));
    }

    #[test]
    fn the_stack_is_what_the_linker_has_between_data_and_heap() {
        let module = |base: u32| {
            map(&alloc::format!(
                r#"(module (memory 2 2)
                (global (export "__data_end") i32 (i32.const 2000))
                (global (export "__heap_base") i32 (i32.const {base}))
                (data (i32.const 1024) "words"))"#
            ))
        };
        assert_eq!(
            regions(&module(67536))[2..],
            [(2000, RegionKind::Bss), (67536, RegionKind::Stack), (131072, RegionKind::Heap),]
        );
        // With nothing between but what alignment leaves it lies elsewhere.
        assert_eq!(
            regions(&module(2000))[2..],
            [(2000, RegionKind::Bss), (131072, RegionKind::Heap),]
        );
    }

    #[test]
    fn a_stack_that_ends_below_the_heap_lies_first() {
        let module = |base: u32| {
            map(&alloc::format!(
                r#"(module (memory 3 3)
                (global (export "__stack_pointer") (mut i32) (i32.const 65536))
                (global (export "__heap_base") i32 (i32.const {base})))"#
            ))
        };
        assert_eq!(
            regions(&module(131088)),
            [(65536, RegionKind::Stack), (131088, RegionKind::Bss), (196608, RegionKind::Heap),]
        );
        assert_eq!(
            regions(&module(65536)),
            [(65536, RegionKind::BssAndStack), (196608, RegionKind::Heap),]
        );
    }

    #[test]
    fn what_lies_above_the_stack_is_unknown_if_the_heap_base_is() {
        let map = map(r#"(module (memory 3 3)
            (global (export "__stack_pointer") (mut i32) (i32.const 65536)))"#);
        assert_eq!(
            regions(&map),
            [(65536, RegionKind::BssAndStack), (196608, RegionKind::Unknown),]
        );
    }

    #[test]
    fn what_lies_below_data_is_unused_only_if_it_cannot_be_the_stack() {
        let module = |at: u32| {
            map(&alloc::format!(r#"(module (memory 2 2) (data (i32.const {at}) "words"))"#))
        };
        assert_eq!(regions(&module(1024))[0], (1024, RegionKind::Unused));
        assert_eq!(regions(&module(65536))[0], (65536, RegionKind::Unknown));
    }

    #[test]
    fn a_heap_base_that_cannot_be_true_is_a_claim() {
        let map = map(r#"(module (memory 1 1)
            (global (export "__heap_base") i32 (i32.const 1026))
            (global (export "__stack_pointer") (mut i32) (i32.const 4096))
            (data (i32.const 1024) "words"))"#);
        assert_eq!((map.heap_base, map.host_heap, map.claimed_base), (None, None, Some(1026)));
        assert_eq!(map.regions.last().map(|region| region.kind), Some(RegionKind::Unknown));
    }

    #[test]
    fn memory_that_starts_empty_is_room_to_grow() {
        let map = map("(module (memory 0))");
        assert_eq!(regions(&map), [(16, RegionKind::Unused), (1 << 32, RegionKind::Growth)]);
    }
}
