//! Contracts that a host hands to the loader.

use hostheap_core::contract::{Code, Contract, Matter, Policy};
use hostheap_core::{Error, LoadOptions};

use crate::guests;
use crate::rig::{try_load_with, wasm};
use crate::subject::Subject;

fn contract() -> Contract {
    Contract::new("greeters")
        .export("greet", "(str) -> string".parse().expect("a prototype"))
        .export("sum", "(slice<i32>) -> i64".parse().expect("a prototype"))
        .max_initial_bytes(1 << 20)
}

/// A plugin that keeps its contract is loaded, with what the contract has to say about it.
pub fn a_plugin_that_keeps_its_contract_is_loaded<S: Subject>() {
    let options = LoadOptions::new().contract(contract());
    let engine = S::plugin_engine();
    let module = engine.load_with(&guests::wasm("greeter"), &options).expect("it keeps to it");
    let report = module.report().expect("there is a contract");
    assert!(report.passes() && report.findings.is_empty(), "{report}");
    let greeter = guests::wasm("greeter");
    let mut plugin = try_load_with::<S, ()>(&greeter, &options, (), |_| {}).expect("it loads");
    assert_eq!(plugin.call::<_, String>("greet", ("you",)).expect("as agreed"), "Hello, you!");
    // Warnings do not keep it from being loaded.
    let strict = contract().policy(Matter::ExtraExports, Policy::Warn);
    let module = engine
        .load_with(&greeter, &LoadOptions::new().contract(strict))
        .expect("warnings do not count");
    assert!(!module.report().expect("there is a contract").findings.is_empty());
    assert!(engine.load(&greeter).expect("no contract").report().is_none());
}

/// One that breaks it is refused before it is compiled, with everything that is wrong.
pub fn a_plugin_that_breaks_its_contract_is_told_everything<S: Subject>() {
    let breaks = wasm(
        r#"(module
            (import "host" "lgo" (func (param i32 i32)))
            (memory (export "memory") 17)
            (global (export "__heap_base") i32 (i32.const 66576))
            (func (export "sum") (param i32) (result i64) unreachable))"#,
    );
    let options = LoadOptions::new().contract(contract());
    let Err(error) = S::plugin_engine().load_with(&breaks, &options) else {
        panic!("it was loaded");
    };
    let Error::Contract(report) = &error else { panic!("{error}") };
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    for code in [Code::ImportNotAllowed, Code::MissingExport, Code::ExportType, Code::InitialMemory]
    {
        assert!(codes.contains(&code), "{code:?} is not among {codes:?}");
    }
    assert!(error.to_string().contains("greet"), "{error}");
}
