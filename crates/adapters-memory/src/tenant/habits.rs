//! How a tenant treats creates: whether keys count, which failures it saves, how far its listings lag behind.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::ObservedResource;
use cxda_domain::reconcile::CreateGuard;
use cxda_ports::error::ApiErrorKind;

use super::Refusal;
use crate::faults::Moment;

/// Whether idempotency keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Honoured,
    Ignored,
}

#[derive(Debug)]
pub(super) struct Habits {
    pub(super) keys: Keys,
    pub(super) guard: CreateGuard,
    /// When the next create fails, so that its key fails for ever.
    pub(super) save_next: Option<Moment>,
    saved: BTreeSet<IdempotencyKey>,
    /// How many listings leave out what is created from now on.
    pub(super) lag: u32,
    /// How many more listings leave each of these out.
    unlisted: BTreeMap<ResourceId, u32>,
}

impl Habits {
    pub(super) fn new() -> Self {
        Self {
            keys: Keys::Honoured,
            guard: CreateGuard::Key,
            save_next: None,
            saved: BTreeSet::new(),
            lag: 0,
            unlisted: BTreeMap::new(),
        }
    }

    /// When a create under `key` fails, if it does.
    ///
    /// A failure that was saved is told again before anything is done.
    pub(super) fn failure(&mut self, key: Option<&IdempotencyKey>) -> Option<Moment> {
        let key = key?;
        if self.saved.contains(key) {
            return Some(Moment::Before);
        }
        let moment = self.save_next.take()?;
        self.saved.insert(key.clone());
        Some(moment)
    }

    pub(super) fn refusal() -> Refusal {
        Refusal::new(ApiErrorKind::OutcomeUnknown, "it failed before")
    }

    /// Takes note of a new resource.
    pub(super) fn was_made(&mut self, id: &ResourceId) {
        if self.lag > 0 {
            self.unlisted.insert(id.clone(), self.lag);
        }
    }

    /// Takes out of a listing what it does not show yet.
    pub(super) fn hide(&mut self, items: &mut Vec<ObservedResource>) {
        items.retain(|item| !self.unlisted.contains_key(&item.id));
        self.unlisted.retain(|_, times| {
            *times -= 1;
            *times > 0
        });
    }
}
