//! A standard library for WASI in plugins whose host has no WASI.

/// Defines the WASI calls that Rust's standard library cannot do without on wasm32-wasip1, so that the
/// plugin does not import them: there is no environment, what is printed goes nowhere, and ending the
/// process traps.
///
/// Write it once in a plugin. What the plugin itself uses of files, clocks and randomness is imported
/// all the same.
///
/// ```
/// hostheap_guest::without_wasi!();
/// ```
#[macro_export]
macro_rules! without_wasi {
    () => {
        // The libc imports each of these by such a name, and a definition beats an import.
        #[cfg(all(target_arch = "wasm32", target_os = "wasi"))]
        const _: () = {
            #[unsafe(export_name = "__imported_wasi_snapshot_preview1_environ_sizes_get")]
            unsafe extern "C" fn environ_sizes_get(count: *mut usize, bytes: *mut usize) -> i32 {
                // Safety: the libc's, to be written.
                unsafe {
                    count.write(0);
                    bytes.write(0);
                }
                0
            }
            #[unsafe(export_name = "__imported_wasi_snapshot_preview1_environ_get")]
            extern "C" fn environ_get(_: usize, _: usize) -> i32 {
                0
            }
            #[unsafe(export_name = "__imported_wasi_snapshot_preview1_fd_write")]
            extern "C" fn fd_write(_: i32, _: usize, _: usize, _: usize) -> i32 {
                8 // bad file descriptor, which Rust takes for a closed output
            }
            #[unsafe(export_name = "__imported_wasi_snapshot_preview1_proc_exit")]
            extern "C" fn proc_exit(_: i32) {
                ::core::arch::wasm32::unreachable()
            }
        };
    };
}
