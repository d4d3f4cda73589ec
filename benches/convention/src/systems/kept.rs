//! By hand, as quick as it gets: two buffers in the plugin that are kept from call to call, one for
//! arguments and one for results. No malloc and no free, one call; but a plugin whose functions all
//! take a buffer for their result, and a host that calls again if it was too small.

use super::{BY_HAND, Raw, System, to_bytes, to_numbers, to_string};
use anyhow::{Result, ensure};

/// The plugin called with kept buffers.
pub(super) struct Kept<R> {
    raw: R,
    input: Buffer,
    output: Buffer,
}

/// A block of the plugin's that is kept.
#[derive(Clone, Copy, Debug)]
struct Buffer {
    at: u32,
    room: u32,
}

impl Buffer {
    fn new<R: Raw>(raw: &mut R, size: usize) -> Result<Self> {
        let room = u32::try_from(size)?;
        let at = raw.malloc(room)?;
        ensure!(at != 0, "the plugin has no memory");
        Ok(Buffer { at, room })
    }

    /// Makes room for `size` bytes.
    #[cold]
    fn grow<R: Raw>(&mut self, raw: &mut R, size: usize) -> Result<()> {
        raw.free(self.at)?;
        *self = Buffer::new(raw, size.next_power_of_two())?;
        Ok(())
    }
}

impl<R: Raw> Kept<R> {
    /// A running plugin with its buffers.
    pub(super) fn new() -> Result<Self> {
        let mut raw = R::start(BY_HAND)?;
        let input = Buffer::new(&mut raw, 4096)?;
        let output = Buffer::new(&mut raw, 4096)?;
        Ok(Kept { raw, input, output })
    }

    /// The buffer for arguments with room for `size` bytes, and where it is.
    #[inline]
    fn input(&mut self, size: usize) -> Result<(u32, &mut [u8])> {
        if size > self.input.room as usize {
            self.input.grow(&mut self.raw, size)?;
        }
        Ok((self.input.at, &mut self.raw.slice()[self.input.at as usize..][..size]))
    }

    /// Writes an argument, and returns where it is.
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(u32, u32)> {
        let (at, place) = self.input(bytes.len())?;
        place.copy_from_slice(bytes);
        Ok((at, bytes.len() as u32))
    }

    /// Calls until the result fits, and copies it out.
    #[inline]
    fn into(&mut self, call: impl Fn(&mut R, u32, u32) -> Result<u32>) -> Result<Vec<u8>> {
        loop {
            let len = call(&mut self.raw, self.output.at, self.output.room)? as usize;
            if len <= self.output.room as usize {
                return Ok(self.raw.slice()[self.output.at as usize..][..len].to_vec());
            }
            self.output.grow(&mut self.raw, len)?;
        }
    }
}

impl<R: Raw> System for Kept<R> {
    #[inline]
    fn nothing(&mut self) -> Result<()> {
        self.raw.nothing()
    }

    #[inline]
    fn greet(&mut self, name: &str) -> Result<String> {
        let (at, len) = self.put(name.as_bytes())?;
        to_string(self.into(|raw, out, room| raw.greet_into(at, len, out, room))?)
    }

    #[inline]
    fn twice(&mut self, numbers: &[f64; 8]) -> Result<[f64; 8]> {
        let (at, _) = self.put(&to_bytes(numbers))?;
        self.raw.twice(self.output.at, at)?;
        to_numbers(&self.raw.slice()[self.output.at as usize..][..64])
    }

    #[inline]
    fn strings(&mut self, strings: &[&str]) -> Result<u64> {
        let array = strings.len() * 8;
        let size = array + strings.iter().map(|it| it.len()).sum::<usize>();
        let (at, room) = self.input(size)?;
        let mut used = array;
        for (number, string) in strings.iter().enumerate() {
            room[used..][..string.len()].copy_from_slice(string.as_bytes());
            let piece = &mut room[number * 8..][..8];
            piece[..4].copy_from_slice(&(at + used as u32).to_le_bytes());
            piece[4..].copy_from_slice(&(string.len() as u32).to_le_bytes());
            used += string.len();
        }
        self.raw.strings(at, strings.len() as u32)
    }

    #[inline]
    fn pass(&mut self, bytes: &[u8]) -> Result<u32> {
        let (at, len) = self.put(bytes)?;
        self.raw.pass(at, len)
    }

    #[inline]
    fn fetch(&mut self, len: u32) -> Result<Vec<u8>> {
        self.into(|raw, out, room| raw.fetch_into(len, out, room))
    }

    #[inline]
    fn sum(&mut self, bytes: &[u8]) -> Result<u64> {
        let (at, len) = self.put(bytes)?;
        self.raw.sum(at, len)
    }

    #[inline]
    fn reverse(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let (at, len) = self.put(bytes)?;
        self.into(|raw, out, room| raw.reverse_into(at, len, out, room))
    }
}
