//! The whole content of a collection, laid open for whoever keeps it elsewhere.
//!
//! It is not a file format: the holder decides how a snapshot is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_domain::key::{Digest, IdempotencyKey};

use super::{Answered, Collection, NameRule, Record, RestoreError};

/// Everything a collection holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// How many inserts and replaces there were.
    pub writes: u64,
    /// The records, in the order of the listing.
    pub records: Vec<Arc<Record<T>>>,
    /// What was answered under idempotency keys, ordered by key.
    pub answers: Vec<Answer<T>>,
}

/// What was answered under one idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of what was sent under it.
    pub payload: Digest,
    /// The record as it was answered.
    pub first: Arc<Record<T>>,
}

impl<T> Collection<T> {
    /// Everything the collection holds; records are shared, not copied.
    pub fn snapshot(&self) -> Snapshot<T> {
        let answer = |(key, answered): (&IdempotencyKey, &Answered<T>)| Answer {
            key: key.clone(),
            payload: answered.payload.clone(),
            first: Arc::clone(&answered.first),
        };
        Snapshot {
            writes: self.writes,
            records: self.records.clone(),
            answers: self.answers.iter().map(answer).collect(),
        }
    }

    /// The collection that `snapshot` was taken of.
    ///
    /// # Errors
    ///
    /// - [`RestoreError::Repeated`] if two records share an id, or a name although names are unique.
    /// - [`RestoreError::OutOfSequence`] if the records are not in the order of the listing.
    pub fn restore(names: NameRule, snapshot: Snapshot<T>) -> Result<Self, RestoreError> {
        let mut collection = Self::new(names);
        collection.writes = snapshot.writes;
        let mut last = 0;
        for record in snapshot.records {
            if record.sequence <= last || record.sequence > snapshot.writes {
                return Err(RestoreError::OutOfSequence {
                    id: record.id.clone(),
                });
            }
            last = record.sequence;
            if collection.by_id.contains_key(&record.id) {
                let text = record.id.clone();
                return Err(RestoreError::Repeated { what: "id", text });
            }
            if collection.holder(&record.name, None).is_some() {
                let text = record.name.clone();
                return Err(RestoreError::Repeated { what: "name", text });
            }
            collection.index(&record);
            collection.records.push(record);
        }
        collection.answers = snapshot
            .answers
            .into_iter()
            .map(
                |Answer {
                     key,
                     payload,
                     first,
                 }| (key, Answered { payload, first }),
            )
            .collect::<BTreeMap<_, _>>();
        Ok(collection)
    }
}
