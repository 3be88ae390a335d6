//! The ports of `cxda`: every way in which its core reaches the outside.
//!
//! A port is a trait in the words of the domain. Who implements one is an adapter: over HTTP, in files, in memory, or yours.
//!
//! # The ports
//!
//! - [`actions::ActionsApi`], [`views::ViewsApi`], [`views::TablesApi`]: the tenant, [`page`] by page.
//! - [`webhook::WebhookRelay`]: the tenant's route to webhooks; [`webhook::WebhookSender`]: any route to any receiver.
//! - [`manifests::ManifestSource`], [`manifests::ManifestSink`], [`manifests::PlanStore`]: the project's files.
//! - [`secrets::SecretSource`]: values by reference.
//! - [`journal::Journal`], [`outbox::Outbox`], [`audit::AuditSink`]: what must survive a crash.
//! - [`lookups::CacheLookups`]: what was reported of caches.
//! - [`script::ScriptChecker`], [`script::ScriptRunner`]: what a script shows, and what it does.
//! - [`clock::Clock`], [`ids::IdSource`], [`ids::Jitter`]: time and randomness. [`stop::StopSignal`]: the wish to stop.
//! - [`progress::Progress`]: what a person sees meanwhile.
//!
//! # What a port promises
//!
//! What is said with a trait and its methods, and nothing else: use cases rely on all of it, and on no more. The promises are tests as
//! well, a conformance suite for each port in `cxda-testkit`; whatever passes it may stand in the place of any other adapter.
//!
//! - **Errors are meaning.** An [`error::ApiErrorKind`] says what the use case may do next, so the choice is the adapter's most
//!   important one. Above all, a write that was sent and not answered is
//!   [`OutcomeUnknown`](error::ApiErrorKind::OutcomeUnknown): called anything else, it is taken for not carried out. A message holds no
//!   secret, no token and no script.
//! - **Nothing is half done.** A method that returns has done all of its work. One that keeps something returns when that is durable.
//! - **Anybody may call at any time.** Methods take `&self`, and several may be under way at once.
//! - **A call may end early.** Its future may be dropped where nothing is written on the tenant. A write is awaited to its end, for it
//!   could not be taken back. So an adapter ends its calls itself: each within a deadline, and soon after a [`stop::StopSignal`].
//!
//! # An adapter of your own
//!
//! Values of variables are read from a vault, and the suite says whether that is done right:
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use async_trait::async_trait;
//! use cxda_domain::secret::SecretText;
//! use cxda_domain::variable::ValueReference;
//! use cxda_ports::error::SourceError;
//! use cxda_ports::secrets::SecretSource;
//! use cxda_testkit::conformance;
//!
//! #[derive(Debug)]
//! struct Vault(BTreeMap<String, SecretText>);
//!
//! #[async_trait]
//! impl SecretSource for Vault {
//!     async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError> {
//!         let path = match reference {
//!             ValueReference::Env(name) => format!("env/{name}"),
//!             ValueReference::File { path, .. } => format!("file/{path}"),
//!         };
//!         // The words of the reference, never the value.
//!         let what = reference.to_string();
//!         self.0.get(&path).cloned().ok_or(SourceError::Missing { what })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let vault = Vault(BTreeMap::from([
//!     ("env/CXDA_CONFORMANCE".into(), SecretText::new("from the environment\n")),
//!     ("file/secret.txt".into(), SecretText::new("from a file\n")),
//! ]));
//! conformance::secrets::keeps_its_promises(&vault).await;
//! # }
//! ```
//!
//! The front page of `cxda-usecases` wires such an adapter.

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
