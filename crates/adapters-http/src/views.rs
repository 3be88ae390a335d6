//! Materialized views over HTTP.

use async_trait::async_trait;
use cxda_domain::body::ViewBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_ports::actions::Deleted;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::ViewsApi;
use http::Method;

use crate::call::AnswerForm;
use crate::look::ViewLook;
use crate::tenant::{HttpTenant, unsendable};
use crate::transport::Reply;
use crate::versions::{precondition, versioned};
use crate::wire::{WireError, document, view};

#[async_trait]
impl ViewsApi for HttpTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.token_page(Operation::ListViews, cursor.as_ref(), view::observe)
            .await
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        let call = self.get(Operation::GetView, id.as_str());
        let concurrency = self.profile().concurrency();
        self.send(&call, |reply| {
            let resource = shown(reply, id)?;
            Ok(versioned(concurrency, &reply.headers, resource))
        })
        .await
    }

    fn create_guard(&self) -> CreateGuard {
        self.guard_of_creates()
    }

    async fn create(
        &self,
        body: &ViewBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::CreateView;
        let source = source_id(operation, body)?;
        let text =
            view::create_body(body, &source).map_err(|error| unsendable(operation, error))?;
        let call = self.create(operation, text, key.as_str())?;
        let look = ViewLook {
            tenant: self,
            name: &body.name,
        };
        self.send_looking(&call, &look, |reply| view::observe(document(&reply.body)?))
            .await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ViewBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::ReplaceView;
        let source = source_id(operation, body)?;
        let tag = precondition(self.profile().concurrency(), current)
            .map_err(|error| unsendable(operation, error))?;
        let text = view::replace_body(&current.value.document, body, &source)
            .map_err(|error| unsendable(operation, error))?;
        let id = &current.value.id;
        let call = self.replacement(operation, id.as_str(), text, tag.as_ref())?;
        self.send(&call, |reply| shown(reply, id)).await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        self.remove(Operation::DeleteView, id).await
    }

    async fn build_indexes(&self, id: &ResourceId) -> Result<Answer<()>, ApiError> {
        let answer = (202, AnswerForm::Ignored);
        let call = self.request(Operation::BuildIndexes, Method::POST, id.as_str(), answer);
        self.send(&call, |_| Ok(())).await
    }
}

fn source_id(operation: Operation, body: &ViewBody) -> Result<String, ApiError> {
    let id = body.source.id();
    id.ok_or_else(|| unsendable(operation, "source view has no id yet"))
}

/// The view `id`, as the answer shows it.
fn shown(reply: &Reply, id: &ResourceId) -> Result<ObservedResource, WireError> {
    let resource = view::observe(document(&reply.body)?)?;
    if resource.id == *id {
        Ok(resource)
    } else {
        Err(WireError::new("it shows another view"))
    }
}
