//! The figures as a drawing: groups of bars.

use super::RUNTIMES;
use crate::results::{Place, Results};
use crate::trace::Row;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The drawing's width; GitHub shows about so much.
const WIDTH: i32 = 960;
/// The height of one panel.
const PANEL: i32 = 250;
/// What is left free at a panel's sides: left, right, top, bottom.
const MARGIN: [i32; 4] = [46, 10, 62, 30];
/// The rows that are drawn.
const ROWS: [Row; 6] = [Row::Pair, Row::A, Row::B, Row::C, Row::D, Row::Small];
/// Colours: ours first, then others that can be told apart by everybody.
const COLORS: [RGBColor; 7] = [
    RGBColor(200, 30, 60),
    RGBColor(150, 150, 150),
    RGBColor(0, 95, 160),
    RGBColor(90, 170, 220),
    RGBColor(0, 135, 100),
    RGBColor(225, 150, 20),
    RGBColor(120, 85, 160),
];
/// Text and lines.
const INK: RGBColor = RGBColor(40, 40, 40);
const FAINT: RGBColor = RGBColor(222, 222, 222);

/// One panel: its title, its contenders, and where a bar's height comes from.
struct Panel<'a> {
    title: String,
    contenders: &'a [&'a str],
    rows: &'a [Row],
    place: Place,
    runtime: &'a str,
    metric: &'a str,
}

/// The drawing as SVG.
pub(crate) fn chart(results: &Results) -> Result<String> {
    let native = ["ours", "empty", "mimalloc", "system", "dlmalloc", "rlsf", "talc"];
    let guest =
        ["ours", "no-op", "wasi-libc", "emmalloc", "rust-dlmalloc", "rust-rlsf", "rust-talc"];
    let mut panels = vec![Panel {
        title: "native: ns per operation".to_owned(),
        contenders: &native,
        rows: &ROWS,
        place: Place::Native,
        runtime: "",
        metric: "ns_per_operation",
    }];
    panels.extend(RUNTIMES.iter().map(|runtime| Panel {
        title: format!("in a plugin on {runtime}: ns per operation"),
        contenders: &guest,
        rows: &ROWS,
        place: Place::Guest,
        runtime,
        metric: "ns_per_operation",
    }));
    panels.push(Panel {
        title: "in a plugin: waste of linear memory in percent".to_owned(),
        contenders: &guest,
        rows: &ROWS[1..],
        place: Place::Guest,
        runtime: "",
        metric: "waste_percent",
    });
    panels.retain(|panel| panel.highest(results) > 0.0);
    let height = PANEL * panels.len().max(1) as i32;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32));
        let root = root.into_drawing_area();
        let told = |error| anyhow!("cannot draw: {error}");
        root.fill(&WHITE).map_err(told)?;
        for (area, panel) in root.split_evenly((panels.len().max(1), 1)).iter().zip(&panels) {
            panel.draw(area, results).map_err(told)?;
        }
        root.present().map_err(told)?;
    }
    Ok(svg)
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

impl Panel<'_> {
    fn value(&self, results: &Results, contender: &str, row: Row) -> Option<f64> {
        results.get(self.place, row, contender, self.runtime, self.metric)
    }

    fn highest(&self, results: &Results) -> f64 {
        let all = self.contenders.iter().flat_map(|it| self.rows.iter().map(move |row| (it, row)));
        all.filter_map(|(it, &row)| self.value(results, it, row)).fold(0.0, f64::max)
    }

    fn draw(&self, area: &Area<'_>, results: &Results) -> Drawn {
        let [left, right, top, bottom] = MARGIN;
        let (floor, ceiling) = (PANEL - bottom, top);
        let step = nice(self.highest(results) / 4.0);
        let scale = (self.highest(results) / step).ceil() * step;
        let y = |value: f64| floor - (value / scale * f64::from(floor - ceiling)) as i32;
        let text =
            |size: i32, h, v| ("sans-serif", size).into_font().color(&INK).pos(Pos::new(h, v));
        let write = |words: String, at: (i32, i32), size, h, v| {
            area.draw(&Text::new(words, at, text(size, h, v)))
        };
        write(self.title.clone(), (left, 12), 16, HPos::Left, VPos::Top)?;
        for line in 0..=(scale / step).round() as i32 {
            let value = f64::from(line) * step;
            let ends = vec![(left, y(value)), (WIDTH - right, y(value))];
            area.draw(&PathElement::new(ends, FAINT.stroke_width(1)))?;
            let words = format!("{value}");
            write(words, (left - 6, y(value)), 12, HPos::Right, VPos::Center)?;
        }
        let there: Vec<(&str, RGBColor)> = self
            .contenders
            .iter()
            .zip(COLORS)
            .filter(|(it, _)| self.rows.iter().any(|&row| self.value(results, it, row).is_some()))
            .map(|(it, color)| (*it, color))
            .collect();
        for (number, &(contender, color)) in there.iter().enumerate() {
            let at = left + 118 * number as i32;
            let square = [(at, 38), (at + 11, 49)];
            area.draw(&Rectangle::new(square, color.filled()))?;
            write(contender.to_owned(), (at + 16, 44), 13, HPos::Left, VPos::Center)?;
        }
        let group = (WIDTH - left - right) / self.rows.len() as i32;
        let width = (group - 16) / there.len() as i32;
        for (place, &row) in self.rows.iter().enumerate() {
            let start = left + group * place as i32 + 8;
            let middle = start + width * there.len() as i32 / 2;
            write(row.name().to_owned(), (middle, floor + 8), 14, HPos::Center, VPos::Top)?;
            for (number, &(contender, color)) in there.iter().enumerate() {
                let at = start + width * number as i32;
                let Some(value) = self.value(results, contender, row) else { continue };
                let bar = [(at + 1, y(value)), (at + width - 1, floor)];
                area.draw(&Rectangle::new(bar, color.filled()))?;
                let above = (at + width / 2, y(value) - 2);
                write(brief(value), above, 9, HPos::Center, VPos::Bottom)?;
            }
        }
        Ok(())
    }
}

/// A number that fits above a bar.
fn brief(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// A round number near `value`: 1, 2 or 5 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    power * factors.into_iter().find(|factor| factor * power >= value).unwrap_or(10.0)
}
