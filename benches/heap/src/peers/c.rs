//! Allocators with C's interface: mimalloc and the system's own.
#![allow(unsafe_code, reason = "C functions")]

use super::arena::touch;
use crate::driver::Peer;
use libmimalloc_sys as mi;
use std::ffi::c_void;
use std::ptr::null_mut;

/// Makes a peer of four C functions.
macro_rules! c_peer {
    ($Name:ident, $what:literal, $malloc:path, $free:path, $calloc:path, $realloc:path) => {
        #[doc = $what]
        #[derive(Debug)]
        pub(crate) struct $Name {
            malloc: unsafe extern "C" fn(usize) -> *mut c_void,
            free: unsafe extern "C" fn(*mut c_void),
            calloc: unsafe extern "C" fn(usize, usize) -> *mut c_void,
            realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
        }

        impl $Name {
            /// The functions behind pointers that the compiler knows nothing of: it knows what
            /// `malloc` does and would delete a pair that nobody looks at.
            pub(crate) fn new() -> Self {
                use std::hint::black_box;
                $Name {
                    malloc: black_box($malloc),
                    free: black_box($free),
                    calloc: black_box($calloc),
                    realloc: black_box($realloc),
                }
            }
        }

        impl Peer for $Name {
            type Block = *mut u8;
            const NONE: *mut u8 = null_mut();

            #[inline]
            fn malloc(&mut self, size: u32) -> *mut u8 {
                // SAFETY: malloc takes any size.
                unsafe { (self.malloc)(size as usize) }.cast()
            }

            #[inline]
            fn free(&mut self, block: *mut u8) {
                // SAFETY: the driver frees what it got from this peer, once.
                unsafe { (self.free)(block.cast()) }
            }

            #[inline]
            fn calloc(&mut self, size: u32) -> *mut u8 {
                // SAFETY: calloc takes any size.
                unsafe { (self.calloc)(1, size as usize) }.cast()
            }

            #[inline]
            fn realloc(&mut self, block: *mut u8, size: u32) -> *mut u8 {
                // SAFETY: the driver passes a live block of this peer and forgets it.
                unsafe { (self.realloc)(block.cast(), size as usize) }.cast()
            }

            #[inline]
            fn touch(&mut self, block: *mut u8, size: u32) {
                // SAFETY: the driver passes a live block and its size.
                unsafe { touch(block, size) }
            }

            fn end(&self, _: *mut u8, _: u32) -> Option<u64> {
                None
            }
        }
    };
}

c_peer!(Mimalloc, "mimalloc.", mi::mi_malloc, mi::mi_free, mi::mi_calloc, mi::mi_realloc);
c_peer!(System, "The system's malloc.", libc::malloc, libc::free, libc::calloc, libc::realloc);
