//! The audit log: one line for each record, appended and never changed.
//!
//! The store seals the records; this module only writes, reads and verifies their lines.

pub mod chain;
