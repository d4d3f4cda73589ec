//! What hostheap finds out about a module is what its linker knew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use hostheap_core::module::{
    Certainty, HeapBaseEvidence, ModuleError, ModuleInfo, Situation, Survey, Toolchain,
};
use hostheap_tests::corpus::{self, AllocatorKind, Entry, Evidence, Expected, StackPlace};
use hostheap_tests::say;

/// Fails instead of saying that a compiler is missing.
const REQUIRE: &str = "HOSTHEAP_REQUIRE_COMPILERS";

#[test]
fn the_committed_corpus_is_understood() {
    let entries = corpus::all();
    assert!(entries.len() >= 200, "{} modules", entries.len());
    understood(&entries);
}

#[test]
fn a_corpus_built_by_the_compilers_at_hand_is_understood() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    let script = corpus::home().join("build.py");
    let output = Command::new("python3").arg(script).arg("--check").arg(&directory).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
            assert!(!required, "{REQUIRE}=1, and python3 cannot be run: {error}");
            say(format_args!("NOT TESTED: the corpus was not rebuilt: no python3: {error}"));
            return;
        }
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tests/corpus/build.py failed:\n{errors}");
    for line in errors.lines().filter(|line| line.starts_with("NOT BUILT")) {
        say(line);
    }
    let listing = String::from_utf8_lossy(&output.stdout);
    say(format_args!("rebuilt corpus: {}", listing.lines().last().unwrap_or_default()));
    let entries = corpus::built(&directory);
    if entries.is_empty() {
        say("NOT TESTED: none of the corpus' compilers is here");
        return;
    }
    understood(&entries);
}

/// Each module in turn; what is wrong is said of all of them at once.
fn understood(entries: &[Entry]) {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for entry in entries {
        match judge(entry) {
            Ok(outcome) => {
                *counts.entry(&entry.tool).or_default().entry(outcome).or_default() += 1;
            }
            Err(fault) => wrong.push(format!("{}: {fault}", entry.described())),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
    let mut table = format!("{:32}", "heap base");
    const OUTCOMES: [&str; 4] = ["exact", "bounded", "fallback", "refused"];
    for outcome in OUTCOMES {
        table += &format!("{outcome:>9}");
    }
    for (tool, counts) in counts {
        table += &format!("\n{tool:32}");
        for outcome in OUTCOMES {
            table += &format!("{:9}", counts.get(outcome).copied().unwrap_or(0));
        }
    }
    say(table);
}

/// What is wrong with what was found of a module's allocators, by what it was built from.
fn allocators(entry: &Entry, survey: &Survey) -> Result<(), String> {
    let census = survey.contents().census();
    let found = census.situation();
    // Neither shows by a name or by an instruction. A pool lies in static data and harms nobody; an
    // arena takes what is above, which docs/modules.md tells.
    let shows = !matches!(entry.allocator.own.as_deref(), Some("arena" | "pool"));
    let right = match entry.allocator.kind {
        AllocatorKind::None => found == Situation::None,
        AllocatorKind::Imports | AllocatorKind::Forwards => found == Situation::Host,
        AllocatorKind::Exports => found == Situation::Exported,
        AllocatorKind::Two if shows => found == Situation::TwoHeaps,
        AllocatorKind::Two => found == Situation::Host,
        AllocatorKind::Hidden if shows => found == Situation::Hidden,
        AllocatorKind::Hidden => found == Situation::None,
    };
    if !right {
        return Err(format!("allocators {:?} were taken for: {found}", entry.allocator));
    }
    let names = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let imported: Vec<_> = census.imports.iter().map(|import| import.name.clone()).collect();
    if names(&imported) != names(&entry.allocator.imported) {
        return Err(format!("imports {imported:?} of the family, and they are others"));
    }
    let grows = census.growing > 0;
    let sizes = census.sizing > 0;
    if entry.memory_grow.is_some_and(|truth| truth != grows)
        || entry.memory_size.is_some_and(|truth| truth != sizes)
    {
        return Err(format!("memory.grow {grows} and memory.size {sizes}, and that is wrong"));
    }
    // What was measured by running it.
    if let Some(claims) = &entry.claims
        && shows
        && !census.may_take_grown_pages()
        && (claims.grown_before == Some(true) || claims.grown_between == Some(true))
    {
        return Err("takes pages that the host grew, and it was said to leave them".to_owned());
    }
    Ok(())
}

/// What is wrong with the toolchain that was made out. None is better than a wrong one.
fn toolchain(entry: &Entry, survey: &Survey) -> Result<(), String> {
    let found = survey.contents().toolchain();
    let right: &[Toolchain] = match entry.compiler.0.as_str() {
        // Whether there is a libc in it does not always show.
        "clang" => &[Toolchain::Clang, Toolchain::WasiLibc],
        "emcc" => &[Toolchain::Emscripten],
        "rustc" => &[Toolchain::Rust],
        "zig" => &[Toolchain::Zig],
        "asc" => &[Toolchain::AssemblyScript],
        _ => &[],
    };
    let unknown = found.toolchain == Toolchain::Unknown;
    if !unknown && !right.contains(&found.toolchain) {
        return Err(format!("was taken for {found}"));
    }
    let tells = entry.producers.contains_key("processed-by") || entry.compiler.0 == "emcc";
    if unknown && tells {
        return Err(format!("its maker was not made out: {found}"));
    }
    Ok(())
}

/// What was found of the heap base, or what is wrong with it.
fn judge(entry: &Entry) -> Result<&'static str, String> {
    let wasm = entry.wasm();
    let survey = Survey::read(&wasm).map_err(|error| error.to_string())?;
    toolchain(entry, &survey)?;
    allocators(entry, &survey)?;
    let info = match (ModuleInfo::parse(&wasm), entry.evidence) {
        (Err(ModuleError::SharedMemory), Some(Evidence::SharedMemory))
        | (Err(ModuleError::Memory64), Some(Evidence::Memory64))
        | (Err(ModuleError::HeapBaseBelowData { .. }), Some(Evidence::HeapBaseBelowData)) => {
            return Ok("refused");
        }
        (Err(error), _) => return Err(format!("does not parse: {error}")),
        (Ok(_), _) if entry.certainty == Expected::Refused => {
            return Err("was not refused".to_owned());
        }
        (Ok(info), _) => info,
    };
    let layout = info.layout();
    let found = u64::from(layout.heap_base);
    let said = &layout.evidence;
    let Some(truth) = entry.heap_base.map(u64::from) else {
        return Err("the manifest has no heap base".to_owned());
    };
    // The heap rounds up to 16, and never starts at 0.
    let rounded = truth.next_multiple_of(16).max(16);
    if found < truth {
        return Err(format!("heap base {found} is below the linker's {truth}: {said}"));
    }
    if entry.segments.is_some_and(|(_, end)| found < end) {
        return Err(format!("heap base {found} is in the data at {:?}: {said}", entry.segments));
    }
    let exact = layout.certainty() == Certainty::Exact;
    if exact && found != rounded {
        return Err(format!("heap base {found} is said to be exact, and is {rounded}: {said}"));
    }
    if !exact && entry.certainty == Expected::Exact {
        return Err(format!(
            "{:?} tells the heap base, and it was not used: {said}",
            entry.evidence
        ));
    }
    if !exact && found != entry.memory_min.max(16) {
        return Err(format!("heap base {found} is neither exact nor the memory's end: {said}"));
    }
    if let (Some(found), Some(truth)) = (layout.stack_pointer, entry.stack_pointer)
        && found != truth
    {
        return Err(format!("stack pointer {found}, and it is {truth}"));
    }
    let segments = layout.data_start.zip(layout.data_end);
    let segments = segments.map(|(start, end)| (u64::from(start), u64::from(end)));
    if segments != entry.segments || layout.data_known != entry.segments_known {
        return Err(format!("segments at {segments:?}, and they are at {:?}", entry.segments));
    }
    // Constructors that were run beforehand may have written anywhere.
    let snapshot = entry.after.first().is_some_and(|tool| tool.ends_with("wasm-ctor-eval"));
    if let (Some(found), Some(truth)) = (layout.data_end, entry.data_end)
        && found > truth
        && !snapshot
    {
        return Err(format!("data ends at {found}, beyond the linker's {truth}"));
    }
    if info.memory().min_bytes != entry.memory_min || info.has_start() != entry.start {
        return Err("another memory or start function than the manifest has".to_owned());
    }
    if let (Some(found), Some(truth)) = (layout.static_end, entry.data_end)
        && found != truth
    {
        return Err(format!("static data ends at {found}, and it is {truth}"));
    }
    if let HeapBaseEvidence::EndOfDeclaredMemory { least: Some(least), .. } = said
        && truth < *least
        && !snapshot
    {
        return Err(format!("heap base {truth} is below what is said to be the least: {least}"));
    }
    Ok(match layout.certainty() {
        Certainty::Exact => "exact",
        Certainty::Bounded => "bounded",
        _ => "fallback",
    })
}

/// What layout discovery rests on. A compiler for which it does not hold would show here first.
#[test]
fn the_heap_starts_at_the_stack_pointer_or_at_the_end_of_the_data() {
    let mut counts = [0; 2];
    for entry in corpus::all() {
        let (Some(base), Some(data_end)) = (entry.heap_base, entry.data_end) else { continue };
        let (Some(stack_pointer), Some(place)) = (entry.stack_pointer, entry.layout) else {
            continue;
        };
        let (rule, count) = match place {
            StackPlace::StackLast => (stack_pointer, 0),
            StackPlace::StackFirst => (data_end.next_multiple_of(16), 1),
        };
        assert_eq!(base, rule, "{}: {place:?}", entry.described());
        counts[count] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 50), "{counts:?}");
    say(format_args!(
        "{} modules with the stack last, {} with the stack first",
        counts[0], counts[1]
    ));
}

/// An allocator finds pages that it did not grow only by asking for the memory's size.
#[test]
fn code_without_memory_size_leaves_the_hosts_pages_alone() {
    let mut table: BTreeMap<(String, String), [Option<bool>; 2]> = BTreeMap::new();
    for entry in corpus::all() {
        let Some(claims) = entry.claims else { continue };
        if entry.memory_size == Some(false) {
            let takes = [claims.grown_before, claims.grown_between];
            assert!(!takes.contains(&Some(true)), "{} takes the host's pages", entry.described());
        }
        let own = entry.allocator.own.clone().unwrap_or_default();
        // The worst that was seen: without growth nothing is.
        let worst: &mut [Option<bool>; 2] = table.entry((own, entry.tool.clone())).or_default();
        for (worst, seen) in worst.iter_mut().zip([claims.grown_before, claims.grown_between]) {
            *worst = (*worst).max(seen);
        }
    }
    assert!(table.len() >= 10, "{} allocators", table.len());
    let mut text = String::from("takes pages that the host grew       before  between its calls");
    for ((own, tool), [before, between]) in table {
        let shown = |claim| match claim {
            Some(true) => "yes",
            Some(false) => "no",
            None => "-",
        };
        let (before, between) = (shown(before), shown(between));
        text += &format!("\n{:36} {before:7} {between:7}", format!("{own} ({tool})"));
    }
    say(text);
}

#[test]
fn the_manifest_is_of_the_committed_modules() {
    for entry in corpus::committed() {
        assert_eq!(entry.wasm().len(), entry.bytes, "{}", entry.name);
    }
    let known: Vec<_> = corpus::committed().iter().map(|entry| entry.name.clone()).collect();
    for file in std::fs::read_dir(corpus::home().join("modules")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(known.contains(&name), "{name} is not in the manifest");
    }
}
