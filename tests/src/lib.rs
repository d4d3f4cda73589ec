//! Conformance suite for hostheap backends.
