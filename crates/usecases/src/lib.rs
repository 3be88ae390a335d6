//! What `cxda` does: one public function per operator command, every effect through a port.
//!
//! Nothing here prints, parses arguments or names an adapter.
//!
//! # Chapters
//!
//! Each step takes in what the one before gave out:
//!
//! 1. [`validate::validate`] reads a project and gives its desired state with every finding.
//! 2. [`resolve`] reads what it names by reference; [`observe`] reads the tenant, all pages or none.
//! 3. [`plan::plan`] does all of that, and compares. Nothing is written.
//! 4. [`apply::apply`] carries a plan out: what is independent at once, every write journaled before it is sent. [`saved`] binds it to
//!    what a person approved; [`delete`] plans a removal by name.
//! 5. [`deliver`] tells webhooks of what was done, beside the writes or later; [`invalidate`] tells them that caches are stale.
//!
//! Besides: [`mod@test`] and [`run`] are about scripts; [`get`], [`export`] and [`compare`] read tenants; [`metrics`] and [`history`] read the
//! records.
//!
//! What a use case works through is in [`ports`], passed first and by value.
//!
//! # Validate, plan, apply
//!
//! All of it on the adapters of `cxda-adapters-memory`, with nothing running:
//!
//! ```
//! # use std::sync::Arc;
//! #
//! # use cxda_adapters_memory::audit::MemoryAudit;
//! # use cxda_adapters_memory::checker::MemoryChecker;
//! # use cxda_adapters_memory::clock::ManualClock;
//! # use cxda_adapters_memory::ids::SequentialIds;
//! # use cxda_adapters_memory::journal::MemoryJournal;
//! # use cxda_adapters_memory::manifests::MemoryManifests;
//! # use cxda_adapters_memory::progress::MemoryProgress;
//! # use cxda_adapters_memory::secrets::MemorySecrets;
//! # use cxda_adapters_memory::stop::NeverStops;
//! # use cxda_adapters_memory::tenant::MemoryTenant;
//! # use cxda_domain::audit::Compliance;
//! # use cxda_domain::instant::UtcMillis;
//! # use cxda_domain::key::RunId;
//! # use cxda_domain::node::Node;
//! # use cxda_domain::plan::PlanScope;
//! # use cxda_ports::manifests::SourceDocument;
//! # use serde_json::json;
//! use cxda_usecases::apply::{ApplyOptions, OnError, Outcome, apply};
//! use cxda_usecases::plan::plan;
//! use cxda_usecases::ports::{ApplyPorts, PlanPorts, TenantPorts};
//! use cxda_usecases::validate::validate;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let action = json!({
//!     "apiVersion": "cxda/v1",
//!     "kind": "DataAction",
//!     "metadata": {"name": "contact_score"},
//!     "spec": {
//!         "description": "Scores a contact",
//!         "script": {"content": "function main(context) { return context.input; }"},
//!     },
//! });
//! let manifests = MemoryManifests::new([SourceDocument {
//!     file: "score.cxda.yaml".into(),
//!     root: Node::from(&action),
//! }]);
//! let checker = MemoryChecker::new();
//! let project = validate(&manifests, &checker).await?;
//! assert!(!project.violations.has_errors());
//!
//! let tenant = MemoryTenant::new();
//! let tenant = TenantPorts { actions: &tenant, views: &tenant, tables: &tenant, relay: &tenant };
//! let journal = Arc::new(MemoryJournal::new());
//! let progress = MemoryProgress::new();
//! let planning = PlanPorts {
//!     manifests: &manifests,
//!     checker: &checker,
//!     secrets: &MemorySecrets::new(),
//!     tenant,
//!     journal: &*journal,
//!     progress: &progress,
//! };
//! let planned = plan(planning, &PlanScope::default()).await?;
//! assert_eq!(planned.plan.changes[0].address.to_string(), "action/contact_score");
//!
//! let applying = ApplyPorts {
//!     tenant,
//!     journal: &*journal,
//!     audit: &MemoryAudit::beside(Arc::clone(&journal)),
//!     clock: &ManualClock::starting_at(UtcMillis::UNIX_EPOCH),
//!     ids: &SequentialIds::new(),
//!     stop: &NeverStops,
//!     courier: None,
//!     progress: &progress,
//! };
//! let options = ApplyOptions {
//!     run: RunId::new("run-1"),
//!     actor: "me".into(),
//!     tenant: "memory".into(),
//!     parallelism: 4,
//!     on_error: OnError::Continue,
//!     compliance: Compliance::default(),
//!     subscriptions: Vec::new(),
//!     passed_here: [].into(),
//!     tests_there: false,
//! };
//! let applied = apply(applying, &options, &planned).await?;
//! assert_eq!(applied.results[0].outcome, Outcome::Done);
//!
//! // After an apply, the plan is empty.
//! let planned = plan(planning, &PlanScope::default()).await?;
//! assert!(planned.plan.changes.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # A tenant with an adapter of your own
//!
//! A tenant is four ports, and each may come from somewhere else. Here a list of tables that is known beforehand stands in for the
//! tenant's own, so the source of a view is looked for there (rule V009):
//!
//! ```
//! # use cxda_adapters_memory::checker::MemoryChecker;
//! # use cxda_adapters_memory::journal::MemoryJournal;
//! # use cxda_adapters_memory::manifests::MemoryManifests;
//! # use cxda_adapters_memory::progress::MemoryProgress;
//! # use cxda_adapters_memory::secrets::MemorySecrets;
//! # use cxda_adapters_memory::tenant::MemoryTenant;
//! # use cxda_domain::node::Node;
//! # use cxda_domain::plan::PlanScope;
//! # use cxda_ports::manifests::SourceDocument;
//! # use cxda_usecases::plan::plan;
//! # use cxda_usecases::ports::PlanPorts;
//! # use serde_json::json;
//! use async_trait::async_trait;
//! use cxda_domain::observed::Document;
//! use cxda_domain::request::Operation;
//! use cxda_domain::rule::Rule;
//! use cxda_domain::view::TableId;
//! use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
//! use cxda_ports::page::{Page, PageCursor};
//! use cxda_ports::views::{ObservedTable, TablesApi};
//! use cxda_usecases::ports::TenantPorts;
//!
//! #[derive(Debug)]
//! struct Catalogue(Vec<TableId>);
//!
//! fn answer<T>(value: T) -> Answer<T> {
//!     // Nothing was sent.
//!     Answer { value, cost: CallCost::default() }
//! }
//!
//! fn table(id: TableId) -> ObservedTable {
//!     let (id, document) = (id.to_string(), Document::new("{}"));
//!     ObservedTable { id, name: None, document }
//! }
//!
//! #[async_trait]
//! impl TablesApi for Catalogue {
//!     async fn list(&self, _: Option<PageCursor>) -> Result<Answer<Page<ObservedTable>>, ApiError> {
//!         let items = self.0.iter().copied().map(table).collect();
//!         Ok(answer(Page { items, next: None, total: None }))
//!     }
//!
//!     async fn read(&self, id: TableId) -> Result<Answer<ObservedTable>, ApiError> {
//!         let found = self.0.contains(&id).then(|| answer(table(id)));
//!         found.ok_or_else(|| ApiError::new(Operation::GetTable, ApiErrorKind::NotFound, ""))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let view = |table: &str| json!({
//! #     "apiVersion": "cxda/v1",
//! #     "kind": "MaterializedView",
//! #     "metadata": {"name": "contacts"},
//! #     "spec": {
//! #         "description": "Contacts by customer",
//! #         "source": {"table": table},
//! #         "columns": [{"name": "customer_id"}],
//! #         "refresh": {"intervalMinutes": 15},
//! #     },
//! # });
//! # let project = |table: &str| MemoryManifests::new([SourceDocument {
//! #     file: "views.cxda.yaml".into(),
//! #     root: Node::from(&view(table)),
//! # }]);
//! let known = "12345678-1234-1234-1234-123456789012";
//! let catalogue = Catalogue(vec![known.parse()?]);
//! let memory = MemoryTenant::new();
//! let tenant = TenantPorts { actions: &memory, views: &memory, tables: &catalogue, relay: &memory };
//! # let (checker, secrets) = (MemoryChecker::new(), MemorySecrets::new());
//! # let (journal, progress) = (MemoryJournal::new(), MemoryProgress::new());
//! # let everything = PlanScope::default();
//! for (table, findings) in [(known, vec![]), ("00000000-0000-0000-0000-000000000000", vec![Rule::V009])] {
//!     // `project` declares a view over that table.
//!     let manifests = project(table);
//! #   let (checker, secrets, journal, progress) = (&checker, &secrets, &journal, &progress);
//!     let ports = PlanPorts { manifests: &manifests, tenant, checker, secrets, journal, progress };
//!     let planned = plan(ports, &everything).await?;
//!     let found: Vec<Rule> = planned.plan.violations.iter().map(|found| found.rule).collect();
//!     assert_eq!(found, findings);
//! }
//! # Ok(())
//! # }
//! ```

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
