//! Allocators beside the host's, and what runs before the first call.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Check, Made, mends};
use crate::contract::finding::Code;
use crate::contract::policy::{Matter, Policy};
use crate::module::{Census, Situation};

pub(super) fn check(check: &mut Check<'_>) {
    allocators(check);
    initialisation(check);
}

fn allocators(check: &mut Check<'_>) {
    let contents = check.survey.contents();
    let census = contents.census();
    let greedy = census.may_take_grown_pages();
    let where_it_is = if greedy {
        "it goes by the size of the memory and may take pages that the host grew, so there is no \
         safe place for the host's heap"
    } else {
        "the host's heap starts above all that the module has, which wastes memory and is safe as \
         long as the other takes only what it grew"
    };
    let mut policy = check.contract.policy_on(Matter::SecondAllocator);
    match census.situation() {
        Situation::TwoHeaps => {
            // The loader refuses these; a contract that says otherwise means it.
            let said = check.contract.policies.contains_key(&Matter::SecondAllocator);
            if greedy && !said {
                policy = Policy::Refuse;
            }
            check.found.under(policy, Code::TwoHeaps, || Made {
                expected: "one heap: the host's".to_string(),
                reason: format!(
                    "the module imports malloc, and a definition of its own serves some of its \
                     calls; {where_it_is}"
                ),
                mends: mends::second_heap(&check.makers),
                ..Made::new(
                    "allocator",
                    format!("two heaps: imports {}; {}", imported(census), own(census)),
                )
            });
        }
        Situation::Hidden => {
            check.found.under(policy, Code::HiddenHeap, || Made {
                expected: "the host's, by importing malloc".to_string(),
                reason: where_it_is.to_string(),
                mends: mends::second_heap(&check.makers),
                ..Made::new(
                    "allocator",
                    format!("one of the module's own, hidden: {}", own(census)),
                )
            });
        }
        Situation::Exported => {
            let made = Made {
                expected: "the host's, by importing malloc".to_string(),
                reason:
                    "each allocation of the host's is a call into the plugin, and a mistake in \
                         its use cannot be detected"
                        .to_string(),
                mends: mends::legacy(&check.makers),
                ..Made::new("allocator", "the module exports malloc and free of its own")
            };
            let policy = check.contract.policy_on(Matter::Legacy);
            check.found.under(policy, Code::LegacyHeap, || made);
        }
        Situation::Host | Situation::None => {}
    }
}

/// The members that are imported.
fn imported(census: &Census) -> String {
    const SHOWN: usize = 9;
    let names = census.imports.iter().map(|import| import.member.name());
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name) && all.len() < SHOWN {
            all.push(name);
        }
    }
    all.join(", ")
}

/// What gave the module's own allocator away.
fn own(census: &Census) -> String {
    const SHOWN: usize = 3;
    let all: Vec<String> = census.inside.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = census.inside.len().saturating_sub(SHOWN);
    match more {
        0 => all.join(", "),
        more => format!("{} and {more} more", all.join(", ")),
    }
}

fn initialisation(check: &mut Check<'_>) {
    let contents = check.survey.contents();
    if contents.has_start() {
        let made = Made {
            expected: "none, or an exported `_initialize`".to_string(),
            reason: "it would run before malloc is there; the loader makes it an export and calls \
                     it then"
                .to_string(),
            mends: mends::start(&check.makers),
            ..Made::new("module", "a start function")
        };
        let policy = check.contract.policy_on(Matter::Start);
        check.found.under(policy, Code::StartFunction, || made);
    }
    let is_command =
        contents.export("_start").is_some() && contents.export("_initialize").is_none();
    if is_command {
        let made = Made {
            expected: "a library: no `main`, and `_initialize` for what must run first".to_string(),
            reason: "a program runs once, from `_start`, and takes its libc down in the end; the \
                     host calls functions many times and does not call `_start`"
                .to_string(),
            mends: mends::command(&check.makers),
            ..Made::new("export `_start`", "a program with a `main`")
        };
        let policy = check.contract.policy_on(Matter::Command);
        check.found.under(policy, Code::CommandModule, || made);
    }
    let wrapped = contents.wrapped_exports();
    if wrapped > 0 {
        let found = match wrapped {
            1 => "one of them runs all constructors each time it is called".to_string(),
            many => format!("{many} of them run all constructors each time they are called"),
        };
        let made = Made {
            expected: "an exported `_initialize` that runs them once".to_string(),
            reason: "wasm-ld wraps the exports of a module that has constructors and calls them \
                     nowhere; what the plugin remembers from call to call is made anew"
                .to_string(),
            mends: mends::wrapped(&check.makers),
            ..Made::new("exports", found)
        };
        let policy = check.contract.policy_on(Matter::WrappedExports);
        check.found.under(policy, Code::WrappedExports, || made);
    }
}
