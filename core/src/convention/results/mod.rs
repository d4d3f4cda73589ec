//! Results of a plugin's functions, in each shape that C compilers give them.

mod fallible;
mod one;
mod pairs;
mod pointers;
mod scalars;
mod tuples;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{LinkError, Result};
use crate::export::Export;
use crate::plugin::Guest;
use crate::runtime::Runtime;
use crate::types::WasmTypes;
use crate::value::FuncType;

pub use fallible::{GuestError, InMemory};
pub(crate) use one::one_value;
pub use pairs::PairFunc;
pub(crate) use pairs::pair_shapes;
pub use pointers::StructFunc;
pub use tuples::TupleFunc;
pub(crate) use tuples::{Field, lay_out, layout};

/// A host value that can be the result of a plugin's function with flat parameters `P`.
///
/// | host type | wasm results | the plugin's C result |
/// |---|---|---|
/// | `()` | none | `void` |
/// | integers, floats, `bool`, `char`, `GuestPtr<T>`, `FuncPtr` | one | the same |
/// | `String`, `Vec<T>` | `i64` | `uint64_t`: pointer in the high half, length in the low |
/// | | none, and an `i32` parameter in front | `struct { T *ptr; size_t len; }` |
/// | | `i32, i32` | the same struct, by clang's multi-value ABI |
/// | `CString` | `i32` | `char *`, NUL-terminated |
/// | `T`, a [`CStruct`](super::CStruct) | none, and an `i32` in front | `struct t` |
/// | | `i32` | `struct t *` |
/// | `Option` of these, a struct by pointer only | the same | `NULL` is `None` |
/// | tuples of 2 to 4 scalars | none, and an `i32` in front | `struct { A a; B b; }` |
/// | | one for each | the same struct, by clang's multi-value ABI |
/// | `Result<(), E>` | `i32` | `int32_t`: 0, or the error's code |
/// | `Result<X, E>` | `i32`, and an `i32` in front | `int32_t f(X *out, …)` |
///
/// Which of the shapes it is, the export's own type says. The `E` of a `Result` is [`GuestError`],
/// or any type that is made `From` it.
///
/// What a pointer points to lies in a block from malloc, which the host frees once it is copied, or
/// in static data, or in the arguments.
#[diagnostic::on_unimplemented(
    message = "a plugin's function cannot return `{Self}` on this runtime",
    note = "return `()`, integers, floats, `bool`, `char`, `String`, `Vec<T>`, `CString`, a \
            `CStruct`, an `Option` of the last four, a tuple of up to four scalars, or a `Result` \
            of `GuestError`"
)]
pub trait FromGuest<B: Runtime, P>: Sized {
    /// The function, resolved in the shape it has.
    type Func: Clone + Send + Sync + 'static;

    /// Every function type that would do, with the C prototype that makes it; for messages.
    fn accepted() -> Vec<Shape>;

    /// Resolves the function in the shape its type asks for; `None` if it has none of them.
    ///
    /// # Errors
    ///
    /// Those of [`Export::func`].
    fn resolve<S: Send + 'static>(
        cx: &mut B::Context<'_, S>,
        target: &Target<'_, B>,
        ty: &FuncType,
    ) -> Result<Option<Self::Func>>;

    /// Bytes that its caller must make room for, because the function writes its result there.
    #[inline]
    fn out_size(_: &Self::Func) -> u32 {
        0
    }

    /// Whether the function lives in this context's store.
    fn belongs<S: Send + 'static>(cx: &B::Context<'_, S>, func: &Self::Func) -> bool;

    /// Calls the function and lifts what it returned. `out` is the offset of the room for it.
    ///
    /// # Errors
    ///
    /// The outer error is that of [`Export::call`]: the plugin did not come back. The inner one is
    /// that of lifting, and leaves the plugin whole.
    fn call<T: Send + 'static>(
        guest: &mut Guest<'_, B, T>,
        func: &Self::Func,
        params: P,
        out: u32,
    ) -> Result<Result<Self>>;
}

/// Where a function is to be found.
#[derive(Debug)]
pub enum Target<'a, B: Runtime> {
    /// Among the exports of an instance.
    Export {
        /// The instance.
        instance: &'a B::Instance,
        /// Name of the export.
        name: &'a str,
    },
    /// At an index of the function table.
    Table(u32),
}

impl<B: Runtime> Target<'_, B> {
    /// The function, its signature checked.
    ///
    /// # Errors
    ///
    /// Those of [`Export::func`] and [`Export::func_at`].
    pub fn func<P, R, S>(&self, cx: &mut B::Context<'_, S>) -> Result<B::Func>
    where
        B: Export<P, R>,
        P: WasmTypes,
        R: WasmTypes,
        S: Send + 'static,
    {
        match *self {
            Target::Export { instance, name } => <B as Export<P, R>>::func(cx, instance, name),
            Target::Table(index) => <B as Export<P, R>>::func_at(cx, index),
        }
    }
}

/// A function type, and the C prototype that makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shape {
    /// The wasm type.
    pub ty: FuncType,
    /// The result in C.
    pub result: String,
    /// A C parameter that goes before the others.
    pub first: Option<String>,
    /// What else there is to know, such as flags.
    pub note: Option<&'static str>,
}

impl Shape {
    /// A shape with this result and no more parameters than the arguments'.
    pub fn new(ty: FuncType, result: impl Into<String>) -> Self {
        Shape { ty, result: result.into(), first: None, note: None }
    }

    /// With a C parameter that goes before the others.
    #[must_use]
    pub fn first(mut self, param: impl Into<String>) -> Self {
        self.first = Some(param.into());
        self
    }

    /// With a note behind the prototype.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    /// The prototype of a function of this shape.
    pub fn prototype(&self, name: &str, c_params: &[String]) -> String {
        let Shape { result, first, note, .. } = self;
        let params: Vec<&str> = first.iter().chain(c_params).map(String::as_str).collect();
        let params = if params.is_empty() { "void".into() } else { params.join(", ") };
        let space = if result.ends_with('*') { "" } else { " " };
        match note {
            Some(note) => format!("{result}{space}{name}({params}) /* {note} */"),
            None => format!("{result}{space}{name}({params})"),
        }
    }
}

/// The flags with which clang returns structs as several results.
pub(crate) const MULTI_VALUE: &str = "-mmultivalue -Xclang -target-abi -Xclang experimental-mv";

/// The link error for a function of a type that the call cannot use, with the prototypes that do.
pub(crate) fn wrong_type<B: Runtime>(
    target: &Target<'_, B>,
    found: &FuncType,
    accepted: Vec<Shape>,
    c_params: &[String],
) -> LinkError {
    let found = found.clone();
    match *target {
        Target::Export { name, .. } => LinkError::ExportSignature {
            name: name.into(),
            found,
            accepted: prototypes(name, accepted, c_params),
        },
        Target::Table(index) => LinkError::PointerSignature {
            index,
            found,
            accepted: prototypes("(*f)", accepted, c_params),
        },
    }
}

/// C prototypes of `name` for each accepted function type.
pub(crate) fn prototypes(
    name: &str,
    accepted: Vec<Shape>,
    c_params: &[String],
) -> Vec<(FuncType, String)> {
    let prototype = |shape: Shape| {
        let prototype = shape.prototype(name, c_params);
        (shape.ty, prototype)
    };
    accepted.into_iter().map(prototype).collect()
}
