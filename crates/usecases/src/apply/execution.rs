//! What every change of a run shares: ports, open intents, new ids, and the journaling around a write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::applied::LastApplied;
use cxda_domain::audit::{AuditAction, AuditEntry, AuditMetrics, AuditedResource, Phase};
use cxda_domain::diff::{LeftOut, blocks, differences};
use cxda_domain::event::Event;
use cxda_domain::key::{Digest, EntityTag, IdempotencyKey, ResourceId};
use cxda_domain::manifest::Declaration;
use cxda_domain::observed::{ObservedResource, ObservedState};
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_domain::request::Operation;
use cxda_domain::view::ViewSource;
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost, StoreError};
use cxda_ports::journal::{Intent, Memory, OutboxEntry, Settlement};
use cxda_ports::progress::ProgressEvent;

use crate::apply::open::{OpenWrite, open_writes};
use crate::apply::{ApplyOptions, ChangeResult, Failure, OnError, Outcome, skipped};
use crate::plan::Planned;
use crate::ports::ApplyPorts;

/// The most time that a change waits for a tenant that is still working on an earlier write.
pub(super) const BUSY_DEADLINE: Duration = Duration::from_mins(3);
/// How long to wait between two looks at it where the tenant does not say.
pub(super) const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// The longest that this grows to; it doubles with each look.
pub(super) const LONGEST_BUSY_PAUSE: Duration = Duration::from_secs(20);
/// How often a replace that met a tenant at work is sent again.
pub(super) const MOST_BUSY: u32 = 3;

/// What every change of a run shares.
#[derive(Debug)]
pub(super) struct Execution<'a> {
    pub(super) ports: ApplyPorts<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) planned: &'a Planned,
    /// Writes of earlier runs whose outcome is not known, by the resource that they are about.
    pub(super) open: BTreeMap<Address, Vec<OpenWrite>>,
    /// Operations that were settled in this run.
    settled: Mutex<BTreeSet<String>>,
    /// What the tenant does not permit, as it said so.
    denied: Mutex<BTreeMap<Operation, ApiError>>,
    view_ids: Mutex<BTreeMap<String, ResourceId>>,
    failed: Mutex<BTreeSet<Address>>,
    stopped: AtomicBool,
}

/// A change that ended well or not, with what is known of it.
#[derive(Debug, Default)]
pub(super) struct Progressed {
    pub(super) id: Option<ResourceId>,
    pub(super) cost: CallCost,
}

/// One write on its way: what is journaled of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write<'a> {
    pub(super) change: &'a Change,
    pub(super) operation: Operation,
    pub(super) action: AuditAction,
    pub(super) id: Option<&'a ResourceId>,
    pub(super) payload: &'a Digest,
    pub(super) tag: Option<&'a EntityTag>,
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its write is settled.
    Resolved,
    /// Its write may still have happened, or may still happen.
    Open,
}

/// How a write ended, for the journal.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub(super) phase: Phase,
    pub(super) intent: Fate,
    pub(super) id: Option<&'a ResourceId>,
    pub(super) cost: CallCost,
    pub(super) memory: Memory,
    pub(super) error: Option<String>,
    pub(super) events: Vec<Event>,
}

impl<'a> Execution<'a> {
    pub(super) async fn new(
        ports: ApplyPorts<'a>,
        options: &'a ApplyOptions,
        planned: &'a Planned,
    ) -> Result<Self, StoreError> {
        let open = open_writes(ports.journal).await?;
        Ok(Self {
            ports,
            options,
            planned,
            open,
            settled: Mutex::default(),
            denied: Mutex::default(),
            view_ids: Mutex::default(),
            failed: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    pub(super) fn parallelism(&self) -> usize {
        self.options.parallelism.max(1)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Carries out one change, whatever it takes.
    pub(super) async fn carry_out(&self, change: &Change) -> ChangeResult {
        if let Some(error) = self.denial(change) {
            return skipped(change, error.into());
        }
        self.ports
            .progress
            .note(ProgressEvent::Started(&change.address));
        let mut progressed = Progressed {
            id: change.id.clone(),
            cost: CallCost::default(),
        };
        let ended = match change.kind {
            ChangeKind::Create => self.create(change, &mut progressed).await,
            ChangeKind::Update => self.update(change, &mut progressed).await,
            ChangeKind::Delete => self.delete(change, &mut progressed).await,
        };
        let outcome = match &ended {
            Ok(()) => Outcome::Done,
            Err(Failure::Dependency { .. } | Failure::Stopped) => Outcome::Skipped,
            Err(failure) if failure.is_unknown() => Outcome::Unknown,
            Err(_) => Outcome::Failed,
        };
        ChangeResult {
            address: change.address.clone(),
            kind: change.kind,
            outcome,
            id: progressed.id,
            cost: progressed.cost,
            failure: ended.err(),
        }
    }

    /// Takes note of a result: new ids, failures, and whether to go on.
    pub(super) fn note(&self, result: &ChangeResult) {
        let done = result.outcome == Outcome::Done;
        self.ports.progress.note(ProgressEvent::Ended {
            address: &result.address,
            done,
        });
        if done {
            if let (ResourceKind::View, Some(id)) = (result.address.kind, &result.id) {
                lock(&self.view_ids).insert(result.address.name.clone(), id.clone());
            }
            return;
        }
        lock(&self.failed).insert(result.address.clone());
        if let Some(error) = result.failure.as_ref().and_then(Failure::api) {
            self.note_denial(error);
        }
        let failed = result.outcome != Outcome::Skipped;
        let fatal = result.failure.as_ref().is_some_and(Failure::stops_all);
        if fatal || failed && self.options.on_error == OnError::Stop {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Takes note that the tenant does not permit an operation: it is asked for no further one of its kind.
    pub(super) fn note_denial(&self, error: &ApiError) {
        if let ApiErrorKind::PermissionDenied { .. } = error.kind {
            let mut denied = lock(&self.denied);
            denied.entry(error.operation).or_insert_with(|| ApiError {
                cost: CallCost::default(),
                ..error.clone()
            });
        }
    }

    /// Why `change` would be refused, where the tenant has refused an operation that it needs.
    fn denial(&self, change: &Change) -> Option<ApiError> {
        use Operation::{CreateAction, CreateView, DeleteAction, DeleteView};
        use Operation::{GetAction, GetView, ReplaceAction, ReplaceView};
        let needs: &[Operation] = match (change.kind, change.address.kind) {
            (ChangeKind::Create, ResourceKind::View) => &[CreateView],
            (ChangeKind::Create, ResourceKind::Action) => &[CreateAction],
            (ChangeKind::Update, ResourceKind::View) => &[GetView, ReplaceView],
            (ChangeKind::Update, ResourceKind::Action) => &[GetAction, ReplaceAction],
            (ChangeKind::Delete, ResourceKind::View) => &[DeleteView],
            (ChangeKind::Delete, ResourceKind::Action) => &[DeleteAction],
        };
        let denied = lock(&self.denied);
        needs.iter().find_map(|need| denied.get(need)).cloned()
    }

    /// A resource whose change failed and which, on the tenant, still depends on `address`.
    pub(super) fn failed_dependent(&self, address: &Address) -> Option<Address> {
        let failed = lock(&self.failed);
        let depends = |other: &&Address| {
            let there = self.planned.observed.get(other);
            there.is_some_and(|there| match address.kind {
                ResourceKind::Action => {
                    there.fields.dependencies().any(|name| name == address.name)
                }
                ResourceKind::View => {
                    let source = there.fields.at(&[Projection::SOURCE, "view"]);
                    source.and_then(serde_json::Value::as_str) == Some(&address.name)
                }
            })
        };
        failed
            .iter()
            .find(|other| other.kind == address.kind && depends(other))
            .cloned()
    }

    /// What a change of `address` must bring about; a source view has its id by now.
    pub(super) fn desired(&self, address: &Address) -> Option<Desired> {
        let mut desired = self.planned.desired.get(address)?.clone();
        if let Body::View(view) = &mut desired.body
            && let cxda_domain::body::SourceBody::View { name, id } = &mut view.source
        {
            let new = lock(&self.view_ids).get(name.as_str()).cloned();
            let there = || {
                let address = Address::view(name.as_str());
                self.planned
                    .observed
                    .get(&address)
                    .map(|view| view.id.clone())
            };
            *id = new.or_else(there);
        }
        Some(desired)
    }

    /// Fields of `resource` that are not as `desired`; what it leaves out counts as `left_out`.
    pub(super) fn unlike(
        &self,
        desired: &Desired,
        resource: &ObservedResource,
        left_out: LeftOut,
    ) -> Vec<String> {
        let mut resource = resource.clone();
        self.resolve_source(desired, &mut resource);
        let found = differences(&desired.body.projection(), &resource.fields, left_out);
        found.into_iter().map(|field| field.path).collect()
    }

    /// Names the source of a view, also where that view was created in this very run.
    fn resolve_source(&self, desired: &Desired, resource: &mut ObservedResource) {
        let state: &ObservedState = &self.planned.observed;
        if let Body::View(view) = &desired.body {
            let shown = resource.fields.at(&[Projection::SOURCE, "id"]);
            let shown = shown
                .and_then(serde_json::Value::as_str)
                .map(ToOwned::to_owned);
            if shown.is_some() && shown == view.source.id() {
                let wanted = view.projection();
                if let Some(source) = wanted.fields().get(Projection::SOURCE) {
                    let fields = resource.fields.fields_mut();
                    fields.insert(Projection::SOURCE.to_owned(), source.clone());
                }
                return;
            }
        }
        state.resolve_source(resource);
    }

    /// Journals and audits the intent of `write`; only then may it be sent. It goes on with an open intent for the same body.
    pub(super) async fn begin(&self, write: Write<'_>) -> Result<Intent, Failure> {
        let open = self.open_at(&write.change.address);
        let same = open
            .iter()
            .find(|open| open.is(write.operation) && open.intent.payload == *write.payload);
        let operation_id = same.map(|open| open.intent.operation_id.clone());
        self.begin_as(write, operation_id, None).await
    }

    /// Journals and audits the intent of a create under a fresh key, or under that of the open intent `again`.
    pub(super) async fn begin_create(
        &self,
        write: Write<'_>,
        again: Option<&Intent>,
    ) -> Result<(Intent, IdempotencyKey), Failure> {
        let key = again.and_then(|intent| intent.key.clone());
        let key = key.unwrap_or_else(|| IdempotencyKey::new(self.ports.ids.fresh()));
        let operation_id = again.map(|intent| intent.operation_id.clone());
        let intent = self
            .begin_as(write, operation_id, Some(key.clone()))
            .await?;
        Ok((intent, key))
    }

    async fn begin_as(
        &self,
        write: Write<'_>,
        operation_id: Option<String>,
        key: Option<IdempotencyKey>,
    ) -> Result<Intent, Failure> {
        let intent = Intent {
            operation_id: operation_id.unwrap_or_else(|| self.ports.ids.fresh()),
            run: self.options.run.clone(),
            operation: write.operation,
            address: write.change.address.clone(),
            id: write.id.cloned(),
            key,
            payload: write.payload.clone(),
            base_tag: write.tag.cloned(),
            created: self.ports.clock.now(),
        };
        let entry = self.entry(write, Phase::Intended, write.id, None, None);
        let record = self.ports.journal.begin(&intent, &entry).await?;
        self.ports.audit.append(&record).await?;
        Ok(intent)
    }

    /// Journals and audits how `write` ended.
    pub(super) async fn settle(
        &self,
        write: Write<'_>,
        intent: &Intent,
        ending: Ending<'_>,
    ) -> Result<(), Failure> {
        let metrics = AuditMetrics {
            latency_ms: ending.cost.latency_ms(),
            attempts: ending.cost.attempts,
        };
        let id = ending.id.or(write.id);
        let record = self.entry(write, ending.phase, id, Some(metrics), ending.error);
        let settlement = Settlement {
            operation_id: intent.operation_id.clone(),
            resolved: ending.intent == Fate::Resolved,
            memory: ending.memory,
            record,
            outbox: self.outbox(ending.events),
        };
        self.store(&settlement).await
    }

    /// Stores an outcome and audits it.
    pub(super) async fn store(&self, settlement: &Settlement) -> Result<(), Failure> {
        let record = self.ports.journal.settle(settlement).await?;
        if settlement.resolved {
            lock(&self.settled).insert(settlement.operation_id.clone());
        }
        self.ports.audit.append(&record).await?;
        Ok(())
    }

    /// Whether an operation of an earlier run was settled in this one.
    pub(super) fn is_settled(&self, intent: &Intent) -> bool {
        lock(&self.settled).contains(&intent.operation_id)
    }

    pub(super) fn outbox(&self, events: Vec<Event>) -> Vec<OutboxEntry> {
        let mut entries = Vec::new();
        for event in events {
            for subscription in &self.options.subscriptions {
                let wanted = subscription.events.as_ref();
                if wanted.is_none_or(|kinds| kinds.contains(&event.kind)) {
                    entries.push(OutboxEntry {
                        id: self.ports.ids.fresh(),
                        webhook: subscription.webhook.clone(),
                        event: event.clone(),
                    });
                }
            }
        }
        entries
    }

    fn entry(
        &self,
        write: Write<'_>,
        phase: Phase,
        id: Option<&ResourceId>,
        metrics: Option<AuditMetrics>,
        error: Option<String>,
    ) -> AuditEntry {
        AuditEntry {
            resource: AuditedResource::new(&write.change.address, id.cloned()),
            changes: blocks(&write.change.fields),
            metrics,
            error,
            ..self.blank_entry(write.action, phase, &write.change.address)
        }
    }

    /// A record of this run that says no more than what was done to which resource.
    pub(super) fn blank_entry(
        &self,
        action: AuditAction,
        phase: Phase,
        address: &Address,
    ) -> AuditEntry {
        AuditEntry {
            audit_id: self.ports.ids.fresh(),
            run_id: self.options.run.clone(),
            timestamp: self.ports.clock.now(),
            actor: self.options.actor.clone(),
            tenant: self.options.tenant.clone(),
            action,
            phase,
            resource: AuditedResource::new(address, None),
            changes: Vec::new(),
            metrics: None,
            compliance: self.options.compliance,
            error: None,
        }
    }

    /// The declared source of the view of `change`, for messages.
    pub(super) fn source_view(&self, change: &Change) -> Option<Address> {
        let declared = self.planned.project.manifest.get(&change.address)?;
        match &declared.resource {
            Declaration::View(view) => match &view.source {
                ViewSource::View(name) => Some(Address::view(name.as_str())),
                ViewSource::Table(_) => None,
            },
            Declaration::Action(_) => None,
        }
    }
}

/// What the journal remembers once `desired` has been applied.
pub(super) fn memory(change: &Change, id: &ResourceId, desired: &Desired) -> Memory {
    Memory::Applied(LastApplied::new(
        change.address.clone(),
        id.clone(),
        &desired.body.projection(),
        desired.secrets.clone(),
        desired.protect,
    ))
}

/// A digest of everything that is sent, secrets by their fingerprints.
pub(super) fn payload(desired: &Desired) -> Digest {
    let fields = serde_json::Value::Object(desired.body.projection().fields().clone());
    // A view names its source by id, which another view of the same name does not have.
    let source = match &desired.body {
        Body::View(view) => view.source.id(),
        Body::Action(_) => None,
    };
    let secrets: Vec<String> = desired
        .secrets
        .iter()
        .map(|(name, print)| format!("{name}={print}"))
        .collect();
    let source = source.unwrap_or_default();
    Digest::of(format!("{fields}\n{source}\n{}", secrets.join("\n")))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
