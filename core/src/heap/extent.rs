//! Which bytes of linear memory the heap owns, and how units map to them.
//!
//! The heap owns regions: one, unless somebody else grew the memory in between. Units are numbered
//! through all regions. Between two regions one unit, the gap, belongs to neither, so that nothing
//! ever joins across a hole and a hole of any size costs one word.

use super::PAGE;
use super::config::HeapConfig;
use super::error::{AllocError, ExtendError};
use super::units::UNIT;
use super::words::{HostMemory, Words};

/// Growth steps stay below this many bytes, unless one block needs more.
const GROWTH_CAP: u64 = 16 << 20;

/// The heap's regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// First byte that may ever be owned; a multiple of 16.
    base: u64,
    /// One past the last byte owned.
    top: u64,
    /// Bytes owned.
    owned: u64,
    /// One past the last unit.
    units: u32,
    /// The last region.
    last: Region,
    /// All earlier regions, two words each.
    earlier: Words,
    /// Whether the latest extension began above the top.
    after_hole: bool,
}

/// A region: its first unit, and that unit's offset divided by the size of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    unit: u32,
    place: u32,
}

impl Extent {
    pub(super) fn new(config: &HeapConfig) -> Extent {
        let base = config.first_byte();
        let last = Region { unit: 0, place: place_above(base) };
        let earlier = Words::new();
        Extent { base, top: base, owned: 0, units: 0, last, earlier, after_hole: false }
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }

    pub(super) fn top(&self) -> u64 {
        self.top
    }

    pub(super) fn owned(&self) -> u64 {
        self.owned
    }

    pub(super) fn holes(&self) -> u64 {
        self.top - self.base - self.owned
    }

    pub(super) fn units(&self) -> u32 {
        self.units
    }

    pub(super) fn bytes(&self) -> u64 {
        self.earlier.bytes()
    }

    /// Takes over the bytes from `start` to `end`. `grow` makes the unit table larger, and is
    /// asked before anything changes. Answers whether a gap was put before the new units.
    pub(super) fn extend(
        &mut self,
        config: &HeapConfig,
        start: u64,
        end: u64,
        grow: impl FnOnce(u32) -> Result<(), HostMemory>,
    ) -> Result<bool, ExtendError> {
        if end < start {
            return Err(ExtendError::Inverted { start, end });
        }
        if start < u64::from(config.base) {
            return Err(ExtendError::BelowBase { start, base: config.base });
        }
        let start = start.max(self.base);
        if start < self.top {
            return Err(ExtendError::Overlap { start, top: self.top });
        }
        if end > config.max_memory {
            return Err(ExtendError::BeyondLimit { end, max: config.max_memory });
        }
        if end <= start {
            return Ok(false);
        }
        let hole = start > self.top;
        // An empty region has no unit to keep apart.
        let gap = hole && self.units > self.last.unit;
        let region = match hole {
            true => Region { unit: self.units + u32::from(gap), place: place_above(start) },
            false => self.last,
        };
        let units = region.unit + place_below(end).saturating_sub(region.place);
        let fail = |_| ExtendError::HostMemory;
        if gap {
            self.earlier.reserve(self.earlier.len() + 2).map_err(fail)?;
        }
        grow(units).map_err(fail)?;
        if gap {
            let at = self.earlier.len();
            self.earlier.grow(at + 2).map_err(fail)?;
            self.earlier.set(at, self.last.unit);
            self.earlier.set(at + 1, self.last.place);
        }
        self.last = region;
        self.units = units;
        self.owned += end - start;
        self.top = end;
        self.after_hole = hole;
        Ok(gap)
    }

    /// How many regions there are. The last may have no unit.
    pub(super) fn regions(&self) -> u32 {
        self.earlier.len() / 2 + 1
    }

    fn region(&self, index: u32) -> Region {
        if index + 1 >= self.regions() {
            return self.last;
        }
        Region { unit: self.earlier.get(2 * index), place: self.earlier.get(2 * index + 1) }
    }

    /// First unit of a region, and one past its last.
    pub(super) fn region_units(&self, index: u32) -> (u32, u32) {
        let end = match index + 1 < self.regions() {
            true => self.region(index + 1).unit - 1,
            false => self.units,
        };
        (self.region(index).unit, end)
    }

    /// The last region for which `is_before` holds, by bisection.
    fn last_region(&self, is_before: impl Fn(Region) -> bool) -> Option<u32> {
        let (mut low, mut high) = (0, self.regions());
        while low < high {
            let middle = low + (high - low) / 2;
            match is_before(self.region(middle)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low.checked_sub(1)
    }

    /// Where a unit lies: its offset divided by the size of a unit.
    #[inline]
    pub(super) fn place_of(&self, unit: u32) -> u32 {
        let region = if unit >= self.last.unit {
            self.last
        } else {
            self.region(self.last_region(|region| region.unit <= unit).unwrap_or(0))
        };
        region.place + (unit - region.unit)
    }

    /// The offset of a unit that the heap owns.
    #[inline]
    pub(super) fn offset_of(&self, unit: u32) -> u32 {
        self.place_of(unit).wrapping_mul(UNIT)
    }

    /// The unit that a byte lies in, or `None` if it lies in none.
    #[inline]
    pub(super) fn unit_of(&self, offset: u32) -> Option<u32> {
        let place = offset / UNIT;
        let (region, end) = if place >= self.last.place {
            (self.last, self.units)
        } else {
            let index = self.last_region(|region| region.place <= place)?;
            (self.region(index), self.region_units(index).1)
        };
        let unit = region.unit + (place - region.place);
        (unit < end).then_some(unit)
    }

    /// How much memory it takes for the last region to reach `len` units from the next multiple of
    /// `align` units at or above unit `from`.
    pub(super) fn shortage(
        &self,
        config: &HeapConfig,
        from: u32,
        len: u32,
        align: u32,
    ) -> AllocError {
        let bytes = |units: u64| (units * u64::from(UNIT)).next_multiple_of(PAGE);
        let start = u64::from(self.place_of(from)).next_multiple_of(u64::from(align));
        let end = (start + u64::from(len)) * u64::from(UNIT);
        let min_bytes = end.saturating_sub(self.top).max(1).next_multiple_of(PAGE);
        let room = config.room_above(self.top);
        if min_bytes > room {
            return AllocError::OutOfMemory;
        }
        // A quarter of what there is: few steps for a large heap, a page at a time for a small one.
        let step = self.owned / 4 / PAGE * PAGE;
        let mut want_bytes = min_bytes.max(step.min(GROWTH_CAP));
        if self.after_hole {
            // Somebody else grows this memory too; be right wherever the next piece lies.
            want_bytes = want_bytes.max(bytes(u64::from(len) + u64::from(align) + 1));
        }
        AllocError::NeedMemory { min_bytes, want_bytes: want_bytes.min(room) }
    }
}

/// The first place at or above a byte.
fn place_above(byte: u64) -> u32 {
    byte.div_ceil(u64::from(UNIT)) as u32
}

/// The last place that ends at or below a byte.
fn place_below(byte: u64) -> u32 {
    (byte / u64::from(UNIT)) as u32
}
