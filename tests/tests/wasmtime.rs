//! Every case on wasmtime.

#![cfg(feature = "wasmtime")]

hostheap_tests::conformance!(wasmtime, hostheap_backend_wasmtime::Wasmtime);
