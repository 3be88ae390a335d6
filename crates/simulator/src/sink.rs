//! Where a simulated tenant's state goes after each change.

use std::error::Error;
use std::fmt;

/// Keeps the state somewhere.
pub trait StateSink: fmt::Debug + Send + Sync {
    /// Keeps `json`, the whole state, in the place of what was kept before.
    ///
    /// It may block; it is called from a thread made for that, one call at a time. What several requests changed
    /// while it was busy comes in one call. Until it returns, those requests are not answered.
    ///
    /// # Errors
    ///
    /// Whatever kept it from doing so. The requests are then answered 500, although the tenant holds their changes.
    fn save(&self, json: &str) -> Result<(), Box<dyn Error + Send + Sync>>;
}
