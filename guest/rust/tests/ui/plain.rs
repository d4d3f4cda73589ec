//! Structs that the host cannot have.
use hostheap_guest::Plain;

#[derive(Clone, Copy, Plain)]
struct Unordered {
    x: f64,
}

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Gaps {
    small: u8,
    large: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Borrows {
    text: &'static str,
}

#[repr(C)]
#[derive(Clone, Copy, Plain)]
struct Generic<T> {
    value: T,
}

#[repr(C)]
#[derive(Plain)]
struct Moves {
    value: u32,
}

#[derive(Clone, Copy, Plain)]
enum Unsized {
    One,
}

fn main() {}
