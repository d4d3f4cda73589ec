//! What modules weigh with and without an allocator in them: one source built both ways by each toolchain,
//! run on every runtime with the same results, and measured.
//!
//! The numbers stand in `docs/guide/thrift.md` and are compared with what is measured, up to the 3 % that
//! another version of a compiler may make. `HOSTHEAP_BLESS=1 cargo test --test thrift` writes them.
//! `HOSTHEAP_REQUIRE_COMPILERS=1` makes a missing compiler a failure.

mod thrift {
    pub(crate) mod build;
    pub(crate) mod host;
    pub(crate) mod measure;
    pub(crate) mod page;
    pub(crate) mod picture;
    pub(crate) mod programs;
}

#[path = "../kits/toolchains.rs"]
mod toolchains;

/// The cases of the kits, which belong to a package that is built on the whole of `hostheap`: here with
/// what of it they name, as that is what this file calls itself.
#[path = "../kits/src/cases.rs"]
#[expect(unreachable_pub, reason = "they are public where they belong")]
mod cases;

extern crate self as hostheap;

pub(crate) use hostheap_core::{Error, Limits, TrapKind, convention};
pub(crate) mod generic {
    pub(crate) use hostheap_core::Guest;
}
pub(crate) use thrift::host;

use thrift::build::Workshop;
use thrift::host::{Heap, Kit};
use thrift::measure::{Size, whole};
use thrift::page::{Page, Row, number, pages};
use thrift::programs;

/// Rows of the two forms of one thing, the host's heap first.
fn pair(name: &str, forms: [(&str, Vec<String>); 2]) -> [Row; 2] {
    forms.map(|(heap, cells)| Row { key: format!("{name}, {heap}"), cells })
}

#[test]
fn kits_weigh_less() {
    let mut rows = Vec::new();
    for built in Workshop::kits() {
        let sizes = [Size::of(&built.host), Size::of(&built.own)];
        sizes[0].is_less_than(&sizes[1], &built.name);
        let runs = [
            Kit::run(&built.name, Heap::Host, &sizes[0].stripped),
            Kit::run(&built.name, Heap::Own, &sizes[1].stripped),
        ];
        assert_eq!(runs[0].said, runs[1].said, "{}", built.name);
        assert_eq!(runs[0].failed, [""; 0], "{}", built.name);
        hostheap_tests::say(format_args!(
            "{} with {}: {} of {} cases pass{}",
            built.name,
            built.heap,
            runs[1].cases - runs[1].failed.len(),
            runs[1].cases,
            whole(&runs[1].failed),
        ));
        let cells = |at: usize| {
            let (size, run) = (&sizes[at], &runs[at]);
            vec![
                number(size.bytes),
                number(size.code),
                pages(size.memory),
                size.heap_base.map_or("".to_owned(), number),
                pages(run.memory),
                if at == 0 { number(run.bookkeeping) } else { "".to_owned() },
                format!("{} of {}", run.cases - run.failed.len(), run.cases),
            ]
        };
        rows.extend(pair(&built.name, [("host", cells(0)), (&built.heap, cells(1))]));
    }
    Page::check("kits", &rows);
}

#[test]
fn programs_weigh_less() {
    let mut rows = Vec::new();
    for program in programs::built() {
        let sizes = [Size::of(&program.host), Size::of(&program.own)];
        sizes[0].is_less_than(&sizes[1], program.name);
        let runs = [
            programs::run(program.name, Heap::Host, &sizes[0].stripped),
            programs::run(program.name, Heap::Own, &sizes[1].stripped),
        ];
        assert_eq!(runs[0].said, runs[1].said, "{}", program.name);
        let cells = |at: usize| {
            let (size, run) = (&sizes[at], &runs[at]);
            let host = |value: u64| if at == 0 { number(value) } else { "".to_owned() };
            vec![
                number(size.bytes),
                number(size.code),
                pages(size.memory),
                pages(run.once),
                pages(run.long),
                host(run.peak),
                host(run.bookkeeping),
            ]
        };
        rows.extend(pair(program.name, [("host", cells(0)), ("dlmalloc", cells(1))]));
    }
    Page::check("programs", &rows);
}

/// Made from the page's numbers, whatever is measured here.
#[test]
fn the_picture_shows_the_pages_numbers() {
    thrift::picture::check();
}
