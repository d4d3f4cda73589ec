//! The plugin as a component: what wit-bindgen makes of an ordinary Rust crate.

wit_bindgen::generate!({ path: "world.wit", world: "plugin" });

struct Plugin;

impl Guest for Plugin {
    fn nothing() {}

    fn pass(bytes: Vec<u8>) -> u32 {
        bytes.first().copied().map_or(0, u32::from)
    }

    fn greet(name: String) -> String {
        let mut out = String::with_capacity(name.len() + 8);
        out.push_str("Hello, ");
        out.push_str(&name);
        out.push('!');
        out
    }

    fn sum(bytes: Vec<u8>) -> u64 {
        bytes.iter().copied().map(u64::from).sum()
    }

    fn reverse(bytes: Vec<u8>) -> Vec<u8> {
        bytes.iter().rev().copied().collect()
    }

    fn fetch(len: u32) -> Vec<u8> {
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
        out
    }

    fn twice(of: Eight) -> Eight {
        let Eight { a, b, c, d, e, f, g, h } = of;
        let [a, b, c, d, e, f, g, h] = [a, b, c, d, e, f, g, h].map(|value| value * 2.0);
        Eight { a, b, c, d, e, f, g, h }
    }

    fn strings(strings: Vec<String>) -> u64 {
        strings.iter().map(|string| string.len() as u64).sum()
    }
}

export!(Plugin);
