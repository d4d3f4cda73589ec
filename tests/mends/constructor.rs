use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCT: extern "C" fn() = construct;

extern "C" fn construct() {
    CALLS.store(100, Relaxed);
}

// Constructors are run here.

#[unsafe(no_mangle)]
pub extern "C" fn greet(name: *const u8, len: usize) -> u64 {
    CALLS.fetch_add(1, Relaxed);
    (name as u64) << 32 | len as u64
}
