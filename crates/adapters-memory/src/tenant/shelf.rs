//! All resources of one kind: created under a key, replaced under a version, shown page by page.
//!
//! What it refuses it says in the words of the ports; which operation that was, its callers know.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use cxda_domain::address::ResourceKind;
use cxda_domain::body::{ActionBody, ViewBody};
use cxda_domain::key::{Digest, IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned, source_by_id};
use cxda_domain::projection::Projection;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::Deleted;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::page::{Page, PageCursor};
use serde_json::{Map, Value};

use super::Refusal;
use super::resource::Resource;
use crate::collection::{
    Collection, Draft, InsertError, Keyed, NameRule, Precondition, ReplaceError,
};

/// A body as it comes in.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) kind: ResourceKind,
    name: String,
    fields: Map<String, Value>,
    /// The values of encrypted variables; `None` where variables are not managed.
    encrypted: Option<BTreeMap<String, SecretText>>,
}

/// Which answers leave something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answered {
    List,
    Create,
}

/// The resources of one kind.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    resources: Collection<Resource>,
    hidden: BTreeMap<Answered, BTreeSet<String>>,
    /// Members that so many more writes ignore.
    ignored: (BTreeSet<String>, u32),
}

impl Sent {
    pub(super) fn action(body: &ActionBody) -> Self {
        let encrypted = body.variables.as_ref().map(|variables| {
            let encrypted = variables.iter().filter(|each| each.encrypted);
            encrypted
                .map(|each| (each.name.to_string(), each.value.clone()))
                .collect()
        });
        Self {
            kind: ResourceKind::Action,
            name: body.name.to_string(),
            fields: body.projection().fields().clone(),
            encrypted,
        }
    }

    /// `None` where the source is a view whose id is not known.
    pub(super) fn view(body: &ViewBody) -> Option<Self> {
        let source = body.source.id()?;
        let mut fields = body.projection().fields().clone();
        fields.insert(Projection::SOURCE.to_owned(), source_by_id(&source));
        Some(Self {
            kind: ResourceKind::View,
            name: body.name.to_string(),
            fields,
            encrypted: None,
        })
    }

    /// Tells one payload from another, encrypted values included.
    fn digest(&self) -> Digest {
        let mut text = format!("{:?}{:?}", self.name, self.fields);
        for (name, value) in self.encrypted.iter().flatten() {
            text += &Digest::of(name).to_string();
            text += &Digest::of(value.expose()).to_string();
        }
        Digest::of(text)
    }
}

impl Shelf {
    pub(super) fn new(names: NameRule) -> Self {
        Self {
            resources: Collection::new(names),
            hidden: BTreeMap::new(),
            ignored: (BTreeSet::new(), 0),
        }
    }

    pub(super) fn ignore(&mut self, names: BTreeSet<String>, writes: u32) {
        self.ignored = (names, writes);
    }

    /// What of `sent` is not ignored.
    fn heed(&mut self, mut sent: Sent) -> Sent {
        let (names, writes) = &mut self.ignored;
        if *writes > 0 {
            *writes -= 1;
            sent.fields.retain(|name, _| !names.contains(name));
        }
        sent
    }

    pub(super) fn hide_in(&mut self, answered: Answered, names: BTreeSet<String>) {
        self.hidden.insert(answered, names);
    }

    pub(super) fn forget_keys(&mut self) {
        self.resources.forget_keys();
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(|record| record.name.as_str())
    }

    /// The first resource named `name`.
    pub(super) fn named(&self, name: &str) -> Option<(&str, &Resource)> {
        let record = self.resources.named(name).next()?;
        Some((&record.id, &record.value))
    }

    pub(super) fn get(&self, id: &ResourceId) -> Option<(&str, &Resource)> {
        let record = self.resources.get(id.as_str())?;
        Some((&record.name, &record.value))
    }

    /// A page of the listing.
    pub(super) fn list(
        &mut self,
        cursor: Option<&PageCursor>,
        page_size: NonZeroUsize,
    ) -> Result<Page<ObservedResource>, Refusal> {
        let none = BTreeSet::new();
        let hidden = self.hidden.get(&Answered::List).unwrap_or(&none);
        let page = self
            .resources
            .page_after(cursor.map(PageCursor::as_str), page_size)
            .map_err(|error| Refusal::rejected("pageToken", error.to_string()))?;
        let items: Vec<_> = page
            .records
            .iter()
            .map(|record| record.value.show(&record.name, hidden))
            .collect();
        let next = page.next.map(PageCursor::new);
        let total = u64::try_from(page.total).ok();
        self.were_shown(&items);
        Ok(Page { items, next, total })
    }

    /// Everything named `name`.
    pub(super) fn find(&mut self, name: &str) -> Vec<ObservedResource> {
        let found: Vec<_> = self
            .resources
            .named(name)
            .map(|record| record.value.show(name, &BTreeSet::new()))
            .collect();
        self.were_shown(&found);
        found
    }

    fn were_shown(&mut self, items: &[ObservedResource]) {
        for item in items.iter().filter(|item| item.is_busy()) {
            self.resources.amend(item.id.as_str(), Resource::was_shown);
        }
    }

    pub(super) fn read(&mut self, id: &ResourceId) -> Result<Versioned<ObservedResource>, Refusal> {
        let record = self.resources.get(id.as_str());
        let record = record.ok_or_else(Refusal::not_found)?;
        let value = record.value.show(&record.name, &BTreeSet::new());
        let tag = Some(record.tag.clone());
        self.resources.amend(id.as_str(), Resource::was_shown);
        Ok(Versioned { value, tag })
    }

    pub(super) fn create(
        &mut self,
        id: ResourceId,
        sent: Sent,
        key: Option<&IdempotencyKey>,
    ) -> Result<ObservedResource, Refusal> {
        let keyed = key.map(|key| Keyed {
            key: key.clone(),
            payload: sent.digest(),
        });
        let sent = self.heed(sent);
        let encrypted = sent.encrypted.unwrap_or_default();
        let draft = Draft {
            id: id.to_string(),
            name: sent.name,
            value: Resource::new(sent.kind, id, sent.fields, encrypted),
        };
        let inserted = self
            .resources
            .insert(draft, keyed)
            .map_err(|error| match error {
                InsertError::KeyReused => {
                    Refusal::new(ApiErrorKind::KeyMismatch, error.to_string())
                }
                InsertError::IdTaken { .. } | InsertError::NameTaken { .. } => {
                    Refusal::new(ApiErrorKind::AlreadyExists, error.to_string())
                }
            })?;
        let none = BTreeSet::new();
        let hidden = self.hidden.get(&Answered::Create).unwrap_or(&none);
        let record = inserted.record();
        Ok(record.value.show(&record.name, hidden))
    }

    pub(super) fn replace(
        &mut self,
        current: &Versioned<ObservedResource>,
        sent: Sent,
    ) -> Result<ObservedResource, Refusal> {
        let sent = self.heed(sent);
        self.exchange(current, &sent.name, |there| {
            there.replaced(sent.fields, sent.encrypted)
        })
    }

    /// Back to `before`; what is not shown stays.
    pub(super) fn restore(
        &mut self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<ObservedResource, Refusal> {
        self.exchange(current, &before.name, |there| {
            let mut next = there.clone();
            next.fields_mut().clone_from(before.fields.fields());
            next
        })
    }

    fn exchange(
        &mut self,
        current: &Versioned<ObservedResource>,
        name: &str,
        how: impl FnOnce(&Resource) -> Resource,
    ) -> Result<ObservedResource, Refusal> {
        let id = current.value.id.as_str();
        let record = self.resources.get(id).ok_or_else(Refusal::not_found)?;
        if record.value.is_busy() {
            return Err(busy());
        }
        let shown = record.value.show(&record.name, &BTreeSet::new());
        let precondition = match &current.tag {
            Some(tag) => Precondition::Tag(tag),
            None if current.value.document == shown.document => Precondition::None,
            None => return Err(Refusal::new(ApiErrorKind::VersionMismatch, "")),
        };
        let next = how(&record.value);
        let replaced = self.resources.replace(id, precondition, name, next);
        match replaced {
            Ok(record) => Ok(record.value.show(&record.name, &BTreeSet::new())),
            Err(ReplaceError::NotFound) => Err(Refusal::not_found()),
            Err(error @ ReplaceError::VersionMismatch { .. }) => Err(Refusal::new(
                ApiErrorKind::VersionMismatch,
                error.to_string(),
            )),
            Err(error @ ReplaceError::NameTaken { .. }) => {
                Err(Refusal::rejected("name", error.to_string()))
            }
        }
    }

    pub(super) fn delete(&mut self, id: &ResourceId) -> Result<Deleted, Refusal> {
        let record = self.resources.get(id.as_str());
        if record.is_some_and(|record| record.value.is_busy()) {
            return Err(busy());
        }
        match self.resources.remove(id.as_str()) {
            Some(_) => Ok(Deleted::Gone),
            None => Ok(Deleted::AlreadyAbsent),
        }
    }

    /// Makes a new version of the resource `id`, as another writer does.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Resource)) -> bool {
        let Some(record) = self.resources.get(id) else {
            return false;
        };
        let (name, mut next) = (record.name.clone(), record.value.clone());
        change(&mut next);
        self.resources
            .replace(id, Precondition::None, &name, next)
            .is_ok()
    }

    /// Changes the resource `id` without making a new version, as a server does with facts of its own.
    pub(super) fn amend(&mut self, id: &str, change: impl FnOnce(&mut Resource)) -> bool {
        self.resources.amend(id, change)
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.resources.remove(id).is_some()
    }
}

fn busy() -> Refusal {
    Refusal::new(ApiErrorKind::Busy { retry_after: None }, "")
}
