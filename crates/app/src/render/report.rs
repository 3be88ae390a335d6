//! What is known of a tenant or of a run: as one HTML page that needs nothing besides itself, and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use cxda_domain::action::ActionName;
use cxda_domain::history::History;
use cxda_domain::instant::UtcMillis;
use cxda_domain::lookups::Lookups;
use cxda_domain::project_graph::ProjectGraph;
use cxda_ports::outbox::Outgoing;

use crate::render::audit::Held;

mod figures;
mod histogram;
mod page;
mod verdict;
mod writes;

pub(crate) use figures::report_json;
pub(crate) use page::page;

/// By what a file is known as a report: it stands in the head of each page.
pub(crate) const MARK: &str = "<meta name=\"generator\" content=\"cxda report\">";

/// Everything that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) generated: UtcMillis,
    /// The name of the project's folder.
    pub(crate) project: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) origin: &'a str,
    pub(crate) log: &'a LogState,
    pub(crate) history: &'a History,
    /// What holds of the tenant; `None` where the report is about the one run of `history`.
    pub(crate) state: Option<&'a State>,
}

/// What verifying the audit log came to.
#[derive(Debug)]
pub(crate) struct LogState {
    /// How many records are sound.
    pub(crate) records: u64,
    /// The last record's hash, where all are sound.
    pub(crate) hash: Option<String>,
    pub(crate) held: Held,
    pub(crate) fault: Option<LogFault>,
}

/// What is wrong with the audit log.
#[derive(Debug)]
pub(crate) struct LogFault {
    /// A stable word for it.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// What manifests and store tell of a tenant, besides its writes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) declared: Declared,
    /// By action and name.
    pub(crate) encrypted: Vec<EncryptedVariable>,
    /// How long an encrypted variable may stay as it is.
    pub(crate) max_age: Duration,
    pub(crate) lookups: BTreeMap<ActionName, Lookups>,
    /// What is not delivered.
    pub(crate) outbox: Vec<Outgoing>,
}

/// What the manifests say.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) resources: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) plain_variables: usize,
    pub(crate) graph: ProjectGraph,
}

/// An encrypted variable, without its value.
#[derive(Debug)]
pub(crate) struct EncryptedVariable {
    pub(crate) action: String,
    pub(crate) name: String,
    /// Where its value comes from; `None` where no manifest declares it any more.
    pub(crate) source: Option<String>,
    pub(crate) is_applied: bool,
    /// When it was last changed, where that is known.
    pub(crate) since: Option<UtcMillis>,
    pub(crate) is_due: bool,
}

impl EncryptedVariable {
    /// One of which nothing else is known.
    pub(crate) fn new(action: &str, name: &str) -> Self {
        Self {
            action: action.to_owned(),
            name: name.to_owned(),
            source: None,
            is_applied: false,
            since: None,
            is_due: false,
        }
    }
}

impl Report<'_> {
    /// All lookups together.
    fn lookups(self) -> Lookups {
        let lookups = self
            .state
            .into_iter()
            .flat_map(|state| state.lookups.values());
        lookups.fold(Lookups::default(), |all, each| all.plus(*each))
    }
}

#[cfg(test)]
mod tests;
