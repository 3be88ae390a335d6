//! Crashes and disks: the real binary is killed, or refused by its disk, at every place that matters, and the next run finishes
//! the job without losing or doubling anything.
//!
//! The binary is the one that is shipped. What befalls it comes from a library that stands between it and the C library.
#![cfg(target_os = "linux")]

mod disk;
mod fault;
mod full;
mod laws;
mod points;
mod random;
mod scene;
