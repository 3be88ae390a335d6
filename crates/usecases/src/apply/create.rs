//! Creates: one POST with the whole body, under a key that outlives the run.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::audit::Phase;
use cxda_domain::diff::{Cause, LeftOut};
use cxda_domain::key::IdempotencyKey;
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::reconcile::{
    AfterAbsence, CreateGuard, LastWord, Payload, QUIET_PERIOD, after_absence,
};
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::journal::{Intent, Memory};

use crate::apply::Failure;
use crate::apply::confirm::Trust;
use crate::apply::execution::{Execution, Progressed};
use crate::apply::find::Found;
use crate::apply::journaling::{Ending, Fate, Write, encrypted, names};
use crate::apply::open::OpenWrite;
use crate::apply::recover::{NOT_APPLIED, PROVED_BY_READING, Proof};

/// The audit note of a create whose name was taken by something that is as wanted.
const ADOPTED: &str = "adopted";

/// What is known before a create is sent.
enum Ground {
    /// Nothing is there, and nothing of ours is on its way.
    Clear,
    /// Nothing is there; a create of an earlier run is sent again under its own key.
    Again(OpenWrite),
    /// The resource is there after all.
    There(Made),
}

/// A resource that a create has made or found.
struct Made {
    resource: ObservedResource,
    trust: Trust,
}

/// Whose the resource is that a failed create finds under its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Ours: the create may have been carried out.
    Us,
    /// Somebody's: this create was refused, and no other of ours is on its way.
    Anybody,
}

impl Execution<'_> {
    /// Creates what `change` asks for and makes sure that the tenant shows it as wanted.
    pub(super) async fn create(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(desired) = self.desired(&change.address) else {
            return Err(Failure::Stopped);
        };
        if let Body::View(view) = &desired.body
            && view.source.id().is_none()
            && let Some(address) = self.source_view(change)
        {
            return Err(Failure::Dependency { address });
        }
        let payload = self.payload(&desired);
        let (operation, action) = names(ChangeKind::Create, change.address.kind);
        let write = Write {
            change,
            operation,
            action,
            id: None,
            payload: &payload,
            tag: None,
        };
        let made = match self.ground(write, &desired, progressed).await? {
            Ground::Clear => self.make(write, &desired, None, progressed).await?,
            Ground::Again(open) => self.make(write, &desired, Some(&open), progressed).await?,
            Ground::There(made) => made,
        };
        let id = made.resource.id.clone();
        progressed.id = Some(id.clone());
        self.confirm(change, &desired, &made.resource, made.trust, progressed)
            .await?;
        if let (Trust::Unseen, Memory::Applied(now)) =
            (made.trust, self.memory(&change.address, &id, &desired))
        {
            self.ports.journal.adopt(&[self.aged(now)]).await?;
        }
        self.follow(change, &desired, None, progressed).await
    }

    /// Finds out whether the create may be sent, and under which key.
    async fn ground(
        &self,
        write: Write<'_>,
        desired: &Desired,
        progressed: &mut Progressed,
    ) -> Result<Ground, Failure> {
        if let Some(made) = self.still_there(write.change, progressed).await? {
            return Ok(Ground::There(made));
        }
        for open in self.open_at(&write.change.address) {
            if open.is(write.operation) {
                match self.beside_open(write, desired, open, progressed).await? {
                    Ground::Clear => {}
                    ground => return Ok(ground),
                }
            }
        }
        Ok(Ground::Clear)
    }

    /// Looks by id for what was applied before: a listing that lags behind does not show it, and a second one must not be made.
    async fn still_there(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<Option<Made>, Failure> {
        if change.cause != Cause::Drift {
            return Ok(None);
        }
        let Some(id) = self.applied_as(&change.address) else {
            return Ok(None);
        };
        match self.read_id(change.address.kind, id).await {
            Ok(there) => {
                progressed.cost = progressed.cost.plus(there.cost);
                let resource = there.value.value;
                let trust = Trust::Unseen;
                let same = resource.name == change.address.name;
                Ok(same.then_some(Made { resource, trust }))
            }
            Err(error) => {
                progressed.cost = progressed.cost.plus(error.cost);
                match error.kind {
                    ApiErrorKind::NotFound => Ok(None),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// What a create of an earlier run, `open`, means for the one of `write`: first of all, a read.
    async fn beside_open(
        &self,
        write: Write<'_>,
        desired: &Desired,
        open: &OpenWrite,
        progressed: &mut Progressed,
    ) -> Result<Ground, Failure> {
        let address = &write.change.address;
        let payload = open.payload_beside(write.payload);
        let mut quiet_in = open.quiet_in(self.ports.clock.now());
        loop {
            let found = self.look(address, &mut progressed.cost).await;
            let found = found.map_err(|source| Failure::unread(address, source))?;
            match found {
                Found::Many(ids) => {
                    let address = address.clone();
                    return Err(Failure::Ambiguous { address, ids });
                }
                Found::One(there) => {
                    return self
                        .settle_late(write, desired, open, payload, *there)
                        .await
                        .map(Ground::There);
                }
                Found::Absent => {}
            }
            match after_absence(self.guard(address.kind), payload, open.last, quiet_in) {
                AfterAbsence::Again => return Ok(Ground::Again(open.clone())),
                AfterAbsence::Anew => {
                    let proof = Proof::over(Phase::Failed, NOT_APPLIED, None);
                    self.close(&open.intent, proof).await?;
                    return Ok(Ground::Clear);
                }
                AfterAbsence::Wait(pause) => {
                    self.wait(pause).await?;
                    quiet_in = quiet_in.saturating_sub(pause);
                }
                AfterAbsence::Hold(quiet_in) => {
                    let address = address.clone();
                    return Err(match open.last {
                        LastWord::Frozen(_) => Failure::Frozen { address },
                        _ => Failure::Unsettled { address, quiet_in },
                    });
                }
            }
        }
    }

    /// Settles a create of an earlier run that a read has found carried out.
    async fn settle_late(
        &self,
        write: Write<'_>,
        desired: &Desired,
        open: &OpenWrite,
        payload: Payload,
        there: ObservedResource,
    ) -> Result<Made, Failure> {
        let (memory, trust) = match payload {
            Payload::Same => (
                self.memory(&write.change.address, &there.id, desired),
                Trust::Sent,
            ),
            // Of another payload only what is shown is known.
            Payload::Other => (self.as_shown(&there, desired.protect), Trust::Unseen),
        };
        self.owe(write.change, desired, &there.id).await?;
        let cost = CallCost::default();
        let ending = Ending {
            phase: Phase::Done,
            intent: Fate::Resolved,
            id: Some(&there.id),
            cost,
            encrypted: None,
            memory,
            error: Some(PROVED_BY_READING.to_owned()),
            events: self.events(write.change, &there.id, desired, cost, &open.intent),
        };
        self.settle(write, &open.intent, ending).await?;
        let resource = there;
        Ok(Made { resource, trust })
    }

    /// Sends the create and settles what it came to.
    async fn make(
        &self,
        write: Write<'_>,
        desired: &Desired,
        again: Option<&OpenWrite>,
        progressed: &mut Progressed,
    ) -> Result<Made, Failure> {
        let (intent, key) = self.begin_create(write, again).await?;
        let created = match self.post(&desired.body, &key).await {
            Ok(created) => created,
            Err(error) => {
                return self
                    .after_failed_post(write, &intent, desired, error, progressed)
                    .await;
            }
        };
        progressed.cost = progressed.cost.plus(created.cost);
        let id = &created.value.id;
        self.owe(write.change, desired, id).await?;
        let ending = Ending {
            phase: Phase::Done,
            intent: Fate::Resolved,
            id: Some(id),
            cost: created.cost,
            encrypted: encrypted(desired, &created.value),
            memory: self.memory(&write.change.address, id, desired),
            error: None,
            events: self.events(write.change, id, desired, created.cost, &intent),
        };
        self.settle(write, &intent, ending).await?;
        Ok(Made {
            resource: created.value,
            trust: Trust::Sent,
        })
    }

    async fn post(
        &self,
        body: &Body,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let created = match body {
            Body::View(view) => self.ports.tenant.views.create(view, key).await,
            Body::Action(action) => self.ports.tenant.actions.create(action, key).await,
        };
        created.map_err(|error| self.placed(body, error))
    }

    fn guard(&self, kind: ResourceKind) -> CreateGuard {
        match kind {
            ResourceKind::View => self.ports.tenant.views.create_guard(),
            ResourceKind::Action => self.ports.tenant.actions.create_guard(),
        }
    }

    /// A create that failed may still have happened, or its name be taken: a read by name tells.
    async fn after_failed_post(
        &self,
        write: Write<'_>,
        intent: &Intent,
        desired: &Desired,
        error: ApiError,
        progressed: &mut Progressed,
    ) -> Result<Made, Failure> {
        self.note_refusal(&error);
        progressed.cost = progressed.cost.plus(error.cost);
        let owner = match error.kind {
            ApiErrorKind::KeyMismatch => {
                let fate = (Phase::Failed, Fate::Open);
                return self.fail(write, intent, fate, error.into()).await;
            }
            ApiErrorKind::Stopped => {
                let failure = error.into();
                let fate = self.fate(&failure, intent);
                return self.fail(write, intent, fate, failure).await;
            }
            ApiErrorKind::OutcomeUnknown | ApiErrorKind::Malformed => Owner::Us,
            _ if self.is_still_alive(intent) => Owner::Us,
            // Also one that is still in flight may have come from here.
            ApiErrorKind::AlreadyExists | ApiErrorKind::Busy { .. } => Owner::Anybody,
            _ => {
                let fate = (Phase::Failed, Fate::Resolved);
                return self.fail(write, intent, fate, error.into()).await;
            }
        };
        let address = &write.change.address;
        let repeated = error.cost.attempts > 1;
        let (found, unread) = match self.look_patiently(address, &mut progressed.cost).await {
            Ok(found) => (found, false),
            Err(_) => (Found::Absent, true),
        };
        let lost = (Phase::Unknown, Fate::Open);
        let refused = (Phase::Failed, Fate::Resolved);
        match (found, owner) {
            (Found::One(there), owner) => self.take(write, intent, desired, *there, owner).await,
            (Found::Many(ids), owner) => {
                let fate = if owner == Owner::Us { lost } else { refused };
                let address = address.clone();
                let failure = Failure::Ambiguous { address, ids };
                self.fail(write, intent, fate, failure).await
            }
            (Found::Absent, Owner::Us) => {
                let failure = self.unknown(address, error);
                self.fail(write, intent, lost, failure).await
            }
            // The name may be taken by what an earlier attempt of this very create has made.
            (Found::Absent, Owner::Anybody) if unread && repeated => {
                let failure = self.unknown(address, error);
                self.fail(write, intent, lost, failure).await
            }
            (Found::Absent, Owner::Anybody) => {
                self.fail(write, intent, refused, error.into()).await
            }
        }
    }

    /// Takes what stands under the name for what was to be created, unless it may be somebody else's and differs.
    async fn take(
        &self,
        write: Write<'_>,
        intent: &Intent,
        desired: &Desired,
        there: ObservedResource,
        owner: Owner,
    ) -> Result<Made, Failure> {
        let fields = self.unlike(desired, &there, LeftOut::SaysNothing);
        if owner == Owner::Anybody && !fields.is_empty() {
            let id = there.id;
            let fate = (Phase::Failed, Fate::Resolved);
            let failure = Failure::NameTaken { id, fields };
            return self.fail(write, intent, fate, failure).await;
        }
        let cost = CallCost::default();
        let (note, trust, events) = match owner {
            Owner::Us => {
                let events = self.events(write.change, &there.id, desired, cost, intent);
                (PROVED_BY_READING, Trust::Sent, events)
            }
            // Values that a tenant never shows may be other ones.
            Owner::Anybody if desired.secrets.is_empty() => (ADOPTED, Trust::Sent, Vec::new()),
            Owner::Anybody => (ADOPTED, Trust::Unseen, Vec::new()),
        };
        self.owe(write.change, desired, &there.id).await?;
        let ending = Ending {
            phase: Phase::Done,
            intent: Fate::Resolved,
            id: Some(&there.id),
            cost,
            encrypted: None,
            memory: match trust {
                Trust::Sent => self.memory(&write.change.address, &there.id, desired),
                Trust::Unseen => Memory::Unchanged,
            },
            error: Some(note.to_owned()),
            events,
        };
        self.settle(write, intent, ending).await?;
        let resource = there;
        Ok(Made { resource, trust })
    }

    /// The failure of a create of which nobody knows what became.
    fn unknown(&self, address: &Address, error: ApiError) -> Failure {
        let source = ApiError {
            kind: ApiErrorKind::OutcomeUnknown,
            ..error
        };
        match self.guard(address.kind) {
            CreateGuard::Key => source.into(),
            CreateGuard::Nothing => Failure::NotRepeatable {
                address: address.clone(),
                quiet_in: QUIET_PERIOD,
                source: Box::new(source),
            },
        }
    }

    /// Settles a create that did not end well.
    async fn fail(
        &self,
        write: Write<'_>,
        intent: &Intent,
        fate: (Phase, Fate),
        failure: Failure,
    ) -> Result<Made, Failure> {
        let ending = Ending::failed(fate, None, failure.cost(), &failure);
        self.settle(write, intent, ending).await?;
        Err(failure)
    }
}
