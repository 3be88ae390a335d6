//! What a simulated tenant holds, and its JSON form.
//!
//! The form is made for being kept in a file and for being looked at; it opens no file. It holds no secret: of an
//! encrypted value only a digest is there. Tokens, the request log and the rate limit are not part of it.

use std::collections::VecDeque;
use std::sync::Arc;

use cxda_adapters_memory::collection::{
    Answer, Collection, Draft, InsertError, NameRule, Record, RestoreError, Snapshot,
};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{Digest, EntityTag, IdempotencyKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::document::Document;
use crate::variables::{StoredVariable, take_in};

const FORMAT_VERSION: &str = "1.0";
/// How many relayed webhooks are kept; older ones are dropped first.
const WEBHOOKS_KEPT: usize = 1_000;

/// Everything a simulated tenant holds.
#[derive(Clone, Debug)]
pub struct SimState {
    pub(crate) tables: Collection<Document>,
    pub(crate) views: Collection<StoredView>,
    pub(crate) actions: Collection<StoredAction>,
    pub(crate) webhooks: VecDeque<RelayedWebhook>,
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
        }
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
        };
        seed(&mut self.actions, id, name, action)
    }

    /// Reads what [`SimState::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// - [`StateError::Malformed`] if `text` is not JSON of the right form.
    /// - [`StateError::Version`] if its `formatVersion` is another.
    /// - [`StateError::Damaged`] if ids or names occur twice, or records are out of order.
    pub fn from_json(text: &str, names: NameRule) -> Result<Self, StateError> {
        let malformed = |source| StateError::Malformed { source };
        let version: VersionOnly = serde_json::from_str(text).map_err(malformed)?;
        if version.format_version != FORMAT_VERSION {
            return Err(StateError::Version {
                found: version.format_version,
            });
        }
        let image: StateImage = serde_json::from_str(text).map_err(malformed)?;
        let damaged = |source| StateError::Damaged { source };
        Ok(Self {
            tables: image
                .tables
                .restore(NameRule::Repeatable)
                .map_err(damaged)?,
            views: image.views.restore(names).map_err(damaged)?,
            actions: image.actions.restore(names).map_err(damaged)?,
            webhooks: image.webhooks,
        })
    }

    /// The state as JSON.
    pub fn to_json(&self) -> String {
        self.image().to_json()
    }

    /// The state at this moment, with resources shared and not copied.
    pub(crate) fn image(&self) -> StateImage {
        StateImage {
            format_version: FORMAT_VERSION.to_owned(),
            tables: CollectionImage::of(self.tables.snapshot()),
            views: CollectionImage::of(self.views.snapshot()),
            actions: CollectionImage::of(self.actions.snapshot()),
            webhooks: self.webhooks.clone(),
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionOnly {
    format_version: String,
}

/// A state laid open; this is the form that JSON has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StateImage {
    format_version: String,
    tables: CollectionImage<Document>,
    views: CollectionImage<StoredView>,
    actions: CollectionImage<StoredAction>,
    webhooks: VecDeque<RelayedWebhook>,
}

impl StateImage {
    /// The image as JSON.
    pub(crate) fn to_json(&self) -> String {
        // All keys are text and all numbers finite, so there is a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct CollectionImage<T> {
    writes: u64,
    records: Vec<RecordImage<T>>,
    answers: Vec<AnswerImage<T>>,
}

/// A record by reference to what the tenant holds, or read from text.
#[derive(Debug)]
struct RecordImage<T>(Arc<Record<T>>);

/// The parts of a record in JSON.
#[derive(Serialize, Deserialize)]
struct RecordParts<Text, Value> {
    id: Text,
    name: Text,
    tag: EntityTag,
    sequence: u64,
    value: Value,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
struct AnswerImage<T> {
    key: IdempotencyKey,
    payload: Digest,
    /// The id of the record that was answered.
    id: String,
    /// The record as it was answered; absent where it is still so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<RecordImage<T>>,
}

impl<T: Serialize> Serialize for RecordImage<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RecordParts {
            id: &self.0.id,
            name: &self.0.name,
            tag: self.0.tag.clone(),
            sequence: self.0.sequence,
            value: &self.0.value,
        }
        .serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RecordImage<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = RecordParts::<String, T>::deserialize(deserializer)?;
        Ok(Self(Arc::new(Record {
            id: parts.id,
            name: parts.name,
            tag: parts.tag,
            sequence: parts.sequence,
            value: parts.value,
        })))
    }
}

impl<T> CollectionImage<T> {
    fn of(snapshot: Snapshot<T>) -> Self {
        let records = &snapshot.records;
        let is_present = |first: &Record<T>| {
            records
                .binary_search_by_key(&first.sequence, |record| record.sequence)
                .is_ok_and(|position| records[position].tag == first.tag)
        };
        let answers = snapshot
            .answers
            .into_iter()
            .map(
                |Answer {
                     key,
                     payload,
                     first,
                 }| AnswerImage {
                    key,
                    payload,
                    id: first.id.clone(),
                    first: (!is_present(&first)).then_some(RecordImage(first)),
                },
            )
            .collect();
        let records = snapshot.records.into_iter().map(RecordImage).collect();
        Self {
            writes: snapshot.writes,
            records,
            answers,
        }
    }

    fn restore(self, names: NameRule) -> Result<Collection<T>, RestoreError> {
        let records: Vec<Arc<Record<T>>> = self.records.into_iter().map(|r| r.0).collect();
        let present = Snapshot {
            writes: self.writes,
            records,
            answers: Vec::new(),
        };
        let collection = Collection::restore(names, present)?;
        let answers = self.answers.into_iter().filter_map(|answer| {
            let first = match answer.first {
                Some(RecordImage(first)) => first,
                None => Arc::clone(collection.get(&answer.id)?),
            };
            Some(Answer {
                key: answer.key,
                payload: answer.payload,
                first,
            })
        });
        let whole = Snapshot {
            answers: answers.collect(),
            ..collection.snapshot()
        };
        Collection::restore(names, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_700_000_000_000;

    fn filled() -> SimState {
        let at = UtcMillis::from_epoch_millis(AT);
        let mut state = SimState::fresh(NameRule::Unique);
        state
            .seed_view("v1", r#"{"id":"x","name":"calls","big":1e400}"#, at)
            .unwrap();
        let action =
            r#"{"name":"score","variables":[{"name":"t","value":"hunter2","encrypted":true}]}"#;
        state.seed_action("a1", action, at).unwrap();
        state.relay(RelayedWebhook {
            received_ms: AT,
            target_url: "https://example.com".to_owned(),
            payload: RawValue::from_string("{\"n\":1.00}".to_owned()).unwrap(),
        });
        state
    }

    #[test]
    fn a_state_comes_back_byte_for_byte_and_without_secrets() {
        let json = filled().to_json();
        let again = SimState::from_json(&json, NameRule::Unique).unwrap();
        assert_eq!(again.to_json(), json);
        assert!(json.contains("1e400"));
        assert!(!json.contains("hunter2"));
    }

    #[test]
    fn first_answers_are_kept_in_full_only_where_the_record_moved_on() {
        let mut state = SimState::fresh(NameRule::Unique);
        for id in ["v1", "v2"] {
            let draft = Draft {
                id: id.to_owned(),
                name: id.to_owned(),
                value: StoredView {
                    members: Document::default(),
                    created_ms: AT,
                    active_from_ms: AT,
                    indexed_from_ms: AT,
                },
            };
            let keyed = cxda_adapters_memory::collection::Keyed {
                key: IdempotencyKey::new(id),
                payload: Digest::of(id),
            };
            state.views.insert(draft, Some(keyed)).unwrap();
        }
        state.views.remove("v2");
        let json = state.to_json();
        assert_eq!(json.matches("\"first\"").count(), 1);
        let again = SimState::from_json(&json, NameRule::Unique).unwrap();
        assert_eq!(again.views.snapshot().answers.len(), 2);
    }

    #[test]
    fn a_text_that_is_no_state_is_refused() {
        let json = filled().to_json();
        let other = json.replace("\"formatVersion\":\"1.0\"", "\"formatVersion\":\"2.0\"");
        let names = NameRule::Unique;
        assert!(matches!(
            SimState::from_json(&other, names),
            Err(StateError::Version { found }) if found == "2.0"
        ));
        let cut = &json[..json.len() - 1];
        assert!(matches!(
            SimState::from_json(cut, names),
            Err(StateError::Malformed { .. })
        ));
        let twice = json.replace("\"sequence\":1", "\"sequence\":9");
        assert!(matches!(
            SimState::from_json(&twice, names),
            Err(StateError::Damaged { .. })
        ));
    }

    #[test]
    fn what_cannot_be_seeded_says_why() {
        let at = UtcMillis::from_epoch_millis(AT);
        let mut state = filled();
        let malformed = state.seed_view("v2", "{}", at);
        assert!(matches!(malformed, Err(SeedError::Malformed)));
        let taken = state.seed_action("a2", r#"{"name":"score"}"#, at);
        assert!(matches!(taken, Err(SeedError::Taken { .. })));
        let bare = r#"{"name":"other","variables":[{"name":"t","encrypted":true}]}"#;
        let secretless = state.seed_action("a3", bare, at);
        assert!(matches!(secretless, Err(SeedError::NoSecret)));
    }
}
