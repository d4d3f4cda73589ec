//! Taking a module's own allocator out.
#![allow(unsafe_code, reason = "exported symbols; there is no unsafe block in this file")]

use core::fmt::Write;
use core::mem::MaybeUninit;

use hostheap_core::module::{ExternalizeOptions, Externalized, externalize};

use crate::boundary::{Array, entry, hh_string, vacant};
use crate::status::{Fail, hh_status};
use crate::words::{Api, in_c};

/// Takes a module's own malloc family out and lets it import the host's, without its source: so a
/// plugin that was built with an allocator becomes one without. It does so only if it is proved that
/// nothing that stays in the module depends on the allocator; otherwise it is HH_ERR_MODULE, and the
/// message says what is in the way and what to do instead.
///
/// `*out` is the new module, and `*report` says what was done and proved, a line each. Both are the
/// caller's, who frees them by `hh_string_free`; none on failure. `report` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn hh_externalize(
    wasm: Array<'_, u8>,
    len: usize,
    out: Option<&mut MaybeUninit<hh_string>>,
    report: Option<&mut MaybeUninit<hh_string>>,
) -> hh_status {
    entry(|| {
        let report = report.map(|place| place.write(hh_string::NONE));
        let out = vacant("out", out, hh_string::NONE)?;
        let wasm = wasm.slice("wasm", len)?;
        let done = externalize(wasm, &ExternalizeOptions::default()).map_err(|error| {
            Fail::new(hh_status::HH_ERR_MODULE, in_c(Api::Heap, &error.to_string()))
        })?;
        if let Some(report) = report {
            *report = hh_string::give(words(&done));
        }
        *out = hh_string::give(done.wasm);
        Ok(())
    })
}

fn words(done: &Externalized) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for replaced in &done.replaced {
        let _ = writeln!(
            text,
            "replaced  {} by the import {}, in {} places ({})",
            replaced.function, replaced.member, replaced.references, replaced.found_by
        );
    }
    let _ = writeln!(
        text,
        "removed   {} functions, {} bytes of code",
        done.removed.len(),
        done.removed_code_bytes
    );
    for (module, name) in &done.dropped_imports {
        let _ =
            writeln!(text, "dropped   import {}.{}", module.escape_debug(), name.escape_debug());
    }
    for name in &done.dropped_exports {
        let _ = writeln!(text, "dropped   export {}", name.escape_debug());
    }
    for name in &done.dropped_sections {
        let _ = writeln!(text, "dropped   section {}", name.escape_debug());
    }
    for proof in &done.proof {
        let _ = writeln!(text, "proved    {proof}");
    }
    let _ = writeln!(text, "size      {} bytes, before {}", done.bytes_after, done.bytes_before);
    text
}
