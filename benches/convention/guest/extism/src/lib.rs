//! The plugin with Extism's PDK.

use extism_pdk::{FnResult, Msgpack, plugin_fn};

#[plugin_fn]
pub fn nothing() -> FnResult<()> {
    Ok(())
}

#[plugin_fn]
pub fn pass(bytes: Vec<u8>) -> FnResult<u32> {
    Ok(bytes.first().copied().map_or(0, u32::from))
}

#[plugin_fn]
pub fn greet(name: String) -> FnResult<String> {
    let mut out = String::with_capacity(name.len() + 8);
    out.push_str("Hello, ");
    out.push_str(&name);
    out.push('!');
    Ok(out)
}

#[plugin_fn]
pub fn sum(bytes: Vec<u8>) -> FnResult<u64> {
    Ok(bytes.iter().copied().map(u64::from).sum())
}

#[plugin_fn]
pub fn reverse(bytes: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(bytes.iter().rev().copied().collect())
}

#[plugin_fn]
pub fn fetch(len: u32) -> FnResult<Vec<u8>> {
    let len = len as usize;
    let mut out = Vec::with_capacity(len);
    // SAFETY: the capacity is there, and any byte of linear memory is a valid one. As in the
    // plugins in C, writing all would hide how fast the host reads the block.
    #[allow(clippy::uninit_vec, reason = "only the host looks at it, and to it all is bytes")]
    unsafe {
        out.set_len(len);
    }
    if let [first, .., last] = &mut out[..] {
        (*first, *last) = (1, 2);
    }
    Ok(out)
}

/// Eight numbers as their 64 bytes: no encoding is faster.
#[plugin_fn]
pub fn twice(bytes: Vec<u8>) -> FnResult<Vec<u8>> {
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers.iter().flat_map(|it| (f64::from_le_bytes(*it) * 2.0).to_le_bytes()).collect())
}

/// One input is all that there is; MessagePack is the quickest of the encodings that come along.
#[plugin_fn]
pub fn strings(Msgpack(strings): Msgpack<Vec<String>>) -> FnResult<u64> {
    Ok(strings.iter().map(|string| string.len() as u64).sum())
}
