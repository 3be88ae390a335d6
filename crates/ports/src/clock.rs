//! Time: what it is, and waiting for it to pass.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;

/// The only source of time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall clock, for records; it may jump.
    fn now(&self) -> UtcMillis;

    /// Time since some fixed point of this process, for durations; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Returns when `duration` has passed on the clock of [`Clock::elapsed`].
    async fn wait(&self, duration: Duration);
}
