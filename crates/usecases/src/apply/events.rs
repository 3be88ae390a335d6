//! What webhooks are told of a create or an update.

use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::ResourceId;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::projection::Projection;
use cxda_ports::error::CallCost;
use cxda_ports::journal::Intent;

use crate::apply::execution::Execution;

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
        let (address, latency_ms) = (&change.address, cost.latency_ms());
        let now = self.ports.clock.now();
        let created = change.kind == ChangeKind::Create;
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
        let mut events = vec![Event::action(kind, address, id, None, latency_ms)];
        if desired
            .secrets
            .keys()
            .any(|name| created || changes_variable(change, name))
        {
            events.push(Event::variables_updated(address, id, action, latency_ms));
        }
        let redated = change
            .fields
            .iter()
            .any(|field| field.path.starts_with("dateProcessing"));
        if let Some(dates) = action.dates.as_ref().filter(|_| redated) {
            let request_id = &intent.operation_id;
            events.push(Event::date_processed(
                address, id, dates, request_id, now, latency_ms,
            ));
        }
        events
    }
}

/// Whether `change` touches the variable `name`, or only its hidden value.
fn changes_variable(change: &Change, name: &str) -> bool {
    let path = format!("{}.{name}", Projection::VARIABLES);
    change
        .fields
        .iter()
        .any(|field| field.path == path || field.path == format!("{path}.value"))
}
