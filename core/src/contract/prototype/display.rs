//! Prototypes as text, and in Rust.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{Access, Element, Input, Output, Prototype, Role, Scalar};

pub(super) fn prototype(prototype: &Prototype, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    for (i, param) in prototype.params.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        if let Some(name) = &param.name {
            write!(f, "{name}: ")?;
        }
        write!(f, "{}", param.ty)?;
    }
    f.write_str(")")?;
    match &prototype.result {
        Output::None => Ok(()),
        result => write!(f, " -> {result}"),
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Element::Scalar(scalar) => scalar.name(),
            Element::Pointer => "ptr",
            Element::Struct(name) => name,
        })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Scalar(scalar) => f.write_str(scalar.name()),
            Input::Str => f.write_str("str"),
            Input::CStr => f.write_str("cstr"),
            Input::Slice(Element::Scalar(Scalar::U8), Access::In) => f.write_str("bytes"),
            Input::Slice(element, Access::In) => write!(f, "slice<{element}>"),
            Input::Slice(element, Access::Mut) => write!(f, "mut slice<{element}>"),
            Input::Slice(element, Access::Out) => write!(f, "out slice<{element}>"),
            Input::List { texts } => {
                write!(f, "slice<{}>", if *texts { "str" } else { "bytes" })
            }
            Input::Reference(element, Access::In) => write!(f, "&{element}"),
            Input::Reference(element, Access::Mut) => write!(f, "mut {element}"),
            Input::Reference(element, Access::Out) => write!(f, "out {element}"),
            Input::Pointer => f.write_str("ptr"),
            Input::Function => f.write_str("func"),
            Input::Option(inner) => write!(f, "option<{inner}>"),
            Input::Owned(inner) => write!(f, "owned<{inner}>"),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::None => f.write_str("()"),
            Output::Scalar(scalar) => f.write_str(scalar.name()),
            Output::Pointer => f.write_str("ptr"),
            Output::Function => f.write_str("func"),
            Output::String => f.write_str("string"),
            Output::Vec(Element::Scalar(Scalar::U8)) => f.write_str("bytes"),
            Output::Vec(element) => write!(f, "vec<{element}>"),
            Output::CString => f.write_str("cstring"),
            Output::Struct(name) => f.write_str(name),
            Output::Option(inner) => write!(f, "option<{inner}>"),
            Output::Tuple(scalars) => {
                let names: Vec<&str> = scalars.iter().map(|scalar| scalar.name()).collect();
                write!(f, "({})", names.join(", "))
            }
            Output::Result(inner) => write!(f, "result<{inner}>"),
        }
    }
}

/// `(&str,) -> String`.
pub(super) fn rust(prototype: &Prototype, role: Role) -> String {
    let params: Vec<String> = prototype.params.iter().map(|param| input(&param.ty, role)).collect();
    let comma = if params.len() == 1 { "," } else { "" };
    format!("({}{comma}) -> {}", params.join(", "), output(&prototype.result, role))
}

fn element(element: &Element) -> String {
    match element {
        Element::Scalar(scalar) => scalar.name().to_string(),
        Element::Pointer => "GuestPtr".to_string(),
        Element::Struct(name) => camel(name),
    }
}

fn camel(name: &str) -> String {
    let name = name.strip_prefix("struct ").unwrap_or(name);
    let mut camel = String::new();
    for part in name.split('_') {
        let mut chars = part.chars();
        camel.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

fn input(ty: &Input, role: Role) -> String {
    match (ty, role) {
        (Input::Scalar(scalar), _) => scalar.name().to_string(),
        (Input::Pointer, _) => "GuestPtr<()>".to_string(),
        (Input::Function, _) => "FuncPtr<(), ()>".to_string(),
        (Input::Option(inner), _) => format!("Option<{}>", input(inner, role)),
        (Input::Owned(inner), _) => format!("Owned<{}>", input(inner, role)),

        (Input::Str, Role::Export) => "&str".to_string(),
        (Input::CStr, Role::Export) => "&CStr".to_string(),
        (Input::Slice(of, Access::In), Role::Export) => format!("&[{}]", element(of)),
        (Input::Slice(of, Access::Mut), Role::Export) => format!("&mut [{}]", element(of)),
        (Input::Slice(of, Access::Out), Role::Export) => format!("Out<[{}]>", element(of)),
        (Input::List { texts: true }, Role::Export) => "&[&str]".to_string(),
        (Input::List { texts: false }, Role::Export) => "&[&[u8]]".to_string(),
        (Input::Reference(to, Access::In), Role::Export) => format!("&{}", element(to)),
        (Input::Reference(to, Access::Mut), Role::Export) => format!("&mut {}", element(to)),
        (Input::Reference(to, Access::Out), Role::Export) => format!("Out<{}>", element(to)),

        (Input::Str, Role::Import) => "String".to_string(),
        (Input::CStr, Role::Import) => "CString".to_string(),
        (Input::Slice(of, Access::In), Role::Import) => format!("Vec<{}>", element(of)),
        (Input::Slice(of, _), Role::Import) => format!("GuestSlice<{}>", element(of)),
        // Structs of pointer and length; the host reads what they point to.
        (Input::List { .. }, Role::Import) => "GuestSlice<HhBytes>".to_string(),
        (Input::Reference(Element::Struct(name), Access::In), Role::Import) => camel(name),
        (Input::Reference(to, _), Role::Import) => format!("GuestPtr<{}>", element(to)),
    }
}

fn output(ty: &Output, role: Role) -> String {
    match ty {
        Output::None => "()".to_string(),
        Output::Scalar(scalar) => scalar.name().to_string(),
        Output::Pointer => "GuestPtr<()>".to_string(),
        Output::Function => "FuncPtr<(), ()>".to_string(),
        Output::String => "String".to_string(),
        Output::Vec(of) => format!("Vec<{}>", element(of)),
        Output::CString => "CString".to_string(),
        Output::Struct(name) => camel(name),
        Output::Option(inner) => format!("Option<{}>", output(inner, role)),
        Output::Tuple(scalars) => {
            let names: Vec<&str> = scalars.iter().map(|scalar| scalar.name()).collect();
            format!("({})", names.join(", "))
        }
        Output::Result(inner) => match role {
            Role::Export => format!("Result<{}, GuestError>", output(inner, role)),
            Role::Import => format!("Fallible<{}>", output(inner, role)),
        },
    }
}
