//! Whether all backends agree: random scripts, played on all of them in step.
//!
//! A script is a sequence of calls of one guest: the malloc family with good and bad arguments,
//! stores all over memory, growth behind the heap's back, host functions, nested calls, results of
//! any offset and length. After every step all players must have given the same answer, the same
//! error in the same words, the same heap statistics and *the same bytes in all of memory*: the
//! memories themselves are compared, which no hash could do better.
//!
//! Scripts are made from a seed, and from the answers so far; a disagreement names seed and step.

mod messages;
mod player;
mod script;

pub use messages::messages;
pub use player::{Answer, Player, Seat};
pub use script::{Script, Step};

use crate::own::{self, Visit};
use crate::subject::Subject;

/// The players of one script: one for each subject that is compiled in.
fn players(seed: u64) -> Vec<Box<dyn Player>> {
    struct Players(u64, Vec<Box<dyn Player>>);
    impl Visit for Players {
        fn visit<S: Subject>(&mut self) {
            self.1.push(Box::new(Seat::<S>::new(self.0)));
        }
    }
    let mut players = Players(seed, Vec::new());
    own::visit(&mut players);
    players.1
}

/// What became of a script on which all players agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps that were played.
    pub steps: usize,
    /// Steps that ended in an error.
    pub errors: usize,
    /// Blocks that were handed out.
    pub allocated: u64,
    /// Frees of what was no block.
    pub invalid_frees: u64,
    /// Requests that the heap refused.
    pub failed: u64,
    /// Bytes of memory that somebody else than the heap grew.
    pub hole_bytes: u64,
}

/// Plays the script of a seed on every subject that is compiled in.
///
/// # Panics
///
/// If two of them disagree.
pub fn play(seed: u64, steps: usize) -> Tally {
    play_on(&mut players(seed), seed, steps)
}

/// Plays the script of a seed on these players. The first is what the others are held to.
///
/// # Panics
///
/// If two of them disagree, or if there are none.
pub fn play_on(players: &mut [Box<dyn Player>], seed: u64, steps: usize) -> Tally {
    let mut script = Script::new(seed);
    let mut tally = Tally { steps, ..Tally::default() };
    for at in 0..steps {
        let step = script.next();
        let (first, others) = players.split_first_mut().expect("somebody plays");
        let answer = first.play(&step);
        let stats = first.stats();
        for other in others {
            let theirs = other.play(&step);
            let agrees = answer.text == theirs.text
                && stats == other.stats()
                && difference(&mut **first, &mut **other).is_none();
            if !agrees {
                disagree(seed, at, &step, (&mut **first, &answer), (&mut **other, &theirs));
            }
        }
        tally.errors += usize::from(answer.is_error);
        script.learn(&step, &answer);
    }
    let stats = players[0].stats();
    tally.allocated = stats.allocated;
    tally.invalid_frees = stats.invalid_frees;
    tally.failed = stats.failed;
    tally.hole_bytes = stats.hole_bytes;
    tally
}

/// Says who gave which answer, where.
fn disagree(
    seed: u64,
    at: usize,
    step: &Step,
    (one, mine): (&mut dyn Player, &Answer),
    (other, theirs): (&mut dyn Player, &Answer),
) -> ! {
    let (name, other_name) = (one.name(), other.name());
    let (stats, other_stats) = (one.stats(), other.stats());
    let difference = difference(one, other);
    panic!(
        "seed {seed}, step {at}, {step:?}:\n\
         {name}: {} {stats:?}\n{other_name}: {} {other_stats:?}\n\
         first difference in memory: {difference:x?}",
        mine.text, theirs.text
    );
}

/// The first offset at which two memories differ, their sizes included.
fn difference(one: &mut dyn Player, other: &mut dyn Player) -> Option<usize> {
    let mut found = None;
    one.look(&mut |mine| {
        other.look(&mut |theirs| {
            if mine != theirs {
                let same = mine.iter().zip(theirs).take_while(|(a, b)| a == b).count();
                found = Some(same);
            }
        });
    });
    found
}
