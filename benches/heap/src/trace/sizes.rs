//! How block sizes are distributed.

use crate::random::Random;

/// A distribution of block sizes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sizes {
    /// Trace A: log-uniform from 8 to 4096 bytes; one in a hundred log-uniform from 4 to 256 KiB.
    Wide,
    /// Traces B, C and D: exponential with a mean of 60 bytes, at least 1; one in
    /// [`TAIL_ONE_IN`] log-uniform from 1 to 32 KiB instead. All times the factor. With the tail,
    /// the mean is 105 bytes.
    Small {
        /// What every size is multiplied by.
        factor: f64,
    },
    /// What plugins ask for: log-uniform from 8 to 512 bytes; one in twenty a buffer, log-uniform
    /// from 1 to 4 KiB.
    Plugin,
    /// Log-uniform from 64 KiB to 1 MiB.
    Large,
}

/// The mean of the exponential part of [`Sizes::Small`].
const MEAN: f64 = 60.0;
/// How rare the tail of [`Sizes::Small`] is: one block in so many.
const TAIL_ONE_IN: f64 = 200.0;

impl Sizes {
    /// Sizes as trace B has them.
    pub(crate) const B: Sizes = Sizes::Small { factor: 1.0 };

    /// The next size, at least 1.
    pub(crate) fn next(self, random: &mut Random) -> u32 {
        match self {
            Sizes::Wide if random.happens(0.01) => log_uniform(random, 4096.0, 262_144.0),
            Sizes::Wide => log_uniform(random, 8.0, 4096.0),
            Sizes::Small { factor } => {
                if random.happens(1.0 / TAIL_ONE_IN) {
                    log_uniform(random, 1024.0 * factor, 32768.0 * factor)
                } else {
                    let size = -MEAN * factor * (1.0 - random.fraction()).ln();
                    (size as u32).max(1)
                }
            }
            Sizes::Plugin if random.happens(0.05) => log_uniform(random, 1024.0, 4096.0),
            Sizes::Plugin => log_uniform(random, 8.0, 512.0),
            Sizes::Large => log_uniform(random, 65536.0, 1_048_576.0),
        }
    }
}

/// A size whose logarithm is uniform between those of `low` and `high`.
fn log_uniform(random: &mut Random, low: f64, high: f64) -> u32 {
    (low * ((high / low).ln() * random.fraction()).exp()) as u32
}
