//! What the host lends for a call cannot be kept.
use hostheap_guest::{State, Text};

#[hostheap_guest::export]
fn forever(text: &'static str) {
    let _ = text;
}

#[hostheap_guest::export]
fn all_forever(texts: &[Text<'static>]) {
    let _ = texts;
}

// Not seen by the attribute, but by the borrow checker.
type Alias = &'static str;

#[hostheap_guest::export]
fn alias(text: Alias) {
    let _ = text;
}

static KEPT: State<Option<&'static str>> = State::new(None);

#[hostheap_guest::export]
fn keep(text: &str) {
    KEPT.with(|kept| *kept = Some(text));
}

#[hostheap_guest::export]
fn grow<'a>(short: &'a str, numbers: &'a mut [u32]) -> &'static str {
    let _ = numbers;
    short
}

fn main() {}
