//! What can be wrong with an argument or a result.

use alloc::string::String;
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
        len: u64,
        /// The host's limit in bytes.
        max: u32,
    },
    /// A result lies in no live block and not in static data either.
    ResultNotInBlock {
        /// Offset of the result.
        offset: u32,
        /// Its length in bytes.
        len: u64,
    },
    /// A result starts in a live block and ends beyond it.
    ResultOverrunsBlock {
        /// Offset of the result.
        offset: u32,
        /// Its length in bytes.
        len: u64,
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
    /// A pointer that is not at a multiple of its type's alignment.
    Misaligned {
        /// The pointer.
        offset: u32,
        /// The alignment in bytes.
        align: u32,
        /// The C type that it should point to.
        of: &'static str,
    },
    /// Bytes that are no value of the type they are read as: a `bool` that is neither 0 nor 1, an
    /// enum's number that it does not have.
    InvalidBits {
        /// Where they lie.
        offset: u32,
        /// The C type.
        of: &'static str,
    },
    /// A string without a NUL at its end.
    NotTerminated {
        /// Where it starts.
        offset: u32,
        /// How many bytes were searched: up to the end of its block, of static data or of memory.
        searched: u64,
    },
    /// `NULL` where there must be something.
    NullPointer {
        /// The C type that it should point to.
        of: &'static str,
    },
    /// A handle to a block that the plugin no longer has.
    Stale {
        /// Where the block was.
        offset: u32,
    },
    /// A callback that was dropped, or that belongs to another plugin.
    StaleCallback {
        /// Its index in the plugin's function table.
        index: u32,
    },
    /// An integer that is no Unicode scalar value where a `char` was expected.
    NotChar {
        /// The integer.
        value: u32,
    },
    /// A [dynamic](super::dynamic) call has other arguments than its prototype has parameters.
    WrongCount {
        /// How many parameters there are.
        expected: u32,
        /// How many arguments were given.
        given: u64,
    },
    /// An argument that its prototype does not allow, or a parameter that is used as what it is not.
    WrongArgument {
        /// Which one; the first is 1.
        number: u32,
        /// What the prototype says.
        expected: String,
        /// What was given, in words.
        given: String,
    },
    /// A result that the prototype does not allow, or none where it promises one.
    WrongResult {
        /// What the prototype says.
        expected: String,
        /// What was given, in words.
        given: String,
    },
    /// A host function took a parameter that its prototype does not have.
    NoParameter {
        /// Which one; the first is 1.
        number: u64,
        /// How many there are.
        of: u32,
    },
    /// A host function took a parameter a second time that the plugin handed over, and that was
    /// freed.
    AlreadyTaken {
        /// Which one; the first is 1.
        number: u32,
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
                 in static data: return memory from malloc (the host frees it) or static data; in a \
                 packed u64 the pointer is the high half and the length the low one"
            ),
            ConventionError::ResultOverrunsBlock { offset, len, block, size } => write!(
                f,
                "the plugin returned {len} bytes at {offset:#x}, but the block at {block:#x} has \
                 only {size} bytes: return a length within the block"
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
            ConventionError::Misaligned { offset, align, of } => write!(
                f,
                "a pointer to {of} at {offset:#x} is not at a multiple of {align}: blocks from \
                 malloc are, so check what is added to the pointer, and that the plugin means the \
                 same type"
            ),
            ConventionError::InvalidBits { offset, of } => write!(
                f,
                "the bytes at {offset:#x} are no {of}: check that the plugin sets all of it, to \
                 values that the type has, and that its struct has the layout of the host's"
            ),
            ConventionError::NotTerminated { offset, searched } => write!(
                f,
                "the string at {offset:#x} has no NUL in the {searched} bytes up to the end of its \
                 memory: terminate it, or pass pointer and length"
            ),
            ConventionError::NullPointer { of } => write!(
                f,
                "the plugin gave NULL where the host needs a pointer to {of}: give one, or let the \
                 host take an Option"
            ),
            ConventionError::Stale { offset } => write!(
                f,
                "the block at {offset:#x} is no longer the host's: it was freed or handed over, or \
                 it belongs to another plugin; keep a new one"
            ),
            ConventionError::StaleCallback { index } => write!(
                f,
                "the callback at function pointer {index} is gone: the host dropped its Callback, or \
                 it belongs to another plugin; keep the Callback as long as the plugin may call it"
            ),
            ConventionError::NotChar { value } => {
                write!(
                    f,
                    "{value:#x} is no Unicode scalar value, so it is no char: pass a code point \
                     other than a surrogate, or take a u32 in the host"
                )
            }
            ConventionError::WrongCount { expected, given } => write!(
                f,
                "the prototype has {expected} parameters, and {given} arguments were given: pass \
                 one for each"
            ),
            ConventionError::WrongArgument { number, ref expected, ref given } => write!(
                f,
                "parameter {number} is `{expected}` in the prototype, and {given} was given: pass \
                 what the prototype says, or mend the prototype"
            ),
            ConventionError::WrongResult { ref expected, ref given } => write!(
                f,
                "the result is `{expected}` in the prototype, and {given} was given: give what the \
                 prototype says, once, or mend the prototype"
            ),
            ConventionError::NoParameter { number, of } => {
                write!(f, "there is no parameter {number}: the prototype has {of}")
            }
            ConventionError::AlreadyTaken { number } => write!(
                f,
                "parameter {number} was taken already, and the plugin handed it over, so it is \
                 freed: take it once"
            ),
        }
    }
}

impl core::error::Error for ConventionError {}
