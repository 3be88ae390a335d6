//! Tests of the files adapter on text and real folders; no network, no waiting.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod reader;
mod tree;
