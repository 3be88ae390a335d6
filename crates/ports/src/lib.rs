//! The ports of `cxda`: every way in which its core reaches the outside.
//!
//! - [`actions::ActionsApi`], [`views::ViewsApi`], [`views::TablesApi`]: the tenant.
//! - [`webhook::WebhookRelay`]: the tenant's route to webhooks; [`webhook::WebhookSender`]: any route to any receiver.
//! - [`manifests::ManifestSource`], [`manifests::PlanStore`]: the project's files.
//! - [`secrets::SecretSource`]: values by reference.
//! - [`journal::Journal`], [`outbox::Outbox`], [`audit::AuditSink`]: what must survive a crash.
//! - [`lookups::CacheLookups`]: what was reported of caches.
//! - [`script::ScriptChecker`], [`script::ScriptRunner`]: what a script shows, and what it does.
//! - [`clock::Clock`], [`ids::IdSource`], [`ids::Jitter`]: time and randomness. [`stop::StopSignal`]: the wish to stop.
//! - [`progress::Progress`]: what a person sees meanwhile.

pub mod actions;
pub mod audit;
pub mod clock;
pub mod error;
pub mod ids;
pub mod journal;
pub mod lookups;
pub mod manifests;
pub mod outbox;
pub mod page;
pub mod progress;
pub mod script;
pub mod secrets;
pub mod stop;
pub mod views;
pub mod webhook;
