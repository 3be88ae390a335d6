//! The pure rules of `cxda`: what a manifest may say, and what it takes to bring a tenant to match.
//!
//! Nothing here reads a file, a clock or the network, so every rule can be tested with nothing running.

pub mod datetime;
pub mod graph;
pub mod node;
pub mod retry;
pub mod rule;
pub mod throttle;
pub mod violation;
