//! Rust without std and without any allocator.
#![no_std]

static mut COUNTS: [u32; 300] = [0; 300];
static WORDS: [&str; 3] = ["one", "two", "three"];

#[no_mangle]
pub extern "C" fn count(n: u32) -> usize {
    unsafe { COUNTS[n as usize % 300] += 1 };
    WORDS[n as usize % 3].len()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
