//! The host's malloc as a plugin's allocator: `mod hostheap_alloc;` in the crate's root is all.
//!
//! It is the global allocator. On wasm32-wasip1 the libc has a malloc too, which would stay beside any
//! global allocator; so there the whole family of C functions is defined, and each calls the host's.
//!
//! The crate hostheap-guest has this in it. The file is for plugins that do without the crate.
#![allow(dead_code, reason = "each target uses its part")]

use core::ffi::c_void;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    #[link_name = "malloc"]
    fn host_malloc(size: usize) -> *mut c_void;
    #[link_name = "free"]
    fn host_free(block: *mut c_void);
    #[link_name = "calloc"]
    fn host_calloc(count: usize, size: usize) -> *mut c_void;
    #[link_name = "realloc"]
    fn host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    #[link_name = "aligned_alloc"]
    fn host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
    #[link_name = "posix_memalign"]
    fn host_posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> i32;
    #[link_name = "malloc_usable_size"]
    fn host_malloc_usable_size(block: *mut c_void) -> usize;
}

mod global {
    use core::alloc::{GlobalAlloc, Layout};

    /// What the host aligns every block to.
    const ALIGN: usize = 16;

    struct Host;

    // Safety: the host's malloc keeps C's promises, and `GlobalAlloc` asks for no more.
    unsafe impl GlobalAlloc for Host {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // Safety: these are C's functions, and the layout's size is not 0.
            unsafe {
                if layout.align() <= ALIGN {
                    super::host_malloc(layout.size()).cast()
                } else {
                    super::host_aligned_alloc(layout.align(), layout.size()).cast()
                }
            }
        }

        unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
            // Safety: the block came from `alloc`.
            unsafe { super::host_free(block.cast()) }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // Safety: as in `alloc`.
            unsafe {
                if layout.align() <= ALIGN {
                    return super::host_calloc(1, layout.size()).cast();
                }
                let block = self.alloc(layout);
                if !block.is_null() {
                    block.write_bytes(0, layout.size());
                }
                block
            }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // Safety: the block came from `alloc` with this layout.
            unsafe {
                if layout.align() <= ALIGN {
                    return super::host_realloc(block.cast(), size).cast();
                }
                let new: *mut u8 = super::host_aligned_alloc(layout.align(), size).cast();
                if !new.is_null() {
                    new.copy_from_nonoverlapping(block, layout.size().min(size));
                    super::host_free(block.cast());
                }
                new
            }
        }
    }

    #[global_allocator]
    static HOST: Host = Host;
}

#[cfg(target_os = "wasi")]
mod libc {
    use core::ffi::c_void;

    macro_rules! forward {
        ($($name:ident = $host:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {$(
            /// # Safety
            ///
            /// As in C.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($($arg: $ty),*) $(-> $ret)? {
                // Safety: the caller's.
                unsafe { super::$host($($arg),*) }
            }
        )*};
    }
    forward! {
        malloc = host_malloc(size: usize) -> *mut c_void;
        free = host_free(block: *mut c_void);
        calloc = host_calloc(count: usize, size: usize) -> *mut c_void;
        realloc = host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
        aligned_alloc = host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
        memalign = host_aligned_alloc(align: usize, size: usize) -> *mut c_void;
        posix_memalign = host_posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> i32;
        malloc_usable_size = host_malloc_usable_size(block: *mut c_void) -> usize;
        __libc_malloc = host_malloc(size: usize) -> *mut c_void;
        __libc_free = host_free(block: *mut c_void);
        __libc_calloc = host_calloc(count: usize, size: usize) -> *mut c_void;
        __libc_realloc = host_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    }
}
