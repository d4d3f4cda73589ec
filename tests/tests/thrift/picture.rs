//! The page's numbers as bars: `docs/guide/thrift.svg`.

use std::fmt::Write as _;
use std::fs;

use super::page::{Page, Row, blesses, folder, value};

const LEFT: f64 = 190.0;
const BARS: f64 = 410.0;
const WIDTH: f64 = 740.0;
const PAIR: f64 = 46.0;

/// The largest module is the whole width.
fn draw() -> String {
    let page = Page::read("kits");
    let largest = page.rows.iter().map(bytes).fold(1.0, f64::max);
    // Modules whose memory alone differs look alike.
    let differs = |pair: &&[Row]| !pair[0].key.contains(", small");
    let pairs: Vec<_> = page.rows.chunks_exact(2).filter(differs).collect();
    let height = 56.0 + PAIR * pairs.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif\" \
         font-size=\"13\">\n\
         <title>Bytes of each module with the host's heap and with its own</title>\n\
         <style>\n\
         .bg{{fill:#fff}}.t{{fill:#1f2328}}.host{{fill:#2a7f62}}.own{{fill:#d08a3e}}\n\
         @media (prefers-color-scheme:dark){{\n\
         .bg{{fill:#0d1117}}.t{{fill:#e6edf3}}.host{{fill:#3fa07f}}.own{{fill:#b87430}}}}\n\
         </style>\n\
         <rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    let legend = [(LEFT, HOST, "the host's heap"), (LEFT + 150.0, OWN, "its own allocator")];
    for (x, class, text) in legend {
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" class=\"{class}\"/>"
        );
        words(&mut svg, x + 18.0, 25.0, "start", text);
    }
    for (at, pair) in pairs.iter().enumerate() {
        let top = 44.0 + PAIR * at as f64;
        let (name, _) = pair[0].key.rsplit_once(", ").unwrap_or((&pair[0].key, ""));
        words(&mut svg, LEFT - 10.0, top + 22.0, "end", name);
        for (row, y, class) in [(&pair[0], top, HOST), (&pair[1], top + 18.0, OWN)] {
            let width = (bytes(row) / largest * BARS).round();
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width}\" height=\"16\" class=\"{class}\"/>"
            );
            let mut text = row.cells[0].clone();
            if class == HOST {
                let less = 100.0 * (1.0 - bytes(row) / bytes(&pair[1]));
                let _ = write!(text, " ({less:.0} % less)");
            }
            words(&mut svg, LEFT + width + 6.0, y + 13.0, "start", &text);
        }
    }
    svg + "</svg>\n"
}

/// Classes of the bars.
const HOST: &str = "host";
const OWN: &str = "own";

fn bytes(row: &Row) -> f64 {
    value(&row.cells[0])
}

fn words(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"t\">{text}</text>"
    );
}

pub(crate) fn write() {
    fs::write(folder().join("thrift.svg"), draw()).expect("the picture can be written");
}

pub(crate) fn check() {
    if blesses() {
        return; // it is written with the page
    }
    let kept = fs::read_to_string(folder().join("thrift.svg")).unwrap_or_default();
    assert_eq!(kept, draw(), "HOSTHEAP_BLESS=1 cargo test --test thrift draws it");
}
