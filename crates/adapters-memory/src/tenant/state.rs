//! What the tenant holds at one moment, and what it remembers of having been asked.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::ObservedResource;
use cxda_domain::request::RequestCount;
use cxda_domain::view::TableId;
use cxda_ports::actions::SandboxAnswer;
use cxda_ports::error::ApiErrorKind;
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::ObservedTable;

use super::Refusal;
use super::habits::{Habits, Keys};
use super::resource::Resource;
use super::shelf::{Sent, Shelf};
use crate::collection::NameRule;
use crate::faults::Moment;

pub(super) struct State {
    views: Shelf,
    actions: Shelf,
    made: u64,
    pub(super) tables: BTreeMap<TableId, ObservedTable>,
    pub(super) page_size: NonZeroUsize,
    pub(super) sandbox: BTreeMap<String, SandboxAnswer>,
    pub(super) calls: RequestCount,
    pub(super) under_way: usize,
    pub(super) most_at_once: usize,
    pub(super) relayed: Vec<(String, String)>,
    pub(super) indexes_built: Vec<ResourceId>,
    pub(super) habits: Habits,
}

impl State {
    pub(super) fn new(names: NameRule, page_size: NonZeroUsize) -> Self {
        Self {
            views: Shelf::new(names),
            actions: Shelf::new(names),
            made: 0,
            tables: BTreeMap::new(),
            page_size,
            sandbox: BTreeMap::new(),
            calls: RequestCount::default(),
            under_way: 0,
            most_at_once: 0,
            relayed: Vec::new(),
            indexes_built: Vec::new(),
            habits: Habits::new(),
        }
    }

    pub(super) fn shelf(&mut self, kind: ResourceKind) -> &mut Shelf {
        match kind {
            ResourceKind::View => &mut self.views,
            ResourceKind::Action => &mut self.actions,
        }
    }

    pub(super) fn create(
        &mut self,
        sent: Sent,
        key: Option<&IdempotencyKey>,
    ) -> Result<ObservedResource, Refusal> {
        let failure = self.habits.failure(key);
        if failure == Some(Moment::Before) {
            return Err(Habits::refusal());
        }
        let key = key.filter(|_| self.habits.keys == Keys::Honoured);
        self.made += 1;
        let id = format!("{}-{}", sent.kind, self.made);
        let id = id
            .parse()
            .map_err(|_| Refusal::new(ApiErrorKind::Refused, "no id is left"))?;
        let made = self.shelf(sent.kind).create(id, sent, key)?;
        self.habits.was_made(&made.id);
        if failure.is_some() {
            return Err(Habits::refusal());
        }
        Ok(made)
    }

    pub(super) fn list(
        &mut self,
        kind: ResourceKind,
        cursor: Option<&PageCursor>,
    ) -> Result<Page<ObservedResource>, Refusal> {
        let page_size = self.page_size;
        let mut page = self.shelf(kind).list(cursor, page_size)?;
        self.habits.hide(&mut page.items);
        Ok(page)
    }

    pub(super) fn find(&mut self, kind: ResourceKind, name: &str) -> Vec<ObservedResource> {
        let mut found = self.shelf(kind).find(name);
        self.habits.hide(&mut found);
        found
    }

    pub(super) fn put(&mut self, sent: Sent) -> Option<ResourceId> {
        self.create(sent, None).ok().map(|made| made.id)
    }

    pub(super) fn get(&self, address: &Address) -> Option<ObservedResource> {
        let (_, resource) = self.kept(address)?;
        Some(resource.show(&address.name, &BTreeSet::new()))
    }

    pub(super) fn encrypted_value(&self, address: &Address, variable: &str) -> Option<String> {
        let (_, resource) = self.kept(address)?;
        let value = resource.encrypted_value(variable)?;
        Some(value.expose().to_owned())
    }

    pub(super) fn addresses(&self) -> Vec<Address> {
        let views = self.views.names().map(Address::view);
        let actions = self.actions.names().map(Address::action);
        views.chain(actions).collect()
    }

    pub(super) fn change(&mut self, address: &Address, change: impl FnOnce(&mut Resource)) -> bool {
        let id = self.id(address);
        id.is_some_and(|id| self.shelf(address.kind).change(&id, change))
    }

    pub(super) fn amend(&mut self, address: &Address, change: impl FnOnce(&mut Resource)) -> bool {
        let id = self.id(address);
        id.is_some_and(|id| self.shelf(address.kind).amend(&id, change))
    }

    pub(super) fn remove(&mut self, address: &Address) -> bool {
        let id = self.id(address);
        id.is_some_and(|id| self.shelf(address.kind).remove(&id))
    }

    fn id(&self, address: &Address) -> Option<String> {
        self.kept(address).map(|(id, _)| id.to_owned())
    }

    fn kept(&self, address: &Address) -> Option<(&str, &Resource)> {
        let all = match address.kind {
            ResourceKind::View => &self.views,
            ResourceKind::Action => &self.actions,
        };
        all.named(&address.name)
    }
}
