//! An instance's own things: memory, tables, globals, and the segments not dropped yet.
//!
//! Hosts offer functions only, so nothing of this is shared between instances.

use std::ops::Range;
use std::sync::Arc;

use hostheap_core::memory::PAGE;
use hostheap_core::{Error, Result, TrapKind};

use super::code::Const;
use super::error::{self, Stop};
use super::linker::HostFunc;
use super::module::{Module, Place};

/// The most pages a memory may have: 1 GiB. A memory is a single allocation, copied each time it
/// grows, so a guest that asks for all of 4 GiB must not get it.
const MAX_PAGES: u64 = 1 << 14;

/// The most slots a table may have.
const MAX_SLOTS: u64 = 1 << 20;

/// An instance.
pub(super) struct InstanceData<S: 'static> {
    pub(super) module: Arc<Module>,
    pub(super) imports: Arc<[HostFunc<S>]>,
    pub(super) memory: Option<Memory>,
    pub(super) tables: Vec<Table>,
    pub(super) globals: Vec<u64>,
    /// The items of each element segment; none once it is dropped.
    pub(super) elements: Vec<Vec<u64>>,
    /// Whether each data segment is dropped.
    pub(super) dropped_data: Vec<bool>,
}

impl<S> InstanceData<S> {
    /// An instance whose active segments are in place and whose start function has yet to run.
    pub(super) fn new(module: Arc<Module>, imports: Arc<[HostFunc<S>]>) -> Result<Self> {
        let mut globals = Vec::with_capacity(module.globals.len());
        for global in &module.globals {
            globals.push(global.init.value(&globals).ok_or_else(error::broken)?);
        }
        let value = |expr: &Const| expr.value(&globals).ok_or_else(error::broken);
        let memory = module.memory.map(|ty| Memory::new(ty.initial, ty.maximum)).transpose()?;
        let tables = module
            .tables
            .iter()
            .map(|table| Table::new(table.ty.initial, table.ty.maximum, value(&table.init)?));
        let tables = tables.collect::<Result<_>>()?;
        let elements = module.elements.iter().map(|s| s.items.iter().map(value).collect());
        let elements = elements.collect::<Result<_>>()?;
        let dropped_data = vec![false; module.data.len()];
        let mut data =
            InstanceData { module, imports, memory, tables, globals, elements, dropped_data };
        data.run_segments().map_err(|stop| match stop {
            Stop::Trap(kind) => error::trap(kind, std::iter::empty()),
            Stop::Error(error) => error,
        })?;
        Ok(data)
    }

    /// Tables first, then the memory; the first segment that does not fit traps.
    fn run_segments(&mut self) -> Result<(), Stop> {
        let module = self.module.clone();
        let offset = |expr: &Const, globals: &[u64]| expr.value(globals).ok_or_else(error::broken);
        for (index, segment) in module.elements.iter().enumerate() {
            if let Place::Active(table, expr) = &segment.place {
                let (to, len) = (offset(expr, &self.globals)?, segment.items.len() as u64);
                self.table_init(*table, index as u32, to, 0, len)?;
            }
            if !matches!(segment.place, Place::Passive) {
                self.elem_drop(index as u32);
            }
        }
        for (index, segment) in module.data.iter().enumerate() {
            if let Place::Active(_, expr) = &segment.place {
                let (to, len) = (offset(expr, &self.globals)?, segment.bytes.len() as u64);
                self.memory_init(index as u32, to, 0, len)?;
                self.data_drop(index as u32);
            }
        }
        Ok(())
    }

    pub(super) fn memory(&mut self) -> Result<&mut Memory, Stop> {
        Ok(self.memory.as_mut().ok_or_else(error::broken)?)
    }

    pub(super) fn table(&mut self, index: u32) -> Result<&mut Table, Stop> {
        Ok(self.tables.get_mut(index as usize).ok_or_else(error::broken)?)
    }

    pub(super) fn memory_init(
        &mut self,
        segment: u32,
        to: u64,
        from: u64,
        len: u64,
    ) -> Result<(), Stop> {
        let dropped = self.dropped_data.get(segment as usize).copied().unwrap_or(true);
        let data = self.module.data.get(segment as usize).filter(|_| !dropped);
        let bytes: &[u8] = data.map_or(&[], |data| &data.bytes);
        let bytes = range(from, len, bytes.len()).and_then(|range| bytes.get(range));
        let bytes = bytes.ok_or(TrapKind::MemoryOutOfBounds)?;
        let memory = self.memory.as_mut().ok_or_else(error::broken)?;
        memory.at(to, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn data_drop(&mut self, segment: u32) {
        if let Some(dropped) = self.dropped_data.get_mut(segment as usize) {
            *dropped = true;
        }
    }

    pub(super) fn table_init(
        &mut self,
        table: u32,
        segment: u32,
        to: u64,
        from: u64,
        len: u64,
    ) -> Result<(), Stop> {
        let items = self.elements.get(segment as usize).map_or(&[][..], Vec::as_slice);
        let items = range(from, len, items.len()).and_then(|range| items.get(range));
        let items = items.ok_or(TrapKind::TableOutOfBounds)?;
        let table = self.tables.get_mut(table as usize).ok_or_else(error::broken)?;
        table.at(to, len)?.copy_from_slice(items);
        Ok(())
    }

    pub(super) fn table_copy(
        &mut self,
        to_table: u32,
        from_table: u32,
        to: u64,
        from: u64,
        len: u64,
    ) -> Result<(), Stop> {
        // Through a copy, because the two may be one table and the ranges may overlap.
        let items = self.table(from_table)?.at(from, len)?.to_vec();
        self.table(to_table)?.at(to, len)?.copy_from_slice(&items);
        Ok(())
    }

    pub(super) fn elem_drop(&mut self, segment: u32) {
        if let Some(items) = self.elements.get_mut(segment as usize) {
            items.clear();
        }
    }
}

/// A linear memory. It moves whenever it grows, so that nobody gets away with a stale pointer.
pub(super) struct Memory {
    bytes: Vec<u8>,
    max: Option<u64>,
}

impl Memory {
    fn new(min: u64, max: Option<u64>) -> Result<Self> {
        if min > MAX_PAGES {
            let bytes = min.saturating_mul(PAGE);
            let what = "mock: the module declares a memory of";
            return Err(Error::runtime(format_args!(
                "{what} {bytes} bytes, and 1 GiB is the most"
            )));
        }
        // Zeroed by the system where it can be, so that what is not touched costs nothing.
        Ok(Memory { bytes: vec![0; (min * PAGE) as usize], max })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// In pages.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64 / PAGE
    }

    /// The maximum that the module declares, in pages.
    pub(super) fn declared_max(&self) -> Option<u64> {
        self.max
    }

    /// Grows by `pages` and returns the number of pages before; `None` changes nothing.
    pub(super) fn grow(&mut self, pages: u64) -> Option<u64> {
        let before = self.size();
        let after = before.checked_add(pages)?;
        if after > self.max.map_or(MAX_PAGES, |max| max.min(MAX_PAGES)) {
            return None;
        }
        if pages > 0 {
            let mut bytes = vec![0; (after * PAGE) as usize];
            // The new one is longer, so `zip` copies all of the old one.
            let (old, _) = bytes.split_at_mut(self.bytes.len());
            old.copy_from_slice(&self.bytes);
            self.bytes = bytes;
        }
        Some(before)
    }

    /// `len` bytes at `address`.
    pub(super) fn at(&mut self, address: u64, len: u64) -> Result<&mut [u8], TrapKind> {
        let range = range(address, len, self.bytes.len());
        range.and_then(|range| self.bytes.get_mut(range)).ok_or(TrapKind::MemoryOutOfBounds)
    }

    pub(super) fn copy(&mut self, to: u64, from: u64, len: u64) -> Result<(), TrapKind> {
        let (to, from) = (range(to, len, self.bytes.len()), range(from, len, self.bytes.len()));
        let (to, from) = to.zip(from).ok_or(TrapKind::MemoryOutOfBounds)?;
        self.bytes.copy_within(from, to.start);
        Ok(())
    }
}

/// A table of references.
pub(super) struct Table {
    slots: Vec<u64>,
    max: Option<u64>,
}

impl Table {
    fn new(min: u64, max: Option<u64>, init: u64) -> Result<Self> {
        if min > MAX_SLOTS {
            let what = "mock: the module declares a table of";
            let most = MAX_SLOTS;
            return Err(Error::runtime(format_args!("{what} {min} slots, and {most} is the most")));
        }
        Ok(Table { slots: vec![init; min as usize], max })
    }

    pub(super) fn size(&self) -> u64 {
        self.slots.len() as u64
    }

    /// The maximum that the module declares.
    pub(super) fn declared_max(&self) -> Option<u64> {
        self.max
    }

    pub(super) fn get(&self, index: u64) -> Result<u64, TrapKind> {
        let slot = usize::try_from(index).ok().and_then(|index| self.slots.get(index));
        slot.copied().ok_or(TrapKind::TableOutOfBounds)
    }

    /// `len` slots at `index`.
    pub(super) fn at(&mut self, index: u64, len: u64) -> Result<&mut [u64], TrapKind> {
        let range = range(index, len, self.slots.len());
        range.and_then(|range| self.slots.get_mut(range)).ok_or(TrapKind::TableOutOfBounds)
    }

    /// Grows by `slots` and returns their number before; `None` changes nothing.
    pub(super) fn grow(&mut self, slots: u64, init: u64) -> Option<u64> {
        let before = self.size();
        let max = self.max.map_or(MAX_SLOTS, |max| max.min(MAX_SLOTS));
        let after = before.checked_add(slots).filter(|after| *after <= max)?;
        self.slots.resize(after as usize, init);
        Some(before)
    }
}

/// `start .. start + len`, if that lies within `size`.
fn range(start: u64, len: u64, size: usize) -> Option<Range<usize>> {
    let end = start.checked_add(len).filter(|end| *end <= size as u64)?;
    // Both are at most `size`, which is a usize.
    Some(start as usize..end as usize)
}
