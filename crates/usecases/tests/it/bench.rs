//! A bench to work at: a project, a tenant, a journal, all in memory, and one run after another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::faults::FaultyTenant;
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::progress::MemoryProgress;
use cxda_adapters_memory::secrets::MemorySecrets;
use cxda_adapters_memory::stop::ManualStop;
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::node::Node;
use cxda_domain::plan::{Change, PlanScope};
use cxda_domain::request::Operation;
use cxda_ports::actions::ActionsApi;
use cxda_ports::audit::AuditSink;
use cxda_ports::clock::Clock;
use cxda_ports::journal::Journal;
use cxda_ports::manifests::SourceDocument;
use cxda_ports::views::{TablesApi, ViewsApi};
use cxda_ports::webhook::WebhookRelay;
use cxda_usecases::apply::{Applied, ApplyOptions, ChangeResult, OnError, Subscription, apply};
use cxda_usecases::deliver::Courier;
use cxda_usecases::plan::{PlanError, Planned, plan};
use cxda_usecases::ports::{ApplyPorts, PlanPorts, TenantPorts};
use serde_json::{Value, json};

/// The table that every view of these tests may read.
pub(crate) const TABLE: &str = "12345678-1234-1234-1234-123456789012";

/// Everything that a run works with.
pub(crate) struct Bench {
    pub(crate) documents: Vec<Value>,
    pub(crate) tenant: Arc<MemoryTenant>,
    pub(crate) secrets: MemorySecrets,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) clock: ManualClock,
    pub(crate) ids: SequentialIds,
    pub(crate) stop: ManualStop,
    pub(crate) checker: MemoryChecker,
    pub(crate) progress: MemoryProgress,
    pub(crate) scope: PlanScope,
    pub(crate) parallelism: usize,
    pub(crate) on_error: OnError,
    pub(crate) subscriptions: Vec<Subscription>,
}

impl Bench {
    pub(crate) fn new(documents: impl IntoIterator<Item = Value>) -> Self {
        let tenant = MemoryTenant::new().with_table(TABLE.parse().unwrap());
        let journal = Arc::new(MemoryJournal::new());
        Self {
            documents: documents.into_iter().collect(),
            tenant: Arc::new(tenant),
            secrets: MemorySecrets::new(),
            audit: Arc::new(MemoryAudit::beside(Arc::clone(&journal))),
            journal,
            clock: ManualClock::starting_at(UtcMillis::from_epoch_millis(0)),
            ids: SequentialIds::new(),
            stop: ManualStop::new(),
            checker: MemoryChecker::new(),
            progress: MemoryProgress::new(),
            scope: PlanScope::default(),
            parallelism: 8,
            on_error: OnError::Continue,
            subscriptions: Vec::new(),
        }
    }

    pub(crate) fn manifests(&self) -> MemoryManifests {
        MemoryManifests::new(self.documents.iter().map(|document| SourceDocument {
            file: Arc::from("project.cxda.yaml"),
            root: Node::from(document),
        }))
    }

    pub(crate) async fn try_plan(&self) -> Result<Planned, PlanError> {
        let manifests = self.manifests();
        let tenant = ports_of(&*self.tenant);
        let ports = PlanPorts {
            manifests: &manifests,
            checker: &self.checker,
            secrets: &self.secrets,
            tenant,
            journal: &*self.journal,
            progress: &self.progress,
        };
        plan(ports, &self.scope).await
    }

    pub(crate) async fn plan(&self) -> Planned {
        let planned = self.try_plan().await.unwrap();
        assert!(
            !planned.plan.violations.has_errors(),
            "{:?}",
            planned.plan.violations
        );
        planned
    }

    /// Carries `planned` out on `tenant`, which may be a faulty face of the real one.
    pub(crate) async fn apply_on<T>(&self, tenant: &T, planned: &Planned) -> Applied
    where
        T: ActionsApi + ViewsApi + TablesApi + WebhookRelay,
    {
        self.apply_with(ports_of(tenant), &*self.journal, &*self.audit, planned)
            .await
    }

    pub(crate) async fn apply_with(
        &self,
        tenant: TenantPorts<'_>,
        journal: &dyn Journal,
        audit: &dyn AuditSink,
        planned: &Planned,
    ) -> Applied {
        self.apply_through(self.ports(tenant, journal, audit), planned)
            .await
    }

    /// Carries `planned` out, and has `courier` tell webhooks of it.
    pub(crate) async fn apply_telling(&self, courier: &Courier<'_>, planned: &Planned) -> Applied {
        let ports = self.ports(ports_of(&*self.tenant), &*self.journal, &*self.audit);
        let ports = ApplyPorts {
            courier: Some(courier),
            ..ports
        };
        self.apply_through(ports, planned).await
    }

    fn ports<'a>(
        &'a self,
        tenant: TenantPorts<'a>,
        journal: &'a dyn Journal,
        audit: &'a dyn AuditSink,
    ) -> ApplyPorts<'a> {
        ApplyPorts {
            tenant,
            journal,
            audit,
            clock: &self.clock,
            ids: &self.ids,
            stop: &self.stop,
            courier: None,
            progress: &self.progress,
        }
    }

    async fn apply_through(&self, ports: ApplyPorts<'_>, planned: &Planned) -> Applied {
        let options = ApplyOptions {
            run: RunId::new("run"),
            actor: "tester".into(),
            tenant: "memory".into(),
            parallelism: self.parallelism,
            on_error: self.on_error,
            compliance: Compliance::default(),
            subscriptions: self.subscriptions.clone(),
            passed_here: [].into(),
            tests_there: false,
        };
        apply(ports, &options, planned).await.unwrap()
    }

    /// Plans and applies.
    pub(crate) async fn run(&self) -> Applied {
        let planned = self.plan().await;
        self.apply_on(&*self.tenant, &planned).await
    }

    /// Plans and applies through a tenant that fails as `faults` arranges.
    pub(crate) async fn run_with(
        &self,
        faults: impl FnOnce(FaultyTenant<MemoryTenant>) -> FaultyTenant<MemoryTenant>,
    ) -> Applied {
        let planned = self.plan().await;
        let tenant = faults(FaultyTenant::new(Arc::clone(&self.tenant)));
        self.apply_on(&tenant, &planned).await
    }

    /// The same bench on another tenant.
    pub(crate) fn on(mut self, tenant: MemoryTenant) -> Self {
        self.tenant = Arc::new(tenant.with_table(TABLE.parse().unwrap()));
        self
    }

    /// A face of the tenant that fails nowhere yet.
    pub(crate) fn faulty(&self) -> FaultyTenant<MemoryTenant> {
        FaultyTenant::new(Arc::clone(&self.tenant))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn elapsed_millis(&self) -> u128 {
        self.clock.elapsed().as_millis()
    }

    /// What the tenant holds at `address`, by its description.
    pub(crate) fn description(&self, at: &str) -> Option<String> {
        let there = self.tenant.get(&address(at))?;
        let description = there.fields.at(&["description"])?;
        description.as_str().map(ToOwned::to_owned)
    }

    /// The note of the last audit record.
    pub(crate) fn last_note(&self) -> String {
        let record: Value = serde_json::from_str(&self.audit.lines().pop().unwrap()).unwrap();
        record["error"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.tenant.count(operation)
    }

    /// `ACTION phase` of each audit record, in order.
    pub(crate) fn audited(&self) -> Vec<String> {
        let line = |line: String| {
            let record: Value = serde_json::from_str(&line).unwrap();
            let text = |key: &str| record[key].as_str().unwrap().to_owned();
            format!("{} {}", text("action"), text("phase"))
        };
        self.audit.lines().into_iter().map(line).collect()
    }
}

pub(crate) fn ports_of<T>(tenant: &T) -> TenantPorts<'_>
where
    T: ActionsApi + ViewsApi + TablesApi + WebhookRelay,
{
    TenantPorts {
        actions: tenant,
        views: tenant,
        tables: tenant,
        relay: tenant,
    }
}

/// The address and outcome of each result.
pub(crate) fn outcomes(applied: &Applied) -> BTreeMap<String, &'static str> {
    let entry = |result: &ChangeResult| (result.address.to_string(), result.outcome.as_str());
    applied.results.iter().map(entry).collect()
}

/// The address of each change with what it does.
pub(crate) fn changes(planned: &Planned) -> Vec<String> {
    let line = |change: &Change| {
        format!(
            "{} {} {}",
            change.kind.as_str(),
            change.address,
            change.cause.as_str()
        )
    };
    planned.plan.changes.iter().map(line).collect()
}

pub(crate) fn action(name: &str) -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "DataAction",
        "metadata": {"name": name},
        "spec": {
            "description": format!("What {name} is for"),
            "script": {"content": "function main() {}"},
        },
    })
}

pub(crate) fn view(name: &str, source: &Value) -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "MaterializedView",
        "metadata": {"name": name},
        "spec": {
            "description": format!("What {name} is for"),
            "source": source,
            "columns": [{"name": "customer_id"}],
            "refresh": {"intervalMinutes": 15},
        },
    })
}

/// The same document with `value` at the members `path`.
pub(crate) fn with(mut document: Value, path: &str, value: Value) -> Value {
    *document.pointer_mut(path).unwrap_or(&mut Value::Null) = value.clone();
    let (parent, key) = path.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[key] = value;
    document
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}
