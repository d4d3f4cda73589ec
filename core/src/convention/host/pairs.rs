//! Text, bytes and slices: a new block of the plugin's, by pointer and length.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Plain, Sink, ToGuest};
use crate::context::Context;
use crate::convention::element::{self, Element};
use crate::convention::error::ConventionError;
use crate::convention::flat::Flat;
use crate::convention::results::{Shape, pair_shapes};
use crate::convention::take::Returned;
use crate::error::Result;
use crate::import::Import;
use crate::plugin::Guest;
use crate::runtime::Runtime;

/// Copies bytes to a new block, which is the plugin's from now on.
pub(in crate::convention) fn give<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    bytes: &[u8],
) -> Result<u32> {
    let too_large = ConventionError::ArgumentsTooLarge { bytes: bytes.len() as u64 };
    let len = u32::try_from(bytes.len()).map_err(|_| too_large)?;
    let offset = guest.malloc(len)?;
    guest.context().write(offset, bytes)?;
    Ok(offset)
}

/// A value that is given to a plugin by pointer and length.
pub(super) trait IntoPair {
    /// The C type of an element.
    const C_ELEMENT: &'static str;
    /// The bytes, and the number of elements; `None` is `NULL`.
    fn parts(&self) -> Option<(&[u8], usize)>;
}

/// Makes a block of it.
pub(super) fn give_pair<B: Runtime, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    value: &impl IntoPair,
) -> Result<Returned> {
    match value.parts() {
        None => Ok(Returned { offset: 0, len: 0 }),
        // The bytes fit a `u32`, so the number of elements does.
        Some((bytes, len)) => Ok(Returned { offset: give(guest, bytes)?, len: len as u32 }),
    }
}

macro_rules! pair {
    ($([$($generics:tt)*] $host:ty as $c:expr; |$v:ident| $parts:expr;)*) => {
        $(
            pair!(@ [$($generics)*] $host, $c, |this| { let $v = this; Some($parts) });
            pair!(@ [$($generics)*] Option<$host>, $c, |this| {
                this.as_ref().map(|$v| $parts)
            });
        )*
    };
    (@ [$($generics:tt)*] $host:ty, $c:expr, |$this:ident| $parts:expr) => {
        impl<$($generics)*> IntoPair for $host {
            const C_ELEMENT: &'static str = $c;
            #[inline]
            fn parts(&self) -> Option<(&[u8], usize)> {
                let $this = self;
                $parts
            }
        }
        impl<$($generics)*> Plain for $host {}
        impl<B, T, P, $($generics)*> ToGuest<B, T, P> for $host
        where
            T: Send + 'static,
            P: Flat,
            B: Import<P, i64> + Import<P, (i32, i32)> + Import<P::WithOut, ()>,
        {
            fn accepted() -> Vec<Shape> {
                let [packed, by_struct, two] = pair_shapes::<P>(<$host as IntoPair>::C_ELEMENT);
                Vec::from([by_struct, packed, two])
            }

            fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
            where
                F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
            {
                match sink.choose(<Self as ToGuest<B, T, P>>::accepted())? {
                    0 => sink.put_out::<P, (), _, _, _>(8, f, |guest, value: Self, out| {
                        let pair = give_pair(guest, &value)?.to_struct();
                        guest.context().write(out, &pair)
                    }),
                    1 => sink.put::<P, i64, _, _, _>(f, |guest, value: Self| {
                        Ok(give_pair(guest, &value)?.to_packed())
                    }),
                    _ => sink.put::<P, (i32, i32), _, _, _>(f, |guest, value: Self| {
                        let Returned { offset, len } = give_pair(guest, &value)?;
                        Ok((offset.cast_signed(), len.cast_signed()))
                    }),
                }
            }
        }
    };
}
pair! {
    [] String as "char"; |v| (v.as_bytes(), v.len());
    [] &'static str as "char"; |v| (v.as_bytes(), v.len());
    [] Cow<'static, str> as "char"; |v| (v.as_bytes(), v.len());
    [E: Element] Vec<E> as E::C_NAME; |v| (elements(v), v.len());
    [E: Element] &'static [E] as E::C_NAME; |v| (elements(v), v.len());
}

#[inline]
fn elements<E: Element>(values: &[E]) -> &[u8] {
    let _ = element::size::<E>();
    bytemuck::cast_slice(values)
}
