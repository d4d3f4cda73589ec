//! Every case on wasmtime with no address space reserved: memory moves on every growth, so a pointer
//! that outlives one is found.

#![cfg(feature = "wasmtime")]

use hostheap_tests::Moving;

hostheap_tests::conformance!(wasmtime_moving, Moving<hostheap_backend_wasmtime::Wasmtime>);
