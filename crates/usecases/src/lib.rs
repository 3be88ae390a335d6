//! What `cxda` does: one public function per operator command, every effect through a port.
//!
//! Nothing here prints, parses arguments or names an adapter.

pub mod apply;
pub mod compare;
pub mod delete;
pub mod deliver;
pub mod export;
pub mod get;
pub mod history;
pub mod invalidate;
pub mod metrics;
mod near;
pub mod observe;
pub mod plan;
pub mod ports;
pub mod resolve;
pub mod run;
pub mod saved;
pub mod test;
pub mod validate;
