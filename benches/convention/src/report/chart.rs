//! The figures as a drawing: groups of bars on a logarithmic axis, a panel for each runtime.

use super::RUNTIMES;
use crate::results::Results;
use crate::rows::Row;
use crate::systems::{Side, What};
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The drawing's width; GitHub shows about so much.
const WIDTH: i32 = 960;
/// The height of one panel.
const PANEL: i32 = 290;
/// What is left free at a panel's sides: left, right, top, bottom.
const MARGIN: [i32; 4] = [58, 8, 84, 28];
/// The rows that are drawn, with short names.
const ROWS: [(Row, &str); 8] = [
    (Row::Nothing, "no-op"),
    (Row::Pass(64), "pass 64 B"),
    (Row::Struct, "struct"),
    (Row::Strings, "ten strings"),
    (Row::Greet, "greet"),
    (Row::Reverse(1 << 10), "reverse 1 KiB"),
    (Row::Pass(1 << 20), "pass 1 MiB"),
    (Row::Fetch(1 << 20), "fetch 1 MiB"),
];
/// Who is drawn: ours first, in colours that can be told apart by everybody.
const SYSTEMS: [(What, RGBColor); 7] = [
    (What::Hostheap, RGBColor(200, 30, 60)),
    (What::Floor, RGBColor(165, 165, 165)),
    (What::Kept, RGBColor(90, 170, 220)),
    (What::ByHand, RGBColor(0, 95, 160)),
    (What::Layer, RGBColor(0, 135, 100)),
    (What::Component, RGBColor(225, 150, 20)),
    (What::Extism, RGBColor(120, 85, 160)),
];
/// Text and lines.
const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(222, 222, 222);

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// The drawing as SVG.
pub(crate) fn chart(results: &Results) -> Result<String> {
    let panels: Vec<Panel<'_>> = RUNTIMES
        .iter()
        .map(|runtime| Panel { results, runtime })
        .filter(|panel| panel.values().next().is_some())
        .collect();
    let count = panels.len().max(1);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, PANEL as u32 * count as u32));
        let root = root.into_drawing_area();
        let told = |error| anyhow!("cannot draw: {error}");
        root.fill(&WHITE).map_err(told)?;
        for (area, panel) in root.split_evenly((count, 1)).iter().zip(&panels) {
            panel.draw(area).map_err(told)?;
        }
        root.present().map_err(told)?;
    }
    Ok(svg)
}

/// The bars of one runtime.
struct Panel<'a> {
    results: &'a Results,
    runtime: &'static str,
}

impl Panel<'_> {
    fn value(&self, what: What, row: Row) -> Option<f64> {
        self.results.get(row, Side::new(what, self.runtime)).map(|entry| entry.median())
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let each = SYSTEMS.iter().flat_map(|&(what, _)| ROWS.map(|(row, _)| (what, row)));
        each.filter_map(|(what, row)| self.value(what, row))
    }

    fn draw(&self, area: &Area<'_>) -> Drawn {
        let [left, right, top, bottom] = MARGIN;
        let (floor, ceiling) = (PANEL - bottom, top);
        // Whole powers of ten, so that the bars of all panels can be compared by the lines.
        let lowest = self.values().fold(f64::INFINITY, f64::min).log10().floor() as i32;
        let highest = self.values().fold(0.0, f64::max).log10().ceil() as i32;
        let per_power = f64::from(floor - ceiling) / f64::from((highest - lowest).max(1));
        let y = |value: f64| floor - ((value.log10() - f64::from(lowest)) * per_power) as i32;
        let write = |words: &str, at: (i32, i32), size: i32, h, v| {
            let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(h, v));
            area.draw(&Text::new(words.to_owned(), at, style))
        };
        let title = format!("{}: time per call, logarithmic", self.runtime);
        write(&title, (left, 10), 16, HPos::Left, VPos::Top)?;
        for power in lowest..=highest {
            let value = 10f64.powi(power);
            let ends = vec![(left, y(value)), (WIDTH - right, y(value))];
            area.draw(&PathElement::new(ends, FAINT.stroke_width(1)))?;
            write(&axis(power), (left - 6, y(value)), 12, HPos::Right, VPos::Center)?;
        }
        let there: Vec<(What, RGBColor)> = SYSTEMS
            .into_iter()
            .filter(|&(what, _)| ROWS.iter().any(|&(row, _)| self.value(what, row).is_some()))
            .collect();
        let mut at = left;
        for &(what, color) in &there {
            area.draw(&Rectangle::new([(at, 36), (at + 11, 47)], color.filled()))?;
            write(what.name(), (at + 16, 42), 13, HPos::Left, VPos::Center)?;
            at += 38 + what.name().len() as i32 * 7;
        }
        let group = (WIDTH - left - right) / ROWS.len() as i32;
        for (place, &(row, name)) in ROWS.iter().enumerate() {
            let start = left + group * place as i32;
            write(name, (start + group / 2, floor + 8), 13, HPos::Center, VPos::Top)?;
            let bars: Vec<(f64, RGBColor)> = there
                .iter()
                .filter_map(|&(what, color)| Some((self.value(what, row)?, color)))
                .collect();
            let width = ((group - 14) / there.len() as i32).min(22);
            let start = start + (group - width * bars.len() as i32) / 2;
            for (number, &(value, color)) in bars.iter().enumerate() {
                let at = start + width * number as i32;
                let bar = [(at + 1, y(value)), (at + width - 1, floor)];
                area.draw(&Rectangle::new(bar, color.filled()))?;
                // Upright text: bars are narrower than their figures.
                let style = ("sans-serif", 10)
                    .into_font()
                    .transform(FontTransform::Rotate270)
                    .color(&INK)
                    .pos(Pos::new(HPos::Left, VPos::Center));
                let above = (at + width / 2, y(value) - 3);
                area.draw(&Text::new(brief(value), above, style))?;
            }
        }
        Ok(())
    }
}

/// A power of ten nanoseconds.
fn axis(power: i32) -> String {
    let (exponent, unit) = match power {
        ..3 => (power, "ns"),
        3..6 => (power - 3, "µs"),
        _ => (power - 6, "ms"),
    };
    format!("{} {unit}", 10f64.powi(exponent))
}

/// A time in three digits or less.
fn brief(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 999.5 => (ns, ""),
        ns if ns < 999.5e3 => (ns / 1e3, "µ"),
        ns => (ns / 1e6, "m"),
    };
    if value < 9.95 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}
