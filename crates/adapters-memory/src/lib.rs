//! Every port of `cxda` without I/O: they keep the ports' promises, and nothing outlives the process.
//!
//! - [`clock::ManualClock`], [`ids::SequentialIds`], [`ids::FixedJitter`]: time and ids under control.
//! - [`journal::MemoryJournal`]: what a store would keep.
//! - [`collection::Collection`]: what a server keeps of its resources.

pub mod clock;
pub mod collection;
pub mod ids;
pub mod journal;
