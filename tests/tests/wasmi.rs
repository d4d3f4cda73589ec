//! Every case on wasmi.

#![cfg(feature = "wasmi")]

hostheap_tests::conformance!(wasmi, hostheap_backend_wasmi::Wasmi);
