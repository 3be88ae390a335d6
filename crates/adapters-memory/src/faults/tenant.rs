//! A tenant that fails on named operations.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::body::{ActionBody, ViewBody};
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_domain::view::TableId;
use cxda_ports::actions::{ActionsApi, Deleted, SandboxAnswer};
use cxda_ports::error::{Answer, ApiError, ApiErrorKind, CallCost};
use cxda_ports::page::{Page, PageCursor};
use cxda_ports::views::{ObservedTable, TablesApi, ViewsApi};
use cxda_ports::webhook::WebhookRelay;

use super::{Moment, Script, Verdict, Which};

/// Wraps a tenant. Calls that fail before their work do not reach it, so it does not count them.
pub struct FaultyTenant<T> {
    inner: Arc<T>,
    script: Script<Operation, ApiErrorKind>,
    late: Mutex<Vec<Late>>,
}

/// A write that its sender has given up, still on its way.
type Late = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<T> FaultyTenant<T> {
    /// A tenant that fails nowhere yet.
    pub fn new(inner: Arc<T>) -> Self {
        Self {
            inner,
            script: Script::new(),
            late: Mutex::default(),
        }
    }

    /// Lets every write that is late arrive now, in the order in which they were sent.
    pub async fn let_late_ones_arrive(&self) {
        let late = std::mem::take(&mut *lock(&self.late));
        for write in late {
            write.await;
        }
    }

    /// The same, failing as `kind` on the calls of `operation` that `which` names.
    #[must_use]
    pub fn failing(
        mut self,
        operation: Operation,
        which: Which,
        moment: Moment,
        kind: ApiErrorKind,
    ) -> Self {
        self.script.add(operation, which, moment, kind);
        self
    }

    async fn pass<A>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<A, ApiError>>,
    ) -> Result<A, ApiError> {
        let verdict = self.script.judge(operation);
        let error = failure(operation, &verdict);
        verdict.carry_out(work, error).await
    }

    /// Passes on a write; `work` owns what it needs, so it may outlive the call.
    async fn pass_write<A: 'static>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<A, ApiError>> + Send + 'static,
    ) -> Result<A, ApiError> {
        let verdict = self.script.judge(operation);
        let error = failure(operation, &verdict);
        if let Verdict(Some((Moment::Late, kind))) = verdict {
            let arrive = async move { drop(work.await) };
            lock(&self.late).push(Box::pin(arrive));
            return Err(error(kind));
        }
        verdict.carry_out(work, error).await
    }
}

/// What the failure of a call looks like: one attempt, and another where the first was carried out.
fn failure(
    operation: Operation,
    verdict: &Verdict<ApiErrorKind>,
) -> impl FnOnce(ApiErrorKind) -> ApiError + use<> {
    let attempts = match verdict.0 {
        Some((Moment::After, _)) => 2,
        _ => 1,
    };
    let cost = CallCost {
        attempts,
        ..CallCost::default()
    };
    move |kind| ApiError {
        cost,
        ..ApiError::new(operation, kind, "")
    }
}

impl<T: fmt::Debug> fmt::Debug for FaultyTenant<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FaultyTenant")
            .field("inner", &self.inner)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: ActionsApi + 'static> ActionsApi for FaultyTenant<T> {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.pass(Operation::ListActions, self.inner.list(cursor))
            .await
    }

    async fn find(&self, name: &ActionName) -> Result<Answer<Vec<ObservedResource>>, ApiError> {
        self.pass(Operation::ListActions, self.inner.find(name))
            .await
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        self.pass(Operation::GetAction, self.inner.read(id)).await
    }

    fn create_guard(&self) -> CreateGuard {
        self.inner.create_guard()
    }

    async fn create(
        &self,
        body: &ActionBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let (inner, body, key) = (Arc::clone(&self.inner), body.clone(), key.clone());
        let work = async move { inner.create(&body, &key).await };
        self.pass_write(Operation::CreateAction, work).await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ActionBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let (inner, current, body) = (Arc::clone(&self.inner), current.clone(), body.clone());
        let work = async move { inner.replace(&current, &body).await };
        self.pass_write(Operation::ReplaceAction, work).await
    }

    async fn restore(
        &self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let (inner, current, before) = (Arc::clone(&self.inner), current.clone(), before.clone());
        let work = async move { inner.restore(&current, &before).await };
        self.pass_write(Operation::ReplaceAction, work).await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        let (inner, id) = (Arc::clone(&self.inner), id.clone());
        let work = async move { inner.delete(&id).await };
        self.pass_write(Operation::DeleteAction, work).await
    }

    async fn test(&self, id: &ResourceId, input: &str) -> Result<Answer<SandboxAnswer>, ApiError> {
        self.pass(Operation::TestAction, self.inner.test(id, input))
            .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: ViewsApi + 'static> ViewsApi for FaultyTenant<T> {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError> {
        self.pass(Operation::ListViews, self.inner.list(cursor))
            .await
    }

    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError> {
        self.pass(Operation::GetView, self.inner.read(id)).await
    }

    fn create_guard(&self) -> CreateGuard {
        self.inner.create_guard()
    }

    async fn create(
        &self,
        body: &ViewBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let (inner, body, key) = (Arc::clone(&self.inner), body.clone(), key.clone());
        let work = async move { inner.create(&body, &key).await };
        self.pass_write(Operation::CreateView, work).await
    }

    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ViewBody,
    ) -> Result<Answer<ObservedResource>, ApiError> {
        let (inner, current, body) = (Arc::clone(&self.inner), current.clone(), body.clone());
        let work = async move { inner.replace(&current, &body).await };
        self.pass_write(Operation::ReplaceView, work).await
    }

    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError> {
        let (inner, id) = (Arc::clone(&self.inner), id.clone());
        let work = async move { inner.delete(&id).await };
        self.pass_write(Operation::DeleteView, work).await
    }

    async fn build_indexes(&self, id: &ResourceId) -> Result<Answer<()>, ApiError> {
        self.pass(Operation::BuildIndexes, self.inner.build_indexes(id))
            .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: TablesApi> TablesApi for FaultyTenant<T> {
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedTable>>, ApiError> {
        self.pass(Operation::ListTables, self.inner.list(cursor))
            .await
    }

    async fn read(&self, id: TableId) -> Result<Answer<ObservedTable>, ApiError> {
        self.pass(Operation::GetTable, self.inner.read(id)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: WebhookRelay> WebhookRelay for FaultyTenant<T> {
    async fn relay(&self, target_url: &str, payload: &str) -> Result<Answer<()>, ApiError> {
        self.pass(
            Operation::RelayWebhook,
            self.inner.relay(target_url, payload),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::MemoryTenant;

    #[tokio::test]
    async fn a_call_fails_before_or_after_its_work_and_only_where_named() {
        let tenant = Arc::new(MemoryTenant::new());
        let faulty = FaultyTenant::new(Arc::clone(&tenant))
            .failing(
                Operation::RelayWebhook,
                Which::Nth(2),
                Moment::Before,
                ApiErrorKind::Unavailable,
            )
            .failing(
                Operation::RelayWebhook,
                Which::From(3),
                Moment::After,
                ApiErrorKind::OutcomeUnknown,
            );
        let mut codes = Vec::new();
        for _ in 0..4 {
            let relayed = faulty.relay("https://bi.example", "{}").await;
            codes.push(relayed.map_or_else(|error| error.code(), |_| "done"));
        }
        let unknown = "outcome_unknown";
        assert_eq!(codes, ["done", "unavailable", unknown, unknown]);
        assert_eq!(tenant.relayed().len(), 3);
        assert!(TablesApi::list(&faulty, None).await.is_ok());
    }
}
