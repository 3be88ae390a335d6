//! The tenant's materialized views and the tables below them.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::body::ViewBody;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::observed::{Document, ObservedResource, Versioned};
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::view::TableId;

use crate::actions::Deleted;
use crate::error::{Answer, ApiError};
use crate::page::{Page, PageCursor};

/// Reads and writes materialized views.
///
/// Every method may fail with the kinds of [`crate::error::ApiErrorKind`] that concern the way to the tenant:
/// `Unauthenticated`, `PermissionDenied`, `RateLimited`, `Unreachable`, `Unavailable`, `Malformed`, `Credentials`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ViewsApi: fmt::Debug + Send + Sync {
    /// One page of all views, from the start where `cursor` is `None`.
    ///
    /// # Errors
    ///
    /// Those of every method.
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedResource>>, ApiError>;

    /// The view `id` with its version.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is none.
    async fn read(&self, id: &ResourceId) -> Result<Answer<Versioned<ObservedResource>>, ApiError>;

    /// What keeps a create that is sent twice from making two; the same for as long as the process lives.
    fn create_guard(&self) -> CreateGuard;

    /// Creates a view. Sending the same `key` with the same body twice creates one view and gives the first answer again.
    ///
    /// # Errors
    ///
    /// - `AlreadyExists` if the name is taken and `key` is new.
    /// - `KeyMismatch` if `key` was used for another body, which is a mistake of ours.
    /// - `Rejected` if the tenant finds the body invalid.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn create(
        &self,
        body: &ViewBody,
        key: &IdempotencyKey,
    ) -> Result<Answer<ObservedResource>, ApiError>;

    /// Replaces the view that `current` shows, but only while its version is the one read: managed fields come from `body`,
    /// all others go back exactly as they came.
    ///
    /// # Errors
    ///
    /// - `NotFound` if it is gone.
    /// - `VersionMismatch` if another writer came first; nothing was written.
    /// - `Rejected` if the tenant finds the body invalid.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn replace(
        &self,
        current: &Versioned<ObservedResource>,
        body: &ViewBody,
    ) -> Result<Answer<ObservedResource>, ApiError>;

    /// Deletes the view `id`.
    ///
    /// # Errors
    ///
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn delete(&self, id: &ResourceId) -> Result<Answer<Deleted>, ApiError>;

    /// Asks the tenant to build the indexes of the view `id`; it does so in its own time.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is none.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn build_indexes(&self, id: &ResourceId) -> Result<Answer<()>, ApiError>;
}

/// A table as the tenant shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedTable {
    /// The server's id.
    pub id: String,
    /// Its name, where shown.
    pub name: Option<String>,
    /// The whole, as it came.
    pub document: Document,
}

/// Reads the tenant's tables.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TablesApi: fmt::Debug + Send + Sync {
    /// One page of all tables, from the start where `cursor` is `None`.
    ///
    /// # Errors
    ///
    /// Those of every method of [`ViewsApi`].
    async fn list(
        &self,
        cursor: Option<PageCursor>,
    ) -> Result<Answer<Page<ObservedTable>>, ApiError>;

    /// The table `id`.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is none.
    async fn read(&self, id: TableId) -> Result<Answer<ObservedTable>, ApiError>;
}
