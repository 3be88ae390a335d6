//! What the audit records of one tenant tell about its runs: which resource was written when, by whom, and how it ended.
//!
//! It trusts its records; whether their chain holds is judged where they are stored.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::address::Address;
use crate::audit::{AuditAction, AuditedResource, Phase, RecordedOutcome};
use crate::instant::UtcMillis;
use crate::key::RunId;
use crate::metrics::Metrics;

/// A write as an audit record tells it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedWrite {
    /// The run that it belongs to.
    pub run_id: RunId,
    /// When it was recorded.
    pub timestamp: UtcMillis,
    /// Who ran it.
    pub actor: String,
    /// What was done on which tenant, how it ended, and its figures.
    #[serde(flatten)]
    pub outcome: RecordedOutcome,
    /// The resource.
    pub resource: AuditedResource,
    /// The blocks that it changed.
    pub changes: Vec<String>,
    /// Why it failed, or what is to be said of it.
    pub error: Option<String>,
}

impl RecordedWrite {
    /// The write that a record's line tells of; `None` where it says something else.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// The resource.
    pub fn address(&self) -> Address {
        Address {
            kind: self.resource.kind,
            name: self.resource.name.clone(),
        }
    }
}

/// One run, with the writes that it made.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRun {
    /// Its id.
    pub id: RunId,
    /// Who ran it.
    pub actor: String,
    /// When its first record was made.
    pub began: UtcMillis,
    /// When its last record was made.
    pub ended: UtcMillis,
    /// How each of its writes ended, in the order of the records; [`Phase::Intended`] where no record tells. Deliveries are not
    /// among them.
    pub writes: Vec<RecordedWrite>,
}

/// The runs on one tenant, and what they come to in figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The runs that wrote, the oldest first.
    pub runs: Vec<RecordedRun>,
    /// Figures about all their writes, deliveries among them.
    pub metrics: Metrics,
}

impl History {
    /// What `records`, which are in the order of their numbers, say of `tenant`; of its run `only`, where one is named.
    pub fn of(
        records: impl IntoIterator<Item = RecordedWrite>,
        tenant: &str,
        only: Option<&RunId>,
    ) -> Self {
        let mut history = Self::default();
        let mut runs: BTreeMap<RunId, usize> = BTreeMap::new();
        let mut intents: BTreeMap<(Address, AuditAction), (usize, RecordedWrite)> = BTreeMap::new();
        for record in records {
            if record.outcome.tenant != tenant || only.is_some_and(|run| *run != record.run_id) {
                continue;
            }
            history.metrics.add(&record.outcome);
            if record.outcome.action.is_delivery() {
                continue;
            }
            let run = *runs.entry(record.run_id.clone()).or_insert_with(|| {
                history.runs.push(RecordedRun::begun_by(&record));
                history.runs.len() - 1
            });
            history.runs[run].ended = record.timestamp;
            // An outcome, or a new intent, takes the place of the intent before it, in whichever run that was.
            let written = (record.address(), record.outcome.action);
            if record.outcome.phase == Phase::Intended {
                intents.insert(written, (run, record));
            } else {
                intents.remove(&written);
                history.runs[run].writes.push(record);
            }
        }
        for (run, intent) in intents.into_values() {
            history.runs[run].writes.push(intent);
        }
        history.runs.retain(|run| !run.writes.is_empty());
        history
    }

    /// The writes that did not succeed and that nothing mended since: neither the same was done later, nor did a later run
    /// write the resource. The newest stand first.
    pub fn failures(&self) -> Vec<&RecordedWrite> {
        let mut open: BTreeMap<Address, BTreeMap<AuditAction, (usize, &RecordedWrite)>> =
            BTreeMap::new();
        let writes = self.runs.iter().flat_map(|run| &run.writes);
        for (at, write) in writes.enumerate() {
            let action = write.outcome.action;
            let failed = open.entry(write.address()).or_default();
            if write.outcome.phase == Phase::Done {
                failed.retain(|other, (_, failure)| {
                    *other != action && failure.run_id == write.run_id
                });
            } else {
                failed.insert(action, (at, write));
            }
        }
        let mut failures: Vec<_> = open.into_values().flat_map(BTreeMap::into_values).collect();
        failures.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        failures.into_iter().map(|(_, write)| write).collect()
    }
}

impl RecordedRun {
    fn begun_by(first: &RecordedWrite) -> Self {
        Self {
            id: first.run_id.clone(),
            actor: first.actor.clone(),
            began: first.timestamp,
            ended: first.timestamp,
            writes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
