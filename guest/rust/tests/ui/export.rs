//! Functions that cannot be exports.

#[hostheap_guest::export]
fn generic<T>(value: T) -> T {
    value
}

#[hostheap_guest::export]
fn anything(value: impl Into<String>) {
    let _ = value.into();
}

#[hostheap_guest::export]
async fn later() {}

#[hostheap_guest::export]
unsafe fn raw() {}

#[hostheap_guest::export]
fn malloc(size: usize) -> usize {
    size
}

#[hostheap_guest::export]
fn exp(x: f64) -> f64 {
    (2.0 * x).exp()
}

#[hostheap_guest::export(nom = "other")]
fn named() {}

struct Counter;

impl Counter {
    #[hostheap_guest::export]
    fn method(&self) {}
}

fn main() {}
