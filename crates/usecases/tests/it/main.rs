//! The use cases over adapters in memory: what is sent, in which order, and what is remembered.

#![allow(
    clippy::unwrap_used,
    reason = "clippy exempts test functions only, and these modules are nothing else"
)]

mod bench;
mod courier;
mod delete;
mod export;
mod faults;
mod killed;
mod models;
mod order;
mod pairs;
mod plan;
mod refusals;
mod resolve;
mod script_tests;
mod scripts;
mod sequence;
mod update;
