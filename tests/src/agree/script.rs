//! Random scripts, made from a seed and from what the guest answered.

use super::player::Answer;

/// One call of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `(i32) -> i32`.
    One(&'static str, u32),
    /// `(i32, i32) -> i32`.
    Two(&'static str, u32, u32),
    /// `(i32, i32, i32) -> i32`.
    Three(&'static str, u32, u32, u32),
    /// `(i32) -> ()`.
    Do(&'static str, u32),
    /// Two numbers that the guest returns as pointer and length.
    Give(&'static str, u32, u32),
    /// Text in, text out.
    Text(&'static str, String),
    /// Bytes in, a number out.
    Bytes(&'static str, Vec<u8>),
}

/// A source of steps.
#[derive(Clone, Debug)]
pub struct Script {
    random: u64,
    /// Blocks that the guest was given, most of them live.
    blocks: Vec<u32>,
    /// Blocks that were freed.
    stale: Vec<u32>,
}

impl Script {
    /// The script of a seed.
    pub fn new(seed: u64) -> Self {
        Script { random: seed, blocks: Vec::new(), stale: Vec::new() }
    }

    /// SplitMix64: each seed gives another sequence, and the same one on every machine.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        (self.random() % u64::from(n.max(1))) as u32
    }

    /// Mostly small, sometimes pages, rarely absurd.
    fn size(&mut self) -> u32 {
        match self.below(40) {
            0 => u32::MAX - self.below(3),
            1 => 0,
            2..=4 => self.below(200_000),
            5..=12 => self.below(9000),
            _ => self.below(300),
        }
    }

    /// A block that is probably live.
    fn block(&mut self) -> u32 {
        match self.blocks.len() as u32 {
            0 => 0,
            n => {
                let at = self.below(n) as usize;
                self.blocks[at]
            }
        }
    }

    /// Any pointer: mostly a block, else one that is stale, interior, or wild.
    fn pointer(&mut self) -> u32 {
        match self.below(12) {
            0 => self.below(2500),
            1 => self.below(14 << 16),
            2 => self.block().wrapping_add(self.below(64)),
            3 => self.stale.last().copied().unwrap_or(0),
            4 => u32::MAX - self.below(20),
            5 => 0,
            _ => self.block(),
        }
    }

    fn align(&mut self) -> u32 {
        match self.below(8) {
            0 => self.below(100),
            _ => 1 << self.below(14),
        }
    }

    fn text(&mut self) -> String {
        let len = self.below(400) as usize;
        (0..len).map(|_| ['a', 'ß', '漢', '🦀', '\0'][self.below(5) as usize]).collect()
    }

    /// The next step.
    #[expect(clippy::should_implement_trait, reason = "a script has no end and is no iterator")]
    pub fn next(&mut self) -> Step {
        match self.below(34) {
            0..=6 => Step::One("malloc", self.size()),
            7..=11 => {
                let block = self.block();
                Step::Do("free", block)
            }
            12 => Step::Do("free", self.pointer()),
            13 => {
                let count = self.below(100);
                Step::Two("calloc", count, self.size())
            }
            14 | 15 => {
                let block = self.block();
                Step::Two("realloc", block, self.size())
            }
            16 => {
                let pointer = self.pointer();
                Step::Two("realloc", pointer, self.size())
            }
            17 => {
                let (block, count) = (self.block(), self.below(100));
                Step::Three("reallocarray", block, count, self.size())
            }
            18 => {
                let align = self.align();
                Step::Two("aligned_alloc", align, self.size())
            }
            19 => {
                let align = self.align();
                Step::Two("memalign", align, self.size())
            }
            20 => {
                let (out, align) = (self.pointer(), self.align());
                Step::Three("posix_memalign", out, align, self.size())
            }
            21 => Step::One("usable_size", self.pointer()),
            22 => Step::One("grow", self.below(8).saturating_sub(5)),
            23 | 24 => {
                let (at, byte) = (self.pointer(), self.below(256));
                Step::Three("fill", at, byte, self.size())
            }
            25 => {
                let at = self.pointer();
                Step::Two("store", at, self.below(u32::MAX))
            }
            26 => Step::Two("divide", self.below(100), self.below(3)),
            27 => match self.below(4) {
                0 => Step::Do("trap", self.below(1000)),
                1 => Step::Do("fail", self.below(40)),
                _ => Step::Do("call_index", self.below(5)),
            },
            28 => Step::Text("echo", self.text()),
            29 => {
                let (at, len) = (self.pointer(), self.size());
                Step::Two("sum", at, len)
            }
            30 => {
                let len = self.below(30_000) as usize;
                Step::Bytes("sum", vec![self.below(256) as u8; len])
            }
            31 => Step::One("nest", self.below(7)),
            _ => {
                let export = ["give", "give_struct", "give_pair"][self.below(3) as usize];
                let (at, len) = (self.pointer(), self.below(100));
                Step::Give(export, at, len)
            }
        }
    }

    /// Remembers what a step gave and took.
    pub fn learn(&mut self, step: &Step, answer: &Answer) {
        let forget = |script: &mut Self, block: u32| {
            script.blocks.retain(|other| *other != block);
            script.stale.push(block);
        };
        match (step, answer.value) {
            (Step::Do("free", block), _) if !answer.is_error => forget(self, *block),
            (Step::Two("realloc", from, _) | Step::Three("reallocarray", from, ..), Some(to))
                if to != 0 =>
            {
                forget(self, *from);
                self.blocks.push(to);
            }
            (
                Step::One("malloc" | "nest", _)
                | Step::Two("calloc" | "aligned_alloc" | "memalign", ..),
                Some(block),
            ) if block != 0 => self.blocks.push(block),
            _ => {}
        }
    }
}
