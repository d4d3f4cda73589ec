//! Results of host functions that are one wasm value, or none.

/// Implements [`ToGuest`](super::ToGuest): the C result, a note behind the prototype if there is one,
/// and how the host's value becomes the wasm value.
macro_rules! one_value_to_guest {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:expr $(, $note:expr)?;
        |$guest:ident, $v:ident| $lower:expr;)*) => {
        $(impl<B, T, P, $($generics)*> $crate::convention::ToGuest<B, T, P> for $host
        where
            T: Send + 'static,
            P: $crate::types::WasmTypes,
            B: $crate::import::Import<P, $wasm>,
        {
            fn accepted() -> alloc::vec::Vec<$crate::convention::Shape> {
                let ty = $crate::types::func_type::<P, $wasm>();
                let shape = $crate::convention::Shape::new(ty, $c);
                alloc::vec::Vec::from([shape $(.note($note))?])
            }

            fn define<F>(
                sink: $crate::convention::Sink<'_, '_, B, T>,
                f: F,
            ) -> $crate::error::Result<()>
            where
                F: Fn(&mut $crate::plugin::Guest<'_, B, T>, P) -> $crate::error::Result<Self>
                    + Send
                    + Sync
                    + 'static,
            {
                sink.choose(<Self as $crate::convention::ToGuest<B, T, P>>::accepted())?;
                #[allow(unused_variables, reason = "a number needs no guest")]
                sink.put::<P, $wasm, _, _, _>(f, |$guest, $v: Self| Ok($lower))
            }
        })*
    };
}
pub(crate) use one_value_to_guest;
