//! Bytes that C owns.

use core::ffi::c_char;

use crate::abi::abi;

/// Bytes that the library hands to its caller, who frees them by `hh_string_free`. A NUL byte that is
/// not counted follows them, so that text can be used as C's.
///
/// Read the fields, and leave them as they are: they say what is to be freed. A copy of the struct is
/// the same string: free one of them.
#[repr(C)]
#[derive(Debug)]
#[allow(non_camel_case_types, reason = "a name of C")]
pub struct hh_string {
    /// The bytes; NULL if there is no string.
    data: *mut c_char,
    /// How many they are, without the NUL byte after them.
    len: usize,
}

abi!(hh_string: 16 { data: 0, len: 8 });

impl hh_string {
    /// No string.
    pub(crate) const NONE: Self = hh_string { data: core::ptr::null_mut(), len: 0 };

    /// Bytes for C to own.
    pub(crate) fn give(bytes: impl Into<Vec<u8>>) -> Self {
        let mut bytes: Vec<u8> = bytes.into();
        let len = bytes.len();
        bytes.reserve_exact(1);
        bytes.push(0);
        hh_string { data: Box::into_raw(bytes.into_boxed_slice()).cast(), len }
    }

    /// Takes the bytes back and frees them; nothing the second time.
    pub(crate) fn free(&mut self) {
        let hh_string { data, len } = core::mem::replace(self, Self::NONE);
        if !data.is_null() {
            let bytes = core::ptr::slice_from_raw_parts_mut(data.cast::<u8>(), len.wrapping_add(1));
            // SAFETY: only `give` and C set the fields, and C promised to leave them as they were: it
            // is `give`'s box of `len + 1` bytes. The fields are empty now, so this happens once.
            drop(unsafe { Box::from_raw(bytes) });
        }
    }
}

#[cfg(test)]
mod tests {
    use core::marker::PhantomData;

    use super::*;
    use crate::boundary::Array;

    #[test]
    fn a_string_ends_with_nul_and_is_freed_once() {
        for bytes in [&b""[..], b"abc", b"a\0b"] {
            let mut string = hh_string::give(bytes);
            assert_eq!(string.len, bytes.len());
            let all = Array(string.data.cast_const().cast::<u8>(), PhantomData);
            assert_eq!(all.slice("string", string.len + 1).unwrap(), [bytes, b"\0"].concat());
            string.free();
            assert!(string.data.is_null());
            string.free();
        }
    }
}
