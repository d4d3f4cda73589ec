//! All backends agree, step by step, on random scripts and on every message.

use hostheap_tests::Subject;
use std::panic::catch_unwind;

use hostheap_core::heap::HeapStats;
use hostheap_tests::agree::{self, Answer, Player, Seat, Step, Tally};
use hostheap_tests::mock::Mock;
use hostheap_tests::own::{self, Visit};

const SCRIPTS: u64 = 240;
const STEPS: usize = 150;

fn play(seeds: std::ops::Range<u64>) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds {
        let tally = agree::play(seed, STEPS);
        sum.steps += tally.steps;
        sum.errors += tally.errors;
        sum.allocated += tally.allocated;
        sum.invalid_frees += tally.invalid_frees;
        sum.failed += tally.failed;
        sum.hole_bytes += tally.hole_bytes;
    }
    // A script that never gets anywhere would agree on nothing.
    assert!(sum.allocated as usize > sum.steps / 5, "{sum:?}");
    assert!(sum.errors > sum.steps / 20 && sum.errors < sum.steps / 2, "{sum:?}");
    assert!(sum.invalid_frees > 0 && sum.failed > 0 && sum.hole_bytes > 0, "{sum:?}");
    sum
}

#[test]
fn all_backends_agree_on_random_scripts() {
    let half = SCRIPTS / 2;
    let other = std::thread::spawn(move || play(0..half));
    let mine = play(half..SCRIPTS);
    let theirs = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert_eq!(mine.steps + theirs.steps, SCRIPTS as usize * STEPS);
    hostheap_tests::say(format_args!("agreement: {mine:?} and {theirs:?}"));
}

#[test]
fn all_backends_agree_on_every_message() {
    struct Messages(Vec<(String, Vec<(&'static str, String)>)>);
    impl Visit for Messages {
        fn visit<S: Subject>(&mut self) {
            self.0.push((S::name(), agree::messages::<S>()));
        }
    }
    let mut messages = Messages(Vec::new());
    own::visit(&mut messages);
    let (first, expected) = &messages.0[0];
    for (what, message) in expected {
        assert!(!message.is_empty() && message != "none" && message != "it loads", "{what}");
    }
    for (other, found) in &messages.0[1..] {
        assert_eq!(expected, found, "{first} and {other}");
    }
}

#[test]
fn a_script_is_the_same_every_time() {
    assert_eq!(agree::play(7, 100), agree::play(7, 100));
    assert_ne!(agree::play(7, 100), agree::play(8, 100));
}

/// A player that goes astray in one way, after some steps.
struct Liar {
    honest: Seat<Mock>,
    steps: usize,
    lie: Lie,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    Nothing,
    Answer,
    Stats,
    Byte,
    Size,
}

impl Liar {
    fn lies(&self, lie: Lie) -> bool {
        self.lie == lie && self.steps > 50
    }
}

impl Player for Liar {
    fn name(&self) -> String {
        "liar".into()
    }

    fn play(&mut self, step: &Step) -> Answer {
        self.steps += 1;
        let mut answer = self.honest.play(step);
        if self.lies(Lie::Answer) {
            answer.text.push('!');
        }
        answer
    }

    fn stats(&mut self) -> HeapStats {
        let mut stats = self.honest.stats();
        stats.freed += u64::from(self.lies(Lie::Stats));
        stats
    }

    fn look(&mut self, f: &mut dyn FnMut(&[u8])) {
        let (byte, size) = (self.lies(Lie::Byte), self.lies(Lie::Size));
        self.honest.look(&mut |memory| {
            let mut memory = memory.to_vec();
            *memory.last_mut().expect("a page") ^= u8::from(byte);
            memory.truncate(memory.len() - usize::from(size));
            f(&memory);
        });
    }
}

#[test]
fn a_player_that_goes_astray_is_found() {
    let play = |lie| {
        catch_unwind(move || {
            let liar = Liar { honest: Seat::new(1), steps: 0, lie };
            let mut players: Vec<Box<dyn Player>> =
                vec![Box::new(Seat::<Mock>::new(1)), Box::new(liar)];
            agree::play_on(&mut players, 1, 60)
        })
    };
    assert!(play(Lie::Nothing).is_ok());
    for lie in [Lie::Answer, Lie::Stats, Lie::Byte, Lie::Size] {
        let panic = play(lie).expect_err("it was believed");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.starts_with("seed 1, step 50, "), "{lie:?}: {message}");
    }
}
