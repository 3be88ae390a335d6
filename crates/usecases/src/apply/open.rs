//! Writes of earlier runs whose outcome is not known, and how long they may still be carried out.

use std::collections::BTreeMap;
use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::audit::Phase;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::Fingerprint;
use cxda_domain::plan::Change;
use cxda_domain::reconcile::{Beside, LastWord, LateEffect, Payload, beside, quiet_in};
use cxda_domain::request::Operation;
use cxda_ports::error::StoreError;
use cxda_ports::journal::{Intent, Journal, OpenIntent};

use crate::apply::Failure;
use crate::apply::execution::Execution;
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

    pub(super) fn payload_beside(&self, payload: &Fingerprint) -> Payload {
        if self.intent.payload == *payload {
            Payload::Same
        } else {
            Payload::Other
        }
    }

    /// What it could do to `change`, an update by `payload`, after that was carried out.
    fn late_effect(&self, change: &Change, payload: &Fingerprint) -> LateEffect {
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

impl From<OpenIntent> for OpenWrite {
    fn from(open: OpenIntent) -> Self {
        let creates = matches!(
            open.intent.operation,
            Operation::CreateView | Operation::CreateAction
        );
        let last = match open.phase {
            Phase::Intended => LastWord::Intended,
            // A create that failed and whose intent is open all the same was refused for its key.
            Phase::Failed if creates => LastWord::Frozen(open.since),
            Phase::Failed | Phase::Unknown | Phase::Done => LastWord::Unanswered(open.since),
        };
        let intent = open.intent;
        Self { intent, last }
    }
}

/// What the journal holds open, by the resource that it is about.
pub(super) async fn open_writes(
    journal: &dyn Journal,
) -> Result<BTreeMap<Address, Vec<OpenWrite>>, StoreError> {
    let mut open: BTreeMap<Address, Vec<OpenWrite>> = BTreeMap::new();
    for intent in journal.open_intents().await? {
        let address = intent.intent.address.clone();
        open.entry(address).or_default().push(intent.into());
    }
    Ok(open)
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
    pub(super) async fn outwait(
        &self,
        change: &Change,
        payload: &Fingerprint,
    ) -> Result<(), Failure> {
        for open in self.open_at(&change.address) {
            let effect = open.late_effect(change, payload);
            match beside(effect, open.quiet_in(self.ports.clock.now())) {
                Beside::Proceed => {}
                Beside::Wait(pause) => self.wait(pause).await?,
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
