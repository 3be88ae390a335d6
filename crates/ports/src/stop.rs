//! The wish to stop: somebody pressed Ctrl-C, or the machine wants to shut down.

use std::fmt;

use async_trait::async_trait;

/// Tells whether the process is asked to stop. Once raised, it stays so.
///
/// From then on nothing new is sent and nothing is waited for; what was sent already is waited for a moment longer.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StopSignal: fmt::Debug + Send + Sync {
    /// Whether it is raised.
    fn is_raised(&self) -> bool;

    /// Returns as soon as it is raised; at once where it was before.
    async fn raised(&self);
}
