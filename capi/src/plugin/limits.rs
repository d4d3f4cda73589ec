//! What a plugin may use.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::mem::offset_of;

use hostheap_core::Limits;
use hostheap_core::allocate::OnInvalidPointer;
use hostheap_core::heap::{Growth, Hardening};

use crate::abi::abi;
use crate::boundary::{Options, ToChoose, answer};

/// What each plugin may use, beyond the size of its memory (`hh_load_options.max_memory`), and what
/// its heap does to make its mistakes show. Made by `hh_limits_default`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_limits {
    /// The size of this struct, set by `hh_limits_default`.
    struct_size: usize,
    /// The most live bytes that the plugin's heap may hold; its malloc returns NULL beyond. 4 GiB by
    /// default.
    max_heap_bytes: u64,
    /// The least bytes by which its memory grows for the heap: 65536 by default.
    growth_least_bytes: u64,
    /// The most bytes by which it grows at once, unless one block needs more: 16 MiB by default.
    growth_most_bytes: u64,
    /// Blocks are placed at random, in an order that follows from this seed, so that a plugin which
    /// writes past a block does not always hit the same neighbour. 0, the default, is off.
    placement_seed: u64,
    /// The most live blocks; malloc returns NULL beyond. It bounds the host's own bookkeeping. 16 Mi
    /// by default.
    max_blocks: u32,
    /// The most bytes of one block. 2 GiB - 1 by default, and never more.
    max_block: u32,
    /// The most bytes that one string or buffer may have on its way to the host. 256 MiB by default.
    max_transfer: u32,
    /// The most calls of the plugin that may be in progress at once, each made by a host function
    /// that the one before called. It bounds the host's own stack. 64 by default.
    ///
    /// Each takes stack of the thread: 22 KiB on wasmi in a debug build of this library for x86-64, so
    /// that 64 of them take 1.4 MiB, beside what the host functions themselves use. Runtimes that compile
    /// may put the plugin's own frames there too. A thread that runs out of stack ends the process: on
    /// one with 1 MiB or less lower this, or give the thread more.
    max_depth: u32,
    /// The memory grows by this part of what the heap has: 32, the default, is a thirty-second; 0 is
    /// the least bytes each time.
    growth_part: u32,
    /// How many freed blocks wait before their memory is used again. 0, the default, is none.
    quarantine_blocks: u32,
    /// The most bytes that wait; 0, the default, sets no limit beside the number of blocks.
    quarantine_bytes: u32,
    /// New blocks are filled with 0xa5, freed ones with 0x5a, so that their wrong use shows. Off by
    /// default.
    junk_fill: bool,
    /// Freed blocks are filled with zeros. Off by default.
    zero_on_free: bool,
    /// A plugin's free, realloc or malloc_usable_size of what is no live block does nothing but count;
    /// otherwise the plugin traps with HH_ERR_POINTER. Off by default.
    ignore_invalid_pointers: bool,
}

abi!(hh_limits: 72 { struct_size: 0, max_heap_bytes: 8, growth_least_bytes: 16, growth_most_bytes: 24, placement_seed: 32, max_blocks: 40, max_block: 44, max_transfer: 48, max_depth: 52, growth_part: 56, quarantine_blocks: 60, quarantine_bytes: 64, junk_fill: 68, zero_on_free: 69, ignore_invalid_pointers: 70 });

impl Options for hh_limits {
    const NAME: &'static str = "hh_limits";
    const SIZE_AT: usize = offset_of!(hh_limits, struct_size);
    const SIZES: &'static [usize] = &[size_of::<Self>()];

    fn defaults() -> Self {
        let Limits {
            max_heap_bytes,
            max_blocks,
            max_transfer,
            max_depth,
            max_block,
            growth,
            on_invalid_pointer,
            hardening,
            ..
        } = Limits::default();
        hh_limits {
            struct_size: size_of::<Self>(),
            max_heap_bytes,
            growth_least_bytes: growth.least_bytes,
            growth_most_bytes: growth.most_bytes,
            placement_seed: hardening.placement_seed,
            max_blocks,
            max_block,
            max_transfer,
            max_depth,
            growth_part: growth.part,
            quarantine_blocks: hardening.quarantine_blocks,
            quarantine_bytes: hardening.quarantine_bytes,
            junk_fill: hardening.junk_fill,
            zero_on_free: hardening.zero_on_free,
            ignore_invalid_pointers: on_invalid_pointer == OnInvalidPointer::Ignore,
        }
    }
}

impl hh_limits {
    pub(crate) fn to_core(self) -> Limits {
        let policy = match self.ignore_invalid_pointers {
            true => OnInvalidPointer::Ignore,
            false => OnInvalidPointer::Trap,
        };
        Limits::new()
            .max_heap_bytes(self.max_heap_bytes)
            .max_blocks(self.max_blocks)
            .max_block(self.max_block)
            .max_transfer(self.max_transfer)
            .max_depth(self.max_depth)
            .on_invalid_pointer(policy)
            .growth(Growth {
                least_bytes: self.growth_least_bytes,
                part: self.growth_part,
                most_bytes: self.growth_most_bytes,
            })
            .hardening(Hardening {
                quarantine_blocks: self.quarantine_blocks,
                quarantine_bytes: self.quarantine_bytes,
                junk_fill: self.junk_fill,
                zero_on_free: self.zero_on_free,
                placement_seed: self.placement_seed,
            })
    }
}

/// Writes the limits that apply where NULL is given to a struct of `size` bytes, and nothing behind
/// them. Use `hh_limits_default` instead, which tells it the size that the struct has in this header.
#[unsafe(no_mangle)]
pub extern "C" fn hh_limits_init(options: ToChoose<'_, hh_limits>, size: usize) {
    answer((), || options.init(size));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_core() {
        assert_eq!(hh_limits::defaults().to_core(), Limits::default());
    }

    #[test]
    fn each_limit_gets_to_core() {
        let limits = hh_limits {
            max_heap_bytes: 1,
            growth_least_bytes: 2,
            growth_most_bytes: 3,
            placement_seed: 4,
            max_blocks: 5,
            max_block: 6,
            max_transfer: 7,
            max_depth: 8,
            growth_part: 9,
            quarantine_blocks: 10,
            quarantine_bytes: 11,
            junk_fill: true,
            zero_on_free: true,
            ignore_invalid_pointers: true,
            ..hh_limits::defaults()
        };
        let hardening = Hardening {
            quarantine_blocks: 10,
            quarantine_bytes: 11,
            junk_fill: true,
            zero_on_free: true,
            placement_seed: 4,
        };
        let expected = Limits::new()
            .max_heap_bytes(1)
            .growth(Growth { least_bytes: 2, most_bytes: 3, part: 9 })
            .max_blocks(5)
            .max_block(6)
            .max_transfer(7)
            .max_depth(8)
            .hardening(hardening)
            .on_invalid_pointer(OnInvalidPointer::Ignore);
        assert_eq!(limits.to_core(), expected);
    }
}
