//! Creates: one POST with the whole body, under a key that outlives the run.

use cxda_domain::address::ResourceKind;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::diff::LeftOut;
use cxda_domain::key::IdempotencyKey;
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{Body, Change, Desired};
use cxda_domain::request::Operation;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::journal::{Intent, Memory};

use crate::apply::Failure;
use crate::apply::execution::{Ending, Execution, Progressed, Write, memory, payload};

impl Execution<'_> {
    /// Creates what `change` asks for and makes sure that the tenant shows it as wanted.
    pub(super) async fn create(
        &self,
        change: &Change,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(desired) = self.desired(change) else {
            return Err(Failure::Stopped);
        };
        if let Body::View(view) = &desired.body
            && view.source.id().is_none()
            && let Some(address) = self.source_view(change)
        {
            return Err(Failure::Dependency { address });
        }
        let payload = payload(&desired);
        let (operation, action) = match change.address.kind {
            ResourceKind::View => (Operation::CreateView, AuditAction::CreateMaterializedView),
            ResourceKind::Action => (Operation::CreateAction, AuditAction::CreateDataAction),
        };
        let write = Write {
            change,
            operation,
            action,
            id: None,
            payload: &payload,
            tag: None,
        };
        let intent = self.begin(write).await?;
        let created = match self.post(&desired.body, intent.key.as_ref()).await {
            Ok(answer) => answer,
            Err(error) => {
                self.after_failed_post(write, &intent, &desired, error, progressed)
                    .await?
            }
        };
        progressed.cost = progressed.cost.plus(created.cost);
        progressed.id = Some(created.value.id.clone());
        self.settle_created(write, &intent, &desired, &created)
            .await?;
        self.confirm(change, &desired, &created.value, progressed)
            .await?;
        self.build_indexes(change, &desired, progressed).await
    }

    async fn post(
        &self,
        body: &Body,
        key: Option<&IdempotencyKey>,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let fresh;
        let key = if let Some(key) = key {
            key
        } else {
            fresh = IdempotencyKey::new(self.ports.ids.fresh());
            &fresh
        };
        match body {
            Body::View(view) => self.ports.tenant.views.create(view, key).await,
            Body::Action(action) => self.ports.tenant.actions.create(action, key).await,
        }
    }

    /// A create that failed may still have happened: a read by name tells. What it finds as wanted is taken for the answer.
    async fn after_failed_post(
        &self,
        write: Write<'_>,
        intent: &Intent,
        desired: &Desired,
        error: ApiError,
        progressed: &mut Progressed,
    ) -> Result<Answer<ObservedResource>, Failure> {
        progressed.cost = progressed.cost.plus(error.cost);
        let may_be_there = matches!(
            error.kind,
            ApiErrorKind::OutcomeUnknown | ApiErrorKind::AlreadyExists | ApiErrorKind::Malformed
        );
        if may_be_there {
            match self.find(&desired.body).await {
                Ok(found) => {
                    progressed.cost = progressed.cost.plus(found.cost);
                    let as_wanted = |resource: &&ObservedResource| {
                        self.unlike(desired, resource, LeftOut::SaysNothing)
                            .is_empty()
                    };
                    if let [only] = found.value.as_slice()
                        && as_wanted(&only)
                    {
                        return Ok(Answer {
                            value: only.clone(),
                            cost: CallCost::default(),
                        });
                    }
                }
                Err(unread) => progressed.cost = progressed.cost.plus(unread.cost),
            }
        }
        // An answer that cannot be understood leaves open what happened, as no answer does.
        let mut error = error;
        if error.kind == ApiErrorKind::Malformed {
            error.kind = ApiErrorKind::OutcomeUnknown;
        }
        let unknown = error.kind == ApiErrorKind::OutcomeUnknown;
        let ending = Ending {
            phase: if unknown {
                Phase::Unknown
            } else {
                Phase::Failed
            },
            id: None,
            cost: progressed.cost,
            memory: Memory::Unchanged,
            error: Some(error.to_string()),
            events: Vec::new(),
        };
        self.settle(write, intent, ending).await?;
        Err(error.into())
    }

    async fn find(&self, body: &Body) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        match body {
            Body::Action(action) => self.ports.tenant.actions.find(&action.name).await,
            Body::View(view) => {
                let mut found = Answer {
                    value: Vec::new(),
                    cost: CallCost::default(),
                };
                let mut cursor = None;
                loop {
                    let page = self.ports.tenant.views.list(cursor).await?;
                    found.cost = found.cost.plus(page.cost);
                    let named = |each: &ObservedResource| each.name == view.name.as_str();
                    found
                        .value
                        .extend(page.value.items.into_iter().filter(named));
                    match page.value.next {
                        Some(next) => cursor = Some(next),
                        None => return Ok(found),
                    }
                }
            }
        }
    }

    async fn settle_created(
        &self,
        write: Write<'_>,
        intent: &Intent,
        desired: &Desired,
        created: &Answer<ObservedResource>,
    ) -> Result<(), Failure> {
        let id = &created.value.id;
        let ending = Ending {
            phase: Phase::Done,
            id: Some(id),
            cost: created.cost,
            memory: memory(write.change, id, desired),
            error: None,
            events: self.events(write.change, id, desired, created.cost, intent),
        };
        self.settle(write, intent, ending).await
    }
}
