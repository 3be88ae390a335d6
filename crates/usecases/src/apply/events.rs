//! What webhooks are told of a create or an update.

use cxda_domain::address::Address;
use cxda_domain::diff::FieldDifference;
use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::ResourceId;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_ports::error::CallCost;
use cxda_ports::journal::Intent;

use crate::apply::execution::Execution;

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told<'a> {
    /// It is new.
    Created,
    /// These fields of it changed.
    Updated(&'a [FieldDifference]),
}

impl Told<'_> {
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
        let told = match change.kind {
            ChangeKind::Create => Told::Created,
            _ => Told::Updated(&change.fields),
        };
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
        let created = told == Told::Created;
        let action = match &desired.body {
            Body::View(view) => {
                let kind = if created {
                    EventKind::ViewCreated
                } else {
                    EventKind::ViewUpdated
                };
                return vec![Event::view(kind, address, id, Some(view), now, latency_ms)];
            }
            Body::Action(action) => action,
        };
        let kind = if created {
            EventKind::ActionCreated
        } else {
            EventKind::ActionUpdated
        };
        let mut events = Vec::new();
        if !self.awaits_test(address) {
            let status = self.test_status(address);
            events.push(Event::action(kind, address, id, status, latency_ms));
        }
        if desired
            .secrets
            .keys()
            .any(|name| told.changes_variable(name))
        {
            events.push(Event::variables_updated(address, id, action, latency_ms));
        }
        if let Some(dates) = action.dates.as_ref().filter(|_| told.redates()) {
            let request_id = &intent.operation_id;
            events.push(Event::date_processed(
                address, id, dates, request_id, now, latency_ms,
            ));
        }
        events
    }
}
