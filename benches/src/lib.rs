//! Ratios: hostheap against each runtime.
