//! Every case on wasmer with no address space reserved: memory moves on every growth, so a pointer
//! that outlives one is found.

#![cfg(feature = "wasmer")]

use hostheap_tests::Moving;

hostheap_tests::conformance!(wasmer_moving, Moving<hostheap_backend_wasmer::Wasmer>);
