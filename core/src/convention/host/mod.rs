//! Host functions that speak the convention.

mod fallible;
mod function;
mod one;
mod pairs;
mod pointers;
mod scalars;
mod sink;
mod tuples;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::convention::results::Shape;
use crate::error::{Error, Result};
use crate::plugin::Guest;
use crate::runtime::Runtime;

pub(super) use fallible::code;
pub use fallible::{Fallible, IntoMemory};
pub use function::HostFunction;
pub(crate) use one::one_value_to_guest;
pub(super) use pairs::give;
pub use sink::Sink;

/// What a host function's closure may return: a [`ToGuest`] value, or a `Result` of one.
///
/// The error may be this crate's [`Error`], `anyhow::Error`, any other error type, or a string; it
/// becomes a trap in the plugin and comes out of the guest call as itself. An error that the plugin
/// is to see is a [`Fallible`].
pub trait Outcome {
    /// The value on success.
    type Value;
    /// As this crate's `Result`.
    ///
    /// # Errors
    ///
    /// The closure's.
    fn outcome(self) -> Result<Self::Value>;
}

impl<V: Plain> Outcome for V {
    type Value = V;
    #[inline]
    fn outcome(self) -> Result<V> {
        Ok(self)
    }
}

impl<V: Plain, E> Outcome for Result<V, E>
where
    E: Into<Box<dyn core::error::Error + Send + Sync + 'static>> + 'static,
{
    type Value = V;
    #[inline]
    fn outcome(self) -> Result<V> {
        self.map_err(Error::from_closure)
    }
}

/// Marks the types that are values and not `Result`s, for the two impls above.
#[diagnostic::on_unimplemented(
    message = "a host function cannot return `{Self}` to a plugin",
    note = "return `()`, integers, floats, `bool`, `char`, `&'static str`, `String`, `Vec<T>`, \
            `CString`, a `CStruct`, an `Option` of the last five, a tuple of up to four scalars, \
            `Fallible`, or a `Result` of one of these"
)]
pub trait Plain {}

/// A host value that a host function with flat parameters `P` can return to a plugin.
///
/// | host type | the plugin's C result |
/// |---|---|
/// | `()`, integers, floats, `bool`, `char`, `GuestPtr<T>` | the same |
/// | `String`, `&'static str`, `Cow<'static, str>`, `Vec<T>`, `&'static [T]` | pointer and length |
/// | `CString`, `&'static CStr` | `char *`, NUL-terminated |
/// | `T`, a [`CStruct`](super::CStruct) | `struct t`, or `struct t *` |
/// | `Option` of these, a struct by pointer only | the same, `NULL` for `None` |
/// | tuples of 2 to 4 scalars | `struct { A a; B b; }` |
/// | [`Fallible<()>`](Fallible) | `int32_t`: 0, or the error's code |
/// | [`Fallible<X>`](Fallible) | `int32_t f(X *out, …)` |
///
/// The shape is the one that the plugin's import declares. What a pointer points to is a new block,
/// which the plugin must free.
pub trait ToGuest<B: Runtime, T: Send + 'static, P>: Plain + Sized {
    /// Every function type that would do, the one that C compilers make without flags first.
    fn accepted() -> Vec<Shape>;

    /// Registers `f` in the shape that the sink asks for.
    ///
    /// # Errors
    ///
    /// [`LinkError::ImportSignature`](crate::error::LinkError::ImportSignature) if that is no shape
    /// of this value, and those of [`Import::import`](crate::Import::import).
    fn define<F>(sink: Sink<'_, '_, B, T>, f: F) -> Result<()>
    where
        F: Fn(&mut Guest<'_, B, T>, P) -> Result<Self> + Send + Sync + 'static;
}
