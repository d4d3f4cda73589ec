//! Rust for WASI with the whole malloc family defined: std's allocator there is libc's malloc.
use core::ffi::c_void;

#[link(wasm_import_module = "env")]
extern "C" {
    #[link_name = "malloc"]
    fn host_malloc(size: usize) -> *mut c_void;
    #[link_name = "calloc"]
    fn host_calloc(count: usize, size: usize) -> *mut c_void;
    #[link_name = "realloc"]
    fn host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    #[link_name = "free"]
    fn host_free(block: *mut c_void);
    #[link_name = "aligned_alloc"]
    fn host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
}

macro_rules! forward {
    ($($name:ident => $host:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {$(
        /// # Safety
        ///
        /// As in C.
        #[no_mangle]
        pub unsafe extern "C" fn $name($($arg: $ty),*) $(-> $ret)? { $host($($arg),*) }
    )*};
}
forward! {
    malloc => host_malloc(size: usize) -> *mut c_void;
    calloc => host_calloc(count: usize, size: usize) -> *mut c_void;
    realloc => host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    free => host_free(block: *mut c_void);
    aligned_alloc => host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
    memalign => host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
    __libc_malloc => host_malloc(size: usize) -> *mut c_void;
    __libc_calloc => host_calloc(count: usize, size: usize) -> *mut c_void;
    __libc_realloc => host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    __libc_free => host_free(block: *mut c_void);
}

/// # Safety
///
/// As in C.
#[no_mangle]
pub unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> i32 {
    *out = host_aligned_alloc(align, size);
    if (*out).is_null() { 48 } else { 0 }
}

#[path = "std_heap.rs"]
mod std_heap;
