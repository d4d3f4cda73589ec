unsafe extern "C" {
    fn log_line(line: *const u8, len: usize);
}

#[unsafe(no_mangle)]
pub extern "C" fn greet(name: *const u8, len: usize) -> u64 {
    unsafe { log_line(name, len) };
    (name as u64) << 32 | len as u64
}
