//! Plain data in linear memory: what can stand behind a pointer.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bytemuck::checked::{CheckedCastError, try_cast_slice, try_pod_read_unaligned};
use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};

use super::error::ConventionError;

/// A struct that host and plugin share: the same fields in the same order on both sides.
///
/// The layout is C's (`#[repr(C)]`), and the derives of [bytemuck](https://docs.rs/bytemuck) check
/// what makes it safe to copy: no padding, so that no stray host bytes reach the plugin, and every
/// bit pattern either valid or checked. Where C would pad, write a field for it. Pointers in it are
/// [`GuestPtr`]s, `size_t` is `u32`.
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use hostheap_core::convention::CStruct;
///
/// // struct point { double x, y; };
/// #[repr(C)]
/// #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// impl CStruct for Point {
///     const C_NAME: &'static str = "struct point";
/// }
/// ```
///
/// With `bool`s, `char`s or enums in it, which have bit patterns that are none of theirs, derive
/// `NoUninit` and `CheckedBitPattern` instead of `Pod`: what a plugin wrote is then checked when it
/// is read, and is a [`ConventionError::InvalidBits`] if it is no value.
///
/// A struct with padding does not compile:
///
/// ```compile_fail,E0512
/// #[repr(C)]
/// #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
/// struct Padded {
///     tag: u8,
///     value: u32,
/// }
/// ```
pub trait CStruct: NoUninit + CheckedBitPattern + Send + Sync + 'static {
    /// Its type in C, for prototypes in messages: `struct point`.
    const C_NAME: &'static str;
}

/// What slices and pointers can be of: numbers, `bool`, `char`, [`GuestPtr`], and every
/// [`CStruct`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no plain data that a plugin's pointer can point to",
    note = "numbers, `bool`, `char` and `GuestPtr` are; for a struct of your own derive \
            `bytemuck::Pod` and `bytemuck::Zeroable` and implement `CStruct`"
)]
pub trait Element: NoUninit + CheckedBitPattern + Send + Sync + 'static {
    /// Its type in C.
    const C_NAME: &'static str;
}

impl<T: CStruct> Element for T {
    const C_NAME: &'static str = T::C_NAME;
}

macro_rules! elements {
    ($($host:ty = $c:literal;)*) => {
        $(impl Element for $host {
            const C_NAME: &'static str = $c;
        })*
    };
}
elements! {
    i8 = "int8_t";
    u8 = "unsigned char";
    i16 = "int16_t";
    u16 = "uint16_t";
    i32 = "int32_t";
    u32 = "uint32_t";
    i64 = "int64_t";
    u64 = "uint64_t";
    f32 = "float";
    f64 = "double";
    bool = "bool";
    char = "uint32_t";
}

impl<T: Pod + Send + Sync> Element for GuestPtr<T> {
    const C_NAME: &'static str = "void *";
}

/// A pointer of the plugin's: an offset into its linear memory that nobody has checked yet.
///
/// It may be a field of a [`CStruct`], a parameter of a host function or a result. Reading through
/// it checks bounds and alignment each time: [`Guest::read`](crate::Guest::read),
/// [`write`](crate::Guest::write).
///
/// As a field it points to [`Pod`] data. A struct that points to its own kind, as in a list, has a
/// `GuestPtr` to nothing in particular in it, and [casts](Self::cast) it.
#[repr(transparent)]
#[derive(Pod, Zeroable)]
pub struct GuestPtr<T = ()> {
    offset: u32,
    points_to: PhantomData<T>,
}

impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> PartialEq for GuestPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.offset == other.offset
    }
}

impl<T> Eq for GuestPtr<T> {}

impl<T> fmt::Debug for GuestPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestPtr({:#x})", self.offset)
    }
}

impl<T> GuestPtr<T> {
    /// C's `NULL`.
    pub const NULL: Self = GuestPtr::new(0);

    /// A pointer to an offset in linear memory.
    pub const fn new(offset: u32) -> Self {
        GuestPtr { offset, points_to: PhantomData }
    }

    /// The offset in linear memory, in bytes.
    pub const fn offset(self) -> u32 {
        self.offset
    }

    /// Whether it is `NULL`.
    pub const fn is_null(self) -> bool {
        self.offset == 0
    }

    /// The same pointer, to something else.
    pub const fn cast<U>(self) -> GuestPtr<U> {
        GuestPtr::new(self.offset)
    }
}

/// Bytes that one `T` takes. Compiling fails for what cannot be the same in a plugin's memory.
#[inline]
pub(crate) const fn size<T: Element>() -> u32 {
    const {
        assert!(size_of::<T>() > 0, "a type without bytes cannot stand behind a pointer");
        assert!(size_of::<T>() <= 1 << 30, "the type is too large for a plugin's memory");
        assert!(align_of::<T>() <= 16, "blocks are aligned to 16 bytes, and this type needs more");
        assert!(
            cfg!(target_endian = "little"),
            "plain data is copied as it is, and WebAssembly is little-endian: pass scalars, text \
             and bytes on this host"
        );
        size_of::<T>() as u32
    }
}

/// Checks that a pointer to `T` is aligned.
#[inline]
pub(crate) fn check_aligned<T: Element>(offset: u32) -> Result<(), ConventionError> {
    let align = align_of::<T>() as u32;
    if offset.is_multiple_of(align) {
        return Ok(());
    }
    Err(ConventionError::Misaligned { offset, align, of: T::C_NAME })
}

/// One `T` from its bytes, which lie at `offset`.
#[inline]
pub(crate) fn read<T: Element>(bytes: &[u8], offset: u32) -> Result<T, ConventionError> {
    try_pod_read_unaligned(bytes).map_err(|_| invalid::<T>(offset))
}

/// As many `T` as there are bytes for.
#[inline]
pub(crate) fn read_all<T: Element>(bytes: &[u8], offset: u32) -> Result<Vec<T>, ConventionError> {
    match try_cast_slice::<u8, T>(bytes) {
        Ok(slice) => Ok(slice.to_owned()),
        Err(CheckedCastError::InvalidBitPattern) => Err(first_invalid::<T>(bytes, offset)),
        // The runtime's buffer is aligned less than the type, which an interpreter's may be.
        Err(CheckedCastError::PodCastError(_)) => each::<T>(bytes, offset).collect(),
    }
}

/// Checks that bytes are as many `T` as there is room for.
#[inline]
pub(crate) fn check_all<T: Element>(bytes: &[u8], offset: u32) -> Result<(), ConventionError> {
    match try_cast_slice::<u8, T>(bytes) {
        Ok(_) => Ok(()),
        Err(CheckedCastError::InvalidBitPattern) => Err(first_invalid::<T>(bytes, offset)),
        Err(CheckedCastError::PodCastError(_)) => {
            each::<T>(bytes, offset).try_for_each(|value| value.map(drop))
        }
    }
}

/// Overwrites `to` with what the bytes hold; they are as many as it has. All or nothing.
#[inline]
pub(crate) fn read_into<T: Element>(
    bytes: &[u8],
    offset: u32,
    to: &mut [T],
) -> Result<(), ConventionError> {
    match try_cast_slice::<u8, T>(bytes) {
        Ok(slice) if slice.len() == to.len() => to.copy_from_slice(slice),
        Err(CheckedCastError::InvalidBitPattern) => {
            return Err(first_invalid::<T>(bytes, offset));
        }
        _ => {
            each::<T>(bytes, offset).try_for_each(|value| value.map(drop))?;
            for (to, value) in to.iter_mut().zip(each::<T>(bytes, offset)) {
                *to = value?;
            }
        }
    }
    Ok(())
}

fn each<T: Element>(bytes: &[u8], offset: u32) -> impl Iterator<Item = Result<T, ConventionError>> {
    let size = size::<T>();
    let at = move |index: usize| offset.wrapping_add((index as u32).wrapping_mul(size));
    let chunks = bytes.chunks_exact(size as usize).enumerate();
    chunks.map(move |(index, bytes)| read(bytes, at(index)))
}

#[cold]
fn first_invalid<T: Element>(bytes: &[u8], offset: u32) -> ConventionError {
    let first = each::<T>(bytes, offset).find_map(Result::err);
    first.unwrap_or_else(|| invalid::<T>(offset))
}

fn invalid<T: Element>(offset: u32) -> ConventionError {
    ConventionError::InvalidBits { offset, of: T::C_NAME }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn bytes_that_are_not_aligned_are_read_one_by_one() {
        let words: Vec<u64> = vec![0x0102_0304_0506_0708, 0x1112_1314_1516_1718, 0];
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let expected: Vec<u32> = read_all(&bytes[..8], 0).unwrap();
        assert_eq!(expected, [0x0506_0708, 0x0102_0304]);
        let odd: Vec<u32> = read_all(&bytes[1..9], 1).unwrap();
        assert_eq!(odd, [0x0405_0607, 0x1801_0203]);
        let mut into = [0u32; 2];
        read_into(&bytes[1..9], 1, &mut into).unwrap();
        assert_eq!(into, [0x0405_0607, 0x1801_0203]);
    }

    #[test]
    fn an_invalid_value_is_named_by_its_offset_and_nothing_is_written() {
        let bytes = [1, 0, 7, 1];
        let invalid = ConventionError::InvalidBits { offset: 102, of: "bool" };
        assert_eq!(read_all::<bool>(&bytes, 100), Err(invalid.clone()));
        let mut into = [false; 4];
        assert_eq!(read_into(&bytes, 100, &mut into), Err(invalid));
        assert_eq!(into, [false; 4]);
    }
}
