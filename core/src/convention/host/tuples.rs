//! Tuples of scalars: a small struct in C.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Plain, Sink, ToGuest};
use crate::context::Context;
use crate::convention::element::{self, Element};
use crate::convention::flat::Flat;
use crate::convention::results::{Field, MULTI_VALUE, Shape, layout};
use crate::error::Result;
use crate::import::Import;
use crate::plugin::Guest;
use crate::types::func_type;

macro_rules! tuple {
    ($($A:ident $name:literal $i:tt)*) => {
        impl<$($A: Field),*> Plain for ($($A,)*) {}
        impl<B, T, P, $($A: Field),*> ToGuest<B, T, P> for ($($A,)*)
        where
            T: Send + 'static,
            P: Flat,
            B: Import<P, ($($A::Wasm,)*)> + Import<P::WithOut, ()>,
        {
            fn accepted() -> Vec<Shape> {
                let fields: Vec<String> =
                    Vec::from([$(format!("{} {};", <$A as Element>::C_NAME, $name)),*]);
                let result = format!("struct {{ {} }}", fields.join(" "));
                Vec::from([
                    Shape::new(func_type::<P::WithOut, ()>(), result.clone()),
                    Shape::new(func_type::<P, ($($A::Wasm,)*)>(), result).note(MULTI_VALUE),
                ])
            }

            fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
            where
                F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static,
            {
                let (offsets, size) = layout([$(element::size::<$A>()),*]);
                match sink.choose(<Self as ToGuest<B, T, P>>::accepted())? {
                    0 => sink.put_out::<P, (), _, _, _>(size, f, move |guest, value: Self, out| {
                        let cx = guest.context();
                        $(cx.write(out.wrapping_add(offsets[$i]), bytemuck::bytes_of(&value.$i))?;)*
                        Ok(())
                    }),
                    _ => sink.put::<P, ($($A::Wasm,)*), _, _, _>(f, |_, value: Self| {
                        Ok(($(value.$i.to_wasm(),)*))
                    }),
                }
            }
        }
    };
}
tuple!(A1 "a" 0 A2 "b" 1);
tuple!(A1 "a" 0 A2 "b" 1 A3 "c" 2);
tuple!(A1 "a" 0 A2 "b" 1 A3 "c" 2 A4 "d" 3);
