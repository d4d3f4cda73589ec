//! A plugin: each `#[export]` is a function that the host can call.

use hostheap_guest::export;

/// A string in, a string out: the name is borrowed, the result is a block that the host frees.
#[export]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// Numbers in, borrowed for the call.
#[export]
fn sum(numbers: &[i32]) -> i64 {
    numbers.iter().map(|n| i64::from(*n)).sum()
}
