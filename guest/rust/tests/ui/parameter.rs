//! A parameter that the convention does not have.
use std::collections::HashMap;

#[hostheap_guest::export]
fn count(words: &HashMap<String, u32>) -> u32 {
    words.len() as u32
}

#[hostheap_guest::export]
fn length(text: &String) -> u32 {
    text.len() as u32
}

#[hostheap_guest::export]
fn longest(texts: &[&str]) -> u32 {
    texts.len() as u32
}

#[hostheap_guest::export]
fn maybe(number: Option<u32>) -> u32 {
    number.unwrap_or(0)
}

fn main() {}
