//! Runs the committed seeds, then scripts made of pseudo-random bytes for some seconds: a fuzzer
//! without guidance, for machines that have no `cargo fuzz`.
//!
//! `cargo run --release --no-default-features --bin smoke -- 10`

use std::time::{Duration, Instant};

use hostheap_fuzz::Input;

fn main() {
    let seconds = std::env::args().nth(1).map_or(10, |text| {
        text.parse().unwrap_or_else(|_| panic!("{text} is no number of seconds"))
    });
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/heap");
    let mut from_seeds = 0;
    for entry in std::fs::read_dir(seeds).expect("the seeds are there") {
        let path = entry.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        println!("{}", path.display());
        if let Some(input) = Input::from_bytes(&bytes) {
            input.run();
            from_seeds += 1;
        }
    }
    assert!(from_seeds > 0, "there are seeds in {seeds}");
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut scripts = 0_u64;
    while Instant::now() < end {
        let bytes = random_bytes(scripts);
        // The number repeats the script.
        let caught = std::panic::catch_unwind(|| {
            if let Some(input) = Input::from_bytes(&bytes) {
                input.run();
            }
        });
        assert!(caught.is_ok(), "script {scripts} of {} bytes failed", bytes.len());
        scripts += 1;
    }
    println!("{from_seeds} seeds and {scripts} random scripts in {seconds} s");
}

/// Bytes that follow from a number (splitmix64): up to 4 KiB.
fn random_bytes(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0xd134_2543_de82_ef95);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let words = 16 + next() % 500;
    (0..words).flat_map(|_| next().to_le_bytes()).collect()
}
