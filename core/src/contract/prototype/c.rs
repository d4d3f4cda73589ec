//! Prototypes in C and in wasm types, as the calling convention has them.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Access, Element, Input, Output, Prototype, Role};
use crate::convention::{MULTI_VALUE, Shape};
use crate::{FuncType, ValType};

/// The wasm parameters of one parameter.
pub(super) fn wasm(ty: &Input) -> Vec<ValType> {
    match ty {
        Input::Scalar(scalar) => Vec::from([scalar.wasm()]),
        Input::Str | Input::Slice(..) | Input::List { .. } => {
            Vec::from([ValType::I32, ValType::I32])
        }
        Input::CStr | Input::Reference(..) | Input::Pointer | Input::Function => {
            Vec::from([ValType::I32])
        }
        Input::Option(inner) | Input::Owned(inner) => wasm(inner),
    }
}

/// Its types in C, as `Lower::c_params` and `Lift::c_params` have them.
pub(super) fn params(ty: &Input, role: Role) -> Vec<String> {
    let slice = |pointer: String| Vec::from([pointer, "size_t".to_owned()]);
    match ty {
        Input::Scalar(scalar) => Vec::from([scalar.c().to_owned()]),
        Input::Str => slice("const char *".to_owned()),
        Input::CStr => Vec::from(["const char *".to_owned()]),
        Input::Slice(element, access) => slice(pointer(element, *access, role)),
        Input::List { .. } => slice("const hh_bytes *".to_owned()),
        Input::Reference(element, access) => Vec::from([pointer(element, *access, role)]),
        Input::Pointer => Vec::from(["void *".to_owned()]),
        Input::Function => Vec::from(["void (*)()".to_owned()]),
        Input::Option(inner) => params(inner, role),
        Input::Owned(inner) => {
            // Who may free it may write to it.
            let owned = |param: String| match param.strip_prefix("const ") {
                Some(param) => param.to_owned(),
                None => param,
            };
            params(inner, role).into_iter().map(owned).collect()
        }
    }
}

fn pointer(element: &Element, access: Access, role: Role) -> String {
    let c = element.c();
    match (element, access, role) {
        (Element::Pointer, Access::In, Role::Export) => format!("{c} const *"),
        (Element::Pointer, ..) => format!("{c}*"),
        (_, Access::In, _) => format!("const {c} *"),
        (..) => format!("{c} *"),
    }
}

/// A parameter's declaration: the name goes into the type of a function pointer.
pub(super) fn declare(ty: &str, name: &str) -> String {
    if ty == "void (*)()" {
        return format!("void (*{name})()");
    }
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A name for a parameter that has none, by what it is.
pub(super) fn default_name(ty: &Input, index: usize, of: usize) -> String {
    let mut ty = ty;
    while let Input::Option(inner) | Input::Owned(inner) = ty {
        ty = inner;
    }
    let name = match ty {
        Input::Scalar(_) => "x",
        Input::Str | Input::CStr => "s",
        Input::Slice(..) | Input::List { .. } => "items",
        Input::Reference(_, Access::Out) => "out",
        Input::Reference(..) | Input::Pointer => "p",
        Input::Function | Input::Option(_) | Input::Owned(_) => "f",
    };
    if of == 1 { name.to_string() } else { format!("{name}{}", index + 1) }
}

/// All shapes of a prototype, in the order of `FromGuest::accepted` and `ToGuest::accepted`.
pub(super) fn shapes(prototype: &Prototype, role: Role) -> Vec<Shape> {
    let params: Vec<ValType> = prototype.params.iter().flat_map(|param| wasm(&param.ty)).collect();
    let returns = |results: &[ValType]| FuncType::new(params.clone(), results.iter().copied());
    // A struct return: a pointer in front of the parameters.
    let with_out = |results: &[ValType]| {
        let params = core::iter::once(ValType::I32).chain(params.iter().copied());
        FuncType::new(params, results.iter().copied())
    };
    let one = |ty: ValType, c: &str| Vec::from([Shape::new(returns(&[ty]), c)]);
    let result = match &prototype.result {
        // A struct that may be missing is returned by pointer only.
        Output::Option(inner) => match &**inner {
            Output::Struct(name) => return one(ValType::I32, &format!("{name} *")),
            inner => inner,
        },
        result => result,
    };
    match result {
        Output::None | Output::Option(_) => Vec::from([Shape::new(returns(&[]), "void")]),
        Output::Scalar(scalar) => one(scalar.wasm(), scalar.c()),
        Output::Pointer => one(ValType::I32, "void *"),
        Output::Function => one(ValType::I32, "void (*)()"),
        Output::CString => one(ValType::I32, "char *"),
        Output::String | Output::Vec(_) => {
            let element = match result {
                Output::Vec(element) => element.c(),
                _ => "char",
            };
            let space = if element.ends_with('*') { "" } else { " " };
            let pair = format!("struct {{ {element}{space}*ptr; size_t len; }}");
            let packed = Shape::new(returns(&[ValType::I64]), "uint64_t")
                .note("(uint64_t)pointer << 32 | length");
            let by_struct = Shape::new(with_out(&[]), pair.clone());
            let two = Shape::new(returns(&[ValType::I32, ValType::I32]), pair).note(MULTI_VALUE);
            match role {
                Role::Export => Vec::from([packed, by_struct, two]),
                Role::Import => Vec::from([by_struct, packed, two]),
            }
        }
        Output::Struct(name) => Vec::from([
            Shape::new(with_out(&[]), name.as_str()),
            Shape::new(returns(&[ValType::I32]), format!("{name} *")),
        ]),
        Output::Tuple(scalars) => {
            let types: Vec<ValType> = scalars.iter().map(|scalar| scalar.wasm()).collect();
            let c = tuple(scalars.iter().map(|scalar| Element::Scalar(*scalar)));
            Vec::from([
                Shape::new(with_out(&[]), c.clone()),
                Shape::new(returns(&types), c).note(MULTI_VALUE),
            ])
        }
        Output::Result(inner) => {
            const NOTE: &str = "0, or an error code";
            match out_pointer(inner) {
                None => Vec::from([Shape::new(returns(&[ValType::I32]), "int32_t").note(NOTE)]),
                Some(first) => Vec::from([Shape::new(with_out(&[ValType::I32]), "int32_t")
                    .first(first)
                    .note(NOTE)]),
            }
        }
    }
}

fn tuple(fields: impl Iterator<Item = Element>) -> String {
    let fields: Vec<String> = fields
        .zip(["a", "b", "c", "d"])
        .map(|(element, name)| format!("{} {name};", element.c()))
        .collect();
    format!("struct {{ {} }}", fields.join(" "))
}

/// The parameter in front of a function that may fail, if it has a result.
fn out_pointer(result: &Output) -> Option<String> {
    Some(match result {
        Output::None => return None,
        Output::Scalar(scalar) => format!("{} *out", Element::Scalar(*scalar).c()),
        Output::Pointer => "void * *out".to_owned(),
        Output::Struct(name) => format!("{name} *out"),
        // Strings and vectors; the parser lets nothing else in.
        _ => "hh_bytes *out".to_owned(),
    })
}

/// The result in C as a header declares it with the types of hostheap.h, and the parameter in front.
///
/// Where there are several shapes it is the one that needs no flags: packed for pointer and length,
/// a struct by value otherwise. A tuple is an anonymous struct, which the header gives a name.
pub(super) fn result(result: &Output) -> (String, Option<String>) {
    let c = match result {
        Output::None => "void".to_owned(),
        Output::Scalar(scalar) => scalar.c().to_owned(),
        Output::Pointer => "void *".to_owned(),
        Output::Function => "hh_func".to_owned(),
        Output::CString => "char *".to_owned(),
        Output::String | Output::Vec(_) => "hh_packed".to_owned(),
        Output::Struct(name) => name.clone(),
        Output::Option(inner) => match &**inner {
            Output::Struct(name) => format!("{name} *"),
            inner => return self::result(inner),
        },
        Output::Tuple(scalars) => tuple(scalars.iter().map(|scalar| Element::Scalar(*scalar))),
        Output::Result(inner) => return ("int32_t".to_owned(), out_pointer(inner)),
    };
    (c, None)
}
