//! Results that are one wasm value, or none.

/// Implements [`FromGuest`](super::FromGuest): the C result, a note behind the prototype if there is
/// one, and how the wasm value becomes the host's.
macro_rules! one_value {
    ($([$($generics:tt)*] $host:ty => $wasm:ty as $c:expr $(, $note:expr)?;
        |$guest:ident, $v:ident| $lift:expr;)*) => {
        $(impl<B, P, $($generics)*> $crate::convention::results::FromGuest<B, P> for $host
        where
            P: $crate::types::WasmTypes,
            B: $crate::export::Export<P, $wasm>,
        {
            type Func = <B as $crate::export::Export<P, $wasm>>::Func;

            fn accepted() -> alloc::vec::Vec<$crate::convention::results::Shape> {
                let ty = $crate::types::func_type::<P, $wasm>();
                let shape = $crate::convention::results::Shape::new(ty, $c);
                alloc::vec::Vec::from([shape $(.note($note))?])
            }

            fn resolve<S: Send + 'static>(
                cx: &mut B::Context<'_, S>,
                target: &$crate::convention::results::Target<'_, B>,
                ty: &$crate::value::FuncType,
            ) -> $crate::error::Result<Option<Self::Func>> {
                if *ty != $crate::types::func_type::<P, $wasm>() {
                    return Ok(None);
                }
                target.func::<P, $wasm, S>(cx).map(Some)
            }

            #[inline]
            fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool {
                <B as $crate::export::Export<P, $wasm>>::belongs(cx, func)
            }

            #[inline]
            fn call<T: Send + 'static>(
                $guest: &mut $crate::plugin::Guest<'_, B, T>,
                func: &Self::Func,
                params: P,
                _: u32,
            ) -> $crate::error::Result<$crate::error::Result<Self>> {
                let cx = $guest.context();
                let $v = <B as $crate::export::Export<P, $wasm>>::call(cx, func, params)?;
                Ok($lift)
            }
        })*
    };
}
pub(crate) use one_value;
