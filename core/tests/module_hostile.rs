//! Bytes that mean harm: whatever they are, an answer comes back, soon, and costs little memory.

#[path = "module_common/digest.rs"]
mod digest;
mod module_common;

use hostheap_core::module::ModuleError;

/// Asks everything there is to ask; whatever comes of it, it returns.
fn digest(wasm: &[u8]) -> Result<(), ModuleError> {
    digest::digest(wasm).map(drop)
}

fn leb(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A module of these sections.
fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in sections {
        wasm.push(*id);
        wasm.extend(leb(contents.len() as u32));
        wasm.extend(contents);
    }
    wasm
}

fn malformed(wasm: &[u8]) -> String {
    match digest(wasm) {
        Err(error @ ModuleError::Malformed { .. }) => error.to_string(),
        other => panic!("expected malformed, got {other:?}"),
    }
}

#[test]
fn every_truncation_is_survived() {
    for (name, wasm) in module_common::modules() {
        digest(&wasm).expect(name);
        for end in 0..wasm.len() {
            let _ = digest(&wasm[..end]);
        }
    }
}

#[test]
fn every_changed_byte_is_survived() {
    for (_, wasm) in module_common::modules() {
        let mut changed = wasm.clone();
        for at in 0..wasm.len() {
            let bits = (0..8).map(|bit| wasm[at] ^ (1 << bit));
            for byte in bits.chain([0, 1, 0x7f, 0x80, 0xff]) {
                changed[at] = byte;
                let _ = digest(&changed);
            }
            changed[at] = wasm[at];
        }
    }
}

#[test]
fn every_removed_or_doubled_byte_is_survived() {
    for (_, wasm) in module_common::modules() {
        for at in 0..wasm.len() {
            let mut shorter = wasm.clone();
            let byte = shorter.remove(at);
            let _ = digest(&shorter);
            let mut longer = wasm.clone();
            longer.insert(at, byte);
            let _ = digest(&longer);
        }
    }
}

#[test]
fn random_bytes_are_survived() {
    // A multiplicative generator is random enough.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u32
    };
    for _ in 0..2000 {
        let sections: Vec<(u8, Vec<u8>)> = (1..=11)
            .map(|id| {
                let length = random() % 24;
                (id, (0..length).map(|_| (random() % 11 * (random() % 13)) as u8).collect())
            })
            .collect();
        for n in 0..=sections.len() {
            let _ = digest(&module(&sections[..n]));
        }
    }
}

#[test]
fn huge_counts_are_refused_without_allocating() {
    for id in 1..=13 {
        for count in [1 << 16, 1 << 24, u32::MAX] {
            assert!(digest(&module(&[(id, leb(count))])).is_err(), "section {id}");
        }
    }
    let mut group = vec![1, 0x4e];
    group.extend(leb(1_000_000));
    assert_eq!(
        malformed(&module(&[(1, group)])),
        "malformed module: a group states 1000000 types, more than fit in its section (at offset \
         0xc)"
    );
    // In custom sections as well, though there they are no error.
    for name in ["name", "producers"] {
        let mut contents = vec![name.len() as u8];
        contents.extend(name.bytes());
        contents.extend([7, 5]);
        contents.extend(leb(u32::MAX));
        assert_eq!(digest(&module(&[(5, vec![1, 0, 1]), (0, contents)])), Ok(()));
    }
}

#[test]
fn one_long_type_used_by_many_is_refused() {
    let mut types = vec![1, 0x60];
    types.extend(leb(1000));
    types.extend([0x7f; 1000]);
    types.push(0);
    let many = 2000;
    let mut imports = leb(many);
    for _ in 0..many {
        imports.extend([0, 0, 0, 0]);
    }
    let wasm = module(&[(1, types), (2, imports), (5, vec![1, 0, 1])]);
    assert_eq!(
        digest(&wasm).unwrap_err().to_string(),
        "the module has too much of one thing: more than 1048576 parameters and results of imports \
         and exports"
    );
}

#[test]
fn compact_imports_are_not_read() {
    // One module name for many imports; each copy of it would cost us.
    let imports = vec![1, 1, b'm', 0, 0x7f, 2, 1, b'a', 2, 0, 1, 1, b'b', 2, 0, 1];
    assert!(malformed(&module(&[(2, imports)])).contains("compact imports"));
}

#[test]
fn sections_must_be_in_order_and_single() {
    let memory = || (5, vec![1, 0, 1]);
    assert!(malformed(&module(&[memory(), memory()])).contains("section out of order"));
    assert!(malformed(&module(&[(7, vec![0]), memory()])).contains("section out of order"));
    assert_eq!(
        malformed(&module(&[memory(), (14, vec![])])),
        "malformed module: unknown section 14 (at offset 0xf)"
    );
}

#[test]
fn indices_must_exist() {
    let memory = || (5, vec![1, 0, 1]);
    let export = |kind: u8, index: u8| (7, vec![1, 1, b'e', kind, index]);
    assert!(malformed(&module(&[memory(), export(0, 0)])).contains("there is no function 0"));
    assert!(malformed(&module(&[memory(), export(2, 1)])).contains("there is no memory 1"));
    assert!(malformed(&module(&[memory(), export(3, 9)])).contains("there is no global 9"));
    assert!(malformed(&module(&[memory(), (8, vec![3])])).contains("there is no function 3"));
    assert!(
        malformed(&module(&[(2, vec![1, 0, 0, 0, 7])])).contains("there is no function type 7")
    );
    let data = (11, vec![1, 2, 1, 0x41, 0, 0x0b, 1, b'x']);
    assert!(malformed(&module(&[memory(), data])).contains("there is no memory 1"));
}

#[test]
fn start_function_must_run_by_itself() {
    // An export of it would be accepted by every runtime, unlike the start section.
    let types = (1, vec![1, 0x60, 1, 0x7f, 0]);
    let wasm = module(&[
        types,
        (3, vec![1, 0]),
        (5, vec![1, 0, 1]),
        (8, vec![0]),
        (10, vec![1, 2, 0, 0x0b]),
    ]);
    assert_eq!(
        malformed(&wasm),
        "malformed module: start function has type (i32) -> () (at offset 0x1a)"
    );
}

#[test]
fn memory_limits_must_make_sense() {
    let memory = |limits: &[u8]| module(&[(5, [&[1], limits].concat())]);
    assert!(malformed(&memory(&[1, 2, 1])).contains("memory limits of 2 to 1 pages"));
    assert!(malformed(&memory(&[0, 0x81, 0x80, 4])).contains("memory limits of 65537 to 65536"));
    assert!(malformed(&memory(&[1, 1, 0x81, 0x80, 4])).contains("memory limits of 1 to 65537"));
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert!(digest(&memory(&[&[0], &most[..]].concat())).is_err());
    assert!(digest(&memory(&[8, 1, 63])).is_err());
    assert_eq!(digest(&memory(&[1, 0, 0])), Ok(()));
}

#[test]
fn deep_and_long_constant_expressions_are_given_up() {
    let mut init = vec![1, 0x7f, 0];
    init.extend([0x41, 1].repeat(50_000));
    init.extend([0x6a].repeat(49_999));
    init.push(0x0b);
    let export = [&[1, 11][..], b"__heap_base", &[3, 0]].concat();
    let wasm = module(&[(5, vec![1, 0, 1]), (6, init), (7, export)]);
    assert!(matches!(digest(&wasm), Err(ModuleError::HeapBaseNotConstant { .. })));
}
