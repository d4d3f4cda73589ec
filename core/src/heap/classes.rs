//! Size classes of small blocks.
//!
//! Every 16 bytes up to 256, every 32 up to 512, every 64 up to 1024: a block is never more than
//! 15 bytes or an eighth larger than asked for.

/// Number of classes.
pub(super) const CLASSES: usize = 32;

/// The largest small block, in bytes.
pub(super) const SMALL_MAX: u32 = 1024;

/// Block sizes by class, in bytes.
const SIZES: [u32; CLASSES] = {
    let mut sizes = [0; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        let i = class as u32;
        sizes[class] = match i {
            0..16 => 16 * (i + 1),
            16..24 => 256 + 32 * (i - 15),
            _ => 512 + 64 * (i - 23),
        };
        class += 1;
    }
    sizes
};

/// `ceil(2^32 / size)` by class: dividing by a size becomes a multiplication, exact below 2^16.
const RECIPROCALS: [u32; CLASSES] = {
    let mut reciprocals = [0; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        reciprocals[class] = (1u64 << 32).div_ceil(SIZES[class] as u64) as u32;
        class += 1;
    }
    reciprocals
};

/// A size class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    pub(super) const ALL: core::ops::Range<u8> = 0..CLASSES as u8;

    /// The class with this number; numbers wrap around, so that every one is a class.
    #[inline]
    pub(super) fn from_index(index: u32) -> Class {
        Class((index % CLASSES as u32) as u8)
    }

    /// The smallest class for `size` bytes, or `None` for a large block.
    #[inline]
    pub(super) fn for_size(size: u32) -> Option<Class> {
        let last = size.saturating_sub(1);
        Some(Class(match last {
            0..256 => last / 16,
            256..512 => 8 + last / 32,
            512..SMALL_MAX => 16 + last / 64,
            _ => return None,
        } as u8))
    }

    /// The smallest class for `size` bytes all of whose blocks are aligned, as long as a slab is
    /// aligned to a unit. `align` is a power of two, at most a unit.
    pub(super) fn for_layout(align: u32, size: u32) -> Option<Class> {
        let first = Class::for_size(size)?;
        first.and_coarser().find(|class| class.size().is_multiple_of(align))
    }

    /// This class and all coarser ones.
    pub(super) fn and_coarser(self) -> impl Iterator<Item = Class> {
        (self.0..Self::ALL.end).map(Class)
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        self.0 as usize % CLASSES
    }

    /// Block size in bytes.
    #[inline]
    pub(super) fn size(self) -> u32 {
        SIZES[self.index()]
    }

    /// The slot that byte `at` of a slab belongs to. `at` is below 65536.
    #[inline]
    pub(super) fn slot_at(self, at: u32) -> u32 {
        ((u64::from(at) * u64::from(RECIPROCALS[self.index()])) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_size_gets_the_smallest_class_that_holds_it() {
        for size in 0..=SMALL_MAX {
            let best = SIZES.iter().position(|&s| s >= size).unwrap();
            assert_eq!(Class::for_size(size).unwrap().index(), best, "size {size}");
        }
        assert_eq!(Class::for_size(SMALL_MAX + 1), None);
        assert_eq!(Class::for_size(u32::MAX), None);
    }

    #[test]
    fn waste_inside_a_block_is_bounded() {
        for size in 1..=SMALL_MAX {
            let waste = Class::for_size(size).unwrap().size() - size;
            assert!(waste < 16.max(size / 8), "size {size} wastes {waste}");
        }
    }

    #[test]
    fn multiplying_by_the_reciprocal_divides() {
        for class in Class::ALL.map(Class) {
            for at in 0..65536 {
                assert_eq!(class.slot_at(at), at / class.size());
            }
        }
    }

    #[test]
    fn aligned_classes_are_aligned_and_large_enough() {
        for align in [1, 2, 4, 8, 16, 32, 64, 128] {
            for size in 0..=SMALL_MAX {
                let class = Class::for_layout(align, size).unwrap();
                assert!(class.size() >= size && class.size().is_multiple_of(align));
            }
        }
    }
}
