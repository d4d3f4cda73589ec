//! The types that a prototype is made of.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::ValType;

/// A number, `bool` or `char`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scalar {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Bool,
    Char,
}

impl Scalar {
    pub(super) const ALL: [(&'static str, Scalar); 12] = [
        ("i8", Scalar::I8),
        ("u8", Scalar::U8),
        ("i16", Scalar::I16),
        ("u16", Scalar::U16),
        ("i32", Scalar::I32),
        ("u32", Scalar::U32),
        ("i64", Scalar::I64),
        ("u64", Scalar::U64),
        ("f32", Scalar::F32),
        ("f64", Scalar::F64),
        ("bool", Scalar::Bool),
        ("char", Scalar::Char),
    ];

    /// Its name in prototypes, which is that in Rust.
    pub(super) fn name(self) -> &'static str {
        Scalar::ALL.iter().find(|(_, scalar)| *scalar == self).map_or("i32", |(name, _)| name)
    }

    pub(super) fn wasm(self) -> ValType {
        match self {
            Scalar::I64 | Scalar::U64 => ValType::I64,
            Scalar::F32 => ValType::F32,
            Scalar::F64 => ValType::F64,
            _ => ValType::I32,
        }
    }

    /// Its type in C where it stands by itself.
    pub(super) fn c(self) -> &'static str {
        match self {
            Scalar::I8 => "int8_t",
            Scalar::U8 => "uint8_t",
            Scalar::I16 => "int16_t",
            Scalar::U16 => "uint16_t",
            Scalar::I32 => "int32_t",
            Scalar::U32 | Scalar::Char => "uint32_t",
            Scalar::I64 => "int64_t",
            Scalar::U64 => "uint64_t",
            Scalar::F32 => "float",
            Scalar::F64 => "double",
            Scalar::Bool => "bool",
        }
    }
}

/// What can stand behind a pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Element {
    Scalar(Scalar),
    /// A pointer to something.
    Pointer,
    /// A struct by its name in C: `struct point`, or `point` for a typedef.
    Struct(String),
}

impl Element {
    /// Its type in C, as `convention::Element::C_NAME` has it.
    pub(super) fn c(&self) -> &str {
        match self {
            // Bytes are what C programs call them.
            Element::Scalar(Scalar::U8) => "unsigned char",
            Element::Scalar(scalar) => scalar.c(),
            Element::Pointer => "void *",
            Element::Struct(name) => name,
        }
    }
}

/// What the plugin's function does with what a pointer points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    In,
    Mut,
    Out,
}

/// A parameter's type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    Scalar(Scalar),
    /// Text by pointer and length.
    Str,
    /// NUL-terminated text.
    CStr,
    Slice(Element, Access),
    /// An array of `hh_bytes`; of texts, or of bytes.
    List {
        texts: bool,
    },
    Reference(Element, Access),
    /// A pointer that the other side knows the meaning of.
    Pointer,
    Function,
    Option(Box<Input>),
    /// The plugin frees it.
    Owned(Box<Input>),
}

/// A result's type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Output {
    None,
    Scalar(Scalar),
    Pointer,
    Function,
    String,
    Vec(Element),
    CString,
    Struct(String),
    /// Of a string, a vector, a C string, a struct or a function.
    Option(Box<Output>),
    Tuple(Vec<Scalar>),
    /// Of nothing, a scalar, a pointer, a struct, a string or a vector.
    Result(Box<Output>),
}

/// A parameter with the name it has in the text, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Param {
    pub(super) name: Option<String>,
    pub(super) ty: Input,
}
