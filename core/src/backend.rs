//! A backend as generic code wants it: every signature that the project itself uses.

use crate::export::Export;
use crate::import::Import;
use crate::runtime::Runtime;

macro_rules! backend {
    (imports { $(($($ip:ty),*) -> $ir:ty;)* } exports { $(($($ep:ty),*) -> $er:ty;)* }) => {
        /// A [`Runtime`] with the signatures that the malloc family, the convention's common cases
        /// and the conformance suite use.
        ///
        /// Implemented for every runtime that has them; nobody implements it by hand. Code that is
        /// generic over the runtime says `B: Backend`, and adds `+ Export<(i64, f32), i32>` or the
        /// like for signatures that are not listed here. Code for one runtime needs no bounds.
        pub trait Backend:
            Runtime
            $(+ Import<($($ip,)*), $ir>)*
            $(+ Export<($($ep,)*), $er>)*
        {
        }

        impl<B> Backend for B where
            B: Runtime
                $(+ Import<($($ip,)*), $ir>)*
                $(+ Export<($($ep,)*), $er>)*
        {
        }
    };
}

backend! {
    imports {
        () -> ();
        () -> i32;
        () -> i64;
        () -> (i32, i32);
        (i32) -> ();
        (i32) -> i32;
        (i32) -> i64;
        (i32) -> (i32, i32);
        (i64) -> i64;
        (f32) -> f32;
        (f64) -> f64;
        (i32, i32) -> ();
        (i32, i32) -> i32;
        (i32, i32) -> i64;
        (i32, i32) -> (i32, i32);
        (i32, i32, i32) -> ();
        (i32, i32, i32) -> i32;
        (i32, i32, i32) -> i64;
        (i32, i32, i32) -> (i32, i32);
        (i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32) -> i64;
        (i32, i32, i32, i32) -> (i32, i32);
        (i32, i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32, i32, i32) -> i32;
        (i32, i64, f32, f64) -> ();
        (i32, i64, f32, f64) -> f64;
        (i32, i64, f32, f64) -> (i32, i64, f32, f64);
    }
    exports {
        () -> ();
        () -> i32;
        () -> i64;
        () -> f32;
        () -> f64;
        () -> (i32, i32);
        (i32) -> ();
        (i32) -> i32;
        (i32) -> i64;
        (i32) -> (i32, i32);
        (i64) -> ();
        (i64) -> i64;
        (f32) -> f32;
        (f64) -> f64;
        (f64) -> i32;
        (f64, f64) -> f64;
        (i32, i32) -> ();
        (i32, i32) -> i32;
        (i32, i32) -> i64;
        (i32, i32) -> (i32, i32);
        (i32, i32, i32) -> ();
        (i32, i32, i32) -> i32;
        (i32, i32, i32) -> i64;
        (i32, i32, i32) -> (i32, i32);
        (i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32) -> i64;
        (i32, i32, i32, i32) -> (i32, i32);
        (i32, i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32, i32) -> i64;
        (i32, i32, i32, i32, i32, i32) -> ();
        (i32, i32, i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32, i32, i32) -> i64;
        (i32, i64, f32, f64) -> ();
        (i32, i64, f32, f64) -> f64;
        (i32, i64, f32, f64) -> (i32, i64, f32, f64);
        (i32, i32, i32, i32, i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32;
    }
}
