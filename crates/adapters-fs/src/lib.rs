//! What `cxda` keeps on disk, and what it reads there by reference.
//!
//! - `.cxda/state.db`: [`store::Store`], what was last applied, what is under way, and the audit records.
//!
//! Every file made here is for its owner alone (0600, folders 0700).

pub mod atomic;
pub mod audit;
pub mod store;
