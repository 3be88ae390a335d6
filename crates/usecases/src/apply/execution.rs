//! What every change of a run shares: ports, open intents, new ids, and what it has come to so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::diff::{LeftOut, differences};
use cxda_domain::key::{DigestKey, ResourceId};
use cxda_domain::manifest::Declaration;
use cxda_domain::observed::{ObservedResource, ObservedState};
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_domain::request::Operation;
use cxda_domain::retry::RetryLimits;
use cxda_domain::view::ViewSource;
use cxda_ports::error::{ApiError, ApiErrorKind, CallCost, StoreError};
use cxda_ports::journal::Intent;
use cxda_ports::progress::ProgressEvent;
use futures_util::future::{Either, select};

use crate::apply::failure::meets_every_write;
use crate::apply::open::{OpenWrite, open_writes};
use crate::apply::{ApplyOptions, ChangeResult, Failure, OnError, Outcome, TestReport, skipped};
use crate::plan::Planned;
use crate::ports::ApplyPorts;

/// The most time that a change waits for a tenant that is still working on an earlier write.
pub(super) const BUSY_DEADLINE: Duration = RetryLimits::STANDARD.deadline;
/// How long to wait between two looks at it where the tenant does not say.
pub(super) const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// The longest that this grows to; it doubles with each look.
pub(super) const LONGEST_BUSY_PAUSE: Duration = Duration::from_secs(20);
/// The most sends of a replace that meets a tenant at work.
pub(super) const MOST_SENDS: u32 = RetryLimits::STANDARD.max_attempts;

/// What every change of a run shares.
#[derive(Debug)]
pub(super) struct Execution<'a> {
    pub(super) ports: ApplyPorts<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) planned: &'a Planned,
    /// The key of what the journal remembers of fields.
    pub(super) key: DigestKey,
    /// Writes of earlier runs whose outcome is not known, by the resource that they are about.
    pub(super) open: BTreeMap<Address, Vec<OpenWrite>>,
    /// What an earlier run created as it is wanted now, hidden values too: before it was planned, nobody knew that.
    pub(super) proved: BTreeSet<Address>,
    /// Intents to build the indexes of a view or to test an action whose turn has not come.
    pub(super) owed: Mutex<BTreeMap<Address, Intent>>,
    /// Whether each action passed its tests on the tenant, where they ran in this run.
    pub(super) tested: Mutex<BTreeMap<Address, bool>>,
    /// What came of tests that an earlier run owed.
    pub(super) retested: Mutex<BTreeMap<Address, TestReport>>,
    /// Operations that were settled in this run.
    pub(super) settled: Mutex<BTreeSet<String>>,
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
    pub(super) test: Option<TestReport>,
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
            key: DigestKey::new(|label| ports.journal.fingerprint(label)),
            open,
            proved: BTreeSet::new(),
            owed: Mutex::default(),
            tested: Mutex::default(),
            retested: Mutex::default(),
            settled: Mutex::default(),
            denied: Mutex::default(),
            view_ids: Mutex::default(),
            failed: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// The id under which `address` was applied before this run.
    pub(super) fn applied_as(&self, address: &Address) -> Option<&ResourceId> {
        self.planned.applied.get(address).map(|applied| &applied.id)
    }

    pub(super) fn into_retested(self) -> BTreeMap<Address, TestReport> {
        let retested = self.retested.into_inner();
        retested.unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn parallelism(&self) -> usize {
        self.options.parallelism.max(1)
    }

    /// Whether nothing new may be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.ports.stop.is_raised()
    }

    /// Waits for `duration`, unless the run is to stop.
    ///
    /// # Errors
    ///
    /// [`Failure::Stopped`] as soon as it is.
    pub(super) async fn wait(&self, duration: Duration) -> Result<(), Failure> {
        let (raised, waited) = (self.ports.stop.raised(), self.ports.clock.wait(duration));
        match select(raised, waited).await {
            Either::Left(_) => Err(Failure::Stopped),
            Either::Right(_) => Ok(()),
        }
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
            ..Progressed::default()
        };
        let ended = match change.kind {
            ChangeKind::Create => self.create(change, &mut progressed).await,
            ChangeKind::Update => self.update(change, &mut progressed).await,
            ChangeKind::Delete => self.delete(change, &mut progressed).await,
        };
        let outcome = match &ended {
            Ok(()) => Outcome::Done,
            Err(Failure::Dependency { .. }) => Outcome::Skipped,
            Err(failure) if failure.is_stopped() => Outcome::Skipped,
            Err(failure) if failure.is_unknown() => Outcome::Unknown,
            Err(_) => Outcome::Failed,
        };
        ChangeResult {
            address: change.address.clone(),
            kind: change.kind,
            outcome,
            id: progressed.id,
            cost: progressed.cost,
            test: progressed.test,
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
            self.note_refusal(error);
        }
        let failed = result.outcome != Outcome::Skipped;
        let fatal = result.failure.as_ref().is_some_and(Failure::stops_all);
        if fatal || failed && self.options.on_error == OnError::Stop {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Says of each problem that the tenant found where the manifest of `body` says that.
    pub(super) fn placed(&self, body: &Body, mut error: ApiError) -> ApiError {
        let address = match body {
            Body::View(view) => Address::view(view.name.as_str()),
            Body::Action(action) => Address::action(action.name.as_str()),
        };
        if let ApiErrorKind::Rejected { problems } = &mut error.kind
            && let Some(declared) = self.planned.project.manifest.get(&address)
        {
            for problem in problems {
                let path = problem.path.as_ref();
                problem.place = path.map(|path| declared.origin.position(path));
            }
        }
        error
    }

    /// Takes note of what follows from a refusal for other changes, whatever becomes of this one: an operation that the tenant
    /// does not permit is not asked for again, and what would meet every write ends the run.
    pub(super) fn note_refusal(&self, error: &ApiError) {
        if meets_every_write(error) {
            self.stopped.store(true, Ordering::Relaxed);
        }
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
