//! Offsets beside the bars, so that none lies over another.

use hostheap_core::module::MemoryMap;
use svg::Node;
use svg::node::Text as Words;
use svg::node::element::{Element, Group, Path, Text};

use super::super::{Mark, marks_at};
use super::place::{BAR, INSET, TOP};
use super::{LEADING, round, words};

/// On which side of its bar an offset stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Offsets beside a bar, moved apart where they would overlap.
pub(super) fn offsets(places: &[(u64, f64)], marks: &[Mark], map: &MemoryMap, side: Side) -> Group {
    let mut places = places.to_vec();
    places.sort_by_key(|(offset, _)| *offset);
    places.dedup_by_key(|(offset, _)| *offset);
    let lines = |offset: u64| {
        let mut said = marks_at(marks, offset);
        if map.max_bytes.is_none() && map.regions.last().is_some_and(|last| last.end == offset) {
            said += if said.is_empty() { "no maximum" } else { ", no maximum" };
        }
        said
    };
    // Each label's height, and its middle where nothing is in its way.
    let says: Vec<Vec<String>> = places.iter().map(|(offset, _)| folded(&lines(*offset))).collect();
    let height = |said: &Vec<String>| LEADING * (1 + said.len()) as f64;
    let heights: Vec<f64> = says.iter().map(height).collect();
    let wanted: Vec<f64> = places.iter().map(|(_, y)| *y).collect();
    let middles = apart(&wanted, &heights);

    let mut group = Group::new();
    for (((offset, y), said), (middle, height)) in
        places.iter().zip(&says).zip(middles.iter().zip(&heights))
    {
        let (edge, at, anchor) = match side {
            Side::Left => (BAR.0, BAR.0 - 16.0, "end"),
            Side::Right => (INSET.0 + INSET.1, INSET.0 + INSET.1 + 16.0, "start"),
        };
        let towards = if side == Side::Left { -1.0 } else { 1.0 };
        let tick = format!(
            "M{} {}h{}L{} {}",
            round(edge),
            round(*y),
            round(4.0 * towards),
            round(at - 3.0 * towards),
            round(*middle)
        );
        group.append(Path::new().set("class", "tick").set("d", tick));
        let is_false = marks.iter().any(|mark| mark.offset == *offset && mark.is_false);
        let class =
            |class: &str| if is_false { format!("{class} false") } else { class.to_owned() };
        let first = middle - height / 2.0 + 11.5;
        let mut number = Text::new(String::new())
            .set("class", class("m"))
            .set("x", round(at))
            .set("y", round(first))
            .set("text-anchor", anchor);
        let span = |text: String| {
            let mut span = Element::new("tspan");
            span.append(Words::new(text));
            span
        };
        // Spaces at the end of a text are not drawn: the second part is moved instead.
        let (mut hex, mut decimal) = (span(format!("{offset:#x}")), span(offset.to_string()));
        hex.assign("class", "x");
        if side == Side::Left {
            decimal.assign("dx", 9);
            number.append(hex);
            number.append(decimal);
        } else {
            hex.assign("dx", 9);
            number.append(decimal);
            number.append(hex);
        }
        group.append(number);
        let mut y = first + LEADING - 1.0;
        for line in said {
            group.append(words(at, y, &class("s"), line).set("text-anchor", anchor));
            y += LEADING;
        }
    }
    group
}

/// What is said of an offset, in lines that the margin has room for.
fn folded(said: &str) -> Vec<String> {
    const ROOM: usize = 26;
    let mut lines: Vec<String> = Vec::new();
    for word in said.split(", ").filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 2 <= ROOM => {
                line.push_str(", ");
                line.push_str(word);
            }
            Some(line) => {
                line.push(',');
                lines.push(word.to_owned());
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Moves middles so far apart that nothing overlaps, as little as that takes.
fn apart(wanted: &[f64], heights: &[f64]) -> Vec<f64> {
    /// Labels that touch: the sum of where each would like the first to be, how many they are, and
    /// how high together.
    struct Block {
        sum: f64,
        count: usize,
        height: f64,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (y, height) in wanted.iter().zip(heights) {
        let mut block = Block { sum: y - height / 2.0, count: 1, height: *height };
        while let Some(before) = blocks.last() {
            let top = block.sum / block.count as f64;
            let above = before.sum / before.count as f64;
            if above + before.height <= top {
                break;
            }
            // What the later ones want, seen from the first of the joined block.
            let sum = before.sum + block.sum - block.count as f64 * before.height;
            let joined = Block {
                sum,
                count: before.count + block.count,
                height: before.height + block.height,
            };
            blocks.pop();
            block = joined;
        }
        blocks.push(block);
    }
    let mut middles = Vec::with_capacity(wanted.len());
    let mut heights = heights.iter();
    for block in &blocks {
        let mut top = (block.sum / block.count as f64).max(TOP - LEADING);
        for height in heights.by_ref().take(block.count) {
            middles.push(top + height / 2.0);
            top += height;
        }
    }
    middles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_fits_the_margin() {
        assert!(folded("").is_empty());
        assert_eq!(folded("stack pointer, heap base"), ["stack pointer, heap base"]);
        assert_eq!(
            folded("stack pointer, linker's heap base, host's heap, initial size"),
            ["stack pointer,", "linker's heap base,", "host's heap, initial size"]
        );
    }

    #[test]
    fn labels_with_room_stay_where_they_belong() {
        assert_eq!(apart(&[100.0, 200.0], &[15.0, 30.0]), [100.0, 200.0]);
        assert!(apart(&[], &[]).is_empty());
    }

    #[test]
    fn labels_that_would_overlap_move_apart_by_the_least() {
        assert_eq!(apart(&[200.0, 200.0], &[20.0, 20.0]), [190.0, 210.0]);
        assert_eq!(apart(&[200.0, 205.0, 400.0], &[20.0, 20.0, 20.0]), [192.5, 212.5, 400.0]);
    }

    #[test]
    fn no_label_lies_over_another_nor_above_the_picture() {
        for spread in [0.0, 0.3, 7.0, 14.9, 40.0] {
            let wanted: Vec<f64> = (0..20).map(|i| TOP + f64::from(i) * spread).collect();
            let heights: Vec<f64> = (0..20).map(|i| LEADING * f64::from(1 + i % 2)).collect();
            let middles = apart(&wanted, &heights);
            let edges: Vec<(f64, f64)> = middles
                .iter()
                .zip(&heights)
                .map(|(y, height)| (y - height / 2.0, y + height / 2.0))
                .collect();
            assert!(edges[0].0 >= TOP - LEADING);
            assert!(edges.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 1e-9), "{spread}");
        }
    }
}
