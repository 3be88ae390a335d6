//! Tests of the files adapter on text and real folders; no network, no waiting.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails by panicking, and makes its own files"
)]

mod manifests;
mod project;
mod reader;
mod tree;
