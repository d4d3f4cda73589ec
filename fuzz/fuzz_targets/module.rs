//! `cargo +nightly fuzz run module`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostheap_fuzz::module::run(bytes);
});
