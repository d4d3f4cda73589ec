//! Every case on wasmer.

#![cfg(feature = "wasmer")]

hostheap_tests::conformance!(wasmer, hostheap_backend_wasmer::Wasmer);
