//! Real modules, changed: by wasm-mutate into other valid ones, and byte by byte into garbage.

use std::path::{Path, PathBuf};

use wasm_mutate::WasmMutate;

use crate::linker::{of_sections, sections};
use crate::random::Random;
use crate::work::in_proportion;
use crate::{cases, digest};

/// The project's own plugins, with their names.
fn real_modules() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/plugins");
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    paths.sort();
    assert!(paths.len() >= 20, "only {} modules in {}", paths.len(), folder.display());
    let read = |path: PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        (name.unwrap_or_default(), std::fs::read(&path).expect("readable"))
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("guest/plugins is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            paths.push(path);
        }
    }
}

#[test]
fn real_modules_are_understood() {
    for (name, wasm) in real_modules() {
        digest(&wasm).unwrap_or_else(|error| panic!("{name}: {error}"));
        in_proportion(&wasm);
    }
}

/// Mutations that keep what a module does keep its data and its stack where they are, so the heap
/// must not start below where it did.
#[test]
fn heap_does_not_sink_when_a_module_is_rewritten() {
    let modules = real_modules();
    let steps = cases(1200) as usize / modules.len() + 1;
    for (name, original) in modules {
        let base = digest(&original).expect("a real one").layout().heap_base;
        walk(&original, steps, true, |step, wasm| {
            let mutated = digest(wasm).unwrap_or_else(|error| panic!("{name}, {step}: {error}"));
            assert!(mutated.layout().heap_base >= base, "{name}, {step}");
        });
    }
}

#[test]
fn mutations_of_real_modules_are_survived() {
    let modules = real_modules();
    let steps = cases(1200) as usize / modules.len() + 1;
    for (_, original) in modules {
        walk(&original, steps, false, |_, wasm| {
            let _ = digest(wasm);
            in_proportion(wasm);
        });
    }
}

/// Each step mutates what the one before left, and starts anew after some.
fn walk(original: &[u8], steps: usize, preserve: bool, mut look: impl FnMut(usize, &[u8])) {
    let mut wasm = original.to_vec();
    let mut looks = 0;
    for step in 0..steps {
        if step % 12 == 0 {
            wasm = original.to_vec();
        }
        let next = {
            let mut mutate = WasmMutate::default();
            mutate.seed(step as u64).preserve_semantics(preserve).fuel(200);
            let mutations = mutate.run(&wasm).ok();
            mutations.and_then(|mut mutations| mutations.next()?.ok())
        };
        // Not every mutation applies to every module.
        if let Some(next) = next {
            look(step, &next);
            looks += 1;
            wasm = next;
        }
    }
    assert!(looks > 0, "no mutation of {steps} applied");
}

#[test]
fn broken_bytes_of_real_modules_are_survived() {
    let modules = real_modules();
    let mut random = Random(7);
    let mut accepted = 0;
    let cases = cases(8000);
    for _ in 0..cases {
        let (_, original) = &modules[random.below(modules.len())];
        let mut wasm = original.clone();
        for _ in 0..=random.below(4) {
            break_bytes(&mut wasm, &modules[random.below(20)].1, &mut random);
        }
        in_proportion(&wasm);
        accepted += u32::from(digest(&wasm).is_ok());
    }
    println!("{accepted} of {cases} still have a layout");
    assert!(accepted > 0);
}

fn break_bytes(wasm: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(wasm.len());
    let len = random.below(1 + random.0 as usize % 40).min(wasm.len() - at);
    match random.below(8) {
        0 | 1 => wasm[at] ^= 1 << random.below(8),
        2 => wasm[at] = [0, 1, 0x0b, 0x41, 0x7f, 0x80, 0xff][random.below(7)],
        3 => _ = wasm.drain(at..at + len),
        4 => {
            let copy = wasm[at..at + len].to_vec();
            wasm.splice(at..at, copy);
        }
        5 => {
            let from = random.below(other.len() - 40);
            wasm.splice(at..at + len, other[from..from + len].iter().copied());
        }
        6 => {
            let bytes = random.bytes(len);
            wasm[at..at + len].copy_from_slice(&bytes);
        }
        _ => *wasm = break_sections(wasm, other, random),
    }
    if wasm.is_empty() {
        wasm.push(0);
    }
}

/// One section taken out, doubled, moved, or put in the place of another module's.
fn break_sections(wasm: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut all = sections(wasm);
    let others = sections(other);
    if all.is_empty() || others.is_empty() {
        return wasm.to_vec();
    }
    let (at, to) = (random.below(all.len()), random.below(all.len()));
    match random.below(4) {
        0 => _ = all.remove(at),
        1 => all.insert(to, all[at]),
        2 => all.swap(at, to),
        _ => {
            let (id, _) = all[at];
            if let Some(theirs) = others.iter().find(|(other, _)| *other == id) {
                all[at] = *theirs;
            }
        }
    }
    of_sections(&all)
}
