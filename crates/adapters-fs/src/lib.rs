//! Files: manifests and scripts of a project's folder.
//!
//! The only crate that opens files. It judges no rule about what a manifest says; it reports where
//! a file cannot be read, and leaves everything else to the domain.

pub mod manifests;
pub mod project;
pub mod reader;
