//! Taking blocks back: free, and the quarantine.

use super::classes::Class;
use super::error::InvalidPointer;
use super::heap::Heap;
use super::lookup::Place;
use super::map::{GRAIN, Run, UNIT};
use super::storage::Storage;
use super::tables::Table;

impl<S: Storage> Heap<S> {
    /// Frees a block. NULL is fine and does nothing.
    ///
    /// # Errors
    /// The pointer is not the start of a live block. That is certain, and nothing has changed.
    #[inline]
    pub fn free(&mut self, offset: u32) -> Result<(), InvalidPointer> {
        match self.free_cached(offset) {
            true => Ok(()),
            false => self.free_uncached(offset),
        }
    }

    /// `free` as far as it gets without a look at the slabs: into the class's magazine.
    #[inline(always)]
    pub(crate) fn free_cached(&mut self, offset: u32) -> bool {
        let Some(position) = self.runs.extent.last_position_of(offset) else { return false };
        let Some(mut spot) = self.tables.spot(position) else { return false };
        // Only a block of a class that is aligned to 16 starts exactly where its bit says.
        if !spot.is_live() || !offset.is_multiple_of(GRAIN) {
            return false;
        }
        let Some(class) = spot.even_class() else { return false };
        if !self.magazines.push(class, position) {
            return false;
        }
        spot.clear_live();
        self.counters.given_back(class.size());
        true
    }

    /// `free` where the class's magazine is full, and for whatever is in no class, or no block.
    #[inline(never)]
    pub(crate) fn free_uncached(&mut self, offset: u32) -> Result<(), InvalidPointer> {
        if offset == 0 {
            return Ok(());
        }
        if let Some(position) = self.runs.extent.last_position_of(offset)
            && let Some(spot) = self.tables.spot(position)
            && spot.is_live()
            && offset.is_multiple_of(GRAIN)
        {
            // The bit is exact here, as above; and so is that of a run, which starts with its unit.
            let place = match (spot.even_class(), spot.used_len()) {
                (Some(class), _) => Some(Place::Slot { class, position }),
                (None, Some(len)) if position.is_multiple_of(UNIT) => {
                    Some(Place::Run(Run::new(position / UNIT, len)))
                }
                _ => None,
            };
            if let Some(place) = place {
                self.release(place);
                return Ok(());
            }
        }
        match self.locate_own(offset) {
            Ok(place) => {
                self.release(place);
                Ok(())
            }
            Err(error) => {
                self.counters.invalid();
                Err(error)
            }
        }
    }

    /// Takes back the live block at a place.
    pub(super) fn release(&mut self, place: Place) {
        if let Some(mut spot) = self.tables.spot(place.position()) {
            spot.clear_live();
        }
        self.counters.given_back(place.size());
        match self.config.hardening.quarantine_blocks {
            0 => self.reuse(place),
            most => self.put_in_quarantine(place, most),
        }
    }

    /// Makes the memory of a block that is no longer live available.
    fn reuse(&mut self, place: Place) {
        match place {
            Place::Slot { class, position } => self.make_available(class, position),
            Place::Run(run) => {
                self.tables.clear_used(run);
                self.runs.release(&mut self.tables, run);
            }
        }
    }

    /// Puts a free slot into its class's magazine, or back into its slab.
    #[inline]
    pub(super) fn make_available(&mut self, class: Class, position: u32) {
        let Heap { magazines, slabs, tables, runs, config, .. } = self;
        if !config.hardening.is_on() {
            if magazines.push(class, position) {
                return;
            }
            let older = magazines.overflow(class, slabs.in_use(class));
            for slot in 0..older {
                slabs.release_slot(tables, runs, magazines.slot(class, slot));
            }
            magazines.drop_oldest(class, older);
            if magazines.push(class, position) {
                return;
            }
        }
        slabs.release_slot(tables, runs, position);
    }

    /// Puts a block at the end of the quarantine, and takes out what has waited long enough.
    fn put_in_quarantine(&mut self, place: Place, most: u32) {
        let max_bytes = match self.config.hardening.quarantine_bytes {
            0 => u64::MAX,
            bytes => bytes.into(),
        };
        // No block is smaller than a grain, so the bytes limit the blocks too.
        let most = u64::from(most).min(max_bytes / u64::from(GRAIN) + 1) as u32;
        if self.tables.grow(Table::Quarantine, most).is_err() {
            return self.reuse(place);
        }
        if self.quarantine.count == most {
            self.take_out_of_quarantine();
        }
        let last =
            (u64::from(self.quarantine.first) + u64::from(self.quarantine.count)) % u64::from(most);
        self.tables.set(Table::Quarantine, last as u32, place.position());
        self.quarantine.count += 1;
        self.quarantine.bytes += u64::from(place.size());
        while self.quarantine.bytes > max_bytes {
            self.take_out_of_quarantine();
        }
    }

    fn take_out_of_quarantine(&mut self) {
        let Some(place) = self.quarantined().next() else { return };
        let len = self.tables.len(Table::Quarantine);
        self.quarantine.first = (self.quarantine.first + 1) % len.max(1);
        self.quarantine.count -= 1;
        self.quarantine.bytes -= u64::from(place.size());
        self.reuse(place);
    }

    /// The blocks in quarantine, the oldest first.
    pub(super) fn quarantined(&self) -> impl Iterator<Item = Place> {
        let len = u64::from(self.tables.len(Table::Quarantine).max(1));
        (0..self.quarantine.count).filter_map(move |n| {
            let at = (u64::from(self.quarantine.first) + u64::from(n)) % len;
            let position = self.tables.get(Table::Quarantine, at as u32);
            self.place_at(position / UNIT, position)
        })
    }

    /// Makes the memory of all freed blocks available whose reuse is
    /// [delayed](super::Hardening::quarantine_blocks). Answers whether there were any.
    ///
    /// The heap does so itself where it may not grow any further. Whoever cannot grow the memory
    /// although the heap may calls this, and asks once more.
    pub fn end_quarantine(&mut self) -> bool {
        let any = self.quarantine.count > 0;
        while self.quarantine.count > 0 {
            self.take_out_of_quarantine();
        }
        any
    }
}
