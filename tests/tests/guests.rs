//! Where plugins come from: the committed ones, or a directory of others.

use std::panic::catch_unwind;

use hostheap_tests::guests;

#[test]
fn every_plugin_is_a_module() {
    for name in guests::NAMES {
        assert!(guests::wasm(name).starts_with(b"\0asm"), "{name}");
    }
}

#[test]
fn a_plugin_of_no_known_name_is_an_error() {
    assert!(catch_unwind(|| guests::wasm("nobody")).is_err());
}

#[test]
fn a_directory_without_the_plugin_is_an_error_and_not_a_fallback() {
    let empty = std::env::temp_dir().join("hostheap-no-such-directory");
    let found = catch_unwind(|| guests::within(&empty, || guests::wasm("greeter")));
    let message = *found.expect_err("there is none").downcast::<String>().expect("a message");
    assert!(message.contains(guests::VARIABLE) && message.contains("greeter.wasm"), "{message}");
}

#[test]
fn a_directory_takes_the_place_of_the_committed_plugins() {
    let directory = std::env::temp_dir().join(format!("hostheap-guests-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    std::fs::write(directory.join("greeter.wasm"), b"another one").expect("a file");
    let found = guests::within(&directory, || guests::wasm("greeter"));
    std::fs::remove_dir_all(&directory).expect("it was made above");
    assert_eq!(found, b"another one");
}
