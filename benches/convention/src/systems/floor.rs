//! What cannot be had for less: the runtime's own typed call that does nothing, and a memcpy.

use super::{BY_HAND, Raw, System};
use crate::rows::{Row, SIZES};
use anyhow::{Result, bail, ensure};

/// A no-op call and a memcpy of as many bytes as the row passes.
pub(super) struct Floor<R> {
    raw: R,
    /// Offset of room for the largest buffer.
    place: usize,
}

impl<R: Raw> Floor<R> {
    /// Nothing but an instance.
    pub(super) fn new() -> Result<Self> {
        let mut raw = R::start(BY_HAND)?;
        let largest = SIZES.into_iter().max().unwrap_or(0);
        let place = raw.malloc(largest as u32)?;
        ensure!(place != 0, "no memory");
        Ok(Floor { raw, place: place as usize })
    }
}

/// What has no floor is never asked for.
fn none<T>() -> Result<T> {
    bail!("there is no floor")
}

impl<R: Raw> System for Floor<R> {
    const CHECKED: bool = false;

    fn takes(&self, row: Row) -> bool {
        matches!(row, Row::Nothing | Row::Pass(_) | Row::Fetch(_))
    }

    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.raw.nothing()
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        self.raw.slice()[self.place..][..bytes.len()].copy_from_slice(bytes);
        self.raw.nothing()?;
        Ok(0)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        self.raw.nothing()?;
        Ok(self.raw.slice()[self.place..][..len as usize].to_vec())
    }

    fn greet(&mut self, _: &str) -> Result<String> {
        none()
    }

    fn twice(&mut self, _: &[f64; 8]) -> Result<[f64; 8]> {
        none()
    }

    fn strings(&mut self, _: &[&str]) -> Result<u64> {
        none()
    }

    fn sum(&mut self, _: &[u8]) -> Result<u64> {
        none()
    }

    fn reverse(&mut self, _: &[u8]) -> Result<Vec<u8>> {
        none()
    }
}

/// A no-op call in the turns of a row that is to be compared with it.
pub(super) struct NoOp<R>(Floor<R>);

impl<R: Raw> NoOp<R> {
    /// Nothing but an instance.
    pub(super) fn new() -> Result<Self> {
        Floor::new().map(NoOp)
    }
}

impl<R: Raw> System for NoOp<R> {
    const CHECKED: bool = false;

    fn takes(&self, row: Row) -> bool {
        row == Row::Pass(64)
    }

    #[inline]
    fn pass(&mut self, _: &[u8]) -> Result<u32> {
        self.0.nothing()?;
        Ok(0)
    }

    fn nothing(&mut self) -> Result<()> {
        none()
    }

    fn fetch(&mut self, _: u32) -> Result<Vec<u8>> {
        none()
    }

    fn greet(&mut self, _: &str) -> Result<String> {
        none()
    }

    fn twice(&mut self, _: &[f64; 8]) -> Result<[f64; 8]> {
        none()
    }

    fn strings(&mut self, _: &[&str]) -> Result<u64> {
        none()
    }

    fn sum(&mut self, _: &[u8]) -> Result<u64> {
        none()
    }

    fn reverse(&mut self, _: &[u8]) -> Result<Vec<u8>> {
        none()
    }
}
