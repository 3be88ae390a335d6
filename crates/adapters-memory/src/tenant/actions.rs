//! The tenant's data actions.

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::address::ResourceKind;
use cxda_domain::body::ActionBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_ports::actions::{ActionsApi, Deleted, SandboxAnswer};
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::page::{Page, PageCursor};

use super::shelf::Sent;
use super::{MemoryTenant, Refusal};

const KIND: ResourceKind = ResourceKind::Action;

#[async_trait]
impl ActionsApi for MemoryTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.answer(Operation::ListActions, |state| {
            state.list(KIND, cursor.as_ref())
        })
        .await
    }

    async fn find(&self, name: &ActionName) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        self.answer(Operation::ListActions, |state| {
            Ok(state.find(KIND, name.as_str()))
        })
        .await
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        self.answer(Operation::GetAction, |state| state.shelf(KIND).read(id))
            .await
    }

    fn create_guard(&self) -> CreateGuard {
        self.state().habits.guard
    }

    async fn create(
        &self,
        body: &ActionBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.answer(Operation::CreateAction, |state| {
            state.create(Sent::action(body), Some(key))
        })
        .await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ActionBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.answer(Operation::ReplaceAction, |state| {
            state.shelf(KIND).replace(current, Sent::action(body))
        })
        .await
    }

    async fn restore(
        &self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.answer(Operation::ReplaceAction, |state| {
            state.shelf(KIND).restore(current, before)
        })
        .await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        self.answer(Operation::DeleteAction, |state| {
            state.shelf(KIND).delete(id)
        })
        .await
    }

    async fn test(&self, id: &ResourceId, _input: &str) -> Result<Answer<SandboxAnswer>, ApiError> {
        self.answer(Operation::TestAction, |state| {
            let found = state.shelf(KIND).get(id);
            let (name, _) = found.ok_or_else(Refusal::not_found)?;
            let name = name.to_owned();
            let arranged = state.sandbox.get(&name).cloned();
            Ok(arranged.unwrap_or(SandboxAnswer {
                succeeded: true,
                output: None,
                error: None,
            }))
        })
        .await
    }
}
