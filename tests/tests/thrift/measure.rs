//! Sizes that a module has before it runs.

use hostheap_core::module::{Certainty, ModuleInfo};
use wasmparser::{Parser, Payload};

#[derive(Debug)]
pub(crate) struct Size {
    /// The module without names, debug information and all else that does not run: no custom section.
    pub(crate) stripped: Vec<u8>,
    /// Bytes of that.
    pub(crate) bytes: u64,
    /// Bytes of its code section.
    pub(crate) code: u64,
    /// Bytes of memory that it starts with.
    pub(crate) memory: u64,
    /// Where the static data and the stack end, if it says so.
    pub(crate) heap_base: Option<u64>,
}

impl Size {
    pub(crate) fn of(wasm: &[u8]) -> Size {
        let mut stripped = wasm[..8].to_vec();
        let mut code = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.expect("a module");
            if matches!(payload, Payload::CustomSection(_)) {
                continue;
            }
            let Some((id, range)) = payload.as_section() else { continue };
            if matches!(payload, Payload::CodeSectionStart { .. }) {
                code = range.len() as u64;
            }
            stripped.push(id);
            leb(&mut stripped, range.len());
            stripped.extend(&wasm[range]);
        }
        let info = ModuleInfo::parse(&stripped).expect("hostheap reads it");
        let layout = info.layout();
        let exact = layout.certainty() == Certainty::Exact;
        Size {
            bytes: stripped.len() as u64,
            code,
            memory: info.memory().min_bytes,
            heap_base: exact.then_some(u64::from(layout.heap_base)),
            stripped,
        }
    }

    /// Less module, less code, and no more memory.
    #[track_caller]
    pub(crate) fn is_less_than(&self, own: &Size, name: &str) {
        assert!(self.bytes < own.bytes, "{name}: {} and {} bytes", self.bytes, own.bytes);
        assert!(self.code < own.code, "{name}: {} and {} bytes of code", self.code, own.code);
        let memory = (self.memory, own.memory);
        assert!(self.memory <= own.memory, "{name}: starts with {memory:?} bytes of memory");
    }
}

fn leb(to: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// The cases that failed, for a line of text.
pub(crate) fn whole(failed: &[String]) -> String {
    if failed.is_empty() { String::new() } else { format!("; not\n  {}", failed.join("\n  ")) }
}
