//! A tenant in memory: data actions, views and tables with versions, idempotency, unique names and pages.
//!
//! It speaks domain values, no HTTP, and checks no manifest rules: what it is sent it takes. Tests arrange it, move it behind a
//! run's back, and ask it afterwards what it was asked.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::body::{ActionBody, ViewBody};
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{Document, ObservedResource};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::{Operation, RequestCount};
use cxda_domain::view::TableId;
use cxda_ports::actions::SandboxAnswer;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::views::ObservedTable;
use serde_json::{Map, Value, json};
use tokio::task::yield_now;

use self::habits::Keys;
use self::shelf::{Answered, Sent};
use self::state::State;
use crate::collection::NameRule;
use crate::faults::Moment;

mod actions;
mod habits;
mod resource;
mod shelf;
mod state;
mod tables;
mod views;

/// A tenant that everybody who holds it shares.
pub struct MemoryTenant(Mutex<State>);

impl MemoryTenant {
    /// Resources on one page of a listing, where nothing else was asked for.
    pub const PAGE_SIZE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);
    /// What every call is said to have taken.
    pub const LATENCY: Duration = Duration::from_millis(1);

    /// An empty tenant that honours idempotency keys and keeps names unique.
    pub fn new() -> Self {
        Self(Mutex::new(State::new(NameRule::Unique, Self::PAGE_SIZE)))
    }

    /// An empty tenant that lets two resources bear one name.
    pub fn with_repeatable_names() -> Self {
        Self(Mutex::new(State::new(
            NameRule::Repeatable,
            Self::PAGE_SIZE,
        )))
    }

    /// The same, blind to idempotency keys although it is said to honour them.
    #[must_use]
    pub fn ignoring_keys(self) -> Self {
        self.state().habits.keys = Keys::Ignored;
        self
    }

    /// The same, blind to idempotency keys, which everybody knows.
    #[must_use]
    pub fn offering_no_guard(self) -> Self {
        self.state().habits.guard = CreateGuard::Nothing;
        self.ignoring_keys()
    }

    /// The same with `page_size` resources on a page.
    #[must_use]
    pub fn paged_by(self, page_size: NonZeroUsize) -> Self {
        self.state().page_size = page_size;
        self
    }

    /// The same with the table `id`.
    #[must_use]
    pub fn with_table(self, id: TableId) -> Self {
        self.state().tables.insert(
            id,
            ObservedTable {
                id: id.to_string(),
                name: None,
                document: Document::new(json!({ "id": id.to_string() }).to_string()),
            },
        );
        self
    }

    /// The same with `body` as an action that somebody made before.
    #[must_use]
    pub fn with_action(self, body: &ActionBody) -> Self {
        self.put_action(body);
        self
    }

    /// The same with `body` as a view that somebody made before.
    #[must_use]
    pub fn with_view(self, body: &ViewBody) -> Self {
        self.put_view(body);
        self
    }

    /// Makes an action behind everybody's back; `None` where its name is taken.
    pub fn put_action(&self, body: &ActionBody) -> Option<ResourceId> {
        self.state().put(Sent::action(body))
    }

    /// Makes a view behind everybody's back; `None` where its name is taken or its source has no id.
    pub fn put_view(&self, body: &ViewBody) -> Option<ResourceId> {
        self.state().put(Sent::view(body)?)
    }

    /// Changes the fields of the resource at `address` behind everybody's back; tells whether it is there.
    pub fn edit(&self, address: &Address, edit: impl FnOnce(&mut Map<String, Value>)) -> bool {
        self.state()
            .change(address, |resource| edit(resource.fields_mut()))
    }

    /// Gives the resource at `address` the member `name`, which nothing in `cxda` knows of; tells whether it is there.
    pub fn set_unmanaged(&self, address: &Address, name: &str, value: Value) -> bool {
        self.state()
            .change(address, |resource| resource.set_unmanaged(name, value))
    }

    /// Deletes the resource at `address` behind everybody's back; tells whether it was there.
    pub fn remove(&self, address: &Address) -> bool {
        self.state().remove(address)
    }

    /// Keeps the action at `address` in the state `PUBLISHING` until it was shown `times` times; tells whether it is there.
    pub fn keep_publishing(&self, address: &Address, times: u32) -> bool {
        self.state()
            .amend(address, |resource| resource.keep_publishing(times))
    }

    /// Leaves the members `names` out of every listing of `kind`.
    pub fn leave_out_of_lists(&self, kind: ResourceKind, names: &[&str]) {
        let names = names.iter().map(ToString::to_string).collect();
        self.state().shelf(kind).hide_in(Answered::List, names);
    }

    /// Leaves the members `names` out of every answer to a create of `kind`.
    pub fn leave_out_of_creates(&self, kind: ResourceKind, names: &[&str]) {
        let names = names.iter().map(ToString::to_string).collect();
        self.state().shelf(kind).hide_in(Answered::Create, names);
    }

    /// Ignores the members `names` in the next `writes` creates and replaces of `kind`, as a tenant does that accepts what it does not do.
    pub fn ignore_in_writes(&self, kind: ResourceKind, names: &[&str], writes: u32) {
        let names = names.iter().map(ToString::to_string).collect();
        self.state().shelf(kind).ignore(names, writes);
    }

    /// Lets the sandbox answer `answer` for the action `name`; it answers with success for all others.
    pub fn answer_tests_of(&self, name: &str, answer: SandboxAnswer) {
        self.state().sandbox.insert(name.to_owned(), answer);
    }

    /// Fails at `moment` on the next create, and saves that failure for its key: whatever comes under it fails the same way.
    pub fn save_failure_of_next_create(&self, moment: Moment) {
        self.state().habits.save_next = Some(moment);
    }

    /// Leaves what is created from now on out of the next `times` answers to list calls and finds, as a listing that lags behind does.
    pub fn lag_lists(&self, times: u32) {
        self.state().habits.lag = times;
    }

    /// Forgets every idempotency key, as a tenant does when their time is over.
    pub fn forget_keys(&self) {
        let mut state = self.state();
        for kind in [ResourceKind::View, ResourceKind::Action] {
            state.shelf(kind).forget_keys();
        }
    }

    /// The resource at `address` in full, the first where there are several.
    pub fn get(&self, address: &Address) -> Option<ObservedResource> {
        self.state().get(address)
    }

    /// The address of every resource, views first, each kind in the order in which they were made.
    pub fn addresses(&self) -> Vec<Address> {
        self.state().addresses()
    }

    /// The value that the tenant keeps of the encrypted variable `name` of the action at `address`, and shows nobody else.
    pub fn encrypted_value(&self, address: &Address, name: &str) -> Option<String> {
        self.state().encrypted_value(address, name)
    }

    /// How often each operation was asked for, failed calls included.
    pub fn calls(&self) -> RequestCount {
        self.state().calls.clone()
    }

    /// How often `operation` was asked for.
    pub fn count(&self, operation: Operation) -> u64 {
        let state = self.state();
        let count = state.calls.by_operation().get(&operation);
        count.copied().unwrap_or_default()
    }

    /// Begins to count anew.
    pub fn forget_calls(&self) {
        self.state().calls = RequestCount::default();
    }

    /// The most calls that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    /// What was relayed: URL and payload, in order.
    pub fn relayed(&self) -> Vec<(String, String)> {
        self.state().relayed.clone()
    }

    /// The views whose indexes were asked for, in order.
    pub fn indexes_built(&self) -> Vec<ResourceId> {
        self.state().indexes_built.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one call: counts it, lets others begin theirs, then does `work`.
    async fn answer<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<Answer<T>, ApiError> {
        let under_way = UnderWay::begin(self, operation);
        yield_now().await;
        let worked = work(&mut self.state());
        drop(under_way);
        let cost = CallCost {
            attempts: 1,
            latency: Self::LATENCY,
        };
        match worked {
            Ok(value) => Ok(Answer { value, cost }),
            Err(Refusal { kind, detail }) => Err(ApiError {
                cost,
                ..ApiError::new(operation, kind, detail)
            }),
        }
    }
}

impl Default for MemoryTenant {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryTenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryTenant")
            .field("addresses", &self.addresses())
            .finish_non_exhaustive()
    }
}

/// Why a call was refused.
struct Refusal {
    kind: ApiErrorKind,
    detail: String,
}

impl Refusal {
    fn new(kind: ApiErrorKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail }
    }

    fn not_found() -> Self {
        Self::new(ApiErrorKind::NotFound, "")
    }

    fn rejected(field: &str, message: impl Into<String>) -> Self {
        let problem = cxda_ports::error::Problem {
            field: Some(field.to_owned()),
            message: message.into(),
            ..Default::default()
        };
        let problems = vec![problem];
        Self::new(ApiErrorKind::Rejected { problems }, "")
    }
}

/// Counts a call as under way for as long as it lives: also one that its caller gives up.
struct UnderWay<'a>(&'a MemoryTenant);

impl<'a> UnderWay<'a> {
    fn begin(tenant: &'a MemoryTenant, operation: Operation) -> Self {
        let mut state = tenant.state();
        state.calls.add(operation, 1);
        state.under_way += 1;
        state.most_at_once = state.most_at_once.max(state.under_way);
        Self(tenant)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

#[cfg(test)]
mod tests;
