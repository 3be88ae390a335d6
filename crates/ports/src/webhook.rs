//! The tenant's route to webhooks.

use std::fmt;

use async_trait::async_trait;

use crate::error::{Answer, ApiError};

/// Hands payloads to the tenant, which delivers them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WebhookRelay: fmt::Debug + Send + Sync {
    /// Asks the tenant to deliver `payload`, a JSON text, to `target_url`.
    ///
    /// # Errors
    ///
    /// - `Rejected` if the tenant refuses the URL or the payload.
    /// - `OutcomeUnknown` if it was sent and not answered.
    async fn relay(&self, target_url: &str, payload: &str) -> Result<Answer<()>, ApiError>;
}
