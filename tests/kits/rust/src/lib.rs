//! The kit plugin: what `tests/kits/contract.toml` says, with hostheap-guest.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::alloc::{Layout, alloc, dealloc};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::hint::black_box;

use hostheap_guest::{Error, Plain, State, Text, export};

#[cfg(not(feature = "host-heap"))]
mod own_heap;

#[hostheap_guest::import(module = "host")]
unsafe extern "C" {
    safe fn tell(text: &str);
    safe fn ask(question: &str) -> Option<String>;
}

#[cfg(not(feature = "std"))]
hostheap_guest::panic_handler!(tell);
#[cfg(feature = "std")]
hostheap_guest::panic_hook!(tell);
// The contract allows no call of WASI. Does nothing for another target.
hostheap_guest::without_wasi!();

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Point {
    x: f64,
    y: f64,
}

#[export]
fn greet(name: &str) -> String {
    // Takes exactly the memory of the result. `format!` grows its text as it goes.
    ["Hello, ", name, "!"].concat()
}

#[export]
fn shout(text: &str) -> String {
    text.to_ascii_uppercase()
}

#[export]
fn reverse(data: &[u8]) -> Vec<u8> {
    data.iter().rev().copied().collect()
}

#[export]
fn sum(numbers: &[i32]) -> i64 {
    numbers.iter().map(|n| i64::from(*n)).sum()
}

#[export]
fn scale(numbers: &mut [f64], factor: f64) {
    numbers.iter_mut().for_each(|n| *n *= factor);
}

#[export]
fn middle(a: &Point, b: &Point) -> Point {
    Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 }
}

#[export]
fn longest<'a>(texts: &[Text<'a>]) -> &'a str {
    let mut best = "";
    for text in texts {
        if text.len() > best.len() {
            best = text.as_str();
        }
    }
    best
}

#[export]
fn parse(text: &str) -> Result<String, Error> {
    let not_a_number = || Error::new(2, format!("not a number: {text}"));
    if text.starts_with('+') {
        return Err(not_a_number());
    }
    let number: i64 = text.parse().map_err(|_| not_a_number())?;
    Ok(number.to_string())
}

#[export]
fn apply(f: extern "C" fn(i32) -> i32, x: i32) -> i32 {
    f(f(x))
}

static COUNT: State<u32> = State::new(0);

#[export]
fn count() -> u32 {
    COUNT.with(|count| {
        *count += 1;
        *count
    })
}

static REMEMBERED: State<Option<String>> = State::new(None);

#[export]
fn remember(text: &str) {
    REMEMBERED.with(|remembered| *remembered = Some(text.to_string()));
}

#[export]
fn recall() -> Option<String> {
    REMEMBERED.with(|remembered| remembered.clone())
}

#[export]
fn say(text: &str) {
    tell(&format!("[{text}]"));
}

#[export]
fn consult(question: &str) -> String {
    match ask(question) {
        Some(answer) => format!("host says: {answer}"),
        None => String::from("no answer"),
    }
}

#[export]
fn exhaust(block_bytes: u32) -> u32 {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut block = Vec::new();
        let room = block.try_reserve_exact(block_bytes as usize).and(blocks.try_reserve(1));
        if room.is_err() {
            return blocks.len() as u32;
        }
        blocks.push(black_box(block));
    }
}

#[export]
fn collect(count: u32) -> u64 {
    let mut numbers = Vec::new();
    for number in 0..count {
        numbers.push(number);
    }
    black_box(&numbers).iter().map(|n| u64::from(*n)).sum()
}

#[export]
fn aligned(alignment: u32) -> u32 {
    let layout = Layout::from_size_align(100, alignment as usize).expect("a power of two");
    // Safety: the layout's size is not 0, and the block is written within its 100 bytes.
    unsafe {
        let block = black_box(alloc(layout));
        assert!(!block.is_null(), "there is memory");
        let rest = block.addr() % alignment as usize;
        block.write_bytes(0xa5, 100);
        dealloc(black_box(block), layout);
        rest as u32
    }
}

#[export]
fn fail(message: &str) {
    panic!("{message}");
}
