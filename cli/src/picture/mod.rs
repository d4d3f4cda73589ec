//! Pictures of linear memory, made from a [`MemoryMap`] alone.
//!
//! ```text
//! scale (what is drawn as one piece, what is cut, how long each piece is)
//!   ├─▶ text (a column of lines for a terminal)
//!   └─▶ svg (a bar to scale, with insets for what is small)
//! ```

mod scale;
mod svg;
mod text;

use hostheap_core::module::{MemoryMap, RegionKind};

pub(crate) use svg::{Caption, svg};
pub(crate) use text::text;

/// What a kind of region is called where there is room for a few words.
fn label(kind: RegionKind) -> String {
    match kind {
        RegionKind::Bss => "zeros (.bss)".to_owned(),
        RegionKind::BssAndStack => "zeros (.bss), then the stack".to_owned(),
        RegionKind::Unknown => "unknown: data, stack or nothing".to_owned(),
        kind => kind.to_string(),
    }
}

/// What it is called where there is room for a word or two.
fn short_label(kind: RegionKind) -> String {
    match kind {
        RegionKind::Bss => "zeros (.bss)".to_owned(),
        RegionKind::BssAndStack => "zeros, then the stack".to_owned(),
        RegionKind::OwnHeap => "module's own heap".to_owned(),
        kind => kind.to_string(),
    }
}

/// Something that a picture points at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    offset: u64,
    text: &'static str,
    /// Whether it is a claim that cannot be true.
    is_false: bool,
}

/// What is worth pointing at, in the order of offsets.
fn marks(map: &MemoryMap) -> Vec<Mark> {
    let mark = |offset: u64, text| Mark { offset, text, is_false: false };
    let mut marks = Vec::new();
    if let Some(stack_pointer) = map.stack_pointer {
        marks.push(mark(stack_pointer.into(), "stack pointer"));
    }
    if let Some(heap_base) = map.heap_base {
        let has_own = map.regions.iter().any(|region| region.kind == RegionKind::OwnHeap);
        let text = if has_own { "linker's heap base" } else { "heap base" };
        marks.push(mark(heap_base.into(), text));
        if let (true, Some(start)) = (has_own, map.host_heap) {
            marks.push(mark(start, "host's heap"));
        }
    } else if let Some(claimed) = map.claimed_base {
        marks.push(Mark { offset: claimed.into(), text: "claimed heap base", is_false: true });
    }
    marks.push(mark(map.min_bytes, "initial size"));
    if let Some(max) = map.max_bytes
        && max > map.min_bytes
    {
        marks.push(mark(max, "maximum"));
    }
    marks.sort_by_key(|mark| mark.offset);
    marks
}

/// What stands at an offset in words, such as `stack pointer, heap base`; empty if nothing does.
fn marks_at(marks: &[Mark], offset: u64) -> String {
    let here = marks.iter().filter(|mark| mark.offset == offset).map(|mark| mark.text);
    here.collect::<Vec<_>>().join(", ")
}

/// A number of bytes for reading, such as `62.9 KiB`; nothing if the number itself reads as well.
fn human(bytes: u64) -> Option<String> {
    let (unit, name): (u64, _) = match bytes {
        0..10_000 => return None,
        10_000..0x10_0000 => (1 << 10, "KiB"),
        0x10_0000..0x4000_0000 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    if bytes.is_multiple_of(unit) {
        return Some(format!("{} {name}", bytes / unit));
    }
    Some(format!("{:.1} {name}", bytes as f64 / unit as f64))
}

/// `62.9 KiB (64416 bytes)`, or just `1024 bytes`.
pub(crate) fn size_and_bytes(bytes: u64) -> String {
    human(bytes).map_or_else(|| size(bytes), |human| format!("{human} ({bytes} bytes)"))
}

/// The same, and the number where it reads as well.
fn size(bytes: u64) -> String {
    human(bytes).unwrap_or_else(|| match bytes {
        1 => "1 byte".to_owned(),
        n => format!("{n} bytes"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_true() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (9999, "9999 bytes"),
            (65536, "64 KiB"),
            (65535, "64.0 KiB"),
            (1 << 20, "1 MiB"),
            (6_000_000, "5.7 MiB"),
            (1 << 32, "4 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size_and_bytes(65536), "64 KiB (65536 bytes)");
        assert_eq!(size_and_bytes(16), "16 bytes");
    }
}
