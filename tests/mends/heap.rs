// The allocator goes here.

#[unsafe(no_mangle)]
pub extern "C" fn greet(name: *const u8, len: usize) -> u64 {
    let name = unsafe { core::slice::from_raw_parts(name, len) };
    let out = name.to_vec().leak();
    (out.as_ptr() as u64) << 32 | out.len() as u64
}
