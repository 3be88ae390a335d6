//! Carries out a plan: what is independent at once, every write journaled before it is sent and settled after.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::action::OnTestFailure;
use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::event::EventKind;
use cxda_domain::key::{ResourceId, RunId};
use cxda_domain::plan::{Change, ChangeKind};
use cxda_ports::error::CallCost;
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
mod failure;
mod find;
mod indexes;
mod journaling;
mod open;
mod owed;
mod recover;
mod testing;
mod update;

pub use events::count_relays;
pub use failure::Failure;
pub use testing::count_tests;

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

impl Subscription {
    /// Whether it wants to be told of events of `kind`.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
    }
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
    /// Actions whose tests passed here, before anything was sent.
    pub passed_here: BTreeSet<Address>,
    /// Whether actions are tested on the tenant's sandbox after they are created or updated.
    pub tests_there: bool,
}

/// What came of the tests of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    /// All passed.
    Passed,
    /// One failed, or could not be run.
    Failed,
    /// They were not run.
    Skipped,
}

impl TestStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Passed, Self::Failed, Self::Skipped];

    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What is said of the tests of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// What came of them.
    pub status: TestStatus,
    /// What failed and how, or why they were not run; a line each.
    pub failures: Vec<String>,
    /// What was made of the action after a failure.
    pub left: Option<OnTestFailure>,
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
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Skipped, Self::Unknown];

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
    /// What came of its tests; `None` where it has none or they were not asked for.
    pub test: Option<TestReport>,
    /// Why it did not end well.
    pub failure: Option<Failure>,
}

/// How a run ended: a result for each change, in the order of the plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// The results.
    pub results: Vec<ChangeResult>,
    /// Of actions that an earlier run had left untested, what came of their tests now.
    pub retested: BTreeMap<Address, TestReport>,
}

impl Applied {
    /// How many changes of `kind` were carried out.
    pub fn done(&self, kind: ChangeKind) -> usize {
        let fits = |result: &&ChangeResult| result.kind == kind && result.outcome == Outcome::Done;
        self.results.iter().filter(fits).count()
    }

    /// Whether an action failed its tests on the tenant.
    pub fn has_failed_tests(&self) -> bool {
        let reports = self
            .results
            .iter()
            .filter_map(|result| result.test.as_ref());
        let mut reports = reports.chain(self.retested.values());
        reports.any(|report| report.status == TestStatus::Failed)
    }

    /// How many changes ended as `outcome`.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.results
            .iter()
            .filter(|result| result.outcome == outcome)
            .count()
    }
}

/// Carries out the plan. Once it is to stop, no change and no write is begun, and nothing is waited for but answers to what was
/// sent.
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
) -> Result<Applied, Failure> {
    let changes = &planned.plan.changes;
    if !planned.plan.to_note.is_empty() {
        ports.journal.adopt(&planned.plan.to_note).await?;
    }
    let mut execution = Execution::new(ports, options, planned).await?;
    execution.recover().await?;
    if changes.is_empty() {
        return Ok(Applied {
            results: Vec::new(),
            retested: execution.into_retested(),
        });
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
            .run(&mut results)
            .await;
    }
    Ok(Applied {
        results: results.into_values().collect(),
        retested: execution.into_retested(),
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

    async fn run(mut self, results: &mut BTreeMap<usize, ChangeResult>) {
        let free = self.waits.iter().filter(|(_, count)| **count == 0);
        let mut ready: BTreeSet<usize> = free.map(|(index, _)| *index).collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.execution.parallelism()
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
        test: None,
        failure: Some(failure),
    }
}
