//! NUL-terminated strings and structs: a new block of the plugin's, or C's struct return.

use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;

use super::pairs::give;
use super::{Plain, Sink, ToGuest, one_value_to_guest};
use crate::context::Context;
use crate::convention::element::{self, CStruct};
use crate::convention::flat::Flat;
use crate::convention::results::Shape;
use crate::error::Result;
use crate::import::Import;
use crate::plugin::Guest;
use crate::types::func_type;

macro_rules! pointers {
    ($([$($generics:tt)*] $host:ty as $c:expr; |$v:ident| $bytes:expr;)*) => {
        $(impl<$($generics)*> Plain for $host {})*
        one_value_to_guest! {
            $([$($generics)*] $host => i32 as $c; |guest, $v| {
                let bytes: Option<&[u8]> = $bytes;
                bytes.map_or(Ok(0), |bytes| give(guest, bytes))?.cast_signed()
            };)*
        }
    };
}
pointers! {
    [] CString as "char *"; |v| Some(v.as_bytes_with_nul());
    [] &'static CStr as "char *"; |v| Some(v.to_bytes_with_nul());
    [] Option<CString> as "char *"; |v| v.as_ref().map(CString::as_bytes_with_nul);
    [] Option<&'static CStr> as "char *"; |v| v.map(CStr::to_bytes_with_nul);
    [X: CStruct] Option<X> as format!("{} *", X::C_NAME); |v| v.as_ref().map(bytemuck::bytes_of);
}

impl<X: CStruct> Plain for X {}

impl<B, T, P, X> ToGuest<B, T, P> for X
where
    X: CStruct,
    T: Send + 'static,
    P: Flat,
    B: Import<P, i32> + Import<P::WithOut, ()>,
{
    fn accepted() -> Vec<Shape> {
        Vec::from([
            Shape::new(func_type::<P::WithOut, ()>(), X::C_NAME),
            Shape::new(func_type::<P, i32>(), format!("{} *", X::C_NAME)),
        ])
    }

    fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
    where
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
    {
        let size = element::size::<X>();
        match sink.choose(<Self as ToGuest<B, T, P>>::accepted())? {
            0 => sink.put_out::<P, (), _, _, _>(size, f, |guest, value: Self, out| {
                guest.context().write(out, bytemuck::bytes_of(&value))
            }),
            _ => sink.put::<P, i32, _, _, _>(f, |guest, value: Self| {
                Ok(give(guest, bytemuck::bytes_of(&value))?.cast_signed())
            }),
        }
    }
}
