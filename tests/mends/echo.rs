static TAG: [u8; 11] = *b"static data";

pub fn greet(name: *const u8, len: usize) -> u64 {
    let start = if len > 0 { name } else { TAG.as_ptr() };
    (start as u64) << 32 | len as u64
}
