//! Under construction.

pub mod collection;
