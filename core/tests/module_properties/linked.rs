//! Modules whose layout is known, because the linker is ours.

use hostheap_core::module::Certainty;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::plan::{HeapBase, Lie, Plan, StackPointer, lie, plan};
use crate::work::in_proportion;
use crate::{cases, digest};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: cases(8000),
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn heap_of_an_honest_module_never_starts_below_the_linkers_own_base(plan in plan()) {
        let truth = plan.truth();
        let wasm = plan.link(&[]);
        wasmparser::Validator::new().validate_all(&wasm).expect("our linker makes valid modules");
        let info = digest(&wasm).expect("nothing is wrong with it");
        let layout = info.layout();
        let expected = if truth.exact { truth.heap_base } else { truth.memory_bytes };
        prop_assert_eq!(layout.heap_base, expected.next_multiple_of(16).max(16));
        prop_assert_eq!(layout.certainty() == Certainty::Exact, truth.exact);
        prop_assert!(layout.heap_base >= truth.heap_base);
        in_proportion(&wasm);
    }

    #[test]
    fn lies_are_errors_or_do_no_harm_to_what_the_module_shows(
        plan in plan(),
        lies in prop::collection::vec(lie(), 1..4),
    ) {
        let wasm = plan.link(&lies);
        let _ = digest(&wasm);
        in_proportion(&wasm);
    }

    #[test]
    fn names_of_what_can_be_no_stack_pointer_are_not_believed(
        plan in plan(),
        lie in prop_oneof![
            Just(Lie::Immutable),
            (0..9_u32).prop_map(Lie::SecondName),
            // The imported one.
            Just(Lie::NameOf(0)),
        ],
    ) {
        let plan = Plan {
            heap_base: HeapBase::Hidden,
            stack_pointer: StackPointer::Named,
            ..plan
        };
        let layout = digest(&plan.link(&[lie])).expect("a name is never an error").layout().clone();
        prop_assert_eq!(layout.stack_pointer, None);
        prop_assert_eq!(layout.heap_base, plan.truth().memory_bytes.max(16));
    }
}

/// Both kinds of answer occur: otherwise the property above would say nothing.
#[test]
fn some_lies_are_found_out_and_some_cannot_be() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::new(config());
    let mut draw = || -> (Plan, _) {
        (plan(), prop::collection::vec(lie(), 1..3)).new_tree(&mut runner).unwrap().current()
    };
    let answers: Vec<bool> = (0..200)
        .map(|_| {
            let (plan, lies) = draw();
            digest(&plan.link(&lies)).is_ok()
        })
        .collect();
    let believed = answers.iter().filter(|&&ok| ok).count();
    assert!((20..180).contains(&believed), "{believed} of 200");
}
