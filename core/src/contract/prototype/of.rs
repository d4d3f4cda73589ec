//! Prototypes of Rust types, by way of the C that the convention says they are.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::types::{Access, Element, Input, Output, Param, Scalar};
use super::{Prototype, PrototypeError, Role};
use crate::convention::Shape;

/// The prototype with these C parameters and shapes; one that is not exactly these is none.
pub(super) fn prototype(
    params: &[String],
    shapes: &[Shape],
    role: Role,
) -> Result<Prototype, PrototypeError> {
    let mut inputs = Vec::new();
    let mut rest = params;
    while let [ty, after @ ..] = rest {
        let (sized, after) = match after {
            [len, after @ ..] if len == "size_t" => (true, after),
            after => (false, after),
        };
        inputs.push(Param { name: None, ty: input(ty, sized).ok_or_else(|| no_word(ty))? });
        rest = after;
    }
    let shown = shapes.first().map_or("", |shape| shape.result.as_str());
    let result = output(shapes).ok_or_else(|| no_word(shown))?;
    let prototype = Prototype { params: inputs, result };
    // What C says the same of is the same; anything else was read wrongly.
    if prototype.c_params(role) != params || prototype.shapes(role) != shapes {
        return Err(no_word(shown));
    }
    prototype.to_string().parse()
}

fn no_word(c: &str) -> PrototypeError {
    PrototypeError { reason: format!("`{c}` has no word in prototypes"), offset: 0 }
}

fn input(ty: &str, sized: bool) -> Option<Input> {
    let text = if sized { Input::Str } else { Input::CStr };
    let owned = |input| Some(Input::Owned(Box::new(input)));
    match ty {
        "const char *" => return Some(text),
        "char *" => return owned(text),
        "const hh_bytes *" => return Some(Input::List { texts: true }),
        "hh_bytes *" => return owned(Input::List { texts: true }),
        "void *" => return Some(Input::Pointer),
        "void (*)()" => return Some(Input::Function),
        _ => {}
    }
    if let Some(scalar) = scalar(ty) {
        return Some(Input::Scalar(scalar));
    }
    let (to, access) = match ty {
        "void * const *" => ("void *", Access::In),
        "void **" => ("void *", Access::Mut),
        _ => {
            let to = ty.strip_suffix(" *")?;
            to.strip_prefix("const ").map_or((to, Access::Mut), |to| (to, Access::In))
        }
    };
    let element = element(to)?;
    Some(if sized { Input::Slice(element, access) } else { Input::Reference(element, access) })
}

/// A `char` is no other type in C than a `u32`, which is meant more often.
fn scalar(c: &str) -> Option<Scalar> {
    Scalar::ALL.iter().map(|(_, scalar)| *scalar).find(|scalar| scalar.c() == c)
}

fn element(c: &str) -> Option<Element> {
    match c {
        "unsigned char" => Some(Element::Scalar(Scalar::U8)),
        "void *" => Some(Element::Pointer),
        c => match scalar(c) {
            Some(scalar) => Some(Element::Scalar(scalar)),
            None => named(c).map(Element::Struct),
        },
    }
}

fn named(c: &str) -> Option<String> {
    let name = c.strip_prefix("struct ").unwrap_or(c);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(word)).then(|| c.to_string())
}

fn output(shapes: &[Shape]) -> Option<Output> {
    // Pointer and length is the one that has three shapes, whichever is first.
    if let [_, _, _] = shapes {
        let shape = shapes.iter().find(|shape| shape.result.starts_with("struct { "))?;
        let pair = shape.result.strip_prefix("struct { ")?;
        let pointer = pair.strip_suffix("ptr; size_t len; }")?;
        let element_of = pointer.strip_suffix('*')?;
        return Some(match element_of.trim_end() {
            "char" => Output::String,
            "void *" => Output::Vec(Element::Pointer),
            c => Output::Vec(element(c)?),
        });
    }
    let first = shapes.first()?;
    if let Some(out) = &first.first {
        let inner = match out.strip_suffix(" *out")? {
            "hh_bytes" => Output::String,
            c => match element(c)? {
                Element::Scalar(scalar) => Output::Scalar(scalar),
                Element::Pointer => Output::Pointer,
                Element::Struct(name) => Output::Struct(name),
            },
        };
        return Some(Output::Result(Box::new(inner)));
    }
    if let Some(fields) = first.result.strip_prefix("struct { ") {
        let fields = fields.strip_suffix(" }")?.split("; ");
        let scalars = fields.map(|field| match element(field.rsplit_once(' ')?.0)? {
            Element::Scalar(scalar) => Some(scalar),
            _ => None,
        });
        return scalars.collect::<Option<Vec<_>>>().map(Output::Tuple);
    }
    Some(match first.result.as_str() {
        "int32_t" if first.note.is_some() => Output::Result(Box::new(Output::None)),
        "void" => Output::None,
        "void *" => Output::Pointer,
        "void (*)()" => Output::Function,
        "char *" => Output::CString,
        c => match (scalar(c), c.strip_suffix(" *")) {
            (Some(scalar), _) => Output::Scalar(scalar),
            (None, Some(name)) => Output::Option(Box::new(Output::Struct(named(name)?))),
            (None, None) => Output::Struct(named(c)?),
        },
    })
}
