#[unsafe(no_mangle)]
pub extern "C" fn greet(name: *const u8, len: usize) -> u64 {
    (name as u64) << 32 | len as u64
}

#[allow(dead_code)]
fn main() {}
