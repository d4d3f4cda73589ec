//! What does not compile, and what the compiler says: `tests/ui/*.stderr`.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
