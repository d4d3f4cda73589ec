//! The counters that a heap keeps as it works.

use super::classes::SMALL_MAX;
use super::config::HeapConfig;
use super::error::AllocError;
use super::runs::Runs;
use super::stats::HeapStats;
use super::storage::Storage;
use super::tables::Tables;

/// Sums that only rise, and how far what is live is from its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counters {
    slack: Slack,
    peak_blocks: u64,
    peak_bytes: u64,
    /// Blocks handed out.
    allocated: u64,
    /// Usable bytes of blocks handed out or grown.
    granted: u64,
    /// Bytes asked for.
    requested: u64,
    max_blocks: u64,
    max_bytes: u64,
    /// The largest small block that may be asked for. (A limit may be lower than the classes.)
    small_max: u32,
    failed: u64,
    invalid_frees: u64,
}

/// How many blocks and bytes may come to live before there are as many as ever: both in one word,
/// blocks above bytes, so that a block that comes or goes changes one word. The topmost bit of
/// either half is 0; a subtraction that sets one of them went below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slack(u64);

impl Slack {
    /// 34 bits for bytes, of which they need 33, then a guard; 28 for blocks, of which a memory of
    /// 4 GiB cannot hold more, then the other guard.
    const BLOCK: u64 = 1 << 35;
    const GUARDS: u64 = 1 << 63 | Self::BLOCK >> 1;

    #[inline(always)]
    fn less(self, blocks: u32, bytes: u32) -> Option<Slack> {
        let less = self.0.wrapping_sub(u64::from(blocks) * Self::BLOCK + u64::from(bytes));
        (less & Self::GUARDS == 0).then_some(Slack(less))
    }

    #[inline(always)]
    fn more(self, blocks: u64, bytes: u64) -> Slack {
        Slack(self.0.wrapping_add(blocks * Self::BLOCK + bytes))
    }

    fn blocks(self) -> u64 {
        self.0 / Self::BLOCK
    }

    fn bytes(self) -> u64 {
        self.0 % Self::BLOCK
    }
}

impl Counters {
    pub(super) fn new(config: &HeapConfig, base: u64) -> Self {
        Counters {
            slack: Slack::default(),
            peak_blocks: 0,
            peak_bytes: 0,
            allocated: 0,
            granted: 0,
            requested: 0,
            max_blocks: config.max_blocks.into(),
            max_bytes: config.max_live_bytes,
            small_max: config.largest_block(base).min(SMALL_MAX.into()) as u32,
            failed: 0,
            invalid_frees: 0,
        }
    }

    /// The largest small block that may be asked for.
    #[inline(always)]
    pub(super) fn small_max(&self) -> u32 {
        self.small_max
    }

    /// Blocks taken back so far.
    pub(super) fn freed(&self) -> u64 {
        self.allocated - self.live_blocks()
    }

    pub(super) fn live_blocks(&self) -> u64 {
        self.peak_blocks - self.slack.blocks()
    }

    pub(super) fn live_bytes(&self) -> u64 {
        self.peak_bytes - self.slack.bytes()
    }

    /// Counts one more block if that makes no new peak. No peak is above its quota, so such a block
    /// breaks none.
    #[inline(always)]
    pub(super) fn take_below_peak(&mut self, requested: u32, bytes: u32) -> bool {
        let Some(less) = self.slack.less(1, bytes) else { return false };
        self.slack = less;
        self.count(requested, bytes);
        true
    }

    #[inline(always)]
    fn count(&mut self, requested: u32, bytes: u32) {
        self.allocated += 1;
        self.granted += u64::from(bytes);
        self.requested += u64::from(requested);
    }

    /// Counts one more block if the quotas allow it.
    #[inline]
    pub(super) fn take(&mut self, requested: u32, bytes: u32) -> bool {
        if self.take_below_peak(requested, bytes) {
            return true;
        }
        let raised = self.raise_peaks(1, bytes.into());
        if raised {
            self.count(requested, bytes);
        }
        raised
    }

    /// Counts more bytes in a block that there is, if the quota allows it; `requested` of them were
    /// asked for.
    pub(super) fn grow(&mut self, requested: u32, bytes: u32) -> bool {
        match self.slack.less(0, bytes) {
            Some(less) => self.slack = less,
            None if self.raise_peaks(0, bytes.into()) => {}
            None => return false,
        }
        self.granted += u64::from(bytes);
        self.requested += u64::from(requested);
        true
    }

    /// Counts what comes to live where it makes a new peak.
    #[inline(never)]
    fn raise_peaks(&mut self, blocks: u64, bytes: u64) -> bool {
        let (live_blocks, live_bytes) = (self.live_blocks() + blocks, self.live_bytes() + bytes);
        if live_blocks > self.max_blocks || live_bytes > self.max_bytes {
            return false;
        }
        self.peak_blocks = self.peak_blocks.max(live_blocks);
        self.peak_bytes = self.peak_bytes.max(live_bytes);
        self.slack =
            Slack::default().more(self.peak_blocks - live_blocks, self.peak_bytes - live_bytes);
        true
    }

    /// Checks the quotas for one more block.
    pub(super) fn check(&self, bytes: u64) -> Result<(), AllocError> {
        if self.live_blocks() >= self.max_blocks {
            return Err(AllocError::TooManyBlocks { max: self.max_blocks as u32 });
        }
        self.check_bytes(bytes)
    }

    /// Checks the quota for more bytes in a block that there is.
    pub(super) fn check_bytes(&self, requested: u64) -> Result<(), AllocError> {
        let (live, max) = (self.live_bytes(), self.max_bytes);
        match live.saturating_add(requested) <= max {
            true => Ok(()),
            false => Err(AllocError::QuotaExceeded { live, requested, max }),
        }
    }

    /// A block became smaller.
    pub(super) fn shrunk(&mut self, bytes: u32) {
        self.slack = self.slack.more(0, bytes.into());
    }

    /// A block was taken back.
    #[inline(always)]
    pub(super) fn given_back(&mut self, bytes: u32) {
        self.slack = self.slack.more(1, bytes.into());
    }

    /// All blocks were taken back.
    pub(super) fn all_given_back(&mut self) {
        self.slack = Slack::default().more(self.peak_blocks, self.peak_bytes);
    }

    /// A request failed.
    pub(super) fn refused(&mut self, error: &AllocError) {
        if !matches!(error, AllocError::NeedMemory { .. }) {
            self.failed += 1;
        }
    }

    /// What was to be freed was no block.
    pub(super) fn invalid(&mut self) {
        self.invalid_frees += 1;
    }

    pub(super) fn stats<S: Storage>(
        &self,
        runs: &Runs,
        tables: &Tables<S>,
        metadata_bytes: u64,
    ) -> HeapStats {
        HeapStats {
            live_bytes: self.live_bytes(),
            live_blocks: self.live_blocks() as u32,
            peak_bytes: self.peak_bytes,
            peak_blocks: self.peak_blocks as u32,
            allocated: self.allocated,
            freed: self.freed(),
            requested_bytes: self.requested,
            granted_bytes: self.granted,
            failed: self.failed,
            invalid_frees: self.invalid_frees,
            owned_bytes: runs.extent.owned(),
            hole_bytes: runs.extent.holes(),
            touched_top: runs.touched_top(tables),
            top: runs.extent.top(),
            metadata_bytes,
        }
    }

    /// The same, with the counts of failures taken from another heap. For tests.
    pub(super) fn with_failures_of(mut self, other: &Counters) -> Counters {
        self.failed = other.failed;
        self.invalid_frees = other.invalid_frees;
        self
    }

    /// Whether the peaks are within the quotas and above what is live. For tests.
    pub(super) fn peaks_are_right(&self) -> bool {
        (self.live_bytes()..=self.max_bytes).contains(&self.peak_bytes)
            && (self.live_blocks()..=self.max_blocks).contains(&self.peak_blocks)
    }
}
