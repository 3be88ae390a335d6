//! What somebody else does to a tenant between two of the client's calls.
//!
//! It goes past the API: no rule is checked, no token asked for.

use cxda_adapters_memory::collection::Precondition;
use serde_json::{Map, Value};

use crate::faults::{Meddling, merge};
use crate::message::Request;
use crate::state::{StoredAction, StoredView};
use crate::subject::{self, Resource};
use crate::tenant::{Moment, Tenant};
use crate::variables::take_in;

/// Does to `tenant` what `meddling` says, to the resource that `request` is about.
pub(crate) fn meddle(tenant: &mut Tenant, meddling: &Meddling, request: &Request, moment: Moment) {
    if *meddling == Meddling::Revoke {
        tenant.tokens.revoke_all();
        return;
    }
    let Some((operation, id)) = tenant.operation_of(request) else {
        return;
    };
    let Some(resource) = subject::resource(&tenant.state, operation, &id, request) else {
        return;
    };
    match meddling {
        Meddling::Vanish => match &resource {
            Resource::View(id) => drop(tenant.state.views.remove(id)),
            Resource::Action(id) => drop(tenant.state.actions.remove(id)),
        },
        Meddling::Edit(Value::Object(patch)) => {
            let edited = match &resource {
                Resource::View(id) => edit_view(tenant, id, patch),
                Resource::Action(id) => edit_action(tenant, id, patch, moment),
            };
            if edited.is_none() {
                tracing::warn!("a scripted edit could not be made");
                return;
            }
        }
        Meddling::Edit(_) | Meddling::Revoke => return,
    }
    tenant.changed();
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
