//! By hand, the usual way: the plugin exports malloc and free, and the host calls them around each
//! call: malloc, copy, call, copy, free.

use super::raw::unpack;
use super::{BY_HAND, Raw, System, to_bytes, to_numbers, to_string};
use anyhow::{Result, ensure};

/// The plugin that exports its malloc, called with its own malloc.
pub(super) struct ByHand<R>(R);

impl<R: Raw> ByHand<R> {
    /// A running plugin.
    pub(super) fn new() -> Result<Self> {
        R::start(BY_HAND).map(ByHand)
    }

    #[inline]
    fn malloc(&mut self, size: usize) -> Result<u32> {
        let block = self.0.malloc(u32::try_from(size)?)?;
        ensure!(block != 0 || size == 0, "the plugin has no memory");
        Ok(block)
    }

    /// Calls `call` with the bytes in a block of their own.
    #[inline]
    fn with<T>(
        &mut self,
        bytes: &[u8],
        call: impl FnOnce(&mut R, u32, u32) -> Result<T>,
    ) -> Result<T> {
        let block = self.malloc(bytes.len())?;
        self.0.write(block, bytes)?;
        let result = call(&mut self.0, block, bytes.len() as u32)?;
        self.0.free(block)?;
        Ok(result)
    }

    /// Copies a block out and frees it.
    #[inline]
    fn take(&mut self, packed: u64) -> Result<Vec<u8>> {
        let (at, len) = unpack(packed);
        let bytes = self.0.read(at, len)?;
        self.0.free(at)?;
        Ok(bytes)
    }
}

impl<R: Raw> System for ByHand<R> {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.0.nothing()
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        let packed = self.with(name.as_bytes(), R::greet)?;
        to_string(self.take(packed)?)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        // One block for both structs.
        let block = self.malloc(128)?;
        self.0.write(block, &to_bytes(numbers))?;
        self.0.twice(block + 64, block)?;
        let doubled = to_numbers(&self.0.read(block + 64, 64)?);
        self.0.free(block)?;
        doubled
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        // One block for everything: the array, and behind it the strings.
        let array = strings.len() * 8;
        let block = self.malloc(array + strings.iter().map(|it| it.len()).sum::<usize>())?;
        let mut at = block + array as u32;
        let mut pieces = Vec::with_capacity(array);
        for string in strings {
            self.0.write(at, string.as_bytes())?;
            pieces.extend_from_slice(&at.to_le_bytes());
            pieces.extend_from_slice(&(string.len() as u32).to_le_bytes());
            at += string.len() as u32;
        }
        self.0.write(block, &pieces)?;
        let total = self.0.strings(block, strings.len() as u32)?;
        self.0.free(block)?;
        Ok(total)
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        self.with(bytes, R::pass)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        let packed = self.0.fetch(len)?;
        self.take(packed)
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        self.with(bytes, R::sum)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let packed = self.with(bytes, R::reverse)?;
        self.take(packed)
    }
}
