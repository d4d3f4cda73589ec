//! Every case on the mock.

hostheap_tests::conformance!(mock, hostheap_tests::mock::Mock);
