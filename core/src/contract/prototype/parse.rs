//! Reads prototypes.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::reader::{Reader, Result, is_keyword};
use super::types::{Access, Element, Input, Output, Param, Scalar};
use super::{Prototype, c};

/// Parameters in a prototype: as many as [`Arguments`](crate::convention::Arguments) can be.
const PARAMS: usize = 12;

/// Wasm parameters, as the convention has them: the runtimes' typed functions have 16, and one is
/// kept for a struct return.
const WASM_PARAMS: usize = 15;

/// Characters in a prototype, so that reading one needs no more stack than a short text can ask for.
const LONGEST: usize = 4096;

/// `option<owned<…>>` is the deepest that means anything.
const DEEPEST: usize = 4;

pub(super) fn prototype(text: &str) -> Result<Prototype> {
    let mut reader = Reader::new(text);
    if text.len() > LONGEST {
        return reader.fail(format!("a prototype is at most {LONGEST} bytes long"));
    }
    reader.expect("(", "a prototype begins with its parameters: `(str, u32) -> string`")?;
    let mut params: Vec<Param> = Vec::new();
    if !reader.eat(")") {
        loop {
            if params.len() == PARAMS {
                return reader.fail(format!("more than {PARAMS} parameters: pass a struct"));
            }
            params.push(param(&mut reader, &params)?);
            if reader.eat(")") {
                break;
            }
            reader.expect(",", "expected `,` or `)` behind a parameter")?;
        }
    }
    let flat: usize = params.iter().map(|param| c::wasm(&param.ty).len()).sum();
    if flat > WASM_PARAMS {
        return reader.fail(format!(
            "{flat} wasm parameters, and {WASM_PARAMS} is the most (text and slices are two): pass \
             a struct"
        ));
    }
    let result = if reader.eat("->") { output(&mut reader, 0)? } else { Output::None };
    reader.spaces();
    if reader.at < text.len() {
        return reader.fail("nothing more may stand behind the result");
    }
    Ok(Prototype { params, result })
}

fn param(reader: &mut Reader<'_>, before: &[Param]) -> Result<Param> {
    let start = reader.at;
    let word = reader.peek_word();
    reader.at += word.len();
    if !word.is_empty() && reader.eat(":") {
        if is_keyword(word) {
            return reader.fail_at(start, format!("`{word}` is a word of C's: name it otherwise"));
        }
        if before.iter().any(|param| param.name.as_deref() == Some(word)) {
            return reader.fail_at(start, format!("two parameters are called `{word}`"));
        }
        return Ok(Param { name: Some(word.to_string()), ty: input(reader, 0)? });
    }
    reader.at = start;
    Ok(Param { name: None, ty: input(reader, 0)? })
}

fn scalar(word: &str) -> Option<Scalar> {
    Scalar::ALL.iter().find(|(name, _)| *name == word).map(|(_, scalar)| *scalar)
}

fn input(reader: &mut Reader<'_>, depth: usize) -> Result<Input> {
    if depth == DEEPEST {
        return reader.fail("types are nested too deeply");
    }
    if reader.eat("&") {
        let access = if reader.eat_word("mut") { Access::Mut } else { Access::In };
        return reference(reader, access);
    }
    reader.spaces();
    let start = reader.at;
    if reader.peek_word() == "struct" {
        return reader.fail("a struct is passed by pointer: write `&` in front of it");
    }
    let word =
        reader.word("a parameter's type, such as `i32`, `str`, `bytes` or `&struct point`")?;
    if let Some(scalar) = scalar(word) {
        return Ok(Input::Scalar(scalar));
    }
    let hint = match word {
        "str" => return Ok(Input::Str),
        "bytes" => return Ok(Input::Slice(Element::Scalar(Scalar::U8), Access::In)),
        "cstr" => return Ok(Input::CStr),
        "ptr" => return Ok(Input::Pointer),
        "func" => return Ok(Input::Function),
        "mut" => return reference(reader, Access::Mut),
        "out" => return reference(reader, Access::Out),
        "slice" => return slice(reader, Access::In),
        "option" => {
            let inner = angled(reader, |reader| input(reader, depth + 1))?;
            return match inner {
                Input::Scalar(_) | Input::Option(_) => reader.fail_at(
                    start,
                    format!("`option<{inner}>`: only what is behind a pointer can be missing"),
                ),
                inner => Ok(Input::Option(Box::new(inner))),
            };
        }
        "owned" => {
            let inner = angled(reader, |reader| input(reader, depth + 1))?;
            return match inner {
                Input::Str
                | Input::CStr
                | Input::List { .. }
                | Input::Slice(_, Access::In)
                | Input::Reference(_, Access::In) => Ok(Input::Owned(Box::new(inner))),
                _ => reader.fail_at(
                    start,
                    format!(
                        "`owned<{inner}>`: only text, bytes, `slice<…>` and `&…` can be handed over"
                    ),
                ),
            };
        }
        "string" => "`string` is a result's type: a parameter is `str`".to_string(),
        "cstring" => "`cstring` is a result's type: a parameter is `cstr`".to_string(),
        "vec" => "`vec<…>` is a result's type: a parameter is `slice<…>`".to_string(),
        "result" => "`result<…>` is a result's type".to_string(),
        "usize" | "size_t" => format!("`{word}` is `u32` in a plugin"),
        "isize" => "`isize` is `i32` in a plugin".to_string(),
        _ => format!(
            "`{word}` is no parameter's type: expected i8 … u64, f32, f64, bool, char, str, bytes, \
             cstr, slice<…>, mut …, out …, &…, ptr, func, option<…> or owned<…>; a struct is \
             passed by pointer, as `&{word}`"
        ),
    };
    reader.fail_at(start, hint)
}

/// What comes behind `&`, `mut` or `out`.
fn reference(reader: &mut Reader<'_>, access: Access) -> Result<Input> {
    if access != Access::In && reader.eat_word("slice") {
        return slice(reader, access);
    }
    Ok(Input::Reference(element(reader)?, access))
}

fn slice(reader: &mut Reader<'_>, access: Access) -> Result<Input> {
    angled(reader, |reader| {
        let word = reader.peek_word();
        if word == "str" || word == "bytes" {
            if access != Access::In {
                return reader.fail("a slice of texts cannot be written to");
            }
            reader.at += word.len();
            return Ok(Input::List { texts: word == "str" });
        }
        Ok(Input::Slice(element(reader)?, access))
    })
}

fn angled<T>(
    reader: &mut Reader<'_>,
    inner: impl FnOnce(&mut Reader<'_>) -> Result<T>,
) -> Result<T> {
    reader.expect("<", "expected `<`")?;
    let inner = inner(reader)?;
    reader.expect(">", "expected `>`")?;
    Ok(inner)
}

fn element(reader: &mut Reader<'_>) -> Result<Element> {
    reader.spaces();
    let start = reader.at;
    let word = reader.word("a scalar, `ptr`, or a struct such as `struct point`")?;
    if let Some(scalar) = scalar(word) {
        return Ok(Element::Scalar(scalar));
    }
    if word == "ptr" {
        return Ok(Element::Pointer);
    }
    named(reader, start, word).map(Element::Struct)
}

/// A struct's name, whose first word was read.
fn named(reader: &mut Reader<'_>, start: usize, word: &str) -> Result<String> {
    if word == "struct" {
        let name = reader.word("the struct's name")?;
        if is_keyword(name) {
            return reader.fail_at(start, format!("`{name}` is a word of C's"));
        }
        return Ok(format!("struct {name}"));
    }
    const TYPES: &[&str] = &[
        "str", "bytes", "cstr", "slice", "option", "owned", "func", "mut", "out", "string", "vec",
        "cstring", "result", "usize", "isize", "size_t",
    ];
    if TYPES.contains(&word) || is_keyword(word) {
        return reader.fail_at(
            start,
            format!(
                "`{word}` cannot stand here: expected a scalar, `ptr`, or a struct such as \
                 `struct point`"
            ),
        );
    }
    Ok(word.to_string())
}

fn output(reader: &mut Reader<'_>, depth: usize) -> Result<Output> {
    if depth == DEEPEST {
        return reader.fail("types are nested too deeply");
    }
    if reader.eat("(") {
        return tuple(reader);
    }
    reader.spaces();
    let start = reader.at;
    let word = reader.word("a result's type, such as `i32`, `string`, `vec<f64>` or `()`")?;
    if let Some(scalar) = scalar(word) {
        return Ok(Output::Scalar(scalar));
    }
    let hint = match word {
        "ptr" => return Ok(Output::Pointer),
        "func" => return Ok(Output::Function),
        "string" => return Ok(Output::String),
        "bytes" => return Ok(Output::Vec(Element::Scalar(Scalar::U8))),
        "cstring" => return Ok(Output::CString),
        "vec" => return angled(reader, element).map(Output::Vec),
        "option" => {
            let inner = angled(reader, |reader| output(reader, depth + 1))?;
            return match inner {
                Output::String
                | Output::Vec(_)
                | Output::CString
                | Output::Struct(_)
                | Output::Function => Ok(Output::Option(Box::new(inner))),
                _ => reader.fail_at(
                    start,
                    format!("`option<{inner}>`: only what is behind a pointer can be missing"),
                ),
            };
        }
        "result" => {
            let inner = angled(reader, |reader| output(reader, depth + 1))?;
            return match inner {
                Output::None
                | Output::Scalar(_)
                | Output::Pointer
                | Output::Struct(_)
                | Output::String
                | Output::Vec(_) => Ok(Output::Result(Box::new(inner))),
                _ => reader.fail_at(
                    start,
                    format!(
                        "`result<{inner}>`: expected (), a scalar, ptr, a struct, string, bytes or \
                         vec<…> in it"
                    ),
                ),
            };
        }
        "none" | "void" => return Ok(Output::None),
        "str" => "`str` is a parameter's type: a result is `string`".to_string(),
        "cstr" => "`cstr` is a parameter's type: a result is `cstring`".to_string(),
        "slice" => "`slice<…>` is a parameter's type: a result is `vec<…>`".to_string(),
        _ => return named(reader, start, word).map(Output::Struct),
    };
    reader.fail_at(start, hint)
}

/// The rest of `()` or `(i32, f64)`.
fn tuple(reader: &mut Reader<'_>) -> Result<Output> {
    let mut scalars = Vec::new();
    if reader.eat(")") {
        return Ok(Output::None);
    }
    loop {
        reader.spaces();
        let start = reader.at;
        let word = reader.word("a scalar")?;
        match scalar(word) {
            Some(scalar) if scalars.len() < 4 => scalars.push(scalar),
            Some(_) => return reader.fail_at(start, "a tuple has at most four scalars"),
            None => {
                return reader
                    .fail_at(start, format!("`{word}` is no scalar: a tuple has only these"));
            }
        }
        if reader.eat(")") {
            break;
        }
        reader.expect(",", "expected `,` or `)` in a tuple")?;
    }
    match scalars.as_slice() {
        [one] => Ok(Output::Scalar(*one)),
        _ => Ok(Output::Tuple(scalars)),
    }
}
