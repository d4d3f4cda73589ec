//! How results are read: numbers, or a pointer and a length in one of the shapes that C compilers
//! give them.

use std::string::FromUtf8Error;

use hostheap_core::context::Context;
use hostheap_core::{Backend, FuncType, Guest, ValType, Value};

use crate::args::ResultType;
use crate::error::{Failure, describe};
use crate::print::{hex_dump, quoted};
use crate::report;
use crate::value::StructReturn;

/// What a call returned, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) content: Content,
    /// How it was read, where that needs saying.
    pub(crate) how: Option<String>,
}

/// What goes to stdout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Nothing,
    Line(String),
    Raw(Vec<u8>),
}

/// How a result is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Nothing,
    Numbers {
        unsigned: bool,
    },
    /// A pointer and a length, in the form that was asked for.
    Pair(Pair, ResultType),
    /// The same where it names bytes that exist, otherwise numbers.
    PairOrNumbers(Pair),
}

/// Where pointer and length come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// Written to where the first parameter points.
    Struct,
    /// Two `i32` results.
    Two,
    /// The halves of an `i64`.
    Packed,
}

/// Whether room for a returned struct may be among the parameters.
pub(crate) fn struct_return(ty: &FuncType, asked: ResultType) -> StructReturn {
    match asked {
        _ if !ty.results.is_empty() => StructReturn::Never,
        ResultType::Auto => StructReturn::IfLeftOver,
        ResultType::Str | ResultType::Bytes | ResultType::Raw => StructReturn::Always,
        _ => StructReturn::Never,
    }
}

/// How the results of an export of type `ty` are to be read.
pub(crate) fn shape(
    export: &str,
    ty: &FuncType,
    asked: ResultType,
    returns_struct: bool,
) -> Result<Shape, Failure> {
    use ResultType as R;
    use ValType::{F32, F64, I32, I64};

    let pair = match ty.results[..] {
        [] if returns_struct => Some(Pair::Struct),
        [I64] => Some(Pair::Packed),
        [I32, I32] => Some(Pair::Two),
        _ => None,
    };
    let all = |want| !ty.results.is_empty() && ty.results.iter().all(|ty| *ty == want);
    let shape = match (asked, pair) {
        (R::None, _) => Some(Shape::Nothing),
        (R::Auto, Some(Pair::Struct)) => Some(Shape::Pair(Pair::Struct, asked)),
        (R::Auto, Some(pair)) => Some(Shape::PairOrNumbers(pair)),
        (R::Auto, None) if ty.results.is_empty() => Some(Shape::Nothing),
        (R::Auto, None) => Some(Shape::Numbers { unsigned: false }),
        (R::Str | R::Bytes | R::Raw, _) => pair.map(|pair| Shape::Pair(pair, asked)),
        (R::I32, _) => all(I32).then_some(Shape::Numbers { unsigned: false }),
        (R::U32, _) => all(I32).then_some(Shape::Numbers { unsigned: true }),
        (R::I64, _) => all(I64).then_some(Shape::Numbers { unsigned: false }),
        (R::U64, _) => all(I64).then_some(Shape::Numbers { unsigned: true }),
        (R::F32, _) => all(F32).then_some(Shape::Numbers { unsigned: false }),
        (R::F64, _) => all(F64).then_some(Shape::Numbers { unsigned: false }),
    };
    shape.ok_or_else(|| {
        Failure::usage(format_args!(
            "{} has type {ty}, whose result cannot be read as {}: leave out --result",
            quoted(export),
            asked.name()
        ))
    })
}

/// What room for a returned struct holds before the call, to tell whether the plugin wrote there.
/// No pointer and length: it lies outside every memory.
pub(crate) const UNWRITTEN: [u8; 8] = [0xff; 8];

/// The host's block of arguments, and room for a returned struct in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) block: Option<u32>,
    pub(crate) out: u32,
}

/// Reads what a call returned, and frees its block where it has one.
pub(crate) fn read<B: Backend, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    values: &[Value],
    shape: Shape,
    room: Room,
) -> Result<Answer, Failure> {
    let line = |content| Ok(Answer { content: Content::Line(content), how: None });
    let (pair, asked) = match shape {
        Shape::Nothing => return Ok(Answer { content: Content::Nothing, how: None }),
        Shape::Numbers { unsigned } => return line(numbers(values, unsigned)),
        Shape::Pair(pair, asked) => (pair, asked),
        Shape::PairOrNumbers(pair) => (pair, ResultType::Auto),
    };
    let (offset, len) = pointer_and_length(guest, values, pair, room.out)?;
    if matches!(shape, Shape::PairOrNumbers(_)) && !names_bytes(guest, offset, len) {
        let how = in_memory(guest, offset, len).then(|| {
            format!(
                "a number: as pointer and length, {} at {offset}, it names neither a live block nor \
                 static data",
                report::bytes(len.into())
            )
        });
        return Ok(Answer { content: Content::Line(numbers(values, false)), how });
    }
    let bytes = take(guest, offset, len, room.block).map_err(Failure::plugin)?;
    let what = |kind| {
        let packed = match pair {
            Pair::Packed => ", packed in an i64 (--result i64 shows it)",
            Pair::Struct | Pair::Two => "",
        };
        Some(format!("{} of {kind} at {offset}{packed}", report::bytes(len.into())))
    };
    let (content, how) = match (asked, String::from_utf8(bytes)) {
        (ResultType::Raw, text) => (
            Content::Raw(text.map_or_else(FromUtf8Error::into_bytes, String::into_bytes)),
            what("data"),
        ),
        (ResultType::Bytes, text) => {
            let dump = hex_dump(text.as_ref().map_or_else(|e| e.as_bytes(), String::as_bytes));
            (Content::Line(dump), what("data"))
        }
        (_, Ok(text)) => (Content::Line(text), what("text")),
        (ResultType::Str, Err(not_text)) => {
            return Err(Failure::plugin(format_args!(
                "the {len} bytes that it returned are not UTF-8 from byte {} on: --result bytes \
                 shows them",
                not_text.utf8_error().valid_up_to()
            )));
        }
        (_, Err(not_text)) => {
            (Content::Line(hex_dump(not_text.as_bytes())), what("data that is no UTF-8 text"))
        }
    };
    Ok(Answer { content, how })
}

fn pointer_and_length<B: Backend, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    values: &[Value],
    pair: Pair,
    out: u32,
) -> Result<(u32, u32), Failure> {
    match (pair, values) {
        (Pair::Packed, [Value::I64(packed)]) => {
            let packed = packed.cast_unsigned();
            Ok(((packed >> 32) as u32, packed as u32))
        }
        (Pair::Two, [Value::I32(offset), Value::I32(len)]) => {
            Ok((offset.cast_unsigned(), len.cast_unsigned()))
        }
        (Pair::Struct, []) => {
            let mut written = UNWRITTEN;
            guest.context().read(out, &mut written).map_err(|e| Failure::plugin(describe(&e)))?;
            if written == UNWRITTEN {
                return Err(Failure::usage(
                    "it returned no struct through its first parameter, which the arguments left \
                     over: give it an argument too",
                ));
            }
            let [a, b, c, d, e, f, g, h] = written;
            Ok((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
        }
        // The runtime has checked the results against the type that the shape was made for.
        _ => Err(Failure::plugin("it returned something else than its type says")),
    }
}

/// Whether pointer and length certainly are some: a range in a live block, or bytes of the data
/// segments. Numbers hardly ever look like that; zero-initialised data is left out because numbers
/// do.
fn names_bytes<B: Backend, T: Send + 'static>(
    guest: &Guest<'_, B, T>,
    offset: u32,
    len: u32,
) -> bool {
    let end = u64::from(offset) + u64::from(len);
    if let Some(block) = guest.heap().block_containing(offset) {
        return end <= block.end();
    }
    let layout = guest.info().layout();
    let (Some(data_start), Some(data_end)) = (layout.data_start, layout.data_end) else {
        return false;
    };
    offset > 0 && len > 0 && offset >= data_start && end <= u64::from(data_end)
}

/// Whether it could be meant as pointer and length at all.
fn in_memory<B: Backend, T: Send + 'static>(
    guest: &Guest<'_, B, T>,
    offset: u32,
    len: u32,
) -> bool {
    let end = u64::from(offset) + u64::from(len);
    offset > 0 && len > 0 && guest.memory().is_ok_and(|memory| end <= memory.len() as u64)
}

/// Copies returned bytes. Their block is freed, unless it is the host's own.
fn take<B: Backend, T: Send + 'static>(
    guest: &mut Guest<'_, B, T>,
    offset: u32,
    len: u32,
    arguments: Option<u32>,
) -> Result<Vec<u8>, String> {
    let block = guest.heap().block_containing(offset);
    let in_arguments = block.is_some_and(|block| {
        Some(block.offset) == arguments && u64::from(offset) + u64::from(len) <= block.end()
    });
    let bytes = if in_arguments {
        guest.context().bytes(offset, len).map(<[u8]>::to_vec)
    } else {
        guest.take_bytes(offset, len)
    };
    bytes.map_err(|error| describe(&error))
}

fn numbers(values: &[Value], unsigned: bool) -> String {
    let number = |value: &Value| match *value {
        Value::I32(v) if unsigned => v.cast_unsigned().to_string(),
        Value::I64(v) if unsigned => v.cast_unsigned().to_string(),
        Value::I32(v) => v.to_string(),
        Value::I64(v) => v.to_string(),
        // With a point or an exponent, so that they show what they are.
        Value::F32(v) => format!("{v:?}"),
        Value::F64(v) => format!("{v:?}"),
    };
    values.iter().map(number).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use hostheap_core::ValType::{F64, I32, I64};

    use super::*;

    fn of(results: &[ValType], asked: ResultType) -> Result<Shape, Failure> {
        shape("f", &FuncType::new([], results.iter().copied()), asked, false)
    }

    #[test]
    fn auto_follows_the_type() {
        let auto = |results: &[ValType]| of(results, ResultType::Auto).expect("always fits");
        assert_eq!(auto(&[]), Shape::Nothing);
        assert_eq!(auto(&[I32]), Shape::Numbers { unsigned: false });
        assert_eq!(auto(&[I64]), Shape::PairOrNumbers(Pair::Packed));
        assert_eq!(auto(&[I32, I32]), Shape::PairOrNumbers(Pair::Two));
        assert_eq!(auto(&[F64, I32]), Shape::Numbers { unsigned: false });
    }

    #[test]
    fn explicit_types_must_fit() {
        assert!(of(&[I32], ResultType::Str).is_err());
        assert!(of(&[], ResultType::I32).is_err());
        assert!(of(&[I64], ResultType::I32).is_err());
        assert!(of(&[I64, I32], ResultType::U64).is_err());
        assert_eq!(of(&[I32, I32], ResultType::U32), Ok(Shape::Numbers { unsigned: true }));
        assert_eq!(of(&[I64], ResultType::None), Ok(Shape::Nothing));
    }

    #[test]
    fn numbers_show_their_type() {
        let values = [Value::I32(-1), Value::I64(-1), Value::F32(2.0), Value::F64(1e300)];
        assert_eq!(numbers(&values, false), "-1 -1 2.0 1e300");
        assert_eq!(numbers(&values[..2], true), "4294967295 18446744073709551615");
    }
}
