//! The `hostheap` command.
fn main() {}
