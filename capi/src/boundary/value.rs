//! Values on their way through a call, as C makes them with the functions at the end of the header.
//! What is made of them here is in `decode`.

use core::ffi::c_void;
use core::marker::PhantomData;

use crate::abi::abi;

/// What an `hh_value` is. Only the functions at the end of this header need to know.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of C")]
pub enum hh_kind {
    /// Of `hh_null`.
    HH_KIND_NULL = 0,
    /// Of `hh_i32`.
    HH_KIND_I32 = 1,
    /// Of `hh_u32`.
    HH_KIND_U32 = 2,
    /// Of `hh_i64`.
    HH_KIND_I64 = 3,
    /// Of `hh_u64`.
    HH_KIND_U64 = 4,
    /// Of `hh_f32`.
    HH_KIND_F32 = 5,
    /// Of `hh_f64`.
    HH_KIND_F64 = 6,
    /// Of `hh_bool`.
    HH_KIND_BOOL = 7,
    /// Of `hh_char`.
    HH_KIND_CHAR = 8,
    /// Of `hh_str` and `hh_strn`.
    HH_KIND_STR = 9,
    /// Of `hh_bytes`.
    HH_KIND_BYTES = 10,
    /// Of `hh_cstr`.
    HH_KIND_CSTR = 11,
    /// Of `hh_array`.
    HH_KIND_ARRAY = 12,
    /// Of `hh_array_mut`.
    HH_KIND_ARRAY_MUT = 13,
    /// Of `hh_in`.
    HH_KIND_IN = 14,
    /// Of `hh_inout`.
    HH_KIND_INOUT = 15,
    /// Of `hh_list`.
    HH_KIND_LIST = 16,
    /// Of `hh_ptr`.
    HH_KIND_PTR = 17,
    /// Of `hh_fn`.
    HH_KIND_FN = 18,
    /// Of `hh_kept`.
    HH_KIND_KEPT = 19,
    /// Of `hh_closure`.
    HH_KIND_CLOSURE = 20,
    /// Of `hh_to_void`.
    HH_KIND_TO_VOID = 64,
    /// Of `hh_to_i32`.
    HH_KIND_TO_I32 = 65,
    /// Of `hh_to_u32`.
    HH_KIND_TO_U32 = 66,
    /// Of `hh_to_i64`.
    HH_KIND_TO_I64 = 67,
    /// Of `hh_to_u64`.
    HH_KIND_TO_U64 = 68,
    /// Of `hh_to_f32`.
    HH_KIND_TO_F32 = 69,
    /// Of `hh_to_f64`.
    HH_KIND_TO_F64 = 70,
    /// Of `hh_to_bool`.
    HH_KIND_TO_BOOL = 71,
    /// Of `hh_to_char`.
    HH_KIND_TO_CHAR = 72,
    /// Of `hh_to_string`.
    HH_KIND_TO_STRING = 73,
    /// Of `hh_to_vec`.
    HH_KIND_TO_VEC = 74,
    /// Of `hh_to_struct`.
    HH_KIND_TO_STRUCT = 75,
    /// Of `hh_to_option_struct`.
    HH_KIND_TO_OPTION_STRUCT = 76,
    /// Of `hh_to_ptr`.
    HH_KIND_TO_PTR = 77,
    /// Of `hh_to_fn`.
    HH_KIND_TO_FN = 78,
    /// Of `hh_to_tuple`.
    HH_KIND_TO_TUPLE = 79,
    /// Of `hh_to_span`.
    HH_KIND_TO_SPAN = 80,
    /// Of `hh_to_array`.
    HH_KIND_TO_ARRAY = 81,
    /// Of `hh_to_spans`.
    HH_KIND_TO_SPANS = 82,
}

impl hh_kind {
    const ARGUMENTS: [hh_kind; 21] = {
        use hh_kind::*;
        [
            HH_KIND_NULL,
            HH_KIND_I32,
            HH_KIND_U32,
            HH_KIND_I64,
            HH_KIND_U64,
            HH_KIND_F32,
            HH_KIND_F64,
            HH_KIND_BOOL,
            HH_KIND_CHAR,
            HH_KIND_STR,
            HH_KIND_BYTES,
            HH_KIND_CSTR,
            HH_KIND_ARRAY,
            HH_KIND_ARRAY_MUT,
            HH_KIND_IN,
            HH_KIND_INOUT,
            HH_KIND_LIST,
            HH_KIND_PTR,
            HH_KIND_FN,
            HH_KIND_KEPT,
            HH_KIND_CLOSURE,
        ]
    };
    const DESTINATIONS: [hh_kind; 19] = {
        use hh_kind::*;
        [
            HH_KIND_TO_VOID,
            HH_KIND_TO_I32,
            HH_KIND_TO_U32,
            HH_KIND_TO_I64,
            HH_KIND_TO_U64,
            HH_KIND_TO_F32,
            HH_KIND_TO_F64,
            HH_KIND_TO_BOOL,
            HH_KIND_TO_CHAR,
            HH_KIND_TO_STRING,
            HH_KIND_TO_VEC,
            HH_KIND_TO_STRUCT,
            HH_KIND_TO_OPTION_STRUCT,
            HH_KIND_TO_PTR,
            HH_KIND_TO_FN,
            HH_KIND_TO_TUPLE,
            HH_KIND_TO_SPAN,
            HH_KIND_TO_ARRAY,
            HH_KIND_TO_SPANS,
        ]
    };
    /// The number of the first destination.
    const FIRST: u32 = hh_kind::HH_KIND_TO_VOID as u32;

    #[inline]
    pub(super) fn of(number: u32) -> Option<hh_kind> {
        let (list, at) = match number.checked_sub(Self::FIRST) {
            Some(at) => (Self::DESTINATIONS.as_slice(), at),
            None => (Self::ARGUMENTS.as_slice(), number),
        };
        list.get(at as usize).copied()
    }

    pub(super) fn is_wanted(self) -> bool {
        self as u32 >= Self::FIRST
    }
}

// Each stands at the index that its number says.
const _: () = {
    let mut i = 0;
    while i < hh_kind::ARGUMENTS.len() {
        assert!(hh_kind::ARGUMENTS[i] as usize == i);
        i += 1;
    }
    i = 0;
    while i < hh_kind::DESTINATIONS.len() {
        assert!(hh_kind::DESTINATIONS[i] as usize == i + hh_kind::FIRST as usize);
        i += 1;
    }
};

/// An argument of a call, or where its result goes. Made by `hh_i32`, `hh_str`, `hh_to_string` and
/// the other functions at the end of this header, and only by those: its fields are private. It
/// owns nothing; what it points to must stay until the call returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_value<'a> {
    /// Private: an `hh_kind`.
    pub(super) kind: u32,
    /// Private: bytes of a struct, or of an element.
    pub(super) size: u32,
    /// Private: a number; or how many elements or bytes `data` points to.
    pub(super) bits: u64,
    /// Private.
    pub(super) data: *mut c_void,
    /// Private.
    pub(super) more: *mut c_void,
    pub(super) lifetime: PhantomData<&'a mut c_void>,
}

abi!(hh_value<'static>: 32 { kind: 0, size: 4, bits: 8, data: 16, more: 24 });

/// Bytes that somebody else owns: `len` elements at `data`. `data` is NULL for none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_span {
    /// The first of them. Never freed through this.
    pub data: *mut c_void,
    /// How many there are: bytes, unless it says otherwise.
    pub len: usize,
}

abi!(hh_span: 16 { data: 0, len: 8 });

/// Several of them, for `slice<str>` and `slice<bytes>`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_spans {
    /// The first of them. Never freed through this.
    pub data: *const hh_span,
    /// How many there are.
    pub len: usize,
}

abi!(hh_spans: 16 { data: 0, len: 8 });

impl hh_span {
    /// `data` NULL: there is none.
    pub(crate) const NONE: hh_span = hh_span { data: core::ptr::null_mut(), len: 0 };
}

impl hh_spans {
    /// `data` NULL: there are none.
    pub(crate) const NONE: hh_spans = hh_spans { data: core::ptr::null(), len: 0 };
}
