//! Size classes of small blocks.
//!
//! Every 16 bytes up to 256, then eight to a doubling up to 2048: a block is never more than 15
//! bytes or an eighth larger than asked for. Seven more lie between the smallest ones, at 24, 40
//! and so on up to 120 bytes, for callers who say that an alignment of 8 is enough for them.

/// Number of classes whose blocks are aligned to 16, coarser ones last.
const EVEN: usize = 40;

/// Number of classes.
pub(super) const CLASSES: usize = 47;

/// Length of tables by class. A power of two, so that masking makes every index one of them.
pub(super) const BY_CLASS: usize = 64;

/// The largest small block, in bytes.
pub(super) const SMALL_MAX: u32 = 2048;

/// The largest block of a class that is aligned to 8 only.
const ODD_MAX: u32 = 120;

/// Block sizes by class, in bytes.
const SIZES: [u32; BY_CLASS] = {
    let mut sizes = [SMALL_MAX; BY_CLASS];
    let mut class = 0;
    while class < CLASSES {
        let i = class as u32;
        sizes[class] = match i {
            0..16 => 16 * (i + 1),
            16..24 => 256 + 32 * (i - 15),
            24..32 => 512 + 64 * (i - 23),
            32..40 => 1024 + 128 * (i - 31),
            _ => 24 + 16 * (i - 40),
        };
        class += 1;
    }
    sizes
};

/// `ceil(2^32 / size)` by class: dividing by a size becomes a multiplication, exact below 2^16.
const RECIPROCALS: [u32; BY_CLASS] = {
    let mut reciprocals = [0; BY_CLASS];
    let mut class = 0;
    while class < BY_CLASS {
        reciprocals[class] = (1u64 << 32).div_ceil(SIZES[class] as u64) as u32;
        class += 1;
    }
    reciprocals
};

/// The smallest class for a size, by the size in units of 16 bytes, rounded up.
const FOR_SIZE: [u8; 256] = {
    let mut classes = [0; 256];
    let (mut sixteenths, mut class) = (0, 0);
    while sixteenths <= SMALL_MAX as usize / 16 {
        if sixteenths as u32 * 16 > SIZES[class] {
            class += 1;
        }
        classes[sixteenths] = class as u8;
        sixteenths += 1;
    }
    classes
};

/// A size class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// Block sizes by class, in bytes.
    pub(super) const SIZES: [u32; BY_CLASS] = SIZES;

    /// All classes.
    pub(super) fn all() -> impl Iterator<Item = Class> {
        (0..CLASSES as u8).map(Class)
    }

    /// The class with this number; numbers wrap around at 64.
    #[inline]
    pub(super) fn from_index(index: u32) -> Class {
        Class((index % BY_CLASS as u32) as u8)
    }

    /// The class with this number, if it is one whose blocks are aligned to 16.
    #[inline(always)]
    pub(super) fn even(index: u32) -> Option<Class> {
        (index < EVEN as u32).then_some(Class(index as u8))
    }

    /// The smallest class for `size` bytes at any multiple of 16. `size` is at most 2048.
    #[inline]
    pub(super) fn for_small(size: u32) -> Class {
        Class(FOR_SIZE[(size.wrapping_add(15) >> 4 & 0xff) as usize])
    }

    /// The smallest class for `size` bytes, or `None` for a large block.
    #[inline]
    pub(super) fn for_size(size: u32) -> Option<Class> {
        (size <= SMALL_MAX).then(|| Class::for_small(size))
    }

    /// The smallest class for `size` bytes all of whose blocks are aligned, as long as a slab is
    /// aligned to a unit. `align` is a power of two, at most a unit.
    pub(super) fn for_layout(align: u32, size: u32) -> Option<Class> {
        let eighths = size.div_ceil(8);
        if align <= 8 && (3..=ODD_MAX / 8).contains(&eighths) && eighths % 2 == 1 {
            return Some(Class((EVEN as u32 + (eighths - 3) / 2) as u8));
        }
        let first = Class::for_size(size)?;
        [first].into_iter().chain(first.coarser()).find(|class| class.size().is_multiple_of(align))
    }

    /// All coarser classes, with blocks aligned to 16, the next one first.
    pub(super) fn coarser(self) -> impl Iterator<Item = Class> {
        let next = match self.is_odd() {
            true => self.size() / 16,
            false => u32::from(self.0) + 1,
        };
        (next as u8..EVEN as u8).map(Class)
    }

    /// Whether blocks of this class are aligned to 8 and not all to 16.
    #[inline]
    pub(super) fn is_odd(self) -> bool {
        self.0 as usize >= EVEN
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        self.0 as usize % BY_CLASS
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
            let best = SIZES[..EVEN].iter().position(|&s| s >= size).unwrap();
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
        for class in Class::all() {
            for at in (0..65536).step_by(if cfg!(miri) { 251 } else { 1 }) {
                assert_eq!(class.slot_at(at), at / class.size());
            }
        }
    }

    #[test]
    fn aligned_classes_are_aligned_and_large_enough() {
        for align in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
            for size in 0..=SMALL_MAX {
                let class = Class::for_layout(align, size).unwrap();
                assert!(class.size() >= size && class.size().is_multiple_of(align));
                assert!(align <= 8 || !class.is_odd());
            }
        }
    }

    #[test]
    fn where_eight_will_do_blocks_fit_to_eight_bytes() {
        for size in 17..=ODD_MAX {
            let class = Class::for_layout(8, size).unwrap();
            assert_eq!(class.size(), size.next_multiple_of(8));
            assert!(class.coarser().next().unwrap().size() > class.size());
        }
    }
}
