//! Writes of earlier runs whose outcome is not known, and how long they may still be carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::audit::{AuditAction, Phase, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::Digest;
use cxda_domain::plan::Change;
use cxda_domain::reconcile::{Beside, LastWord, LateEffect, Payload, beside, quiet_in};
use cxda_domain::request::Operation;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{Intent, Journal};
use serde::Deserialize;

use crate::apply::Failure;
use crate::apply::execution::Execution;
use crate::apply::journaling::audited_as;
use crate::apply::recover::{Proof, SUPERSEDED};

/// An open intent with the last that is on record of its write.
#[derive(Clone, Debug)]
pub(super) struct OpenWrite {
    pub(super) intent: Intent,
    pub(super) last: LastWord,
}

impl OpenWrite {
    pub(super) fn is(&self, operation: Operation) -> bool {
        self.intent.operation == operation
    }

    pub(super) fn quiet_in(&self, now: UtcMillis) -> Duration {
        quiet_in(self.intent.created, self.last, now)
    }

    pub(super) fn payload_beside(&self, payload: &Digest) -> Payload {
        if self.intent.payload == *payload {
            Payload::Same
        } else {
            Payload::Other
        }
    }

    /// What it could do to `change`, an update by `payload`, after that was carried out.
    fn late_effect(&self, change: &Change, payload: &Digest) -> LateEffect {
        let undoes = match self.intent.operation {
            // The version that it names is gone once the update is done.
            Operation::ReplaceView | Operation::ReplaceAction => {
                self.intent.base_tag.is_none() && self.payload_beside(payload) == Payload::Other
            }
            Operation::DeleteView | Operation::DeleteAction => self.intent.id == change.id,
            _ => false,
        };
        if undoes {
            LateEffect::Undoes
        } else {
            LateEffect::Harmless
        }
    }
}

/// What the journal holds open. Its audit records tell when each write was sent for the last time.
pub(super) async fn open_writes(
    journal: &dyn Journal,
) -> Result<BTreeMap<Address, Vec<OpenWrite>>, StoreError> {
    let intents = journal.open_intents().await?;
    let mut open: BTreeMap<Address, Vec<OpenWrite>> = BTreeMap::new();
    if intents.is_empty() {
        return Ok(open);
    }
    let records = journal.records_after(0, usize::MAX).await?;
    let mut words = last_words(&intents, &records);
    for intent in intents {
        let last = place_of(&intent).and_then(|place| words.remove(&place));
        let last = last.unwrap_or(LastWord::Intended);
        open.entry(intent.address.clone())
            .or_default()
            .push(OpenWrite { intent, last });
    }
    Ok(open)
}

type Place = (AuditAction, Address);

fn place_of(intent: &Intent) -> Option<Place> {
    Some((audited_as(intent.operation)?, intent.address.clone()))
}

/// The latest record about each of `intents`. Records name no intent, but of one resource one kind of write is under way at a time.
fn last_words(intents: &[Intent], records: &[SealedRecord]) -> BTreeMap<Place, LastWord> {
    let mut missing: BTreeSet<Place> = intents.iter().filter_map(place_of).collect();
    let mut words = BTreeMap::new();
    for record in records.iter().rev() {
        if missing.is_empty() {
            break;
        }
        let Ok(line) = serde_json::from_str::<Line>(&record.line) else {
            continue;
        };
        let address = Address {
            kind: line.resource.kind,
            name: line.resource.name,
        };
        let place = (line.action, address);
        if missing.remove(&place) {
            let creates = matches!(
                place.0,
                AuditAction::CreateDataAction | AuditAction::CreateMaterializedView
            );
            let word = match line.phase {
                Phase::Intended => LastWord::Intended,
                // A create that failed and whose intent is open all the same was refused for its key.
                Phase::Failed if creates => LastWord::Frozen(line.timestamp),
                Phase::Failed | Phase::Unknown | Phase::Done => {
                    LastWord::Unanswered(line.timestamp)
                }
            };
            words.insert(place, word);
        }
    }
    words
}

/// What of an audit record tells which write it is about and how that went.
#[derive(Deserialize)]
struct Line {
    timestamp: UtcMillis,
    action: AuditAction,
    phase: Phase,
    resource: LineResource,
}

#[derive(Deserialize)]
struct LineResource {
    #[serde(rename = "type")]
    kind: ResourceKind,
    name: String,
}

impl Execution<'_> {
    /// The open writes of earlier runs at `address`.
    pub(super) fn open_at(&self, address: &Address) -> &[OpenWrite] {
        self.open.get(address).map_or(&[], Vec::as_slice)
    }

    /// Whether this write goes on with one of an earlier run that may still be carried out: then a refusal settles nothing.
    pub(super) fn is_still_alive(&self, intent: &Intent) -> bool {
        let same = |open: &&OpenWrite| open.intent.operation_id == intent.operation_id;
        let earlier = self.open_at(&intent.address).iter().find(same);
        earlier.is_some_and(|open| !open.quiet_in(intent.created).is_zero())
    }

    /// Waits, within patience, until no open write can undo `change` any more.
    pub(super) async fn outwait(&self, change: &Change, payload: &Digest) -> Result<(), Failure> {
        for open in self.open_at(&change.address) {
            let effect = open.late_effect(change, payload);
            match beside(effect, open.quiet_in(self.ports.clock.now())) {
                Beside::Proceed => {}
                Beside::Wait(pause) => self.ports.clock.wait(pause).await,
                Beside::Hold(quiet_in) => {
                    let address = change.address.clone();
                    return Err(Failure::Unsettled { address, quiet_in });
                }
            }
        }
        Ok(())
    }

    /// Closes open replaces and deletes of a resource that a later write has just taken care of.
    pub(super) async fn supersede(&self, change: &Change) -> Result<(), Failure> {
        for open in self.open_at(&change.address) {
            let replaces_or_deletes = matches!(
                open.intent.operation,
                Operation::ReplaceView
                    | Operation::ReplaceAction
                    | Operation::DeleteView
                    | Operation::DeleteAction
            );
            if replaces_or_deletes && open.intent.id == change.id && !self.is_settled(&open.intent)
            {
                let proof = Proof::over(Phase::Unknown, SUPERSEDED, open.intent.id.clone());
                self.close(&open.intent, proof).await?;
            }
        }
        Ok(())
    }
}
