//! A function's signature as text: `(name: str, times: u32) -> string`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::FuncType;
use crate::convention::{Arguments, FromGuest, Parameters, Shape, ToGuest};
use crate::runtime::Runtime;

mod c;
mod display;
mod kinds;
mod of;
mod parse;
mod reader;
mod types;

pub use kinds::ResultKind;
pub use reader::PrototypeError;
pub(crate) use reader::is_keyword;
use types::Param;
pub(crate) use types::{Access, Element, Input, Output, Scalar};

/// Which side has the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The plugin: the host calls it.
    Export,
    /// The host: plugins call it.
    Import,
}

/// A function's signature in the types of the [calling convention](crate::convention), written as
/// text: `(str, u32) -> string`.
///
/// | text | Rust, as an argument | C |
/// |---|---|---|
/// | `i8` … `u64`, `f32`, `f64`, `bool`, `char` | the same | `int8_t` … |
/// | `str` | `&str` | `const char *, size_t` |
/// | `bytes` | `&[u8]` | `const unsigned char *, size_t` |
/// | `cstr` | `&CStr` | `const char *` |
/// | `slice<T>`, `mut slice<T>`, `out slice<T>` | `&[T]`, `&mut [T]`, `Out(&mut [T])` | `T *, size_t` |
/// | `slice<str>`, `slice<bytes>` | `&[&str]`, `&[&[u8]]` | `const hh_bytes *, size_t` |
/// | `&T`, `mut T`, `out T` | `&T`, `&mut T`, `Out(&mut T)` | `T *` |
/// | `ptr` | `&GuestBlock`, `GuestPtr<T>` | `void *` |
/// | `func` | `&Callback`, `FuncPtr` | a function pointer |
/// | `option<…>` of these from `str` down | `Option` | the same, `NULL` for none |
/// | `owned<…>` of `str`, `bytes`, `cstr`, `slice<…>`, `&T` | `Owned` | the same, and the plugin frees it |
///
/// `T` is a scalar, `ptr`, or a struct by its name in C: `struct point`, or `point` if that is a
/// typedef. Parameters may have names: `(text: str)`. `i32`, `i64`, `f32` and `f64` are the wasm
/// types of these names, so a plain wasm signature is a prototype as well.
///
/// | text | Rust, as a result | C |
/// |---|---|---|
/// | nothing, or `()` | `()` | `void` |
/// | scalars, `ptr`, `func` | the same | the same |
/// | `string` | `String` | `hh_packed` or `hh_bytes` |
/// | `vec<T>`, `bytes` | `Vec<T>`, `Vec<u8>` | the same |
/// | `cstring` | `CString` | `char *` |
/// | `struct point` | a `CStruct` | `struct point`, or `struct point *` |
/// | `option<…>` of these from `func` down | `Option` | the same, `NULL` for none |
/// | `(i32, f64)`: two to four scalars | the same | `struct { int32_t a; double b; }` |
/// | `result<()>` | `Result<(), GuestError>` | `int32_t`: 0, or an error's code |
/// | `result<…>` of a scalar, `ptr`, a struct, `string`, `bytes`, `vec<T>` | `Result` | `int32_t f(T *out, …)` |
///
/// A host function's prototype is read from the plugin's side too: `(str) -> string` takes what the
/// plugin passes as text and gives it a new string.
///
/// ```
/// use hostheap_core::contract::{Prototype, Role};
///
/// let greet: Prototype = "(name: str) -> string".parse()?;
/// let shapes = greet.c_prototypes(Role::Export, "greet");
/// let types: Vec<_> = shapes.iter().map(|(ty, _)| ty.to_string()).collect();
/// assert_eq!(types, ["(i32, i32) -> i64", "(i32, i32, i32) -> ()", "(i32, i32) -> (i32, i32)"]);
/// assert!(shapes[0].1.starts_with("uint64_t greet(const char *name, size_t name_len)"));
/// assert_eq!(greet.rust(Role::Export), "(&str,) -> String");
/// assert_eq!(greet.to_string(), "(name: str) -> string");
///
/// let error = "(string) -> str".parse::<Prototype>().unwrap_err();
/// assert_eq!(error.to_string(), "`string` is a result's type: a parameter is `str` (at character 2)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prototype {
    params: Vec<Param>,
    result: Output,
}

impl Prototype {
    /// The prototype of a plugin's function that a host calls with these Rust types, on the runtime
    /// `B`.
    ///
    /// C has fewer types than Rust: an `Owned<&[u8]>` and a `&mut [u8]` are the same pointer, a
    /// `char` is a `u32`. The prototype has one that C takes for the same.
    ///
    /// # Errors
    ///
    /// [`PrototypeError`] for types that text has no word for, such as a struct whose name is none
    /// in C.
    ///
    /// ```
    /// use hostheap_core::contract::{Contract, Prototype};
    /// use hostheap_core::Backend;
    ///
    /// fn greeter<B: Backend>() -> Result<Contract, Box<dyn std::error::Error>> {
    ///     let greet = Prototype::of_export::<B, (&str, u32), String>()?;
    ///     assert_eq!(greet.to_string(), "(str, u32) -> string");
    ///     Ok(Contract::new("greeter").export("greet", greet))
    /// }
    /// ```
    pub fn of_export<B, A, R>() -> Result<Prototype, PrototypeError>
    where
        B: Runtime,
        A: Arguments,
        R: FromGuest<B, A::Flat>,
    {
        of::prototype(&A::c_params(), &R::accepted(), Role::Export)
    }

    /// The prototype of a host function with these Rust parameters and this result, on the runtime
    /// `B` with the host's state `T`.
    ///
    /// # Errors
    ///
    /// Those of [`of_export`](Self::of_export).
    pub fn of_import<B, T, P, R>() -> Result<Prototype, PrototypeError>
    where
        B: Runtime,
        T: Send + 'static,
        P: Parameters,
        R: ToGuest<B, T, P::Flat>,
    {
        of::prototype(&P::c_params(), &R::accepted(), Role::Import)
    }

    /// Each wasm type that a function of this prototype may have, in the shape that it comes from:
    /// those of the [calling convention](crate::convention). The one that is best for a function in
    /// this role first.
    pub fn shapes(&self, role: Role) -> Vec<Shape> {
        c::shapes(self, role)
    }

    /// The same, each with the C prototype of a function of this name that makes it.
    pub fn c_prototypes(&self, role: Role, name: &str) -> Vec<(FuncType, String)> {
        let params = self.c_params_named(role);
        let prototype = |shape: Shape| (shape.ty.clone(), shape.prototype(name, &params));
        self.shapes(role).into_iter().map(prototype).collect()
    }

    /// Whether a function of this type is one of this prototype.
    ///
    /// ```
    /// use hostheap_core::contract::Prototype;
    /// use hostheap_core::{FuncType, ValType};
    ///
    /// let add: Prototype = "(i32, i32) -> i32".parse()?;
    /// let ty = FuncType::new([ValType::I32, ValType::I32], [ValType::I32]);
    /// assert!(add.accepts(&ty));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn accepts(&self, ty: &FuncType) -> bool {
        self.shapes(Role::Export).iter().any(|shape| shape.ty == *ty)
    }

    /// The types of C's parameters, without names: as
    /// [`Arguments::c_params`](crate::convention::Arguments::c_params) and
    /// [`Parameters::c_params`](crate::convention::Parameters::c_params) have them.
    pub fn c_params(&self, role: Role) -> Vec<String> {
        self.params.iter().flat_map(|param| c::params(&param.ty, role)).collect()
    }

    /// What the host passes and gets, or takes and gives, in Rust: `(&str,) -> String`.
    ///
    /// Structs have the name of the C struct in camel case; they are
    /// [`CStruct`](crate::convention::CStruct)s of the host's own.
    pub fn rust(&self, role: Role) -> String {
        display::rust(self, role)
    }

    /// The parameters' types, in order.
    pub(crate) fn inputs(&self) -> impl ExactSizeIterator<Item = &Input> {
        self.params.iter().map(|param| &param.ty)
    }

    /// A parameter as the text has it: `times: u32`.
    pub(crate) fn input_text(&self, index: usize) -> String {
        match self.params.get(index) {
            Some(Param { name: Some(name), ty }) => format!("{name}: {ty}"),
            Some(Param { name: None, ty }) => format!("{ty}"),
            None => String::new(),
        }
    }

    /// The result's type.
    pub(crate) fn output(&self) -> &Output {
        &self.result
    }

    /// Names of the structs in it, as C has them.
    pub(crate) fn structs(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for param in &self.params {
            let mut ty = &param.ty;
            while let Input::Option(inner) | Input::Owned(inner) = ty {
                ty = inner;
            }
            if let Input::Slice(Element::Struct(name), _)
            | Input::Reference(Element::Struct(name), _) = ty
            {
                names.push(name.as_str());
            }
        }
        let mut result = &self.result;
        while let Output::Option(inner) | Output::Result(inner) = result {
            result = inner;
        }
        if let Output::Struct(name) | Output::Vec(Element::Struct(name)) = result {
            names.push(name);
        }
        names
    }

    /// Whether a parameter or the result is a function pointer.
    pub(crate) fn has_functions(&self) -> bool {
        let is_function = |param: &Param| {
            matches!(&param.ty, Input::Function)
                || matches!(&param.ty, Input::Option(inner) if **inner == Input::Function)
        };
        let result = match &self.result {
            Output::Option(inner) => inner,
            result => result,
        };
        self.params.iter().any(is_function) || *result == Output::Function
    }

    /// The C parameters, each with a name of its own.
    pub(crate) fn c_params_named(&self, role: Role) -> Vec<String> {
        let (_, first) = self.c_result();
        let mut taken: Vec<String> = first.map(|_| "out".into()).into_iter().collect();
        let mut all = Vec::new();
        for (i, param) in self.params.iter().enumerate() {
            let mut name = match &param.name {
                Some(name) => name.clone(),
                None => c::default_name(&param.ty, i, self.params.len()),
            };
            let len = |name: &str| format!("{name}_len");
            while taken.contains(&name) || taken.contains(&len(&name)) {
                name.push('_');
            }
            for (j, ty) in c::params(&param.ty, role).iter().enumerate() {
                let name = if j == 0 { name.clone() } else { len(&name) };
                all.push(c::declare(ty, &name));
                taken.push(name);
            }
        }
        all
    }

    /// The result and the hidden first parameter in C, as hostheap.h names them: what a header
    /// declares.
    pub(crate) fn c_result(&self) -> (String, Option<String>) {
        c::result(&self.result)
    }
}

impl FromStr for Prototype {
    type Err = PrototypeError;

    fn from_str(text: &str) -> Result<Self, PrototypeError> {
        parse::prototype(text)
    }
}

impl fmt::Display for Prototype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display::prototype(self, f)
    }
}
