//! The pure rules of `cxda`: what a manifest may say, and what it takes to bring a tenant to match.
//!
//! Nothing here reads a file, a clock or the network, so every rule can be tested with nothing running.

pub mod action;
pub mod address;
pub mod applied;
pub mod audit;
pub mod body;
pub mod cache;
pub mod check;
pub mod datetime;
pub mod diff;
pub mod display;
pub mod event;
pub mod graph;
pub mod instant;
pub mod key;
pub mod manifest;
pub mod node;
pub mod observed;
pub mod plan;
pub mod projection;
pub mod request;
pub mod retry;
pub mod rule;
pub mod secret;
pub mod throttle;
pub mod variable;
pub mod view;
pub mod violation;
