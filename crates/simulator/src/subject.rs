//! What a request is about: the table, view or action that it names, and the names that a rule may know it by.
//!
//! It changes nothing.

use cxda_domain::request::Operation;

use crate::document::Document;
use crate::message::Request;
use crate::state::SimState;

/// A resource that somebody else may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    View(String),
    Action(String),
}

/// The names and ids of what a request is about.
pub(crate) fn names(
    state: &SimState,
    operation: Operation,
    id: &str,
    request: &Request,
) -> Vec<String> {
    use Operation as O;
    let stored = match operation {
        O::GetTable => state.tables.get(id).map(|record| &record.name),
        O::GetView | O::ReplaceView | O::DeleteView | O::BuildIndexes => {
            state.views.get(id).map(|record| &record.name)
        }
        O::GetAction | O::ReplaceAction | O::DeleteAction | O::TestAction => {
            state.actions.get(id).map(|record| &record.name)
        }
        _ => None,
    };
    let own = Some(id).filter(|id| !id.is_empty()).map(str::to_owned);
    let said = said_name(operation, request);
    let names = [own, stored.cloned(), said];
    names.into_iter().flatten().collect()
}

/// The view or action that a request is about, where it exists.
pub(crate) fn resource(
    state: &SimState,
    operation: Operation,
    id: &str,
    request: &Request,
) -> Option<Resource> {
    use Operation as O;
    match operation {
        O::GetView | O::ReplaceView | O::DeleteView | O::BuildIndexes => {
            state.views.get(id).map(|_| Resource::View(id.to_owned()))
        }
        O::GetAction | O::ReplaceAction | O::DeleteAction | O::TestAction => {
            let found = state.actions.get(id);
            found.map(|_| Resource::Action(id.to_owned()))
        }
        O::CreateView => {
            let name = said_name(operation, request)?;
            let found = state.views.named(&name).next()?;
            Some(Resource::View(found.id.clone()))
        }
        O::CreateAction | O::ListActions => {
            let name = said_name(operation, request)?;
            let found = state.actions.named(&name).next()?;
            Some(Resource::Action(found.id.clone()))
        }
        O::Token | O::ListTables | O::GetTable | O::ListViews | O::RelayWebhook => None,
    }
}

/// The name that the request itself says.
fn said_name(operation: Operation, request: &Request) -> Option<String> {
    use Operation as O;
    match operation {
        O::CreateView | O::CreateAction | O::ReplaceView | O::ReplaceAction => {
            Document::parse(&request.body).ok()?.get("name")
        }
        O::ListActions => {
            let filter = request.parameter("filter")?;
            Some(filter.strip_prefix("name=")?.to_owned())
        }
        _ => None,
    }
}
