//! What a simulated tenant holds, and its JSON form.
//!
//! The form is made for being kept in a file and for being looked at; it opens no file. It holds no secret: of an
//! encrypted value only a digest is there. Tokens, the request log and the rate limit are not part of it.

use std::collections::{BTreeSet, VecDeque};

use cxda_adapters_memory::collection::{Collection, Draft, InsertError, NameRule, RestoreError};
use cxda_domain::instant::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::document::Document;
use crate::variables::{StoredVariable, take_in};

mod image;

pub(crate) use self::image::StateImage;

/// How many relayed webhooks are kept; older ones are dropped first.
const WEBHOOKS_KEPT: usize = 1_000;

/// Everything a simulated tenant holds.
#[derive(Clone, Debug)]
pub struct SimState {
    pub(crate) tables: Collection<Document>,
    pub(crate) views: Collection<StoredView>,
    pub(crate) actions: Collection<StoredAction>,
    pub(crate) webhooks: VecDeque<RelayedWebhook>,
    /// The actions that are being deleted: from when on they are gone, in epoch milliseconds, and their ids.
    departing: BTreeSet<(i64, String)>,
}

/// A view.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredView {
    /// Its members as sent, without those that only the server sets.
    pub(crate) members: Document,
    /// When it was created, in epoch milliseconds.
    pub(crate) created_ms: i64,
    /// From when on it is active, in epoch milliseconds.
    pub(crate) active_from_ms: i64,
    /// Until when its indexes are built, in epoch milliseconds.
    #[serde(default)]
    pub(crate) indexed_from_ms: i64,
}

/// A data action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredAction {
    /// Its members as sent, without `variables` and those that only the server sets.
    pub(crate) members: Document,
    /// Its variables; absent where none were ever sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variables: Option<Vec<StoredVariable>>,
    /// When it was created, in epoch milliseconds.
    pub(crate) created_ms: i64,
    /// When it was last written, in epoch milliseconds.
    pub(crate) modified_ms: i64,
    /// From when on its last write is published, in epoch milliseconds.
    pub(crate) published_from_ms: i64,
    /// From when on it is gone, in epoch milliseconds, where it is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gone_from_ms: Option<i64>,
}

/// A webhook that the relay was asked to send.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelayedWebhook {
    pub(crate) received_ms: i64,
    pub(crate) target_url: String,
    pub(crate) payload: Box<RawValue>,
}

/// Why a text is not the state of a simulated tenant.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The text is not JSON, or not of the right form.
    #[error("simulator state is not readable")]
    Malformed {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It was written by another version of the simulator.
    #[error("simulator state has format version {found:?}, expected \"1.0\"")]
    Version {
        /// The version it names.
        found: String,
    },
    /// What it holds contradicts itself.
    #[error("simulator state is damaged")]
    Damaged {
        /// How.
        #[source]
        source: RestoreError,
    },
}

/// Why a resource could not be put into a state.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The text is not a JSON object with a `name`, or its variables are not a list of objects.
    #[error("resource is not a JSON object with a name")]
    Malformed,
    /// An encrypted variable has no value.
    #[error("an encrypted variable has no value")]
    NoSecret,
    /// The id or the name is taken.
    #[error("resource cannot be added")]
    Taken {
        /// By what.
        #[source]
        source: InsertError,
    },
}

impl SimState {
    /// The id of the table that a fresh tenant holds.
    pub const FRESH_TABLE_ID: &'static str = "12345678-1234-1234-1234-123456789012";
    /// The name of the table that a fresh tenant holds.
    pub const FRESH_TABLE_NAME: &'static str = "customer_interactions";

    /// A tenant with one table and nothing else; `names` says whether two views, or two actions, may bear one name.
    pub fn fresh(names: NameRule) -> Self {
        let mut state = Self::empty(names);
        // Nothing is taken in an empty state.
        let _ = state.seed_table(Self::FRESH_TABLE_ID, Self::FRESH_TABLE_NAME);
        state
    }

    fn empty(names: NameRule) -> Self {
        Self {
            tables: Collection::new(NameRule::Repeatable),
            views: Collection::new(names),
            actions: Collection::new(names),
            webhooks: VecDeque::new(),
            departing: BTreeSet::new(),
        }
    }

    /// Whether two views, or two actions, may bear one name.
    pub(crate) fn name_rule(&self) -> NameRule {
        self.actions.name_rule()
    }

    /// Puts another rule on names in place; names that repeat already stay.
    pub(crate) fn set_name_rule(&mut self, names: NameRule) {
        self.views.set_name_rule(names);
        self.actions.set_name_rule(names);
    }

    /// Adds a table.
    ///
    /// # Errors
    ///
    /// [`SeedError::Taken`] if the id is taken.
    pub fn seed_table(&mut self, id: &str, name: &str) -> Result<(), SeedError> {
        let mut members = Document::default();
        members.set("name", name);
        seed(&mut self.tables, id, name.to_owned(), members)
    }

    /// Adds a view that was created at `at`, is active, and has these members; no rule is checked, so that a test can
    /// make a tenant as bad as it needs.
    ///
    /// # Errors
    ///
    /// - [`SeedError::Malformed`] if `members` is not a JSON object with a `name`.
    /// - [`SeedError::Taken`] if the id or the name is taken.
    pub fn seed_view(&mut self, id: &str, members: &str, at: UtcMillis) -> Result<(), SeedError> {
        let (name, members) = named(members)?;
        let view = StoredView {
            members: members.without(&StoredView::SERVER_OWNED),
            created_ms: at.epoch_millis(),
            active_from_ms: at.epoch_millis(),
            indexed_from_ms: at.epoch_millis(),
        };
        seed(&mut self.views, id, name, view)
    }

    /// Adds an action that was created and published at `at` and has these members; no rule is checked.
    ///
    /// # Errors
    ///
    /// - [`SeedError::Malformed`] if `members` is not a JSON object with a `name`, or its variables are no objects.
    /// - [`SeedError::NoSecret`] if an encrypted variable has no value.
    /// - [`SeedError::Taken`] if the id or the name is taken.
    pub fn seed_action(&mut self, id: &str, members: &str, at: UtcMillis) -> Result<(), SeedError> {
        let (name, mut members) = named(members)?;
        let variables = match members.remove("variables") {
            None => None,
            Some(raw) => {
                let sent = serde_json::from_str(raw.get()).map_err(|_| SeedError::Malformed)?;
                Some(take_in(sent, &[]).map_err(|_| SeedError::NoSecret)?)
            }
        };
        let action = StoredAction {
            members: members.without(&StoredAction::SERVER_OWNED),
            variables,
            created_ms: at.epoch_millis(),
            modified_ms: at.epoch_millis(),
            published_from_ms: at.epoch_millis(),
            gone_from_ms: None,
        };
        seed(&mut self.actions, id, name, action)
    }

    /// Reads what [`SimState::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// - [`StateError::Malformed`] if `text` is not JSON of the right form.
    /// - [`StateError::Version`] if its `formatVersion` is another.
    /// - [`StateError::Damaged`] if ids occur twice, or records are out of order. Names that repeat are kept.
    pub fn from_json(text: &str, names: NameRule) -> Result<Self, StateError> {
        StateImage::read(text)?.into_state(names)
    }

    /// The state as JSON.
    pub fn to_json(&self) -> String {
        self.image().to_json()
    }

    /// The state at this moment, with resources shared and not copied.
    pub(crate) fn image(&self) -> StateImage {
        StateImage::of(self)
    }

    /// Has an action be gone from `due_ms` on, in epoch milliseconds; returns whether there is such an action.
    pub(crate) fn depart(&mut self, id: &str, due_ms: i64) -> bool {
        let Some(record) = self.actions.get(id) else {
            return false;
        };
        if record.value.gone_from_ms.is_none() {
            self.actions
                .amend(id, |action| action.gone_from_ms = Some(due_ms));
            self.departing.insert((due_ms, id.to_owned()));
        }
        true
    }

    /// Takes out the actions that are gone by now.
    pub(crate) fn sweep(&mut self, now: UtcMillis) {
        while let Some((due_ms, _)) = self.departing.first()
            && *due_ms <= now.epoch_millis()
            && let Some((_, id)) = self.departing.pop_first()
        {
            self.actions.remove(&id);
        }
    }

    /// Notes a webhook; the oldest is dropped where there are too many.
    pub(crate) fn relay(&mut self, webhook: RelayedWebhook) {
        if self.webhooks.len() == WEBHOOKS_KEPT {
            self.webhooks.pop_front();
        }
        self.webhooks.push_back(webhook);
    }
}

impl StoredView {
    /// What only the server sets.
    pub(crate) const SERVER_OWNED: [&'static str; 3] = ["id", "status", "createdAt"];
}

impl StoredAction {
    /// What only the server sets.
    pub(crate) const SERVER_OWNED: [&'static str; 4] =
        ["id", "state", "createdTimestamp", "modifiedTimestamp"];
}

fn named(members: &str) -> Result<(String, Document), SeedError> {
    let members = Document::parse(members.as_bytes()).map_err(|_| SeedError::Malformed)?;
    let name = members.get("name").ok_or(SeedError::Malformed)?;
    Ok((name, members))
}

fn seed<T>(
    collection: &mut Collection<T>,
    id: &str,
    name: String,
    value: T,
) -> Result<(), SeedError> {
    let draft = Draft {
        id: id.to_owned(),
        name,
        value,
    };
    collection
        .insert(draft, None)
        .map(drop)
        .map_err(|source| SeedError::Taken { source })
}

#[cfg(test)]
mod tests;
