//! Rust on wasm32-wasip1: its allocator is the C library's malloc, which nobody exports.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A `String` for the host: the pointer in the high half, the length in the low half. The host
/// frees it.
fn give(text: String) -> i64 {
    // Of one byte's alignment, so that it is malloc's own block.
    let bytes = text.into_bytes().into_boxed_slice();
    let length = bytes.len() as u64;
    ((Box::into_raw(bytes) as *mut u8 as u64) << 32 | length) as i64
}

#[no_mangle]
pub extern "C" fn run(scale: i32) -> i64 {
    let mut tree: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut random = 1_u32;
    for i in 0..scale as u32 * 500 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        tree.entry(format!("key {}", random >> 25)).or_default().push(i);
        if random % 11 == 0 {
            tree.pop_first();
        }
    }
    let mut out = String::new();
    for (key, values) in &tree {
        writeln!(out, "{key}: {} {:?}", values.len(), values.last()).expect("a string");
    }
    println!("{} keys", tree.len());
    give(out)
}
