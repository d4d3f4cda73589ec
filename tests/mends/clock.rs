use std::time::Instant;

#[unsafe(no_mangle)]
pub extern "C" fn greet(name: *const u8, len: usize) -> u64 {
    let elapsed = if len == 0 { Instant::now().elapsed().as_nanos() } else { 0 };
    (name as u64) << 32 | (len as u64 & !(elapsed as u64))
}
