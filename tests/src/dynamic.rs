//! Calls by prototypes that are known at run time, and whether they do what those do whose types
//! are known when the host is compiled.

use std::ffi::CString;

use hostheap_core::contract::Prototype;
use hostheap_core::convention::dynamic::{Answer, Argument, Number};
use hostheap_core::convention::{FuncPtr, GuestError, GuestPtr};
use hostheap_core::{Backend, Plugin, Result};

use crate::guests;
use crate::rig::{PluginOf, load};
use crate::shapes::{Item, Padded, Point};
use crate::subject::Subject;

/// A prototype from its text.
#[track_caller]
pub fn prototype(text: &str) -> Prototype {
    match text.parse() {
        Ok(prototype) => prototype,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// One of the plugins that import the malloc family at most.
#[track_caller]
pub fn plugin<S: Subject>(name: &str) -> PluginOf<S> {
    load::<S>(&guests::wasm(name))
}

/// Finds a function by its prototype and calls it.
///
/// # Errors
///
/// Those of `Plugin::dyn_func` and `DynFunc::call`.
pub fn call<B: Backend, T: Send + 'static>(
    plugin: &mut Plugin<B, T>,
    name: &str,
    text: &str,
    arguments: &mut [Argument<'_>],
    size: u32,
) -> Result<Answer> {
    plugin.dyn_func(name, &prototype(text))?.call(plugin, arguments, size)
}

/// A number as an argument.
pub fn number(number: impl Into<Number>) -> Argument<'static> {
    Argument::Number(number.into())
}

/// Values in a row, as an argument.
pub fn array<E: bytemuck::NoUninit>(values: &[E]) -> Argument<'_> {
    Argument::Array { bytes: bytemuck::cast_slice(values), count: values.len() as u32 }
}

/// One value, as an argument.
pub fn value<E: bytemuck::NoUninit>(value: &E) -> Argument<'_> {
    Argument::Value(bytemuck::bytes_of(value))
}

/// A static result as the answer that a dynamic call gives.
pub trait ToAnswer {
    /// The answer.
    fn to_answer(self) -> Answer;
}

macro_rules! to_answer {
    ($($ty:ty: |$v:ident| $answer:expr;)*) => {
        $(impl ToAnswer for $ty {
            fn to_answer(self) -> Answer {
                let $v = self;
                $answer
            }
        })*
    };
    (numbers $($ty:ty)*) => {
        to_answer! { $($ty: |v| Answer::Number(v.into());)* }
    };
}
to_answer! { numbers i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 bool char }
to_answer! {
    (): |_v| Answer::None;
    String: |v| Answer::Text(v);
    CString: |v| Answer::CString(v);
    GuestPtr: |v| Answer::Pointer(v.offset());
    Point: |v| Answer::Struct(bytemuck::bytes_of(&v).into());
    Item: |v| Answer::Struct(bytemuck::bytes_of(&v).into());
    Padded: |v| Answer::Struct(bytemuck::bytes_of(&v).into());
}

impl<A, R> ToAnswer for FuncPtr<A, R> {
    fn to_answer(self) -> Answer {
        Answer::Function(self.index())
    }
}

impl<E: bytemuck::NoUninit> ToAnswer for Vec<E> {
    fn to_answer(self) -> Answer {
        Answer::Bytes(bytemuck::cast_slice(&self).into())
    }
}

impl<X: ToAnswer> ToAnswer for Option<X> {
    fn to_answer(self) -> Answer {
        self.map_or(Answer::Null, X::to_answer)
    }
}

impl<X: ToAnswer> ToAnswer for std::result::Result<X, GuestError> {
    fn to_answer(self) -> Answer {
        self.map_or_else(Answer::Failed, X::to_answer)
    }
}

macro_rules! tuples {
    ($(($($A:ident)*);)*) => {
        $(impl<$($A: Into<Number>),*> ToAnswer for ($($A,)*) {
            #[allow(non_snake_case, reason = "type names double as value names in the macro")]
            fn to_answer(self) -> Answer {
                let ($($A,)*) = self;
                Answer::Tuple(vec![$($A.into()),*])
            }
        })*
    };
}
tuples! { (A B); (A B C); (A B C D); }

/// What a call left behind, in words.
fn state<B: Backend, T: Send + 'static>(plugin: &Plugin<B, T>) -> String {
    format!("{:?}, poisoned: {}", plugin.heap_stats(), plugin.is_poisoned())
}

/// An answer in words, without the host's own stack, which a runtime may add to a trap and which differs.
fn told(answer: &Result<Answer>) -> String {
    let words = format!("{answer:?}");
    words.split("Stack backtrace").next().unwrap_or_default().to_owned()
}

/// Panics unless a static call in one plugin and a dynamic one in another like it give the same
/// answer or the same error, and leave the same behind: every counter of the heap, and the poison.
#[track_caller]
pub fn agree<B: Backend, T: Send + 'static, R: ToAnswer>(
    what: &str,
    plugins: (&mut Plugin<B, T>, &mut Plugin<B, T>),
    as_static: impl FnOnce(&mut Plugin<B, T>) -> Result<R>,
    as_dynamic: impl FnOnce(&mut Plugin<B, T>) -> Result<Answer>,
) {
    let expected = as_static(plugins.0).map(ToAnswer::to_answer);
    let found = as_dynamic(plugins.1);
    assert_eq!(told(&found), told(&expected), "{what}");
    assert_eq!(state(plugins.1), state(plugins.0), "{what}");
}

/// [`agree`] for calls of one function each: plugins, name, prototype, size; the static arguments
/// and result; the dynamic arguments.
#[macro_export]
macro_rules! agreeing {
    ($S:ty, $make:expr; $(
        $name:literal $prototype:literal, $size:expr;
        $arguments:expr => $R:ty; $dynamic:expr;
    )*) => {
        $({
            let (mut one, mut other) = ($make, $make);
            // Twice each: the first call of a plugin takes other ways than those after it.
            for _ in 0..2 {
                $crate::dynamic::agree(
                    concat!($name, $prototype),
                    (&mut one, &mut other),
                    |plugin| plugin.call::<_, $R>($name, $arguments),
                    |plugin| {
                        $crate::dynamic::call(plugin, $name, $prototype, &mut $dynamic, $size)
                    },
                );
            }
        })*
    };
}
