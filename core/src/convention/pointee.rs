//! What arguments point to: text, bytes, slices, single values, and structs with pointers in them.

use alloc::borrow::ToOwned;
use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::fmt;

use super::element::{self, CStruct, Element, GuestPtr};
use super::error::ConventionError;
use super::room::{self, Compose, taken};
use crate::types::WasmTypes;

/// A host value that is passed by a pointer, or by a pointer and a length.
///
/// It is borrowed by the plugin for the call. In [`Owned`](super::Owned) it becomes the plugin's
/// own, in an `Option` it may be `NULL`.
///
/// | host type | wasm parameters | the plugin's C parameters |
/// |---|---|---|
/// | `&str`, `&String` | `i32, i32` | `const char *, size_t` |
/// | `&[T]`, `&Vec<T>`, `&[T; N]` | `i32, i32` | `const T *, size_t`, the number of elements |
/// | `&[&str]`, `&[String]`, `&[&[u8]]`, `&Vec` of these | `i32, i32` | `const hh_bytes *, size_t` |
/// | `&CStr`, `&CString` | `i32` | `const char *`, NUL-terminated |
/// | `&T` | `i32` | `const T *`; or a struct `T` by value, which C passes the same way |
/// | `&mut [T]`, `&mut Vec<T>`, `&mut [T; N]` | `i32, i32` | `T *, size_t`, copied back |
/// | `&mut T` | `i32` | `T *`, copied back |
/// | [`Out`]`(&mut …)` | the same | the same, not copied in |
/// | [`Composed`]`(&…)` | `i32` | `const struct … *` |
///
/// `T` is an [`Element`]: a number, `bool`, `char`, a [`GuestPtr`], or a [`CStruct`] of yours.
// This is what the compiler says where an argument is no `Lower`, since every `Pointee` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to a plugin",
    label = "no argument of a plugin's function",
    note = "pass integers, floats, `bool`, `char`, `&str`, `&[T]`, `&T`, `&mut [T]`, `&mut T`, \
            `&CStr`, `&GuestBlock`, `&Callback`, or an `Option` or `Owned` of these; for a struct of \
            your own derive `bytemuck::Pod` and `bytemuck::Zeroable` and implement `CStruct`"
)]
pub trait Pointee: Sized {
    /// Pointer, or pointer and length.
    type Flat: WasmTypes;
    /// The same type without lifetimes.
    type Static: Pointee<Flat = Self::Flat> + 'static;
    /// The same type with the lifetime `'a`.
    type At<'a>: Pointee<Flat = Self::Flat>;
    /// `NULL`, of length 0.
    const NULL: Self::Flat;
    /// Whether it is copied back after the call.
    const COPIES_BACK: bool = false;
    /// Whether writing it runs code of the application's, which may panic.
    const COMPOSES: bool = false;

    /// The C parameters it becomes, for messages.
    fn c_params() -> Vec<String>;
    /// Bytes of linear memory that it takes.
    fn size(&self) -> u64;
    /// Writes it to `bytes`, which are as many as [`size`](Self::size) and lie at `offset`.
    fn write(&self, bytes: &mut [u8], offset: u32);
    /// The parameters, if it lies at `offset`.
    fn flat(&self, offset: u32) -> Self::Flat;

    /// Copies what the plugin made of it back to the host. Nothing by default.
    ///
    /// # Errors
    ///
    /// [`ConventionError::InvalidBits`]; nothing was copied then.
    #[inline]
    fn copy_back(self, bytes: &[u8], offset: u32) -> Result<(), ConventionError> {
        let _ = (bytes, offset);
        Ok(())
    }
}

#[inline]
fn flat_slice(offset: u32, len: usize) -> (i32, i32) {
    // More than 4 Gi elements are more bytes than there is room for, so the length is not used.
    (offset.cast_signed(), (len as u32).cast_signed())
}

fn slice_params(pointer: &str) -> Vec<String> {
    Vec::from([pointer.to_owned(), "size_t".to_owned()])
}

// A trait's constants cannot be put together from others', so prototypes are made at run time.
fn pointer_to<T: Element>(constness: &str) -> String {
    let space = if T::C_NAME.ends_with('*') { "" } else { " " };
    match (constness, space) {
        ("const ", "") => format!("{} const *", T::C_NAME),
        _ => format!("{constness}{}{space}*", T::C_NAME),
    }
}

macro_rules! slices {
    ($([$($generics:tt)*] $host:ty as $stat:ty, $at:ty = |$v:ident| $bytes:expr, $params:expr;)*) => {
        $(impl<'a, $($generics)*> Pointee for &'a $host {
            type Flat = (i32, i32);
            type Static = &'static $stat;
            type At<'b> = &'b $at;
            const NULL: (i32, i32) = (0, 0);

            fn c_params() -> Vec<String> {
                $params
            }
            #[inline]
            fn size(&self) -> u64 {
                let $v = *self;
                $bytes.len() as u64
            }
            #[inline]
            fn write(&self, bytes: &mut [u8], _: u32) {
                let $v = *self;
                let from: &[u8] = $bytes;
                if bytes.len() == from.len() {
                    bytes.copy_from_slice(from);
                }
            }
            #[inline]
            fn flat(&self, offset: u32) -> (i32, i32) {
                flat_slice(offset, self.len())
            }
        })*
    };
}
slices! {
    [] str as str, str = |v| v.as_bytes(), slice_params("const char *");
    [] String as str, str = |v| v.as_bytes(), slice_params("const char *");
    [T: Element] [T] as [T], [T] = |v| elements(v), slice_params(&pointer_to::<T>("const "));
    [T: Element] Vec<T> as [T], [T] = |v| elements(v), slice_params(&pointer_to::<T>("const "));
    [T: Element, const N: usize] [T; N] as [T], [T] = |v| elements(v),
        slice_params(&pointer_to::<T>("const "));
}

#[inline]
fn elements<T: Element>(values: &[T]) -> &[u8] {
    let _ = element::size::<T>();
    bytemuck::cast_slice(values)
}

macro_rules! c_strings {
    ($($host:ty;)*) => {
        $(impl<'a> Pointee for &'a $host {
            type Flat = (i32,);
            type Static = &'static CStr;
            type At<'b> = &'b CStr;
            const NULL: (i32,) = (0,);

            fn c_params() -> Vec<String> {
                Vec::from(["const char *".to_owned()])
            }
            #[inline]
            fn size(&self) -> u64 {
                self.to_bytes_with_nul().len() as u64
            }
            #[inline]
            fn write(&self, bytes: &mut [u8], _: u32) {
                let from = self.to_bytes_with_nul();
                if bytes.len() == from.len() {
                    bytes.copy_from_slice(from);
                }
            }
            #[inline]
            fn flat(&self, offset: u32) -> (i32,) {
                (offset.cast_signed(),)
            }
        })*
    };
}
c_strings! { CStr; CString; }

impl<T: Element> Pointee for &T {
    type Flat = (i32,);
    type Static = &'static T;
    type At<'b> = &'b T;
    const NULL: (i32,) = (0,);

    fn c_params() -> Vec<String> {
        Vec::from([pointer_to::<T>("const ")])
    }
    #[inline]
    fn size(&self) -> u64 {
        element::size::<T>().into()
    }
    #[inline]
    fn write(&self, bytes: &mut [u8], _: u32) {
        let from = bytemuck::bytes_of(*self);
        if bytes.len() == from.len() {
            bytes.copy_from_slice(from);
        }
    }
    #[inline]
    fn flat(&self, offset: u32) -> (i32,) {
        (offset.cast_signed(),)
    }
}

/// A pure out-parameter: `Out(&mut x)` is passed as `&mut x` is, but what the host has in it is not
/// copied to the plugin first. What the plugin finds there is unspecified, as C leaves it.
#[derive(Debug)]
pub struct Out<'a, X: ?Sized>(pub &'a mut X);

/// Implements [`Pointee`] for what the plugin writes to: in and out, and out only.
macro_rules! mutable {
    ($([$($generics:tt)*] $host:ty as $target:ty => $flat:ty, $null:expr;
        |$v:ident| $slice:expr, |$m:ident| $slice_mut:expr, |$at:ident, $len:ident| $make:expr,
        $params:expr;)*) => {
        $(
            mutable!(@ [$($generics)*] &'a mut $host, &'static mut $target, &'b mut $target;
                $flat, $null; |this| { let $v = &*this; $slice },
                |this| { let $m = this; $slice_mut }, |$at, $len| $make, $params, true);
            mutable!(@ [$($generics)*] Out<'a, $host>, Out<'static, $target>, Out<'b, $target>;
                $flat, $null; |this| { let $v = &*this.0; $slice },
                |this| { let $m = this.0; $slice_mut }, |$at, $len| $make, $params, false);
        )*
    };
    (@ [$($generics:tt)*] $me:ty, $stat:ty, $at_b:ty; $flat:ty, $null:expr;
        |$this:ident| $slice:expr, |$that:ident| $slice_mut:expr, |$at:ident, $len:ident| $make:expr,
        $params:expr, $copies_in:literal) => {
        impl<'a, $($generics)*> Pointee for $me {
            type Flat = $flat;
            type Static = $stat;
            type At<'b> = $at_b;
            const NULL: $flat = $null;
            const COPIES_BACK: bool = true;

            fn c_params() -> Vec<String> {
                $params
            }
            #[inline]
            fn size(&self) -> u64 {
                let $this = self;
                size_of_val::<[T]>($slice) as u64
            }
            #[inline]
            fn write(&self, bytes: &mut [u8], _: u32) {
                let $this = self;
                let from = elements::<T>($slice);
                if $copies_in && bytes.len() == from.len() {
                    bytes.copy_from_slice(from);
                }
            }
            #[inline]
            fn flat(&self, $at: u32) -> $flat {
                let $this = self;
                let $len = <[T]>::len($slice);
                $make
            }
            #[inline]
            fn copy_back(self, bytes: &[u8], offset: u32) -> Result<(), ConventionError> {
                let $that = self;
                element::read_into::<T>(bytes, offset, $slice_mut)
            }
        }
    };
}
mutable! {
    [T: Element] [T] as [T] => (i32, i32), (0, 0);
        |v| v, |v| v, |at, len| flat_slice(at, len), slice_params(&pointer_to::<T>(""));
    [T: Element] Vec<T> as [T] => (i32, i32), (0, 0);
        |v| v.as_slice(), |v| v.as_mut_slice(), |at, len| flat_slice(at, len),
        slice_params(&pointer_to::<T>(""));
    [T: Element, const N: usize] [T; N] as [T] => (i32, i32), (0, 0);
        |v| v.as_slice(), |v| v.as_mut_slice(), |at, len| flat_slice(at, len),
        slice_params(&pointer_to::<T>(""));
    [T: Element] T as T => (i32,), (0,);
        |v| core::slice::from_ref(v), |v| core::slice::from_mut(v),
        |at, _len| (at.cast_signed(),), Vec::from([pointer_to::<T>("")]);
}

/// Several strings or buffers: an array of `hh_bytes`, that is `struct { char *ptr; size_t len; }`,
/// with the bytes of all behind it.
macro_rules! lists {
    ($($item:ty as $stat:ty, $at:ty = |$v:ident| $bytes:expr;)*) => {
        $(
            lists!(@ [] [$item], $stat, $at, |$v| $bytes);
            lists!(@ [] Vec<$item>, $stat, $at, |$v| $bytes);
            lists!(@ [, const N: usize] [$item; N], $stat, $at, |$v| $bytes);
        )*
    };
    (@ [$($generics:tt)*] $list:ty, $stat:ty, $at:ty, |$v:ident| $bytes:expr) => {
        impl<'a $($generics)*> Pointee for &'a $list {
            type Flat = (i32, i32);
            type Static = &'static [$stat];
            type At<'b> = &'b [$at];
            const NULL: (i32, i32) = (0, 0);

            fn c_params() -> Vec<String> {
                slice_params("const hh_bytes *")
            }
            #[inline]
            fn size(&self) -> u64 {
                let bytes = self.iter().map(|$v| taken($bytes.len() as u64));
                bytes.fold(entries(self.len()), u64::saturating_add)
            }
            #[inline]
            fn write(&self, bytes: &mut [u8], offset: u32) {
                let array = (entries(self.len()) as usize).min(bytes.len());
                let (array, mut rest) = bytes.split_at_mut(array);
                let mut at = offset.wrapping_add(array.len() as u32);
                for (entry, $v) in array.chunks_exact_mut(8).zip(self.iter()) {
                    let from: &[u8] = $bytes;
                    entry[..4].copy_from_slice(&at.to_le_bytes());
                    entry[4..].copy_from_slice(&(from.len() as u32).to_le_bytes());
                    let step = (taken(from.len() as u64) as usize).min(rest.len());
                    let (here, next) = rest.split_at_mut(step);
                    if let Some(here) = here.get_mut(..from.len()) {
                        here.copy_from_slice(from);
                    }
                    rest = next;
                    at = at.wrapping_add(step as u32);
                }
            }
            #[inline]
            fn flat(&self, offset: u32) -> (i32, i32) {
                flat_slice(offset, self.len())
            }
        }
    };
}
lists! {
    &str as &'static str, &'b str = |v| v.as_bytes();
    String as String, String = |v| v.as_bytes();
    &[u8] as &'static [u8], &'b [u8] = |v| v;
    Vec<u8> as Vec<u8>, Vec<u8> = |v| v.as_slice();
}

/// Bytes of an array of pointers and lengths, so that what follows is aligned.
#[inline]
fn entries(count: usize) -> u64 {
    (count as u64).saturating_mul(8).next_multiple_of(16)
}

/// A struct with pointers in it: `Composed(&value)` passes what `value` [composes](Compose).
pub struct Composed<'a, S: CStruct>(pub &'a dyn Compose<Struct = S>);

impl<S: CStruct> fmt::Debug for Composed<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Composed<{}>", S::C_NAME)
    }
}

impl<'a, S: CStruct> Pointee for Composed<'a, S> {
    type Flat = (i32,);
    type Static = Composed<'static, S>;
    type At<'b> = Composed<'b, S>;
    const NULL: (i32,) = (0,);
    const COMPOSES: bool = true;

    fn c_params() -> Vec<String> {
        Vec::from([pointer_to::<S>("const ")])
    }
    fn size(&self) -> u64 {
        room::measure(|place| {
            place.composed(self.0);
        })
    }
    fn write(&self, bytes: &mut [u8], offset: u32) {
        room::write(bytes, offset, |place| {
            let _: GuestPtr<S> = place.composed(self.0);
        });
    }
    #[inline]
    fn flat(&self, offset: u32) -> (i32,) {
        (offset.cast_signed(),)
    }
}
