//! A collection that keeps what a tenant's server keeps of its resources: versions, unique names, idempotency, pages.
//!
//! It is pure: no lock, no clock, no randomness and no wire format. Ids come in as arguments, and who holds the
//! collection decides what a version mismatch or a taken name is called outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_domain::key::{Digest, EntityTag, IdempotencyKey};

pub use self::error::{InsertError, KeyReused, ReplaceError, RestoreError, UnknownPageToken};
pub use self::page::Page;
pub use self::snapshot::{Answer, Snapshot};

mod error;
mod page;
mod snapshot;

/// One version of one resource; it never changes, a replace makes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<T> {
    /// The id, unique in its collection.
    pub id: String,
    /// The name, unique in its collection under [`NameRule::Unique`].
    pub name: String,
    /// Names this version; another version of this or any other record has another tag.
    pub tag: EntityTag,
    /// Where the record stands in the listing: smaller is earlier. Never reused, kept by a replace.
    pub sequence: u64,
    /// What the record holds.
    pub value: T,
}

/// Whether two records may bear one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// No two records bear the same name.
    Unique,
    /// Names may repeat.
    Repeatable,
}

/// A record that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<T> {
    /// The id it shall have.
    pub id: String,
    /// The name it shall bear.
    pub name: String,
    /// What it shall hold.
    pub value: T,
}

/// An idempotency key together with what was sent under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The key.
    pub key: IdempotencyKey,
    /// The digest of the payload: the key answers for this payload and no other.
    pub payload: Digest,
}

/// What an insert came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted<T> {
    /// The record was added.
    New(Arc<Record<T>>),
    /// The key was used before for the same payload: the first answer again, and nothing was changed.
    Replayed(Arc<Record<T>>),
}

impl<T> Inserted<T> {
    /// The record as the first answer had it.
    pub fn record(&self) -> &Arc<Record<T>> {
        match self {
            Self::New(record) | Self::Replayed(record) => record,
        }
    }
}

/// Under which condition a replace goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition<'a> {
    /// None: the last writer wins.
    None,
    /// The record's version is still the one with this tag.
    Tag(&'a EntityTag),
}

/// Records in the order in which they were inserted, found by id, by name and by page.
#[derive(Clone, Debug)]
pub struct Collection<T> {
    names: NameRule,
    /// Ordered by sequence, which rises with every insert.
    records: Vec<Arc<Record<T>>>,
    by_id: BTreeMap<String, u64>,
    by_name: BTreeMap<String, Vec<u64>>,
    answers: BTreeMap<IdempotencyKey, Answered<T>>,
    /// Counts inserts and replaces, so neither a tag nor a sequence ever comes twice.
    writes: u64,
}

#[derive(Clone, Debug)]
struct Answered<T> {
    payload: Digest,
    first: Arc<Record<T>>,
}

impl<T> Collection<T> {
    /// An empty collection.
    pub fn new(names: NameRule) -> Self {
        Self {
            names,
            records: Vec::new(),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            answers: BTreeMap::new(),
            writes: 0,
        }
    }

    /// Whether two records may bear one name.
    pub fn name_rule(&self) -> NameRule {
        self.names
    }

    /// Puts another rule on names in place; names that repeat already stay.
    pub fn set_name_rule(&mut self, names: NameRule) {
        self.names = names;
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Every record, in the order of the listing.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Record<T>>> {
        self.records.iter()
    }

    /// The record with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Record<T>>> {
        self.records.get(self.position(id)?)
    }

    /// The records that bear exactly this name, in the order of the listing: at most one under [`NameRule::Unique`].
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Arc<Record<T>>> {
        let sequences = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        sequences
            .iter()
            .filter_map(|&sequence| self.records.get(self.position_of(sequence)?))
    }

    /// The first answer given under `keyed.key`, if there was one.
    ///
    /// # Errors
    ///
    /// [`KeyReused`] if the key was used for another payload.
    pub fn answered(&self, keyed: &Keyed) -> Result<Option<&Arc<Record<T>>>, KeyReused> {
        match self.answers.get(&keyed.key) {
            None => Ok(None),
            Some(answered) if answered.payload == keyed.payload => Ok(Some(&answered.first)),
            Some(_) => Err(KeyReused),
        }
    }

    /// Adds a record; under a key that was answered before, returns the first answer and adds nothing.
    ///
    /// The key is looked at before anything else, so a repeated create is never told that its own name is taken.
    ///
    /// # Errors
    ///
    /// - [`InsertError::KeyReused`] if the key was used for another payload.
    /// - [`InsertError::IdTaken`] if another record has the id.
    /// - [`InsertError::NameTaken`] if another record bears the name and names are unique.
    pub fn insert(
        &mut self,
        draft: Draft<T>,
        keyed: Option<Keyed>,
    ) -> Result<Inserted<T>, InsertError> {
        if let Some(keyed) = &keyed
            && let Some(first) = self.answered(keyed)?
        {
            return Ok(Inserted::Replayed(Arc::clone(first)));
        }
        if self.by_id.contains_key(&draft.id) {
            return Err(InsertError::IdTaken { id: draft.id });
        }
        if let Some(holder) = self.holder(&draft.name, None) {
            return Err(InsertError::NameTaken { holder });
        }
        let sequence = self.next_write();
        let record = Arc::new(Record {
            id: draft.id,
            name: draft.name,
            tag: tag(sequence),
            sequence,
            value: draft.value,
        });
        self.index(&record);
        self.records.push(Arc::clone(&record));
        if let Some(Keyed { key, payload }) = keyed {
            let first = Arc::clone(&record);
            self.answers.insert(key, Answered { payload, first });
        }
        Ok(Inserted::New(record))
    }

    /// Puts a new version in the place of the record with this id; it may bear another name.
    ///
    /// # Errors
    ///
    /// - [`ReplaceError::NotFound`] if no record has the id.
    /// - [`ReplaceError::VersionMismatch`] if the precondition names another version than the present one.
    /// - [`ReplaceError::NameTaken`] if another record bears the name and names are unique.
    pub fn replace(
        &mut self,
        id: &str,
        precondition: Precondition<'_>,
        name: &str,
        value: T,
    ) -> Result<Arc<Record<T>>, ReplaceError> {
        let position = self.position(id).ok_or(ReplaceError::NotFound)?;
        let present = Arc::clone(&self.records[position]);
        if let Precondition::Tag(read_as) = precondition
            && *read_as != present.tag
        {
            let current = present.tag.clone();
            return Err(ReplaceError::VersionMismatch { current });
        }
        if let Some(holder) = self.holder(name, Some(present.sequence)) {
            return Err(ReplaceError::NameTaken { holder });
        }
        let next = Arc::new(Record {
            id: present.id.clone(),
            name: name.to_owned(),
            tag: tag(self.next_write()),
            sequence: present.sequence,
            value,
        });
        if present.name != next.name {
            self.unindex(&present);
            self.index(&next);
        }
        self.records[position] = Arc::clone(&next);
        Ok(next)
    }

    /// Changes what a record holds without making a new version, as a server does with facts of its own.
    ///
    /// Returns whether there was such a record. Answers given under a key stay as they were.
    pub fn amend(&mut self, id: &str, change: impl FnOnce(&mut T)) -> bool
    where
        T: Clone,
    {
        let Some(position) = self.position(id) else {
            return false;
        };
        change(&mut Arc::make_mut(&mut self.records[position]).value);
        true
    }

    /// Takes a record out; answers given under its key stay.
    pub fn remove(&mut self, id: &str) -> Option<Arc<Record<T>>> {
        let position = self.position(id)?;
        let record = self.records.remove(position);
        self.by_id.remove(&record.id);
        self.unindex(&record);
        Some(record)
    }

    /// Forgets every idempotency key, as a server does when their time is over.
    pub fn forget_keys(&mut self) {
        self.answers.clear();
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.position_of(*self.by_id.get(id)?)
    }

    fn position_of(&self, sequence: u64) -> Option<usize> {
        self.records
            .binary_search_by_key(&sequence, |record| record.sequence)
            .ok()
    }

    /// The id of the record, other than `own`, that keeps `name` from being borne again.
    fn holder(&self, name: &str, own: Option<u64>) -> Option<String> {
        if self.names == NameRule::Repeatable {
            return None;
        }
        self.named(name)
            .find(|record| Some(record.sequence) != own)
            .map(|record| record.id.clone())
    }

    fn index(&mut self, record: &Record<T>) {
        self.by_id.insert(record.id.clone(), record.sequence);
        let bearers = self.by_name.entry(record.name.clone()).or_default();
        let place = bearers.partition_point(|&sequence| sequence < record.sequence);
        bearers.insert(place, record.sequence);
    }

    fn unindex(&mut self, record: &Record<T>) {
        if let Some(bearers) = self.by_name.get_mut(&record.name) {
            bearers.retain(|&sequence| sequence != record.sequence);
            if bearers.is_empty() {
                self.by_name.remove(&record.name);
            }
        }
    }

    fn next_write(&mut self) -> u64 {
        self.writes += 1;
        self.writes
    }
}

fn tag(write: u64) -> EntityTag {
    EntityTag::new(format!("v{write}"))
}

#[cfg(test)]
mod tests;
