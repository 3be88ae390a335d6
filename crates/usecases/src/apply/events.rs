//! What webhooks are told of a create or an update.

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::diff::FieldDifference;
use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::ResourceId;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_domain::request::Operation;
use cxda_ports::error::CallCost;
use cxda_ports::journal::Intent;

use crate::apply::Subscription;
use crate::apply::execution::Execution;
use crate::plan::Planned;

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told<'a> {
    /// It is new.
    Created,
    /// These fields of it changed.
    Updated(&'a [FieldDifference]),
}

impl<'a> Told<'a> {
    fn of(change: &'a Change) -> Self {
        match change.kind {
            ChangeKind::Create => Self::Created,
            _ => Self::Updated(&change.fields),
        }
    }

    /// Whether the variable `name` was touched, or only its hidden value.
    fn changes_variable(self, name: &str) -> bool {
        let path = format!("{}.{name}", Projection::VARIABLES);
        self.changes(|field| field == path || field == format!("{path}.value"))
    }

    fn redates(self) -> bool {
        self.changes(|field| field.starts_with("dateProcessing"))
    }

    fn changes(self, which: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Created => true,
            Self::Updated(fields) => fields.iter().any(|field| which(&field.path)),
        }
    }
}

/// Adds to the plan's requests what telling webhooks of its changes costs that are told through the tenant: `relayed`.
pub fn count_relays(planned: &mut Planned, relayed: &[Subscription]) {
    let mut calls = 0_u64;
    for change in &planned.plan.changes {
        let kinds = match planned.desired.get(&change.address) {
            Some(desired) if change.kind != ChangeKind::Delete => kinds(Told::of(change), desired),
            _ => vec![match change.address.kind {
                ResourceKind::View => EventKind::ViewDeleted,
                ResourceKind::Action => EventKind::ActionDeleted,
            }],
        };
        for kind in kinds {
            let told = relayed.iter().filter(|each| each.wants(kind)).count();
            calls = calls.saturating_add(u64::try_from(told).unwrap_or(u64::MAX));
        }
    }
    planned.plan.requests.add(Operation::RelayWebhook, calls);
}

/// What there is to tell of a create or an update that left a resource as `desired`.
fn kinds(told: Told<'_>, desired: &Desired) -> Vec<EventKind> {
    let created = told == Told::Created;
    let action = match (&desired.body, created) {
        (Body::View(_), true) => return vec![EventKind::ViewCreated],
        (Body::View(_), false) => return vec![EventKind::ViewUpdated],
        (Body::Action(action), _) => action,
    };
    let mut kinds = vec![if created {
        EventKind::ActionCreated
    } else {
        EventKind::ActionUpdated
    }];
    if desired
        .secrets
        .keys()
        .any(|name| told.changes_variable(name))
    {
        kinds.push(EventKind::VariablesUpdated);
    }
    if action.dates.is_some() && told.redates() {
        kinds.push(EventKind::DateProcessed);
    }
    kinds
}

impl Execution<'_> {
    /// The events of a create or an update that cost `cost` and left the resource `id` as `desired`.
    pub(super) fn events(
        &self,
        change: &Change,
        id: &ResourceId,
        desired: &Desired,
        cost: CallCost,
        intent: &Intent,
    ) -> Vec<Event> {
        let told = Told::of(change);
        self.events_of(&change.address, told, id, desired, cost, intent)
    }

    /// The same of the resource at `address`, of which `told` says what happened to it.
    pub(super) fn events_of(
        &self,
        address: &Address,
        told: Told<'_>,
        id: &ResourceId,
        desired: &Desired,
        cost: CallCost,
        intent: &Intent,
    ) -> Vec<Event> {
        let latency_ms = cost.latency_ms();
        let now = self.ports.clock.now();
        let event = |kind| match &desired.body {
            Body::View(view) => {
                let view = Some(view);
                Some(Event::view(kind, address, id, view, now, latency_ms))
            }
            Body::Action(action) => Some(match kind {
                EventKind::VariablesUpdated => {
                    Event::variables_updated(address, id, action, latency_ms)
                }
                EventKind::DateProcessed => {
                    let (dates, request_id) = (action.dates.as_ref()?, &intent.operation_id);
                    Event::date_processed(address, id, dates, request_id, now, latency_ms)
                }
                _ => Event::action(kind, address, id, None, latency_ms),
            }),
        };
        kinds(told, desired).into_iter().filter_map(event).collect()
    }
}
