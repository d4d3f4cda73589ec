//! What C put into its values.

use core::ffi::{CStr, c_char, c_void};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Range;

use hostheap_core::convention::dynamic::Number;

use super::value::{hh_kind, hh_span, hh_spans, hh_value};
use super::{Array, ArrayMut, Text, hh_string, needed};
use crate::plugin::block::hh_block;
use crate::plugin::callback::hh_callback;
use crate::status::Fail;

/// An argument.
#[derive(Debug)]
pub(crate) enum Given<'a> {
    Null,
    Number(Number),
    Str(&'a [u8]),
    Bytes(&'a [u8]),
    CStr(&'a CStr),
    Array {
        bytes: &'a [u8],
        count: u32,
    },
    ArrayMut {
        bytes: &'a mut [u8],
        count: u32,
    },
    In(&'a [u8]),
    InOut(&'a mut [u8]),
    /// See [`hh_value::list`].
    List,
    Pointer(u32),
    Function(u32),
    Kept(&'a hh_block),
    Closure(&'a hh_callback),
}

/// Where a result or a parameter goes.
#[derive(Debug)]
pub(crate) enum Wanted<'a> {
    Void,
    I32(&'a mut MaybeUninit<i32>),
    U32(&'a mut MaybeUninit<u32>),
    I64(&'a mut MaybeUninit<i64>),
    U64(&'a mut MaybeUninit<u64>),
    F32(&'a mut MaybeUninit<f32>),
    F64(&'a mut MaybeUninit<f64>),
    Bool(&'a mut MaybeUninit<bool>),
    Char(&'a mut MaybeUninit<u32>),
    String(&'a mut MaybeUninit<hh_string>),
    Vec(&'a mut MaybeUninit<hh_string>),
    Struct(&'a mut [MaybeUninit<u8>]),
    OptionStruct(&'a mut [MaybeUninit<u8>], &'a mut MaybeUninit<bool>),
    Pointer(&'a mut MaybeUninit<u32>),
    Function(&'a mut MaybeUninit<u32>),
    Tuple(&'a [hh_value<'a>]),
    Span(&'a mut MaybeUninit<hh_span>),
    Array(&'a mut MaybeUninit<hh_span>),
    Spans(&'a mut MaybeUninit<hh_spans>),
}

impl<'a> hh_value<'a> {
    /// Bytes of a struct or of an element, where it is for one.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// What it is, unless C made it up.
    pub(crate) fn kind(&self, what: &'static str) -> Result<hh_kind, Fail> {
        hh_kind::of(self.kind).ok_or_else(|| unknown(what, self.kind))
    }

    /// Whether a call writes to what it points to.
    pub(crate) fn writes(&self) -> bool {
        matches!(hh_kind::of(self.kind), Some(hh_kind::HH_KIND_ARRAY_MUT | hh_kind::HH_KIND_INOUT))
    }

    /// Where in the host's memory the bytes are that it points to, for comparison with those of other
    /// arguments.
    pub(crate) fn each_range(&self, f: &mut dyn FnMut(Range<usize>)) -> Result<(), Fail> {
        use hh_kind as k;
        let mut range = |start: *mut c_void, len: u64| {
            let end = start.addr().saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
            f(start.addr()..end);
        };
        match hh_kind::of(self.kind) {
            Some(k::HH_KIND_ARRAY | k::HH_KIND_ARRAY_MUT) => {
                range(self.data, self.bits.saturating_mul(self.size.into()));
            }
            Some(k::HH_KIND_IN | k::HH_KIND_INOUT) => range(self.data, self.size.into()),
            Some(k::HH_KIND_STR | k::HH_KIND_BYTES) => range(self.data, self.bits),
            Some(k::HH_KIND_CSTR) => {
                let len = self.text().c_str().map_or(0, |text| text.count_bytes() as u64 + 1);
                range(self.data, len);
            }
            Some(k::HH_KIND_LIST) => {
                let spans = self.spans("a list")?;
                range(self.data, size_of_val(spans) as u64);
                spans.iter().for_each(|span| range(span.data, span.len as u64));
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn is_list(&self) -> bool {
        self.kind == hh_kind::HH_KIND_LIST as u32
    }

    /// What a list consists of; nothing if it is none.
    pub(crate) fn list(&self, what: &'static str) -> Result<Vec<&'a [u8]>, Fail> {
        if !self.is_list() {
            return Ok(Vec::new());
        }
        let bytes = self.spans(what)?.iter().map(|span| {
            Array::<u8>(span.data.cast_const().cast(), PhantomData).slice(what, span.len)
        });
        bytes.collect()
    }

    fn spans(&self, what: &'static str) -> Result<&'a [hh_span], Fail> {
        let spans = Array::<hh_span>(self.data.cast_const().cast(), PhantomData);
        spans.slice(what, length(what, self.bits)?)
    }

    fn text(&self) -> Text<'a> {
        Text(self.data.cast_const().cast::<c_char>(), PhantomData)
    }

    fn const_bytes(&self, what: &'static str, len: u64) -> Result<&'a [u8], Fail> {
        if self.data.is_null() && len > 0 {
            return Err(Fail::null(what));
        }
        Array::<u8>(self.data.cast_const().cast(), PhantomData).slice(what, length(what, len)?)
    }

    fn array_bytes(&self, what: &'static str) -> Result<(u64, u32), Fail> {
        let count = u32::try_from(self.bits).map_err(|_| too_large(what, self.bits))?;
        Ok((u64::from(count).saturating_mul(self.size.into()), count))
    }

    fn mut_bytes(&self, what: &'static str, len: u64) -> Result<&'a mut [u8], Fail> {
        let len = length(what, len)?;
        let room = ArrayMut::<u8>(self.data.cast(), PhantomData).room(what, len)?;
        // SAFETY: C promised that they are initialised, also where the prototype says `out` and nobody
        // reads them before they are written: the header asks for it at `hh_array_mut` and `hh_inout`.
        Ok(unsafe { core::slice::from_raw_parts_mut(room.as_mut_ptr().cast::<u8>(), room.len()) })
    }

    fn room(&self, what: &'static str) -> Result<&'a mut [MaybeUninit<u8>], Fail> {
        let size = length(what, self.size.into())?;
        ArrayMut::<u8>(self.data.cast(), PhantomData).room(what, size)
    }

    fn place<T>(&self, what: &'static str) -> Result<&'a mut MaybeUninit<T>, Fail> {
        place(what, self.data)
    }

    /// The value as an argument. `what` is its place in the call.
    ///
    /// The caller sees to it that nothing overlaps what is written to, see `each_range`.
    pub(crate) fn given(&self, what: &'static str) -> Result<Given<'a>, Fail> {
        use hh_kind as k;
        Ok(match self.kind(what)? {
            k::HH_KIND_NULL => Given::Null,
            k::HH_KIND_STR => Given::Str(self.const_bytes(what, self.bits)?),
            k::HH_KIND_BYTES => Given::Bytes(self.const_bytes(what, self.bits)?),
            k::HH_KIND_CSTR => Given::CStr(needed(what, self.text().c_str())?),
            k::HH_KIND_ARRAY => {
                let (len, count) = self.array_bytes(what)?;
                Given::Array { bytes: self.const_bytes(what, len)?, count }
            }
            k::HH_KIND_ARRAY_MUT => {
                let (len, count) = self.array_bytes(what)?;
                Given::ArrayMut { bytes: self.mut_bytes(what, len)?, count }
            }
            k::HH_KIND_IN => Given::In(self.const_bytes(what, self.size.into())?),
            k::HH_KIND_INOUT => Given::InOut(self.mut_bytes(what, self.size.into())?),
            k::HH_KIND_LIST => Given::List,
            k::HH_KIND_PTR => Given::Pointer(self.low()),
            k::HH_KIND_FN => Given::Function(self.low()),
            k::HH_KIND_KEPT => {
                // SAFETY: `hh_kept` makes this kind of a `const hh_block *`, which is NULL or, as C
                // promised, a live one.
                Given::Kept(needed(what, unsafe { self.data.cast::<hh_block>().as_ref() })?)
            }
            k::HH_KIND_CLOSURE => {
                // SAFETY: `hh_closure` makes this kind of a `const hh_callback *`, which is NULL or,
                // as C promised, a live one.
                Given::Closure(needed(what, unsafe { self.data.cast::<hh_callback>().as_ref() })?)
            }
            _ => Given::Number(self.number(what)?),
        })
    }

    fn low(&self) -> u32 {
        // `hh_ptr` and the like put 32 bits there.
        self.bits as u32
    }

    /// The value as a number.
    pub(crate) fn number(&self, what: &'static str) -> Result<Number, Fail> {
        use hh_kind as k;
        let bits = self.bits;
        Ok(match self.kind(what)? {
            k::HH_KIND_I32 => Number::I32(self.low().cast_signed()),
            k::HH_KIND_U32 => Number::U32(self.low()),
            k::HH_KIND_I64 => Number::I64(bits.cast_signed()),
            k::HH_KIND_U64 => Number::U64(bits),
            k::HH_KIND_F32 => Number::F32(f32::from_bits(self.low())),
            k::HH_KIND_F64 => Number::F64(f64::from_bits(bits)),
            k::HH_KIND_BOOL => Number::Bool(bits != 0),
            k::HH_KIND_CHAR => {
                let char = u32::try_from(bits).ok().and_then(char::from_u32);
                let message = || format!("{what} is no character: U+{bits:04X}");
                Number::Char(char.ok_or_else(|| Fail::argument(message()))?)
            }
            kind if kind.is_wanted() => {
                let message = format!(
                    "{what} is where a result goes (hh_to_…): the destination is the first value \
                     of hh_call, and arguments are hh_i32, hh_str and the like"
                );
                return Err(Fail::argument(message));
            }
            _ => return Err(Fail::argument(format!("{what} is no number"))),
        })
    }

    /// The value as a destination.
    pub(crate) fn wanted(&self, what: &'static str) -> Result<Wanted<'a>, Fail> {
        use hh_kind as k;
        Ok(match self.kind(what)? {
            k::HH_KIND_TO_VOID => Wanted::Void,
            k::HH_KIND_TO_I32 => Wanted::I32(self.place(what)?),
            k::HH_KIND_TO_U32 => Wanted::U32(self.place(what)?),
            k::HH_KIND_TO_I64 => Wanted::I64(self.place(what)?),
            k::HH_KIND_TO_U64 => Wanted::U64(self.place(what)?),
            k::HH_KIND_TO_F32 => Wanted::F32(self.place(what)?),
            k::HH_KIND_TO_F64 => Wanted::F64(self.place(what)?),
            k::HH_KIND_TO_BOOL => Wanted::Bool(self.place(what)?),
            k::HH_KIND_TO_CHAR => Wanted::Char(self.place(what)?),
            k::HH_KIND_TO_STRING => Wanted::String(self.place(what)?),
            k::HH_KIND_TO_VEC => Wanted::Vec(self.place(what)?),
            k::HH_KIND_TO_STRUCT => Wanted::Struct(self.room(what)?),
            k::HH_KIND_TO_OPTION_STRUCT => {
                Wanted::OptionStruct(self.room(what)?, place(what, self.more)?)
            }
            k::HH_KIND_TO_PTR => Wanted::Pointer(self.place(what)?),
            k::HH_KIND_TO_FN => Wanted::Function(self.place(what)?),
            k::HH_KIND_TO_TUPLE => {
                let values = Array::<hh_value<'a>>(self.data.cast_const().cast(), PhantomData);
                Wanted::Tuple(values.slice(what, length(what, self.bits)?)?)
            }
            k::HH_KIND_TO_SPAN => Wanted::Span(self.place(what)?),
            k::HH_KIND_TO_ARRAY => Wanted::Array(self.place(what)?),
            k::HH_KIND_TO_SPANS => Wanted::Spans(self.place(what)?),
            _ => {
                let message = format!(
                    "{what} is an argument (hh_i32, hh_str and the like) where a destination is \
                     needed: hh_to_void() if there is no result, hh_to_string(&s) and the like"
                );
                return Err(Fail::argument(message));
            }
        })
    }
}

fn place<'a, T>(what: &'static str, data: *mut c_void) -> Result<&'a mut MaybeUninit<T>, Fail> {
    // SAFETY: the functions of the header make each kind of destination of a pointer to the type
    // that `wanted` asks for with that kind; C promised that it is NULL or room for one that nobody
    // else uses until the call returns.
    needed(what, unsafe { data.cast::<MaybeUninit<T>>().as_mut() })
}

fn length(what: &'static str, len: u64) -> Result<usize, Fail> {
    usize::try_from(len).map_err(|_| too_large(what, len))
}

#[cold]
fn too_large(what: &'static str, len: u64) -> Fail {
    Fail::argument(format!("{what} has {len} elements, more than a plugin's memory can hold"))
}

#[cold]
fn unknown(what: &'static str, kind: u32) -> Fail {
    let message = format!(
        "{what} has the unknown kind {kind}: make values by hh_i32, hh_str, hh_to_string and the \
         other functions at the end of hostheap.h, of the library's own version"
    );
    Fail::argument(message)
}
