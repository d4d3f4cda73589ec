//! What can be wrong with an argument or a result.

use core::fmt;

/// An argument or a result that breaks the calling convention.
///
/// Nothing leaks when one is returned: borrowed arguments are released, and so is the result's
/// block where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConventionError {
    /// The arguments of one call do not fit a 32-bit linear memory.
    ArgumentsTooLarge {
        /// Bytes that they need.
        bytes: u64,
    },
    /// A result, or the arguments that a plugin passed to a host function, are longer than the
    /// host's limit.
    TooLong {
        /// Its length in bytes.
        len: u32,
        /// The host's limit in bytes.
        max: u32,
    },
    /// A result lies in no live block and not in static data either.
    ResultNotInBlock {
        /// Offset of the result.
        offset: u32,
        /// Its length in bytes.
        len: u32,
    },
    /// A result starts in a live block and ends beyond it.
    ResultOverrunsBlock {
        /// Offset of the result.
        offset: u32,
        /// Its length in bytes.
        len: u32,
        /// Offset of the block.
        block: u32,
        /// Size of the block in bytes.
        size: u32,
    },
    /// Host and plugin called each other, back and forth, too deeply.
    TooDeep {
        /// The most calls that may be in progress at once.
        max: u32,
    },
    /// Text that is not UTF-8.
    NotUtf8 {
        /// Offset of the text in linear memory.
        offset: u32,
        /// Its length in bytes.
        len: u32,
        /// How many bytes of it are valid.
        valid_up_to: usize,
    },
    /// An integer that is no Unicode scalar value where a `char` was expected.
    NotChar {
        /// The integer.
        value: u32,
    },
}

impl fmt::Display for ConventionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ConventionError::ArgumentsTooLarge { bytes } => write!(
                f,
                "the arguments need {bytes} bytes of linear memory, and a plugin has 4 GiB at the \
                 most: pass the data in parts"
            ),
            ConventionError::TooLong { len, max } => write!(
                f,
                "the plugin passed {len} bytes, and the host's limit is {max}: raise \
                 Limits::max_transfer, or pass the data in parts"
            ),
            ConventionError::ResultNotInBlock { offset, len } => write!(
                f,
                "the plugin returned {len} bytes at {offset:#x}, which is in no live block and not \
                 in static data: return memory from malloc (the host frees it) or static data, \
                 with the pointer in the high half of a packed u64 and the length in the low half"
            ),
            ConventionError::ResultOverrunsBlock { offset, len, block, size } => write!(
                f,
                "the plugin returned {len} bytes at {offset:#x}, but the block at {block:#x} has \
                 only {size} bytes"
            ),
            ConventionError::TooDeep { max } => write!(
                f,
                "host and plugin have called each other {max} calls deep, which is the host's \
                 limit: end the recursion, or raise Limits::max_depth"
            ),
            ConventionError::NotUtf8 { offset, len, valid_up_to } => write!(
                f,
                "the {len} bytes of text at {offset:#x} are not UTF-8 from byte {valid_up_to} on: \
                 use bytes instead of a string for other encodings"
            ),
            ConventionError::NotChar { value } => {
                write!(f, "{value:#x} is no Unicode scalar value, so it is no char")
            }
        }
    }
}

impl core::error::Error for ConventionError {}
