//! `cargo +nightly fuzz run heap`

#![no_main]

use hostheap_fuzz::heap::Input;

libfuzzer_sys::fuzz_target!(|input: Input| input.run());
