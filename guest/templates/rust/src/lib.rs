//! A plugin: each `#[export]` is a function that the host can call.
#![no_std]

extern crate alloc;

use alloc::string::String;

use hostheap_guest::export;

// What a panic says is lost, and the host sees a trap. To send it to the host, name a function of the
// host's that takes text: `hostheap_guest::panic_handler!(log);`
hostheap_guest::panic_handler!();

#[export]
fn greet(name: &str) -> String {
    ["Hello, ", name, "!"].concat()
}

#[export]
fn sum(numbers: &[i32]) -> i64 {
    numbers.iter().map(|n| i64::from(*n)).sum()
}
