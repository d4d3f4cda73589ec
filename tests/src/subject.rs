//! What the suite runs on: a backend with the settings to run it under.

use core::marker::PhantomData;
use std::cell::RefCell;

use hostheap_core::{Backend, Engine, EngineConfig, Export, Import, Runtime};

/// The `i64` that stands for each parameter name of `for_each_arity`.
macro_rules! wide {
    ($A:ident) => {
        i64
    };
}

macro_rules! suited {
    (
        imports { $(($($ip:ty),*) -> $ir:ty;)* }
        exports { $(($($ep:ty),*) -> $er:ty;)* }
        wide { $([$($A:ident)*])* }
    ) => {
        /// A [`Backend`] with the further signatures that the cases use.
        ///
        /// Every runtime of up to 16 parameters has it; nobody implements it by hand.
        pub trait Suited:
            Backend
            $(+ Import<($($ip,)*), $ir>)*
            $(+ Export<($($ep,)*), $er>)*
            $(+ Import<($(wide!($A),)*), i64> + Export<($(wide!($A),)*), i64>)*
        {
        }

        impl<B> Suited for B where
            B: Backend
                $(+ Import<($($ip,)*), $ir>)*
                $(+ Export<($($ep,)*), $er>)*
                $(+ Import<($(wide!($A),)*), i64> + Export<($(wide!($A),)*), i64>)*
        {
        }
    };
}
suited! {
    imports {
        (u32) -> u32;
        (u64) -> u64;
        (i32, i32, i64, f32, i32) -> i64;
        (i32, i32) -> f64;
        (i32) -> f64;
        (i32, f64, f64) -> ();
        (i32, i32, i32, i64, f32, f64, i32, i32, i32, i32, i64, i32) -> i64;
        (f64, f64) -> i32;
        (i32, f64) -> (i32, f64);
        (i32, i32, f64) -> ();
        (i64) -> (i64, f32, i32, i32);
        (i32, i64) -> ();
        (i32, i64, i32) -> i32;
        (i32, i64, i32, i32) -> i32;
        (i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32;
    }
    exports {
        (i32, f64, f64, i32) -> f64;
        (i32, f64) -> f64;
        (i64) -> f64;
        (i32, i32, i32, i32, i32, i32) -> i64;
        (u32) -> u32;
        (u64) -> u64;
        (f32, f64) -> f64;
        (f32) -> f64;
        (f32, f64, f32) -> f64;
        (i32, i32, i64, f32, f64) -> ();
        (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32;
        (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32;
        (i32) -> f64;
        (i64) -> i32;
        (f32, f32) -> f32;
        (f64, f64) -> i32;
        (i32, i32) -> f32;
        (i32, i32) -> f64;
        (i32, i64) -> ();
        (i32, i64) -> i32;
        (i32, f64) -> i32;
        (i32, i32, f64) -> ();
        (i32, f64, f64) -> ();
        (i32, f64, f64) -> i32;
        (i32, i32, f64, f64) -> ();
        (i32, i32, i32, i32) -> f64;
        (i32, i32, i32, i64, i32, i32, f64, i32, i32, i32) -> f64;
        (i32, i32, i32, i64, f32, f64, i32, i32, i32, i32, i64, i32) -> i64;
        () -> (i32, f64);
        (i32, f64) -> (i32, f64);
        (i32, i32, i64) -> (i32, i32, i64);
        (i32, i32, i32, i64) -> ();
        (i64, f32, i32, i32) -> (i64, f32, i32, i32);
        (i32, i64, f32, i32, i32) -> ();
    }
    wide {
    []
        [A1]
        [A1 A2]
        [A1 A2 A3]
        [A1 A2 A3 A4]
        [A1 A2 A3 A4 A5]
        [A1 A2 A3 A4 A5 A6]
        [A1 A2 A3 A4 A5 A6 A7]
        [A1 A2 A3 A4 A5 A6 A7 A8]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15]
        [A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16]
    }
}

/// A backend with its settings: what every case is generic over.
///
/// Each backend is one by itself, with its default settings. Other settings are a type of their
/// own, such as [`Moving`].
pub trait Subject: 'static {
    /// The backend.
    type Backend: Suited;

    /// The subject that cases are compiled for: itself, unless another one differs by its settings
    /// alone. Compiling all cases once more takes a minute or two.
    type Base: Subject<Backend = Self::Backend>;

    /// Runs a case of the base under this subject's name and settings.
    fn run(case: fn());

    /// What to call it in reports.
    fn name() -> String {
        Self::Backend::NAME.into()
    }

    /// The settings of its engines.
    fn config() -> EngineConfig {
        EngineConfig::new()
    }

    /// An engine of the backend.
    fn runtime_engine() -> <Self::Backend as Runtime>::Engine {
        <Self::Backend as Runtime>::engine(&Self::config()).expect("the backend makes engines")
    }

    /// An engine of the plugin layer.
    fn plugin_engine() -> Engine<Self::Backend> {
        Engine::from_backend(Self::runtime_engine())
    }
}

impl<B: Suited> Subject for B {
    type Backend = B;
    type Base = B;

    fn run(case: fn()) {
        case();
    }

    fn name() -> String {
        LENT.with_borrow(|lent| lent.as_ref().map_or(B::NAME.into(), |(name, _)| name.clone()))
    }

    fn config() -> EngineConfig {
        LENT.with_borrow(|lent| lent.as_ref().map_or_else(EngineConfig::new, |(_, c)| c.clone()))
    }
}

thread_local! {
    /// Name and settings of the subject for which a backend's cases run on this thread.
    static LENT: RefCell<Option<(String, EngineConfig)>> = const { RefCell::new(None) };
}

/// Runs a case of a backend under another name and with other settings.
fn run_as(name: String, config: EngineConfig, case: fn()) {
    /// Puts back what was there, also when the case panics.
    struct Back(Option<(String, EngineConfig)>);
    impl Drop for Back {
        fn drop(&mut self) {
            LENT.set(self.0.take());
        }
    }
    let _back = Back(LENT.replace(Some((name, config))));
    case();
}

/// A backend whose linear memory moves whenever it grows.
///
/// A stale pointer stays valid for a long time in a runtime that reserves address space; without
/// the reservation it is found at once. Only for backends with the capability
/// `memory_reservation`.
#[derive(Debug)]
pub struct Moving<B>(PhantomData<B>);

impl<B: Suited> Subject for Moving<B> {
    type Backend = B;
    type Base = B;

    fn run(case: fn()) {
        run_as(Self::name(), Self::config(), case);
    }

    fn name() -> String {
        format!("{}, moving memory", B::NAME)
    }

    fn config() -> EngineConfig {
        EngineConfig::new().memory_reservation(0)
    }
}
