//! What is passed, and what must come back.

use crate::rows::{Row, SIZES};
use crate::systems::System;
use anyhow::{Result, ensure};
use std::hint::black_box;

/// The arguments of all rows.
#[derive(Debug)]
pub(crate) struct Work {
    bytes: Vec<u8>,
    name: String,
    numbers: [f64; 8],
    strings: Vec<&'static str>,
}

impl Work {
    /// The same in every run.
    pub(crate) fn new() -> Self {
        let largest = SIZES.into_iter().max().unwrap_or(0);
        let bytes = (0..largest as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8);
        Work {
            bytes: bytes.map(|byte| byte | 1).collect(),
            name: "World".to_owned(),
            numbers: [0.5, 1.0, -2.0, 3.25, 4.0, 1e9, -0.125, 7.0],
            strings: vec![
                "GET",
                "/index.html",
                "HTTP/1.1",
                "example.org",
                "text/html",
                "gzip, deflate, br",
                "en-GB,en;q=0.5",
                "no-cache",
                "keep-alive",
                "ünïcödé",
            ],
        }
    }

    /// Does a row's work `n` times.
    #[inline]
    pub(crate) fn run<S: System>(&self, system: &mut S, row: Row, n: u32) -> Result<()> {
        let name = black_box(&*self.name);
        let numbers = black_box(&self.numbers);
        let strings = black_box(&*self.strings);
        match row {
            Row::Nothing => repeat(n, || system.nothing()),
            Row::Greet => repeat(n, || system.greet(name)),
            Row::Struct => repeat(n, || system.twice(numbers)),
            Row::Strings => repeat(n, || system.strings(strings)),
            Row::Pass(size) => {
                let bytes = black_box(&self.bytes[..size]);
                repeat(n, || system.pass(bytes))
            }
            Row::Fetch(size) => repeat(n, || system.fetch(black_box(size as u32))),
            Row::Sum(size) => {
                let bytes = black_box(&self.bytes[..size]);
                repeat(n, || system.sum(bytes))
            }
            Row::Reverse(size) => {
                let bytes = black_box(&self.bytes[..size]);
                repeat(n, || system.reverse(bytes))
            }
        }
    }

    /// Does a row's work once and looks at the result.
    pub(crate) fn check<S: System>(&self, system: &mut S, row: Row) -> Result<()> {
        let right = match row {
            Row::Nothing => {
                system.nothing()?;
                true
            }
            Row::Greet => system.greet(&self.name)? == format!("Hello, {}!", self.name),
            Row::Struct => system.twice(&self.numbers)? == self.numbers.map(|it| it * 2.0),
            Row::Strings => system.strings(&self.strings)? == self.strings.concat().len() as u64,
            Row::Pass(size) => system.pass(&self.bytes[..size])? == u32::from(self.bytes[0]),
            Row::Fetch(size) => {
                let got = system.fetch(size as u32)?;
                got.len() == size && got.first() == Some(&1) && got.last() == Some(&2)
            }
            Row::Sum(size) => {
                let bytes = &self.bytes[..size];
                system.sum(bytes)? == bytes.iter().copied().map(u64::from).sum::<u64>()
            }
            Row::Reverse(size) => {
                let bytes = &self.bytes[..size];
                system.reverse(bytes)?.iter().eq(bytes.iter().rev())
            }
        };
        ensure!(right, "{row}: a wrong result");
        Ok(())
    }
}

#[inline]
fn repeat<T>(n: u32, mut work: impl FnMut() -> Result<T>) -> Result<()> {
    for _ in 0..n {
        black_box(work()?);
    }
    Ok(())
}
