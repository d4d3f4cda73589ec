//! Scripts of heap operations that are made of arbitrary bytes, run against the model that the
//! heap's tests use.

#[path = "../../core/tests/heap_suite/checked/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod checked;

use arbitrary::{Arbitrary, Unstructured};
use hostheap_core::heap::Hardening;

use checked::{Checked, Grow, Limits};

/// After so many operations the whole heap is checked.
const CHECK_EVERY: usize = 8;

/// A script longer than this says little more than a shorter one, and takes longer.
const MAX_ACTIONS: usize = 400;

/// A heap, and what is done to it.
#[derive(Debug)]
pub struct Input {
    config: Config,
    actions: Vec<Action>,
}

impl<'a> Arbitrary<'a> for Input {
    /// As many actions as there are bytes for. (A derived list would end after two, on average.)
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Input> {
        let config = bytes.arbitrary()?;
        let mut actions = Vec::new();
        while !bytes.is_empty() && actions.len() < MAX_ACTIONS {
            actions.push(bytes.arbitrary()?);
        }
        Ok(Input { config, actions })
    }
}

#[derive(Arbitrary, Debug)]
struct Config {
    base: u16,
    /// Whether the heap lies at the end of 4 GiB.
    at_the_end: bool,
    pages: u8,
    max_live_bytes: Option<u16>,
    max_blocks: Option<u8>,
    max_block: Option<u16>,
    quarantine_blocks: u8,
    quarantine_bytes: u16,
    placement_seed: u8,
    first_extent: u16,
}

/// A number of bytes: most are small.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Size {
    Tiny(u8),
    Small(u16),
    Large(u32),
    NearPower { power: u8, more: i8 },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Growth {
    Refuse,
    Min,
    Want,
    AfterHole(u16),
}

/// Which block: one that is live, by its number.
type Block = u8;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Action {
    Malloc(Size, Growth),
    Calloc(u8, Size, Growth),
    Aligned { power: u8, size: Size, growth: Growth },
    BadAlignment(u32, Size),
    Realloc(Block, Size, Growth),
    ReallocAt(u32, Size),
    Free(Block),
    FreeInside(Block, u16),
    FreeStale,
    FreeFreed(u16),
    FreeAt(u32),
    FreeNearTop(i8),
    FreeInHole(u16),
    Lend(Size, Growth),
    TakeBack(u8),
    TakeBackAt(u32),
    Extend { gap: i16, len: u16 },
    Reset,
}

impl Input {
    /// Input from bytes, as libFuzzer makes it. `None` if there are too few of them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Input> {
        Input::arbitrary(&mut Unstructured::new(bytes)).ok()
    }

    /// Runs the script.
    ///
    /// # Panics
    /// The heap does anything that the model does not expect.
    pub fn run(&self) {
        let limits = self.config.limits();
        let mut checked = Checked::new(limits);
        checked.thorough_every = 7;
        let start = u64::from(limits.base);
        checked.extend(start, start + u64::from(self.config.first_extent));
        for (n, action) in self.actions.iter().enumerate() {
            action.run(&mut checked);
            if n % CHECK_EVERY == 0 {
                checked.check();
            }
        }
        checked.check();
        checked.free_all_and_expect_empty();
    }
}

impl Config {
    fn limits(&self) -> Limits {
        let base = match self.at_the_end {
            false => self.base.into(),
            true => 0u32.wrapping_sub(u32::from(self.base) * 16 + 1),
        };
        let max_memory = match self.at_the_end {
            false => 65536 * (1 + u64::from(self.pages % 64)),
            true => 1 << 32,
        };
        Limits {
            base,
            max_memory,
            max_live_bytes: self.max_live_bytes.map_or(u64::MAX, u64::from),
            max_blocks: self.max_blocks.map_or(u32::MAX, u32::from),
            max_block: self.max_block.map_or(u32::MAX, u32::from),
            hardening: Hardening {
                quarantine_blocks: u32::from(self.quarantine_blocks).saturating_sub(128),
                quarantine_bytes: self.quarantine_bytes.into(),
                placement_seed: u64::from(self.placement_seed).saturating_sub(128),
                ..Hardening::default()
            },
        }
    }
}

impl Size {
    fn bytes(self) -> u32 {
        match self {
            Size::Tiny(size) => size.into(),
            Size::Small(size) => u32::from(size % 5000),
            Size::Large(size) => size,
            Size::NearPower { power, more } => {
                (1u32 << (power % 32)).wrapping_add_signed(more.into())
            }
        }
    }
}

impl Growth {
    fn grow(self) -> Grow {
        match self {
            Growth::Refuse => Grow::Refuse,
            Growth::Min => Grow::Min,
            Growth::Want => Grow::Want,
            Growth::AfterHole(bytes) => Grow::AfterHole(u32::from(bytes) + 1),
        }
    }
}

impl Action {
    fn run(self, checked: &mut Checked) {
        let block = |checked: &Checked, n: u8| checked.nth_live(n.into()).unwrap_or(0);
        match self {
            Action::Malloc(size, growth) => _ = checked.malloc(size.bytes(), growth.grow()),
            Action::Calloc(count, size, growth) => {
                _ = checked.calloc(count.into(), size.bytes(), growth.grow());
            }
            Action::Aligned { power, size, growth } => {
                _ = checked.aligned_alloc(1 << (power % 32), size.bytes(), growth.grow());
            }
            Action::BadAlignment(align, size) => {
                _ = checked.aligned_alloc(align, size.bytes(), Grow::Refuse);
            }
            Action::Realloc(n, size, growth) => {
                let at = block(checked, n);
                _ = checked.realloc(at, size.bytes(), growth.grow());
            }
            Action::ReallocAt(at, size) => _ = checked.realloc(at, size.bytes(), Grow::Min),
            Action::Free(n) => _ = checked.free(block(checked, n)),
            Action::FreeInside(n, by) => {
                let at = block(checked, n);
                let size = checked.live.get(&at).copied().unwrap_or(1);
                _ = checked.free(at + u32::from(by) % size);
            }
            Action::FreeStale => _ = checked.free(checked.stale),
            Action::FreeFreed(n) => {
                let at = usize::from(n).checked_rem(checked.freed.len());
                let freed = at.and_then(|at| checked.freed.iter().nth(at).copied());
                _ = checked.free(freed.unwrap_or(8));
            }
            Action::FreeAt(at) => _ = checked.free(at),
            Action::FreeNearTop(by) => {
                let at = checked.top().saturating_add_signed(by.into());
                _ = checked.free(u32::try_from(at).unwrap_or(u32::MAX));
            }
            Action::FreeInHole(by) => {
                let first = checked.regions.first().map_or(0, |region| region.1);
                _ = checked.free((first + u64::from(by)) as u32);
            }
            Action::Lend(size, growth) => _ = checked.lend(size.bytes(), growth.grow()),
            Action::TakeBack(n) => {
                let at = usize::from(n).checked_rem(checked.lent.len());
                checked.take_back(at.map_or(checked.stale, |at| checked.lent[at]));
            }
            Action::TakeBackAt(at) => checked.take_back(at),
            Action::Extend { gap, len } => {
                let start = checked.top().saturating_add_signed(gap.into());
                checked.extend(start, start + u64::from(len));
            }
            Action::Reset => checked.reset(),
        }
    }
}
