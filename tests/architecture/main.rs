//! What holds of the repository as a whole: which crate may use which, how files look, and that documents are true.
//!
//! What the code computes is not tested here, but beside the code and in `tests/it`.

#![expect(
    clippy::unwrap_used,
    reason = "only test functions are exempt by themselves, and all of this is test code"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests read the repository itself"
)]
#![expect(clippy::too_many_lines, reason = "tables of cases are long")]

mod dependencies;
mod documents;
#[cfg(unix)]
mod examples;
mod explained;
mod files;
#[cfg(unix)]
mod guides;
mod packages;
mod pages;
#[cfg(unix)]
mod readme;
#[cfg(unix)]
mod reference;
#[cfg(unix)]
mod rehearsal;
mod rows;
#[cfg(unix)]
mod shell;
mod tree;
