//! The tenant's materialized views.

use async_trait::async_trait;
use cxda_domain::address::ResourceKind;
use cxda_domain::body::ViewBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_ports::actions::Deleted;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::ViewsApi;

use super::shelf::Sent;
use super::{MemoryTenant, Refusal};

const KIND: ResourceKind = ResourceKind::View;

#[async_trait]
impl ViewsApi for MemoryTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.answer(Operation::ListViews, |state| {
            state.list(KIND, cursor.as_ref())
        })
        .await
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        self.answer(Operation::GetView, |state| state.shelf(KIND).read(id))
            .await
    }

    fn create_guard(&self) -> CreateGuard {
        self.state().habits.guard
    }

    async fn create(
        &self,
        body: &ViewBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.answer(Operation::CreateView, |state| {
            state.create(sent(body)?, Some(key))
        })
        .await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ViewBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.answer(Operation::ReplaceView, |state| {
            state.shelf(KIND).replace(current, sent(body)?)
        })
        .await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        self.answer(Operation::DeleteView, |state| state.shelf(KIND).delete(id))
            .await
    }

    async fn build_indexes(&self, id: &ResourceId) -> Result<Answer<()>, ApiError> {
        self.answer(Operation::BuildIndexes, |state| {
            state.shelf(KIND).get(id).ok_or_else(Refusal::not_found)?;
            state.indexes_built.push(id.clone());
            Ok(())
        })
        .await
    }
}

fn sent(body: &ViewBody) -> Result<Sent, Refusal> {
    Sent::view(body).ok_or_else(|| Refusal::rejected("sourceTableId", "no id of the source"))
}
