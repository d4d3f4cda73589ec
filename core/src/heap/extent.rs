//! Which bytes of linear memory the heap owns, and how units map to them.
//!
//! The heap owns regions: one, unless somebody else grew the memory in between. Units are numbered
//! through all regions. Between two regions one unit, the gap, belongs to neither, so that nothing
//! ever joins across a hole and a hole of any size costs one word. A *position* counts the bytes of
//! those units: the heap works with positions, and offsets are for its callers.

use super::PAGE;
use super::config::HeapConfig;
use super::error::{AllocError, ExtendError};
use super::map::UNIT;
use super::storage::{Storage, StorageFull};
use super::tables::{Table, Tables};

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
    /// The position of the last region's first byte, and what lies between positions and offsets in
    /// that region: both follow from `last` and are kept because they are used all the time.
    first: u32,
    shift: u32,
    /// How many regions lie before the last. They are in a table, two words each.
    earlier: u32,
    /// Whether the latest extension began above the top.
    after_hole: bool,
}

/// A region: its first unit, and that unit's offset divided by the size of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    unit: u32,
    place: u32,
}

impl Region {
    fn first_and_shift(self) -> (u32, u32) {
        let first = self.unit.wrapping_mul(UNIT);
        (first, self.place.wrapping_mul(UNIT).wrapping_sub(first))
    }
}

impl Extent {
    pub(super) fn new(config: &HeapConfig) -> Extent {
        let base = config.first_byte();
        let last = Region { unit: 0, place: place_above(base) };
        let (first, shift) = last.first_and_shift();
        Extent {
            base,
            top: base,
            owned: 0,
            units: 0,
            last,
            first,
            shift,
            earlier: 0,
            after_hole: false,
        }
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

    /// Takes over the bytes from `start` to `end`. Answers whether a gap was put before the new
    /// units.
    pub(super) fn extend<S: Storage>(
        &mut self,
        tables: &mut Tables<S>,
        config: &HeapConfig,
        start: u64,
        end: u64,
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
        let fail = |StorageFull| ExtendError::HostMemory;
        if gap {
            tables.reserve(Table::Regions, 2 * (self.earlier + 1)).map_err(fail)?;
        }
        tables.grow_map(units).map_err(fail)?;
        if gap {
            tables.push(Table::Regions, self.last.unit).map_err(fail)?;
            tables.push(Table::Regions, self.last.place).map_err(fail)?;
            self.earlier += 1;
        }
        self.last = region;
        (self.first, self.shift) = region.first_and_shift();
        self.units = units;
        self.owned += end - start;
        self.top = end;
        self.after_hole = hole;
        Ok(gap)
    }

    /// How many regions there are. The last may have no unit.
    pub(super) fn regions(&self) -> u32 {
        self.earlier + 1
    }

    fn region<S: Storage>(&self, tables: &Tables<S>, index: u32) -> Region {
        if index >= self.earlier {
            return self.last;
        }
        Region {
            unit: tables.get(Table::Regions, 2 * index),
            place: tables.get(Table::Regions, 2 * index + 1),
        }
    }

    /// First unit of a region, and one past its last.
    pub(super) fn region_units<S: Storage>(&self, tables: &Tables<S>, index: u32) -> (u32, u32) {
        let end = match index < self.earlier {
            true => self.region(tables, index + 1).unit - 1,
            false => self.units,
        };
        (self.region(tables, index).unit, end)
    }

    /// The last region for which `is_before` holds, by bisection.
    fn last_region<S: Storage>(
        &self,
        tables: &Tables<S>,
        is_before: impl Fn(Region) -> bool,
    ) -> Option<u32> {
        let (mut low, mut high) = (0, self.regions());
        while low < high {
            let middle = low + (high - low) / 2;
            match is_before(self.region(tables, middle)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low.checked_sub(1)
    }

    /// Where a unit lies: its offset divided by the size of a unit.
    #[inline]
    pub(super) fn place_of<S: Storage>(&self, tables: &Tables<S>, unit: u32) -> u32 {
        let region =
            if unit >= self.last.unit { self.last } else { self.earlier_region_of(tables, unit) };
        region.place + (unit - region.unit)
    }

    #[cold]
    fn earlier_region_of<S: Storage>(&self, tables: &Tables<S>, unit: u32) -> Region {
        let index = self.last_region(tables, |region| region.unit <= unit);
        self.region(tables, index.unwrap_or(0))
    }

    /// The offset of a position that the heap owns.
    #[inline(always)]
    pub(super) fn offset_of<S: Storage>(&self, tables: &Tables<S>, position: u32) -> u32 {
        if position < self.first {
            return self.earlier_offset_of(tables, position);
        }
        position.wrapping_add(self.shift)
    }

    #[cold]
    fn earlier_offset_of<S: Storage>(&self, tables: &Tables<S>, position: u32) -> u32 {
        let place = self.place_of(tables, position / UNIT);
        place.wrapping_mul(UNIT).wrapping_add(position % UNIT)
    }

    /// The position of an offset in the last region. Other offsets give `None`, or a position
    /// beyond the last unit.
    #[inline(always)]
    pub(super) fn last_position_of(&self, offset: u32) -> Option<u32> {
        let position = offset.wrapping_sub(self.shift);
        (position >= self.first).then_some(position)
    }

    /// The position of an offset, or `None` if it lies in no unit.
    pub(super) fn position_of<S: Storage>(&self, tables: &Tables<S>, offset: u32) -> Option<u32> {
        if offset / UNIT < self.last.place {
            return self.earlier_position_of(tables, offset);
        }
        self.last_position_of(offset).filter(|position| position / UNIT < self.units)
    }

    #[cold]
    fn earlier_position_of<S: Storage>(&self, tables: &Tables<S>, offset: u32) -> Option<u32> {
        let place = offset / UNIT;
        let index = self.last_region(tables, |region| region.place <= place)?;
        let unit = self.region(tables, index).unit + (place - self.region(tables, index).place);
        let inside = unit < self.region_units(tables, index).1;
        inside.then(|| unit.wrapping_mul(UNIT).wrapping_add(offset % UNIT))
    }

    /// The unit that a byte lies in, or `None` if it lies in none.
    pub(super) fn unit_of<S: Storage>(&self, tables: &Tables<S>, offset: u32) -> Option<u32> {
        Some(self.position_of(tables, offset)? / UNIT)
    }

    /// How much memory it takes for the last region to reach `len` units from the next multiple of
    /// `align` units at or above unit `from`.
    pub(super) fn shortage<S: Storage>(
        &self,
        tables: &Tables<S>,
        config: &HeapConfig,
        from: u32,
        len: u32,
        align: u32,
    ) -> AllocError {
        let bytes = |units: u64| (units * u64::from(UNIT)).next_multiple_of(PAGE);
        let start = u64::from(self.place_of(tables, from)).next_multiple_of(u64::from(align));
        let end = (start + u64::from(len)) * u64::from(UNIT);
        let min_bytes = end.saturating_sub(self.top).max(1).next_multiple_of(PAGE);
        let room = config.room_above(self.top);
        if min_bytes > room {
            return AllocError::OutOfMemory;
        }
        let mut want_bytes = min_bytes.max(config.growth.step(self.owned));
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
