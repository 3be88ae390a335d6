//! What tests of `cxda` share: a conformance suite for each port, strategies for domain values, and values to begin with.
//!
//! It knows ports and domain alone; adapters bring themselves. A broken promise ends a suite with a panic that states it.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test tells of a failure by a panic"
)]

pub mod conformance;
pub mod samples;
pub mod strategies;
