//! Carries out a plan: what is independent at once, every write journaled before it is sent and settled after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::event::EventKind;
use cxda_domain::key::{ResourceId, RunId};
use cxda_domain::plan::{Change, ChangeKind};
use cxda_ports::error::{ApiError, ApiErrorKind, AuditError, CallCost, StoreError};
use cxda_ports::progress::ProgressEvent;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::plan::Planned;
use crate::ports::ApplyPorts;

mod confirm;
mod create;
mod delete;
mod events;
mod execution;
mod find;
mod open;
mod recover;
mod update;

use execution::Execution;

/// What becomes of the rest after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// What does not depend on it goes on.
    #[default]
    Continue,
    /// Nothing new is begun.
    Stop,
}

/// A webhook that wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name in the settings.
    pub webhook: String,
    /// What it wants; everything where `None`.
    pub events: Option<BTreeSet<EventKind>>,
}

/// How to carry out a plan.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// Names the run.
    pub run: RunId,
    /// Who runs it.
    pub actor: String,
    /// The tenant's name.
    pub tenant: String,
    /// The most changes under way at once, 1 or more.
    pub parallelism: usize,
    /// What becomes of the rest after a failure.
    pub on_error: OnError,
    /// What was checked before.
    pub compliance: Compliance,
    /// Who is told.
    pub subscriptions: Vec<Subscription>,
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The tenant is as wanted.
    Done,
    /// The tenant is as before, or says so.
    Failed,
    /// Nothing was sent.
    Skipped,
    /// Sent, not answered, not proved.
    Unknown,
}

impl Outcome {
    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a change was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The tenant refused it or could not be asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Somebody else changed managed fields after they were planned; nothing was written.
    #[error("somebody else changed {} after the plan was made", fields.join(", "))]
    Conflict {
        /// The fields.
        fields: Vec<String>,
    },
    /// The tenant accepted the write and shows something else.
    #[error("the tenant accepted the write and still shows another value of {}", fields.join(", "))]
    Ignored {
        /// The fields.
        fields: Vec<String>,
    },
    /// It is gone: somebody deleted it after the plan was made.
    #[error("it is gone: somebody deleted it after the plan was made")]
    Gone {
        /// What the tenant said.
        #[source]
        source: ApiError,
    },
    /// Its name is taken by a resource that is not as wanted and not known to be ours; it was left alone.
    #[error("the name is taken by {id}, which has another value of {}", fields.join(", "))]
    NameTaken {
        /// The server's id of that resource.
        id: ResourceId,
        /// The fields.
        fields: Vec<String>,
    },
    /// Its name stands on the tenant more than once, so nobody can say which resource is meant.
    #[error("{address} stands on the tenant {} times, with the ids {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The name.
        address: Address,
        /// The server's ids under it.
        ids: Vec<String>,
    },
    /// A create was not answered, and nothing would keep a second one from making a second resource.
    #[error(
        "nobody knows whether {address} was created, and it is not sent again: the API profile offers no idempotency key; \
         look for {address} on the tenant, and run again after {} s to take it over, or to create it where it is still missing",
        quiet_in.as_secs()
    )]
    NotRepeatable {
        /// What to look for.
        address: Address,
        /// When the create can no longer be carried out.
        quiet_in: Duration,
        /// How the sending ended.
        #[source]
        source: Box<ApiError>,
    },
    /// An earlier write was not answered and may still be carried out; until then nothing else is sent.
    #[error(
        "an earlier write of {address} was not answered and may still be carried out; \
         look at {address} on the tenant, and run again after {} s",
        quiet_in.as_millis().div_ceil(1_000)
    )]
    Unsettled {
        /// The resource.
        address: Address,
        /// When that write can no longer be carried out.
        quiet_in: Duration,
    },
    /// What became of a write cannot be read.
    #[error("what became of {address} cannot be read")]
    Unread {
        /// The resource.
        address: Address,
        /// Why not.
        #[source]
        source: Box<ApiError>,
    },
    /// The key of an earlier write was used for another payload: a flaw of ours. Nothing is sent until it is quiet.
    #[error(
        "the idempotency key of {address} was used for another payload, which is a flaw of cxda"
    )]
    Frozen {
        /// The resource.
        address: Address,
    },
    /// Something that it depends on was not carried out.
    #[error("{address} was not carried out")]
    Dependency {
        /// What it depends on.
        address: Address,
    },
    /// The run was stopped before its turn came.
    #[error("the run was stopped before its turn came")]
    Stopped,
    /// The journal could not be written, so nothing may be sent.
    #[error("the write could not be journaled")]
    Journal(#[from] StoreError),
    /// The audit log could not be written, so nothing may be sent.
    #[error("the write could not be audited")]
    Audit(#[from] AuditError),
}

impl Failure {
    /// A stable word for the failure, for JSON output.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Api(error) => error.code(),
            Self::Conflict { .. } => "conflict",
            Self::Ignored { .. } => "ignored",
            Self::Gone { .. } => "gone",
            Self::NameTaken { .. } => "already_exists",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NotRepeatable { .. } | Self::Unsettled { .. } | Self::Unread { .. } => {
                "outcome_unknown"
            }
            Self::Frozen { .. } => "key_mismatch",
            Self::Dependency { .. } => "dependency",
            Self::Stopped => "stopped",
            Self::Journal(_) => "journal",
            Self::Audit(_) => "audit",
        }
    }

    /// What the tenant said, where it said something.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(source) | Self::Gone { source } => Some(source),
            Self::NotRepeatable { source, .. } | Self::Unread { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What the failed call cost; nothing where the tenant said nothing.
    fn cost(&self) -> CallCost {
        self.api()
            .map_or_else(CallCost::default, |error| error.cost)
    }

    fn unread(address: &Address, source: ApiError) -> Self {
        let (address, source) = (address.clone(), Box::new(source));
        Self::Unread { address, source }
    }

    /// Whether the write may have happened, or may still happen.
    fn is_unknown(&self) -> bool {
        match self {
            Self::NotRepeatable { .. } | Self::Unsettled { .. } | Self::Unread { .. } => true,
            Self::Api(error) => error.kind == ApiErrorKind::OutcomeUnknown,
            _ => false,
        }
    }

    /// Whether every further write would fail the same way.
    fn stops_all(&self) -> bool {
        match self {
            Self::Journal(_) | Self::Audit(_) => true,
            Self::Api(error) => matches!(
                error.kind,
                ApiErrorKind::Unauthenticated
                    | ApiErrorKind::Credentials
                    | ApiErrorKind::Unreachable
            ),
            _ => false,
        }
    }
}

/// How one change of the plan ended.
#[derive(Debug)]
pub struct ChangeResult {
    /// The resource.
    pub address: Address,
    /// What was to be done.
    pub kind: ChangeKind,
    /// How it ended.
    pub outcome: Outcome,
    /// The server's id, where it is known.
    pub id: Option<ResourceId>,
    /// What it cost.
    pub cost: CallCost,
    /// Why it did not end well.
    pub failure: Option<Failure>,
}

/// How a run ended: a result for each change, in the order of the plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// The results.
    pub results: Vec<ChangeResult>,
}

impl Applied {
    /// How many changes of `kind` were carried out.
    pub fn done(&self, kind: ChangeKind) -> usize {
        let fits = |result: &&ChangeResult| result.kind == kind && result.outcome == Outcome::Done;
        self.results.iter().filter(fits).count()
    }

    /// How many changes ended as `outcome`.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.results
            .iter()
            .filter(|result| result.outcome == outcome)
            .count()
    }
}

/// Carries out the plan; `stop` is looked at before each change, and what has begun then is brought to its end.
///
/// Resources that the plan found as wanted are noted as ours, without a request.
///
/// # Errors
///
/// [`Failure::Journal`] and [`Failure::Audit`] if journal or audit log cannot be read or written before anything is sent; what
/// happens to a change is in its result.
pub async fn apply(
    ports: ApplyPorts<'_>,
    options: &ApplyOptions,
    planned: &Planned,
    stop: &AtomicBool,
) -> Result<Applied, Failure> {
    let changes = &planned.plan.changes;
    if !planned.plan.to_note.is_empty() {
        ports.journal.adopt(&planned.plan.to_note).await?;
    }
    let mut execution = Execution::new(ports, options, planned).await?;
    execution.recover().await?;
    if changes.is_empty() {
        return Ok(Applied::default());
    }
    ports.progress.note(ProgressEvent::Applying {
        changes: changes.len(),
    });
    let mut results: BTreeMap<usize, ChangeResult> = BTreeMap::new();
    let (deletes, writes): (Vec<usize>, Vec<usize>) =
        (0..changes.len()).partition(|index| changes[*index].kind == ChangeKind::Delete);
    // Deletes come last: what is created or updated may still have depended on what goes.
    for indexes in [writes, deletes] {
        Phase::new(changes, &indexes, &execution)
            .run(stop, &mut results)
            .await;
    }
    Ok(Applied {
        results: results.into_values().collect(),
    })
}

/// Changes that may run at once, each after those that it depends on.
struct Phase<'a> {
    changes: &'a [Change],
    execution: &'a Execution<'a>,
    indexes: &'a [usize],
    /// How many changes each one still waits for.
    waits: BTreeMap<usize, usize>,
    /// Who waits for each change.
    dependents: BTreeMap<&'a Address, Vec<usize>>,
}

impl<'a> Phase<'a> {
    fn new(changes: &'a [Change], indexes: &'a [usize], execution: &'a Execution<'a>) -> Self {
        let here: BTreeSet<&Address> = indexes
            .iter()
            .map(|index| &changes[*index].address)
            .collect();
        let mut waits = BTreeMap::new();
        let mut dependents: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for &index in indexes {
            let first = changes[index]
                .after
                .iter()
                .filter(|address| here.contains(address));
            let mut count = 0;
            for address in first {
                dependents.entry(address).or_default().push(index);
                count += 1;
            }
            waits.insert(index, count);
        }
        Self {
            changes,
            execution,
            indexes,
            waits,
            dependents,
        }
    }

    async fn run(mut self, stop: &AtomicBool, results: &mut BTreeMap<usize, ChangeResult>) {
        let free = self.waits.iter().filter(|(_, count)| **count == 0);
        let mut ready: BTreeSet<usize> = free.map(|(index, _)| *index).collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.execution.parallelism()
                && !stop.load(Ordering::Relaxed)
                && !self.execution.is_stopped()
                && let Some(index) = ready.pop_first()
            {
                let change = &self.changes[index];
                running.push(async move { (index, self.execution.carry_out(change).await) });
            }
            let Some((index, result)) = running.next().await else {
                break;
            };
            self.end(index, result, &mut ready, results);
        }
        drop(running);
        for &index in self.indexes {
            let change = &self.changes[index];
            results
                .entry(index)
                .or_insert_with(|| skipped(change, Failure::Stopped));
        }
    }

    /// Takes note of a result, and frees or skips what waited for it.
    fn end(
        &mut self,
        index: usize,
        result: ChangeResult,
        ready: &mut BTreeSet<usize>,
        results: &mut BTreeMap<usize, ChangeResult>,
    ) {
        let mut ended = vec![(index, result)];
        while let Some((index, result)) = ended.pop() {
            let done = result.outcome == Outcome::Done;
            self.execution.note(&result);
            let dependents = self.dependents.get(&self.changes[index].address);
            for &dependent in dependents.into_iter().flatten() {
                if results.contains_key(&dependent) {
                    continue;
                }
                if done {
                    let Some(count) = self.waits.get_mut(&dependent) else {
                        continue;
                    };
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(dependent);
                    }
                } else {
                    let address = self.changes[index].address.clone();
                    let failure = Failure::Dependency { address };
                    ended.push((dependent, skipped(&self.changes[dependent], failure)));
                }
            }
            results.insert(index, result);
        }
    }
}

fn skipped(change: &Change, failure: Failure) -> ChangeResult {
    ChangeResult {
        address: change.address.clone(),
        kind: change.kind,
        outcome: Outcome::Skipped,
        id: change.id.clone(),
        cost: CallCost::default(),
        failure: Some(failure),
    }
}
