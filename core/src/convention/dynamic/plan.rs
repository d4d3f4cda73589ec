//! A prototype and one of its function types, taken apart once for many calls.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::number::for_scalar;
use crate::contract::{Access, Input, Output, Prototype, Scalar};
use crate::convention::element::{self, Element, GuestPtr};
use crate::convention::error::ConventionError;
use crate::convention::results::lay_out;
use crate::value::{FuncType, ValType};

/// The most parameters that a prototype has.
pub(super) const PARAMS: usize = 12;

/// The most bytes that a struct may have.
const LARGEST: u32 = 1 << 30;

/// A function of this prototype and this type.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) prototype: Prototype,
    pub(super) ty: FuncType,
    pub(super) params: Vec<Param>,
    pub(super) returns: Returns,
    /// The result may be `NULL`.
    pub(super) nullable: bool,
    /// The first wasm parameter is a pointer to where the result goes.
    pub(super) out: bool,
    /// Some parameter is written to.
    pub(super) copies_back: bool,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) owned: bool,
    /// Where its first wasm value stands among all of them.
    pub(super) slot: usize,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Scalar(Scalar),
    Str,
    CStr,
    Slice(Of, Access),
    List { texts: bool },
    Reference(Of, Access),
    Pointer,
    Function,
}

/// What a pointer points to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Scalar(Scalar),
    Pointer,
    /// A struct, of which only whoever calls knows the size.
    Struct,
}

/// What the function gives, and in which shape.
#[derive(Clone, Copy, Debug)]
pub(super) enum Returns {
    Nothing,
    Scalar(Scalar),
    Pointer,
    Function,
    CString,
    Pair(Shape, Content),
    Struct {
        by_pointer: bool,
    },
    Tuple {
        many: bool,
        fields: Fields,
    },
    /// An error's code, and the value behind a pointer.
    Fallible(Behind),
}

/// How pointer and length are returned.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Packed,
    Two,
    Struct,
}

/// What pointer and length are of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Text,
    Elements(Of),
}

/// What a function that may fail puts behind its first parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behind {
    Nothing,
    Value(Of),
    Pair(Content),
}

/// The fields of a tuple, as C lays them out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    scalars: [Scalar; 4],
    offsets: [u32; 4],
    len: usize,
    /// Bytes of the whole.
    pub(super) size: u32,
}

impl Plan {
    /// `ty` is one of the prototype's shapes.
    pub(super) fn new(prototype: Prototype, ty: FuncType) -> Self {
        let (nullable, output) = match prototype.output() {
            Output::Option(inner) => (true, &**inner),
            output => (false, output),
        };
        let returns = returns(output, nullable, &ty.results);
        let out = returns.is_behind_pointer();
        let mut slot = usize::from(out);
        let mut params = Vec::with_capacity(prototype.inputs().len());
        for input in prototype.inputs() {
            let mut param = Param { kind: Kind::Pointer, nullable: false, owned: false, slot };
            let mut input = input;
            param.kind = loop {
                match input {
                    Input::Option(inner) => (param.nullable, input) = (true, &**inner),
                    Input::Owned(inner) => (param.owned, input) = (true, &**inner),
                    Input::Scalar(scalar) => break Kind::Scalar(*scalar),
                    Input::Str => break Kind::Str,
                    Input::CStr => break Kind::CStr,
                    Input::Slice(of, access) => break Kind::Slice(of.into(), *access),
                    Input::List { texts } => break Kind::List { texts: *texts },
                    Input::Reference(of, access) => break Kind::Reference(of.into(), *access),
                    Input::Pointer => break Kind::Pointer,
                    Input::Function => break Kind::Function,
                }
            };
            slot += param.kind.slots();
            params.push(param);
        }
        let copies_back = params.iter().any(|param| param.kind.is_written());
        Plan { prototype, ty, params, returns, nullable, out, copies_back }
    }

    /// Bytes behind the pointer to where the result goes. `size` is what the caller says of a
    /// struct, 0 for nothing.
    pub(super) fn out_size(&self, size: u32) -> Result<u32, ConventionError> {
        // Also where the struct is returned by pointer: what is wrong is wrong before the call.
        let element = self.element_size(size)?;
        Ok(match self.returns {
            Returns::Pair(Shape::Struct, _) | Returns::Fallible(Behind::Pair(_)) => 8,
            Returns::Struct { by_pointer: false } | Returns::Fallible(Behind::Value(_)) => element,
            Returns::Tuple { many: false, fields } => fields.size,
            _ => 0,
        })
    }

    /// The same without knowing structs' sizes: their first byte.
    pub(super) fn least_out_size(&self) -> u32 {
        self.out_size(0).unwrap_or(1)
    }

    /// Bytes of the result, or of an element of it, that the caller must know only for structs;
    /// 0 for what has none.
    pub(super) fn element_size(&self, size: u32) -> Result<u32, ConventionError> {
        let of = match self.returns {
            Returns::Struct { .. } => Of::Struct,
            Returns::Pair(_, Content::Elements(of))
            | Returns::Fallible(Behind::Value(of) | Behind::Pair(Content::Elements(of))) => of,
            _ => return Ok(0),
        };
        of.size(size).ok_or_else(|| self.wrong_result(wrong_size(size)))
    }

    /// An argument that the prototype does not allow.
    #[cold]
    pub(super) fn wrong_argument(&self, index: usize, given: impl ToString) -> ConventionError {
        let (number, expected) = (index as u32 + 1, self.prototype.input_text(index));
        ConventionError::WrongArgument { number, expected, given: given.to_string() }
    }

    /// A result that the prototype does not allow.
    #[cold]
    pub(super) fn wrong_result(&self, given: impl ToString) -> ConventionError {
        let expected = self.prototype.output().to_string();
        ConventionError::WrongResult { expected, given: given.to_string() }
    }
}

/// A size that a struct cannot have, in words.
pub(super) fn wrong_size(size: u32) -> alloc::string::String {
    alloc::format!("a size of {size} bytes")
}

fn returns(output: &Output, nullable: bool, results: &[ValType]) -> Returns {
    let shape = match results {
        [ValType::I64] => Shape::Packed,
        [] => Shape::Struct,
        _ => Shape::Two,
    };
    match output {
        // The parser lets no option of an option through.
        Output::None | Output::Option(_) => Returns::Nothing,
        Output::Scalar(scalar) => Returns::Scalar(*scalar),
        Output::Pointer => Returns::Pointer,
        Output::Function => Returns::Function,
        Output::CString => Returns::CString,
        Output::String => Returns::Pair(shape, Content::Text),
        Output::Vec(of) => Returns::Pair(shape, Content::Elements(of.into())),
        Output::Struct(_) => Returns::Struct { by_pointer: nullable || !results.is_empty() },
        Output::Tuple(scalars) => {
            Returns::Tuple { many: !results.is_empty(), fields: Fields::new(scalars) }
        }
        Output::Result(inner) => Returns::Fallible(match &**inner {
            Output::Scalar(scalar) => Behind::Value(Of::Scalar(*scalar)),
            Output::Pointer => Behind::Value(Of::Pointer),
            Output::Struct(_) => Behind::Value(Of::Struct),
            Output::String => Behind::Pair(Content::Text),
            Output::Vec(of) => Behind::Pair(Content::Elements(of.into())),
            _ => Behind::Nothing,
        }),
    }
}

impl Returns {
    fn is_behind_pointer(&self) -> bool {
        match self {
            Returns::Pair(shape, _) => matches!(shape, Shape::Struct),
            Returns::Struct { by_pointer } => !by_pointer,
            Returns::Tuple { many, .. } => !many,
            Returns::Fallible(behind) => !matches!(behind, Behind::Nothing),
            _ => false,
        }
    }
}

impl Kind {
    /// How many wasm values it is.
    pub(super) fn slots(self) -> usize {
        if matches!(self, Kind::Str | Kind::Slice(..) | Kind::List { .. }) { 2 } else { 1 }
    }

    /// Whether the other side writes to it.
    pub(super) fn is_written(self) -> bool {
        matches!(
            self,
            Kind::Slice(_, Access::Mut | Access::Out)
                | Kind::Reference(_, Access::Mut | Access::Out)
        )
    }
}

impl From<&crate::contract::PrototypeElement> for Of {
    fn from(element: &crate::contract::PrototypeElement) -> Self {
        use crate::contract::PrototypeElement as E;
        match element {
            E::Scalar(scalar) => Of::Scalar(*scalar),
            E::Pointer => Of::Pointer,
            E::Struct(_) => Of::Struct,
        }
    }
}

impl Of {
    /// Bytes that one takes, if `said` is no other; for a struct, what is said.
    pub(super) fn size(self, said: u32) -> Option<u32> {
        let known = match self {
            Of::Struct => return (1..=LARGEST).contains(&said).then_some(said),
            Of::Pointer => element::size::<GuestPtr>(),
            Of::Scalar(scalar) => for_scalar!(scalar, X => element::size::<X>()),
        };
        (said == 0 || said == known).then_some(known)
    }

    /// Its name in C, for messages.
    pub(super) fn c_name(self) -> &'static str {
        match self {
            Of::Scalar(scalar) => for_scalar!(scalar, X => <X as Element>::C_NAME),
            Of::Pointer => <GuestPtr as Element>::C_NAME,
            Of::Struct => "a struct",
        }
    }

    /// Checks that a pointer to it is aligned; for structs nobody knows.
    #[inline]
    pub(super) fn check_aligned(self, offset: u32) -> Result<(), ConventionError> {
        match self {
            Of::Scalar(scalar) => for_scalar!(scalar, X => element::check_aligned::<X>(offset)),
            Of::Pointer => element::check_aligned::<GuestPtr>(offset),
            Of::Struct => Ok(()),
        }
    }

    /// Checks that bytes at `offset` are values of it.
    #[inline]
    pub(super) fn check_bits(self, bytes: &[u8], offset: u32) -> Result<(), ConventionError> {
        match self {
            Of::Scalar(Scalar::Bool) => element::check_all::<bool>(bytes, offset),
            Of::Scalar(Scalar::Char) => element::check_all::<char>(bytes, offset),
            // Every bit pattern is a value.
            _ => Ok(()),
        }
    }
}

impl Fields {
    /// The parser lets four through at the most.
    fn new(all: &[Scalar]) -> Self {
        let (mut scalars, mut sizes, mut offsets) = ([Scalar::I32; 4], [0; 4], [0; 4]);
        let len = all.len().min(4);
        for (index, scalar) in all.iter().take(len).enumerate() {
            scalars[index] = *scalar;
            sizes[index] = for_scalar!(*scalar, X => element::size::<X>());
        }
        let size = lay_out(&sizes[..len], &mut offsets);
        Fields { scalars, offsets, len, size }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Each field's type and place.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Scalar, u32)> {
        self.scalars.into_iter().zip(self.offsets).take(self.len)
    }
}
