//! Declarations that are no host functions.

#[hostheap_guest::import]
unsafe extern "C" {
    safe fn nowhere();
}

#[hostheap_guest::import(module = "host")]
extern "C" {
    safe fn unpromised();
}

#[hostheap_guest::import(module = "host")]
unsafe extern "C" {
    safe fn borrowed() -> &'static str;
}

#[hostheap_guest::import(module = "host")]
unsafe extern "C" {
    safe fn many(texts: Vec<String>);
}

#[hostheap_guest::import(module = "host")]
unsafe extern "C" {
    fn careful(text: &str);
}

fn main() {
    careful("not in an unsafe block");
}
