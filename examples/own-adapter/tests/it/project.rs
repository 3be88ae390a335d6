//! A project of one action, wired with the vault and the registry.
//!
//! All that is not ours here is in memory; a program of your own would take manifests, store and audit log from `cxda-adapters-fs`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::progress::MemoryProgress;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_adapters_memory::stop::NeverStops;
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::audit::Compliance;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::node::Node;
use cxda_domain::plan::PlanScope;
use cxda_ports::manifests::SourceDocument;
use cxda_usecases::apply::{Applied, ApplyOptions, OnError, apply};
use cxda_usecases::plan::{PlanError, Planned, plan};
use cxda_usecases::ports::{ApplyPorts, PlanPorts, TenantPorts};
use own_adapter::actions::RegistryActions;
use own_adapter::registry::{Draft, Registry, Row};
use own_adapter::vault::{Vault, VaultSecrets};
use serde_json::{Value, json};

/// What a run works with.
pub(crate) struct Project {
    pub(crate) registry: Arc<Registry>,
    pub(crate) audit: MemoryAudit,
    actions: RegistryActions,
    rest: MemoryTenant,
    secrets: VaultSecrets,
    manifests: MemoryManifests,
    journal: Arc<MemoryJournal>,
    clock: ManualClock,
    ids: SequentialIds,
    progress: MemoryProgress,
}

impl Project {
    pub(crate) const TOKEN: &'static str = "hunter2";
    const NAME: &'static str = "contact_score";

    pub(crate) fn new() -> Self {
        let action = json!({
            "apiVersion": "cxda/v1",
            "kind": "DataAction",
            "metadata": {"name": Self::NAME},
            "spec": {
                "description": "Scores a contact",
                "script": {"content": "function main(context) { return context.input; }"},
                "variables": [
                    {"name": "token", "type": "string", "valueFrom": {"env": "TOKEN"}, "encrypted": true},
                ],
            },
        });
        let registry = Arc::new(Registry::default());
        let scripts = Arc::new(MemoryScripts::new());
        let journal = Arc::new(MemoryJournal::new());
        Self {
            actions: RegistryActions::new(Arc::clone(&registry), scripts, NonZeroUsize::MIN),
            registry,
            rest: MemoryTenant::new(),
            secrets: VaultSecrets::new(Vault::default().with("env/TOKEN", Self::TOKEN)),
            manifests: MemoryManifests::new([SourceDocument {
                file: "score.cxda.yaml".into(),
                root: Node::from(&action),
            }]),
            audit: MemoryAudit::beside(Arc::clone(&journal)),
            journal,
            clock: ManualClock::starting_at(UtcMillis::UNIX_EPOCH),
            ids: SequentialIds::new(),
            progress: MemoryProgress::new(),
        }
    }

    /// Actions come from the registry; views, tables and webhooks from wherever you like.
    fn tenant(&self) -> TenantPorts<'_> {
        TenantPorts {
            actions: &self.actions,
            views: &self.rest,
            tables: &self.rest,
            relay: &self.rest,
        }
    }

    pub(crate) async fn plan(&self) -> Result<Planned, PlanError> {
        let ports = PlanPorts {
            manifests: &self.manifests,
            checker: &MemoryChecker::new(),
            secrets: &self.secrets,
            tenant: self.tenant(),
            journal: &*self.journal,
            progress: &self.progress,
        };
        let planned = plan(ports, &PlanScope::default()).await?;
        let findings = &planned.plan.violations;
        assert!(!findings.has_errors(), "{findings:?}");
        Ok(planned)
    }

    pub(crate) async fn apply(&self, planned: &Planned) -> Applied {
        let ports = ApplyPorts {
            tenant: self.tenant(),
            journal: &*self.journal,
            audit: &self.audit,
            clock: &self.clock,
            ids: &self.ids,
            stop: &NeverStops,
            courier: None,
            progress: &self.progress,
        };
        let options = ApplyOptions {
            run: RunId::new("run-1"),
            actor: "me".into(),
            tenant: "registry".into(),
            parallelism: 1,
            on_error: OnError::Continue,
            compliance: Compliance::default(),
            subscriptions: Vec::new(),
            passed_here: [].into(),
            tests_there: false,
        };
        apply(ports, &options, planned).await.unwrap()
    }

    /// The action's row; there is never another one.
    pub(crate) fn row(&self) -> Row {
        let (rows, has_more) = self.registry.after(0, 1).unwrap();
        assert!(!has_more, "the registry has one row");
        rows[0].clone()
    }

    /// Changes a column behind everybody's back.
    pub(crate) fn edit(&self, column: &str, value: Value) {
        let mut row = self.row();
        row.columns.insert(column.to_owned(), value);
        let draft = Draft {
            name: row.name,
            columns: row.columns,
            sealed: None,
        };
        self.registry
            .update(row.number, row.revision, draft)
            .unwrap();
    }

    /// The phase of each audit record, in order.
    pub(crate) fn phases(&self) -> Vec<String> {
        let phase = |line: String| {
            let record: Value = serde_json::from_str(&line).unwrap();
            record["phase"].as_str().unwrap().to_owned()
        };
        self.audit.lines().into_iter().map(phase).collect()
    }
}
