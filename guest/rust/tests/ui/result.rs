//! A result that the convention does not have.

#[hostheap_guest::export]
fn numbers() -> Option<u32> {
    None
}

#[hostheap_guest::export]
fn words() -> Vec<String> {
    Vec::new()
}

struct Refusal;

#[hostheap_guest::export]
fn check() -> Result<u32, Refusal> {
    Err(Refusal)
}

fn main() {}
