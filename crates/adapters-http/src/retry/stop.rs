//! What becomes of a call when the run is to stop: what is not sent stays unsent, and what is sent is waited for a moment longer.
//!
//! With which error that ends is not decided here.

use std::time::Duration;

use crate::retry::Link;

/// How long a request that is on its way when the run is to stop is still waited for.
pub const STOP_GRACE: Duration = Duration::from_secs(5);

impl Link {
    /// What `work`, during which nothing is sent for the call, comes to; `None` where the run is to stop before.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.raised() => None,
            done = work => Some(done),
        }
    }

    /// What `sending` comes to; `None` where the run is to stop and nothing comes of it within [`STOP_GRACE`].
    pub(super) async fn within_grace<T>(&self, sending: impl Future<Output = T>) -> Option<T> {
        let over = async {
            self.stop.raised().await;
            self.clock.wait(STOP_GRACE).await;
        };
        tokio::select! {
            biased;
            outcome = sending => Some(outcome),
            () = over => None,
        }
    }
}
