//! Files: the manifests and scripts of a project's folder, and what `cxda` keeps beside them.
//!
//! - manifests in YAML, JSON and TOML, with source positions: [`reader`], found in the project's folder,
//!   where script files lie as well: [`project`], [`manifests::FsManifests`].
//! - documents as text, to be added to a project: [`writer`].
//! - expected outputs put into manifests, everything else untouched: [`edit`].
//! - `.cxda/state.db`: [`store::Store`], what was last applied, what is under way, and the audit records.
//! - `.cxda/audit.jsonl`: [`audit::AuditLog`], the same records, a line each.
//! - `.cxda/locks`: [`lock::TenantLock`], held by the one run that writes to a tenant.
//! - saved plans: [`plans::PlanFiles`]; values by reference: [`secrets::ReferencedSecrets`].
//! - the files of a new project: [`scaffold`].
//!
//! The only crate that opens files. It judges no rule about what a manifest says; it reports where
//! a file cannot be read, and leaves everything else to the domain. Every file made here is for its owner
//! alone (0600, folders 0700), but for those of a new project.

pub mod atomic;
pub mod audit;
mod blocking;
pub mod edit;
pub mod lock;
pub mod manifests;
pub mod plans;
pub mod project;
pub mod reader;
pub mod scaffold;
pub mod secrets;
pub mod store;
pub mod writer;
