//! Values by reference, read when they are needed.

use std::fmt;

use async_trait::async_trait;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;

use crate::error::SourceError;

/// Reads what manifests and settings name by reference.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SecretSource: fmt::Debug + Send + Sync {
    /// The text behind `reference`; of a file's text one final newline is cut.
    ///
    /// # Errors
    ///
    /// - [`SourceError::Missing`] if nothing of that name is there.
    /// - [`SourceError::Unreadable`] if it is there and is not UTF-8, not a regular file, or cannot be opened.
    async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError>;
}
