//! What crosses in a prototype, for code that passes values whose types are known at run time only.

use super::Prototype;
use super::types::{Access, Element, Input, Output, Scalar};

/// What a result is, for whoever has to make room for it before the call.
///
/// ```
/// use hostheap_core::contract::{Prototype, ResultKind};
///
/// let find: Prototype = "(str) -> option<struct point>".parse()?;
/// assert_eq!(find.result_kind(), ResultKind::Struct);
/// assert!(find.result_is_optional());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResultKind {
    /// None.
    Nothing,
    /// `i8`, `i16` or `i32`.
    I32,
    /// `u8`, `u16` or `u32`.
    U32,
    /// `i64`.
    I64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `bool`.
    Bool,
    /// `char`.
    Char,
    /// `ptr`.
    Pointer,
    /// `func`.
    Function,
    /// `string`.
    Text,
    /// `cstring`.
    CString,
    /// `bytes`, or `vec<u8>`.
    Bytes,
    /// `vec<T>` of anything else.
    Elements,
    /// A struct.
    Struct,
    /// Two to four scalars.
    Tuple,
}

impl Prototype {
    /// What its result is; of `option<T>` and `result<T>` what `T` is.
    pub fn result_kind(&self) -> ResultKind {
        kind(&self.result)
    }

    /// Whether its result is an `option<…>`.
    pub fn result_is_optional(&self) -> bool {
        matches!(self.result, Output::Option(_))
    }

    /// How many numbers its result has, if it is a tuple.
    pub fn result_fields(&self) -> usize {
        match &self.result {
            Output::Tuple(fields) => fields.len(),
            _ => 0,
        }
    }

    /// What each number of its result is, if it is a tuple.
    pub fn result_field_kinds(&self) -> impl Iterator<Item = ResultKind> {
        let fields: &[Scalar] = match &self.result {
            Output::Tuple(fields) => fields,
            _ => &[],
        };
        fields.iter().map(|scalar| scalar_kind(*scalar))
    }

    /// Whether the function writes to what a parameter points to: `mut …` and `out …`.
    pub fn writes_to(&self, parameter: usize) -> bool {
        self.params.get(parameter).is_some_and(|param| writes(&param.ty))
    }
}

fn kind(output: &Output) -> ResultKind {
    match output {
        Output::None => ResultKind::Nothing,
        Output::Scalar(scalar) => scalar_kind(*scalar),
        Output::Pointer => ResultKind::Pointer,
        Output::Function => ResultKind::Function,
        Output::String => ResultKind::Text,
        Output::CString => ResultKind::CString,
        Output::Vec(Element::Scalar(Scalar::U8)) => ResultKind::Bytes,
        Output::Vec(_) => ResultKind::Elements,
        Output::Struct(_) => ResultKind::Struct,
        Output::Tuple(_) => ResultKind::Tuple,
        Output::Option(inner) | Output::Result(inner) => kind(inner),
    }
}

fn scalar_kind(scalar: Scalar) -> ResultKind {
    match scalar {
        Scalar::I8 | Scalar::I16 | Scalar::I32 => ResultKind::I32,
        Scalar::U8 | Scalar::U16 | Scalar::U32 => ResultKind::U32,
        Scalar::I64 => ResultKind::I64,
        Scalar::U64 => ResultKind::U64,
        Scalar::F32 => ResultKind::F32,
        Scalar::F64 => ResultKind::F64,
        Scalar::Bool => ResultKind::Bool,
        Scalar::Char => ResultKind::Char,
    }
}

fn writes(input: &Input) -> bool {
    match input {
        Input::Slice(_, access) | Input::Reference(_, access) => *access != Access::In,
        Input::Option(inner) | Input::Owned(inner) => writes(inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn parse(text: &str) -> Prototype {
        text.parse().unwrap()
    }

    #[test]
    fn each_result_has_its_kind() {
        for (text, kind) in [
            ("()", ResultKind::Nothing),
            ("() -> i8", ResultKind::I32),
            ("() -> u16", ResultKind::U32),
            ("() -> i64", ResultKind::I64),
            ("() -> u64", ResultKind::U64),
            ("() -> f32", ResultKind::F32),
            ("() -> f64", ResultKind::F64),
            ("() -> bool", ResultKind::Bool),
            ("() -> char", ResultKind::Char),
            ("() -> ptr", ResultKind::Pointer),
            ("() -> option<func>", ResultKind::Function),
            ("() -> result<string>", ResultKind::Text),
            ("() -> cstring", ResultKind::CString),
            ("() -> bytes", ResultKind::Bytes),
            ("() -> vec<u8>", ResultKind::Bytes),
            ("() -> vec<i8>", ResultKind::Elements),
            ("() -> result<struct point>", ResultKind::Struct),
            ("() -> result<()>", ResultKind::Nothing),
            ("() -> (i32, f64)", ResultKind::Tuple),
        ] {
            assert_eq!(parse(text).result_kind(), kind, "{text}");
        }
        assert!(parse("() -> option<func>").result_is_optional());
        assert!(!parse("() -> result<string>").result_is_optional());
        assert_eq!(parse("() -> (i32, f64)").result_fields(), 2);
        let fields: Vec<_> = parse("() -> (i8, f64)").result_field_kinds().collect();
        assert_eq!(fields, [ResultKind::I32, ResultKind::F64]);
        assert_eq!(parse("() -> i32").result_field_kinds().count(), 0);
    }

    #[test]
    fn mut_and_out_are_written_to() {
        let prototype =
            parse("(str, mut slice<u8>, out slice<f64>, &struct p, mut struct p, out u32, i32)");
        let written: Vec<_> = (0..8).filter(|i| prototype.writes_to(*i)).collect();
        assert_eq!(written, [1, 2, 4, 5]);
    }
}
