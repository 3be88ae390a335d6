//! The simulator asked over loopback, as a client asks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod bench;
mod exposure;
mod faults;
mod in_process;
mod inspection;
mod keeping;
mod rate;
mod tokens;
mod views;
