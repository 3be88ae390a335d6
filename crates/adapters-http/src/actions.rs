//! Data actions over HTTP.

use std::collections::BTreeSet;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::body::ActionBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_ports::actions::{ActionsApi, Deleted, SandboxAnswer};
use cxda_ports::error::{Answer, ApiError, CallCost};
use cxda_ports::page::{Page, PageCursor};
use http::Method;

use crate::call::{AnswerForm, BodyLimit};
use crate::look::ActionLook;
use crate::paging::{Held, NumberPlace};
use crate::tenant::{HttpTenant, unsendable};
use crate::transport::Reply;
use crate::versions::{precondition, versioned};
use crate::wire::page::Listing;
use crate::wire::{WireError, action, document, sandbox};

/// Which actions are listed.
#[derive(Clone, Copy, Debug)]
enum Wanted<'a> {
    All,
    Named(&'a ActionName),
}

#[async_trait]
impl ActionsApi for HttpTenant {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.action_page(Wanted::All, cursor.as_ref()).await
    }

    async fn find(&self, name: &ActionName) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        let mut found = Vec::new();
        let mut ids = BTreeSet::new();
        let mut cost = CallCost::default();
        let mut cursor = None;
        loop {
            let page = self.action_page(Wanted::Named(name), cursor.as_ref()).await;
            let page = page.map_err(|error| ApiError {
                cost: cost.plus(error.cost),
                ..error
            })?;
            cost = cost.plus(page.cost);
            // The tenant may read the filter loosely or not at all.
            let named = page
                .value
                .items
                .into_iter()
                .filter(|item| item.name == name.as_str());
            found.extend(named.filter(|item| ids.insert(item.id.clone())));
            cursor = page.value.next;
            if cursor.is_none() {
                return Ok(Answer { value: found, cost });
            }
        }
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        let call = self.get(Operation::GetAction, id.as_str());
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
        body: &ActionBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::CreateAction;
        let text = action::create_body(body).map_err(|error| unsendable(operation, error))?;
        let call = self.create(operation, text, key.as_str())?;
        let look = ActionLook {
            tenant: self,
            name: &body.name,
        };
        self.send_looking(&call, &look, |reply| {
            action::observe(document(&reply.body)?)
        })
        .await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ActionBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let text = action::replace_body(&current.value.document, body)
            .map_err(|error| unsendable(Operation::ReplaceAction, error))?;
        self.put_action(current, text).await
    }

    async fn restore(
        &self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        self.put_action(current, before.document.as_str().to_owned())
            .await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        self.remove(Operation::DeleteAction, id).await
    }

    async fn test(&self, id: &ResourceId, input: &str) -> Result<Answer<SandboxAnswer>, ApiError> {
        let operation = Operation::TestAction;
        let body = sandbox::request_body(input).map_err(|error| unsendable(operation, error))?;
        let answer = (200, AnswerForm::Json);
        let call = self
            .request(operation, Method::POST, id.as_str(), answer)
            .json(body);
        let mut answer = self
            .send(&call, |reply| sandbox::answer(document(&reply.body)?))
            .await?;
        let error = answer.value.error.take();
        answer.value.error = error.map(|text| self.screen().redact(&text));
        Ok(answer)
    }
}

impl HttpTenant {
    /// Sends `text` in the place of what `current` shows, while that is its version.
    async fn put_action(
        &self,
        current: &Versioned<ObservedResource>,
        text: String,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let operation = Operation::ReplaceAction;
        let tag = precondition(self.profile().concurrency(), current)
            .map_err(|error| unsendable(operation, error))?;
        let id = &current.value.id;
        let call = self.replacement(operation, id.as_str(), text, tag.as_ref())?;
        self.send(&call, |reply| shown(reply, id)).await
    }

    async fn action_page(
        &self,
        wanted: Wanted<'_>,
        cursor: Option<&PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        let operation = Operation::ListActions;
        let place = NumberPlace::of(cursor).map_err(|error| unsendable(operation, error))?;
        let asked = self.profile().page_size();
        let mut call = self
            .get(operation, "")
            .limit(BodyLimit::Listing)
            .query("page", &place.page().to_string())
            .query("pageSize", &asked.to_string());
        if let Wanted::Named(name) = wanted {
            call = call.query("filter", &format!("name={name}"));
        }
        self.send(&call, |reply| {
            let listing = Listing::parse(&reply.body)?;
            let items = listing.read(action::observe)?;
            let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
            let held = Held {
                ids: &ids,
                total: listing.total,
                page_size: listing.page_size,
                asked,
            };
            let next = place.next(held)?;
            Ok(Page {
                items,
                next,
                total: listing.total,
            })
        })
        .await
    }

    /// Deletes the resource `id`; that it is not there is no failure.
    pub(crate) async fn remove(
        &self,
        operation: Operation,
        id: &ResourceId,
    ) -> Result<Answer<Deleted>, ApiError> {
        use cxda_ports::error::ApiErrorKind::NotFound;
        let answer = (204, AnswerForm::Ignored);
        let call = self.request(operation, Method::DELETE, id.as_str(), answer);
        match self.send(&call, |_| Ok(Deleted::Gone)).await {
            Err(error) if error.kind == NotFound => Ok(Answer {
                value: Deleted::AlreadyAbsent,
                cost: error.cost,
            }),
            answer => answer,
        }
    }
}

/// The action `id`, as the answer shows it.
fn shown(reply: &Reply, id: &ResourceId) -> Result<ObservedResource, WireError> {
    let resource = action::observe(document(&reply.body)?)?;
    if resource.id == *id {
        Ok(resource)
    } else {
        Err(WireError::new("it shows another action"))
    }
}
