//! The tenant's data actions.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::action::ActionName;
use cxda_domain::body::ActionBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;

use crate::error::{Answer, ApiError};
use crate::page::{Page, PageCursor};

/// How a delete ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It was there and is gone.
    Gone,
    /// It was not there.
    AlreadyAbsent,
}

/// What the tenant's sandbox answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxAnswer {
    /// Whether the status was `SUCCESS`.
    pub succeeded: bool,
    /// The output as JSON text, where there was one.
    pub output: Option<String>,
    /// What went wrong, where something did.
    pub error: Option<String>,
}

/// Reads and writes data actions.
///
/// Every method may fail with the kinds of [`crate::error::ApiErrorKind`] that concern the way to the tenant:
/// `Unauthenticated`, `PermissionDenied`, `RateLimited`, `Unreachable`, `Unavailable`, `Malformed`, `Credentials`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ActionsApi: fmt::Debug + Send + Sync {
    /// One page of all actions, from the start where `cursor` is `None`.
    ///
    /// # Errors
    ///
    /// Those of every method.
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError>;

    /// Every action whose name is exactly `name`, also more than one.
    ///
    /// # Errors
    ///
    /// Those of every method.
    async fn find(&self, name: &ActionName) -> Result<Answer<Vec<ObservedResource>>, ApiError>;

    /// The action `id` with its version.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is none.
    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError>;

    /// What keeps a create that is sent twice from making two; the same for as long as the process lives.
    fn create_guard(&self) -> CreateGuard;

    /// Creates an action. Sending the same `key` with the same body twice creates one action and gives the first answer again.
    ///
    /// # Errors
    ///
    /// - `AlreadyExists` if the name is taken and `key` is new.
    /// - `KeyMismatch` if `key` was used for another body, which is a mistake of ours.
    /// - `Rejected` if the tenant finds the body invalid.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn create(
        &self,
        body: &ActionBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError>;

    /// Replaces the action that `current` shows, but only while its version is the one read: managed fields come from `body`,
    /// all others go back exactly as they came.
    ///
    /// # Errors
    ///
    /// - `NotFound` if it is gone.
    /// - `VersionMismatch` if another writer came first; nothing was written.
    /// - `Busy` while the tenant is still working on an earlier write.
    /// - `Rejected` if the tenant finds the body invalid.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ActionBody,
    ) -> Result<Answer<ObservedResource>, ApiError>;

    /// Puts the action that `current` shows back to what `before` showed of it, exactly as that came, but only while its version is
    /// the one read. What a tenant never shows, such as encrypted values, stays.
    ///
    /// # Errors
    ///
    /// As [`ActionsApi::replace`].
    async fn restore(
        &self,
        current: &Versioned<ObservedResource>,
        before: &ObservedResource,
    ) -> Result<Answer<ObservedResource>, ApiError>;

    /// Deletes the action `id`.
    ///
    /// # Errors
    ///
    /// - `Busy` while the tenant is still working on an earlier write.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError>;

    /// Runs the action `id` in the tenant's sandbox with `input`, a JSON text.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is none.
    async fn test(&self, id: &ResourceId, input: &str) -> Result<Answer<SandboxAnswer>, ApiError>;
}
