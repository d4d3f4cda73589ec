//! The argument grammar: what the words of a command line mean for an export's type.
//!
//! Words are read from left to right, each by the parameter that it meets: a number where it is one
//! of the type wanted there, otherwise text, which takes two `i32`. A type in front decides.

use std::fs;

use hostheap_core::{FuncType, ValType, Value};

use crate::error::{Failure, unreadable};
use crate::print::quoted;

/// One argument as the plugin gets it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arg {
    /// A number, for one parameter.
    Number(Value),
    /// Bytes in the plugin's memory, for two parameters: pointer, and number of elements.
    Data { bytes: Vec<u8>, count: u32 },
}

/// The arguments of a call, fitted to an export's type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) args: Vec<Arg>,
    /// The first parameter points to room for a returned struct; `args` fill the others.
    pub(crate) returns_struct: bool,
}

/// Whether the first parameter may be, or must be, room for a returned struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StructReturn {
    Never,
    IfLeftOver,
    Always,
}

/// A word whose explicit type, if it has one, is taken off.
enum Word {
    Bare(String),
    Typed(Arg),
}

/// Fits the words of a command line to the parameters of an export.
pub(crate) fn plan(
    export: &str,
    ty: &FuncType,
    words: &[String],
    returns_struct: StructReturn,
) -> Result<Plan, Failure> {
    let parsed: Vec<Word> = words.iter().map(|word| parse(word)).collect::<Result<_, _>>()?;
    let may_be_struct = ty.results.is_empty() && ty.params.first() == Some(&ValType::I32);
    let plain = fit(&ty.params, words, &parsed);
    let in_struct = || fit(&ty.params[1..], words, &parsed);
    let (fitted, returns_struct) = match returns_struct {
        StructReturn::Always if may_be_struct => (in_struct(), true),
        StructReturn::IfLeftOver if may_be_struct && plain.is_err() => match in_struct() {
            Ok(args) => (Ok(args), true),
            Err(_) => (plain, false),
        },
        _ => (plain, false),
    };
    let args = fitted.map_err(|why| {
        let forms = forms(export, ty, may_be_struct);
        Failure::usage(format_args!("{} has type {ty}: {why}; write {forms}", quoted(export)))
    })?;
    Ok(Plan { args, returns_struct })
}

/// Arguments for exactly these parameters, or why there are none.
fn fit(params: &[ValType], words: &[String], parsed: &[Word]) -> Result<Vec<Arg>, String> {
    let mut rest = params;
    let mut args = Vec::with_capacity(parsed.len());
    // The last word that was taken as text for want of a number, to be named if that fails.
    let mut guessed = None;
    for (i, (word, parsed)) in words.iter().zip(parsed).enumerate() {
        let name = || format!("argument {} {}", i + 1, quoted(word));
        let (arg, taken) = match (parsed, rest) {
            (_, []) => {
                let why = guessed.map(|guess: String| format!(" ({guess})"));
                return Err(format!("{} is one too many{}", name(), why.unwrap_or_default()));
            }
            (Word::Typed(Arg::Number(value)), [want, ..]) => {
                if value.ty() != *want {
                    return Err(format!("{} meets a parameter of type {want}", name()));
                }
                (Arg::Number(*value), 1)
            }
            (Word::Typed(data), [ValType::I32, ValType::I32, ..]) => (data.clone(), 2),
            (Word::Typed(_), [want, ..]) => {
                return Err(format!(
                    "{} needs two parameters of type i32 and meets {}{want}",
                    name(),
                    if *want == ValType::I32 { "a single " } else { "" },
                ));
            }
            (Word::Bare(text), [want, after @ ..]) => match number(text, *want) {
                Some(value) => (Arg::Number(value), 1),
                None if *want == ValType::I32 && after.first() == Some(&ValType::I32) => {
                    guessed = Some(format!("{} is no {want} and was taken as text", quoted(word)));
                    (data(text.clone().into_bytes(), 1), 2)
                }
                None => return Err(format!("{} is no {want}", name())),
            },
        };
        args.push(arg);
        rest = &rest[taken..];
    }
    match rest.len() {
        0 => Ok(args),
        1 => Err("one parameter has no argument".to_owned()),
        n => Err(format!("{n} parameters have no argument")),
    }
}

/// The ways to write a call of the export, the likeliest first.
fn forms(export: &str, ty: &FuncType, may_be_struct: bool) -> String {
    let form = |params: &[ValType], with_text: bool| {
        let mut out = export.to_owned();
        let mut rest = params;
        while let [first, after @ ..] = rest {
            let text = with_text && rest.starts_with(&[ValType::I32, ValType::I32]);
            out += match (text, first.is_number()) {
                (true, _) => " TEXT",
                (false, true) => " NUMBER",
                (false, false) => " ?",
            };
            rest = if text { &after[1..] } else { after };
        }
        quoted(&out)
    };
    let mut forms = vec![form(&ty.params, true)];
    if may_be_struct {
        forms.push(form(&ty.params[1..], true));
    }
    forms.push(form(&ty.params, false));
    forms.dedup();
    let hint = if forms.len() > 1 { " (text that looks like a number: str:42)" } else { "" };
    forms.join(" or ") + hint
}

/// Takes the explicit type off a word.
fn parse(word: &str) -> Result<Word, Failure> {
    let wrong = |why: String| Failure::usage(format_args!("argument {}: {why}", quoted(word)));
    if let Some(path) = word.strip_prefix('@') {
        let bytes = fs::read(path).map_err(|error| {
            let why = unreadable(path, &error);
            wrong(format!("{why} (if it is no file but text, write str:{word})"))
        })?;
        return typed_data(bytes, 1).map_err(wrong);
    }
    let Some((prefix, text)) = word.split_once(':') else {
        return Ok(Word::Bare(word.to_owned()));
    };
    match prefix {
        "str" => return typed_data(text.as_bytes().to_vec(), 1).map_err(wrong),
        "bytes" => return hex(text).and_then(|bytes| typed_data(bytes, 1)).map_err(wrong),
        _ => {}
    }
    let (name, is_array) = match prefix.strip_suffix('s') {
        Some(name) => (name, true),
        None => (prefix, false),
    };
    let Some(number) = numbers(name) else {
        return Ok(Word::Bare(word.to_owned()));
    };
    let value =
        |text: &str| number(text).ok_or_else(|| wrong(format!("{} is no {name}", quoted(text))));
    if !is_array {
        return Ok(Word::Typed(Arg::Number(value(text)?)));
    }
    let elements = text.split(',').filter(|_| !text.is_empty());
    let values = elements.map(|element| value(element.trim())).collect::<Result<Vec<_>, _>>()?;
    let size = if name.ends_with("64") { 8 } else { 4 };
    let bytes = values.into_iter().flat_map(little_endian).collect();
    typed_data(bytes, size).map_err(wrong)
}

/// How a number of an explicit type is read.
fn numbers(name: &str) -> Option<fn(&str) -> Option<Value>> {
    Some(match name {
        "i32" => |text| integer(text)?.try_into().ok().map(Value::I32),
        "u32" => |text| u32::try_from(integer(text)?).ok().map(|n| Value::I32(n.cast_signed())),
        "i64" => |text| integer(text)?.try_into().ok().map(Value::I64),
        "u64" => |text| u64::try_from(integer(text)?).ok().map(|n| Value::I64(n.cast_signed())),
        "f32" => |text| number(text, ValType::F32),
        "f64" => |text| number(text, ValType::F64),
        _ => return None,
    })
}

/// A number of a wasm type, which has no sign of its own: integers of either signedness.
fn number(text: &str, ty: ValType) -> Option<Value> {
    let signed = |name| numbers(name).and_then(|number| number(text));
    match ty {
        ValType::I32 => signed("i32").or_else(|| signed("u32")),
        ValType::I64 => signed("i64").or_else(|| signed("u64")),
        ValType::F32 => text.parse().ok().map(Value::F32),
        ValType::F64 => text.parse().ok().map(Value::F64),
        _ => None,
    }
}

/// `42`, `-1`, `0xff`, `0b1010`, `0o17`, `1_000_000`.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits),
    };
    let digits = digits.replace('_', "");
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(&digits, radix).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// Pairs of hexadecimal digits, with spaces between them as one likes.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| match *pair {
        [a, b] => Some((a.to_digit(16)? * 16 + b.to_digit(16)?) as u8),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes.ok_or_else(|| "bytes are pairs of hexadecimal digits, as in bytes:00ff7f".to_owned())
}

fn little_endian(value: Value) -> Vec<u8> {
    match value {
        Value::I32(v) => v.to_le_bytes().to_vec(),
        Value::I64(v) => v.to_le_bytes().to_vec(),
        Value::F32(v) => v.to_le_bytes().to_vec(),
        Value::F64(v) => v.to_le_bytes().to_vec(),
    }
}

fn typed_data(bytes: Vec<u8>, size: usize) -> Result<Word, String> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(format!("{} bytes do not fit a plugin's 4 GiB of memory", bytes.len()));
    }
    Ok(Word::Typed(data(bytes, size)))
}

/// Elements of `size` bytes each; a command line's word is always shorter than 4 GiB.
fn data(bytes: Vec<u8>, size: usize) -> Arg {
    let count = (bytes.len() / size) as u32;
    Arg::Data { bytes, count }
}

#[cfg(test)]
mod tests {
    use hostheap_core::ValType::{F32, F64, I32, I64};

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    fn fits(params: &[ValType], given: &[&str]) -> Vec<Arg> {
        let ty = FuncType::new(params.iter().copied(), [I64]);
        let plan = plan("f", &ty, &words(given), StructReturn::IfLeftOver).expect("fits");
        assert!(!plan.returns_struct);
        plan.args
    }

    fn refused(params: &[ValType], given: &[&str]) -> String {
        let ty = FuncType::new(params.iter().copied(), [I64]);
        match plan("f", &ty, &words(given), StructReturn::IfLeftOver) {
            Err(Failure::Usage(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    fn text(text: &str) -> Arg {
        data(text.as_bytes().to_vec(), 1)
    }

    fn i32(v: i32) -> Arg {
        Arg::Number(Value::I32(v))
    }

    #[test]
    fn numbers_follow_the_parameter_types() {
        assert_eq!(
            fits(&[I32, I64, F32, F64], &["1", "-2", "3", "4.5"]),
            [Value::I32(1), Value::I64(-2), Value::F32(3.0), Value::F64(4.5)].map(Arg::Number)
        );
    }

    #[test]
    fn integers_have_either_signedness() {
        assert_eq!(fits(&[I32], &["4294967295"]), [i32(-1)]);
        assert_eq!(fits(&[I32], &["-2147483648"]), [i32(i32::MIN)]);
        assert_eq!(fits(&[I32], &["0xffff_ffff"]), [i32(-1)]);
        assert_eq!(fits(&[I64], &["18446744073709551615"]), [Arg::Number(Value::I64(-1))]);
        for outside in ["4294967296", "-2147483649", "0x", "", "-", "1.0", "0x-1", "+", "--1", "_"]
        {
            assert!(refused(&[I32], &[outside]).contains("is no i32"), "{outside}");
        }
        assert!(refused(&[I64], &["18446744073709551616"]).contains("is no i64"));
    }

    #[test]
    fn explicit_integers_keep_to_their_range() {
        assert_eq!(fits(&[I32], &["u32:4294967295"]), [i32(-1)]);
        assert!(refused(&[I32], &["i32:4294967295"]).contains("`4294967295` is no i32"));
        assert!(refused(&[I32], &["u32:-1"]).contains("`-1` is no u32"));
        assert!(refused(&[I64], &["u64:-1"]).contains("`-1` is no u64"));
    }

    #[test]
    fn what_is_no_number_is_text_where_two_i32_stand() {
        assert_eq!(fits(&[I32, I32], &["World"]), [text("World")]);
        assert_eq!(fits(&[I32, I32, I32], &["ab", "3"]), [text("ab"), i32(3)]);
        assert_eq!(fits(&[I32, I32, I32], &["3", "ab"]), [i32(3), text("ab")]);
        assert_eq!(fits(&[I32, I32], &[""]), [text("")]);
        assert_eq!(fits(&[I32, I32], &["http://x"]), [text("http://x")]);
        assert!(refused(&[I64, I32], &["World", "1"]).contains("argument 1 `World` is no i64"));
    }

    #[test]
    fn numbers_are_never_text_unless_told() {
        assert_eq!(fits(&[I32, I32], &["2", "40"]), [i32(2), i32(40)]);
        assert_eq!(fits(&[I32, I32], &["str:42"]), [text("42")]);
        assert_eq!(fits(&[I32, I32], &["str:str:@"]), [text("str:@")]);
        let message = refused(&[I32, I32], &["42"]);
        assert!(message.contains("one parameter has no argument"), "{message}");
        assert!(message.contains("str:42"), "{message}");
    }

    #[test]
    fn too_many_arguments_name_the_guess_that_led_there() {
        let message = refused(&[I32, I32], &["2.5", "3"]);
        assert!(
            message
                .contains("argument 2 `3` is one too many (`2.5` is no i32 and was taken as text)")
        );
        assert!(refused(&[], &["x"]).contains("`x` is one too many; write `f`"));
    }

    #[test]
    fn bytes_and_arrays_are_pointer_and_count() {
        let bytes = |bytes: &[u8], count| Arg::Data { bytes: bytes.to_vec(), count };
        assert_eq!(fits(&[I32, I32], &["bytes:00 fF7f"]), [bytes(&[0, 255, 127], 3)]);
        assert_eq!(
            fits(&[I32, I32], &["i32s:1, -1"]),
            [bytes(&[1, 0, 0, 0, 255, 255, 255, 255], 2)]
        );
        assert_eq!(fits(&[I32, I32], &["f64s:"]), [bytes(&[], 0)]);
        assert_eq!(fits(&[I32, I32], &["u64s:1"]), [bytes(&[1, 0, 0, 0, 0, 0, 0, 0], 1)]);
        assert!(refused(&[I32, I32], &["bytes:123"]).contains("pairs of hexadecimal digits"));
        assert!(refused(&[I32, I32], &["i32s:1,,2"]).contains("`` is no i32"));
    }

    #[test]
    fn explicit_types_must_meet_their_own() {
        assert!(refused(&[I32], &["f64:1"]).contains("`f64:1` meets a parameter of type i32"));
        assert!(
            refused(&[I32], &["str:a"]).contains("two parameters of type i32 and meets a single")
        );
        assert!(refused(&[I64], &["str:a"]).contains("two parameters of type i32 and meets i64"));
    }

    #[test]
    fn files_are_bytes() {
        let message = refused(&[I32, I32], &["@no/such/file"]);
        assert!(message.contains("no such file: `no/such/file`"), "{message}");
        let this = concat!("@", env!("CARGO_MANIFEST_DIR"), "/src/value.rs");
        let [Arg::Data { bytes, count }] = &fits(&[I32, I32], &[this])[..] else { panic!() };
        assert_eq!(bytes.len(), *count as usize);
        assert!(bytes.starts_with(b"//! The argument grammar"));
    }

    #[test]
    fn struct_return_is_a_parameter_left_over() {
        let ty = FuncType::new([I32, I32, I32], []);
        let planned = |given: &[&str], rule| plan("f", &ty, &words(given), rule);
        let is_struct = |given: &[&str], rule| planned(given, rule).expect("fits").returns_struct;
        assert!(is_struct(&["World"], StructReturn::IfLeftOver));
        assert!(is_struct(&["1", "2"], StructReturn::IfLeftOver));
        assert!(!is_struct(&["World", "1"], StructReturn::IfLeftOver));
        assert!(!is_struct(&["1", "2", "3"], StructReturn::IfLeftOver));
        assert!(is_struct(&["World"], StructReturn::Always));
        assert!(planned(&["World", "1"], StructReturn::Always).is_err());
        assert!(planned(&["World"], StructReturn::Never).is_err());
    }
}
