//! JavaScript: [`check`] reads scripts, [`run`] runs them.
//!
//! The only crate that executes somebody else's code. It does so in a child process that limits itself.

pub mod check;
pub mod run;
