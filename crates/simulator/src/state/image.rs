//! The JSON form of a state.
//!
//! Resources are written from where they are: an image of a state copies none of them.

use std::collections::VecDeque;
use std::sync::Arc;

use cxda_adapters_memory::collection::{
    Answer, Collection, NameRule, Record, RestoreError, Snapshot,
};
use cxda_domain::key::{Digest, EntityTag, IdempotencyKey};
use serde::{Deserialize, Serialize};

use super::{RelayedWebhook, SimState, StateError, StoredAction, StoredView};
use crate::document::Document;

const FORMAT_VERSION: &str = "1.0";

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
    /// The image of `state`.
    pub(super) fn of(state: &SimState) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            tables: CollectionImage::of(state.tables.snapshot()),
            views: CollectionImage::of(state.views.snapshot()),
            actions: CollectionImage::of(state.actions.snapshot()),
            webhooks: state.webhooks.clone(),
        }
    }

    /// Reads what [`StateImage::to_json`] wrote.
    pub(super) fn read(text: &str) -> Result<Self, StateError> {
        let malformed = |source| StateError::Malformed { source };
        let version: VersionOnly = serde_json::from_str(text).map_err(malformed)?;
        if version.format_version != FORMAT_VERSION {
            return Err(StateError::Version {
                found: version.format_version,
            });
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// The state that this is an image of.
    pub(super) fn into_state(self, names: NameRule) -> Result<SimState, StateError> {
        let damaged = |source| StateError::Damaged { source };
        let mut state = SimState::empty(names);
        state.tables = self.tables.restore(NameRule::Repeatable).map_err(damaged)?;
        // Names may repeat from a time when they were shared; from now on the rule holds.
        let shared = NameRule::Repeatable;
        state.views = self.views.restore(shared).map_err(damaged)?;
        state.actions = self.actions.restore(shared).map_err(damaged)?;
        state.set_name_rule(names);
        state.webhooks = self.webhooks;
        let departing = state.actions.iter().filter_map(|record| {
            let due_ms = record.value.gone_from_ms?;
            Some((due_ms, record.id.clone()))
        });
        state.departing = departing.collect();
        Ok(state)
    }

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
