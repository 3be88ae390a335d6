//! What somebody else does to a tenant between two of the client's calls.
//!
//! It goes past the token, the rate limit and the log; only what somebody else creates is judged by the rules.

use cxda_adapters_memory::collection::Precondition;
use cxda_domain::request::Operation;
use serde_json::{Map, Value};

use crate::document::Document;
use crate::faults::{Meddling, merge};
use crate::log::IDEMPOTENCY_KEY;
use crate::message::Request;
use crate::state::{StoredAction, StoredView};
use crate::subject::{self, Resource};
use crate::tenant::{Admission, Moment, Reply, Tenant};
use crate::variables::take_in;

/// Does to `tenant` what `meddling` says, to the resource that `request` is about.
pub(crate) fn meddle(tenant: &mut Tenant, meddling: &Meddling, request: &Request, moment: Moment) {
    let patch = match meddling {
        Meddling::Revoke => {
            tenant.tokens.revoke_all();
            return;
        }
        Meddling::Preempt(changed) => {
            preempt(tenant, changed, request, moment);
            return;
        }
        Meddling::Edit(patch) => Some(patch),
        Meddling::Vanish => None,
    };
    let Some((operation, id)) = tenant.operation_of(request) else {
        return;
    };
    let Some(resource) = subject::resource(&tenant.state, operation, &id, request) else {
        return;
    };
    let done = match (&resource, patch) {
        (Resource::View(id), Some(patch)) => edit_view(tenant, id, patch),
        (Resource::Action(id), Some(patch)) => edit_action(tenant, id, patch, moment),
        (Resource::View(id), None) => tenant.state.views.remove(id).map(drop),
        (Resource::Action(id), None) => tenant.state.actions.remove(id).map(drop),
    };
    if done.is_some() {
        tenant.changed();
    } else {
        tracing::warn!("a scripted change could not be made");
    }
}

/// Has somebody else create what `request` is to create.
fn preempt(tenant: &mut Tenant, changed: &Map<String, Value>, request: &Request, moment: Moment) {
    let creates = tenant.operation_of(request).is_some_and(|(operation, _)| {
        matches!(operation, Operation::CreateView | Operation::CreateAction)
    });
    let Some(mut body) = Document::parse(&request.body).ok().filter(|_| creates) else {
        return;
    };
    merge(&mut body, changed);
    let mut theirs = Request {
        body: body.to_text().into(),
        ..request.clone()
    };
    theirs.headers.remove(IDEMPOTENCY_KEY);
    if let Reply::Answer(answer) = tenant.answer(&theirs, Admission::Granted, moment)
        && !answer.status.is_success()
    {
        tracing::warn!(
            status = answer.status.as_u16(),
            "a scripted create was refused"
        );
    }
}

/// `None` where the edit cannot be made, as when it takes another's name.
fn edit_view(tenant: &mut Tenant, id: &str, patch: &Map<String, Value>) -> Option<()> {
    let present = tenant.state.views.get(id)?;
    let mut members = present.value.members.clone();
    merge(&mut members, patch);
    let view = StoredView {
        members: members.without(&StoredView::SERVER_OWNED),
        ..present.value.clone()
    };
    let name: String = view.members.get("name")?;
    let views = &mut tenant.state.views;
    let replaced = views.replace(id, Precondition::None, &name, view);
    replaced.ok().map(drop)
}

fn edit_action(
    tenant: &mut Tenant,
    id: &str,
    patch: &Map<String, Value>,
    moment: Moment,
) -> Option<()> {
    let present = tenant.state.actions.get(id)?;
    let stored = &present.value;
    let mut members = stored.members.clone();
    merge(&mut members, patch);
    let variables = match members.remove("variables") {
        None if patch.contains_key("variables") => None,
        None => stored.variables.clone(),
        Some(raw) => {
            let sent = serde_json::from_str(raw.get()).ok()?;
            let secrets = stored.variables.as_deref().unwrap_or_default();
            Some(take_in(sent, secrets).ok()?)
        }
    };
    let action = StoredAction {
        members: members.without(&StoredAction::SERVER_OWNED),
        variables,
        modified_ms: moment.now.epoch_millis(),
        ..stored.clone()
    };
    let name: String = action.members.get("name")?;
    let actions = &mut tenant.state.actions;
    let replaced = actions.replace(id, Precondition::None, &name, action);
    replaced.ok().map(drop)
}
