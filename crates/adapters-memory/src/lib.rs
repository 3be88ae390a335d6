//! Every port of `cxda` without I/O: they keep the ports' promises, and nothing outlives the process.
//!
//! - [`tenant::MemoryTenant`]: what a tenant holds; [`collection::Collection`]: what any server keeps of its resources.
//! - [`journal::MemoryJournal`], [`audit::MemoryAudit`]: what must survive a crash elsewhere.
//! - [`checker::MemoryChecker`]: what is seen in scripts.
//! - [`manifests::MemoryManifests`], [`plans::MemoryPlans`], [`secrets::MemorySecrets`]: what lies in files elsewhere.
//! - [`clock::ManualClock`], [`clock::RuntimeClock`], [`ids::SequentialIds`], [`ids::FixedJitter`]: time and ids under control.
//! - [`webhook::MemoryWebhooks`]: who is told of events. [`stop::ManualStop`], [`stop::NeverStops`]: the wish to stop.
//! - [`progress::MemoryProgress`]: what a person would see. [`scripts::MemoryScripts`]: scripts whose end is known before.
//! - [`faults`]: any of these, failing where a script says so.

pub mod audit;
pub mod checker;
pub mod clock;
pub mod collection;
pub mod faults;
pub mod ids;
pub mod journal;
pub mod lookups;
pub mod manifests;
pub mod plans;
pub mod progress;
pub mod scripts;
pub mod secrets;
pub mod stop;
pub mod tenant;
pub mod webhook;
