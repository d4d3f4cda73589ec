//! Runs the committed seeds, then pseudo-random bytes for some seconds, on each target: a fuzzer
//! without guidance, for machines that have no `cargo fuzz`.
//!
//! `cargo run --release --no-default-features --bin smoke -- 10`, and with `heap` or `module` at the
//! end only that target.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hostheap_fuzz::heap::Input;
use hostheap_fuzz::module;

fn main() {
    let seconds = std::env::args().nth(1).map_or(10, |text| {
        text.parse().unwrap_or_else(|_| panic!("{text} is no number of seconds"))
    });
    match std::env::args().nth(2).as_deref() {
        None => {
            heap(seconds);
            modules(seconds);
        }
        Some("heap") => heap(seconds),
        Some("module") => modules(seconds),
        Some(other) => panic!("there is no target {other}"),
    }
}

fn heap(seconds: u64) {
    let mut from_seeds = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/heap"), None) {
        let bytes = std::fs::read(&path).expect("readable");
        println!("{}", path.display());
        if let Some(input) = Input::from_bytes(&bytes) {
            input.run();
            from_seeds += 1;
        }
    }
    assert!(from_seeds > 0, "there are seeds");
    let scripts = for_some_time(seconds, |number| {
        if let Some(input) = Input::from_bytes(&Random::new(number).bytes()) {
            input.run();
        }
    });
    println!("heap: {from_seeds} seeds and {scripts} random scripts in {seconds} s");
}

/// The project's own plugins are the seeds; they are changed here, too.
fn modules(seconds: u64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/plugins");
    let read = |path: PathBuf| std::fs::read(path).expect("readable");
    let seeds: Vec<Vec<u8>> = files(&folder, Some("wasm")).into_iter().map(read).collect();
    assert!(!seeds.is_empty(), "there are plugins in {}", folder.display());
    for seed in &seeds {
        assert!(module::digest(seed), "a plugin of ours is not understood");
    }
    let accepted = std::cell::Cell::new(0_u64);
    let inputs = for_some_time(seconds, |number| {
        let mut random = Random::new(number);
        let bytes = match number % 2 {
            0 => random.bytes(),
            _ => random.damaged(&seeds),
        };
        accepted.set(accepted.get() + u64::from(module::run(&bytes)));
    });
    assert!(accepted.get() > 0 || seconds == 0, "no random module had a layout");
    println!(
        "module: {} seeds and {inputs} random inputs in {seconds} s, {} with a layout",
        seeds.len(),
        accepted.get()
    );
}

/// Runs numbered cases until the time is over, and returns how many.
fn for_some_time(seconds: u64, case: impl Fn(u64)) -> u64 {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut number = 0;
    while Instant::now() < end {
        // The number repeats the case.
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(number)));
        assert!(caught.is_ok(), "case {number} failed");
        number += 1;
    }
    number
}

/// All files below a folder, or those with this extension, in order.
fn files(folder: &Path, extension: Option<&str>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if extension.is_none_or(|wanted| path.extension().is_some_and(|it| it == wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What follows from a number (splitmix64).
struct Random(u64);

impl Random {
    fn new(number: u64) -> Random {
        Random(number.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Up to 4 KiB.
    fn bytes(&mut self) -> Vec<u8> {
        let words = 16 + self.next() % 500;
        (0..words).flat_map(|_| self.next().to_le_bytes()).collect()
    }

    /// One of these with some bytes changed, left out, or put in.
    fn damaged(&mut self, whole: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = whole[self.below(whole.len())].clone();
        for _ in 0..=self.below(4) {
            // The header stays, so that they are still taken for a module.
            let at = 8 + self.below(bytes.len() - 8);
            match self.below(4) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.next() as u8,
                2 if bytes.len() > 64 => _ = bytes.remove(at),
                _ => bytes.insert(at, self.next() as u8),
            }
        }
        bytes
    }
}
