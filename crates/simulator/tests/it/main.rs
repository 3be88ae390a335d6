//! The simulator asked over loopback, as a client asks it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod bench;
mod exposure;
mod faults;
mod habits;
mod in_process;
mod inspection;
mod keeping;
mod kinds;
mod rate;
mod receivers;
mod sockets;
mod tokens;
mod views;
