//! A token call that is under way, for all who wait for it.
//!
//! They go on in the order in which they came, so that a run can be repeated.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::token::{Landing, failed};

/// What those who wait have in hand.
#[derive(Debug, Default)]
pub(super) struct Flight {
    landing: OnceLock<Landing>,
    landed: Notify,
}

/// What brings a flight to its end, even where it is dropped on the way.
#[derive(Debug)]
pub(super) struct Pilot(pub(super) Arc<Flight>);

impl Flight {
    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self) -> bool {
        self.landing.get().is_some()
    }

    /// Waits for its end.
    pub(super) async fn landing(&self) -> Landing {
        loop {
            // Before the look, so that an end right behind it is heard.
            let landed = self.landed.notified();
            if let Some(landing) = self.landing.get() {
                return landing.clone();
            }
            landed.await;
        }
    }
}

impl Pilot {
    /// Ends the flight, as far as it has not ended.
    pub(super) fn land(&self, landing: Landing) {
        // Whatever came first holds.
        drop(self.0.landing.set(landing));
        self.0.landed.notify_waiters();
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.land(Err(failed("the token call broke off")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flight_that_is_dropped_lands_for_all_who_wait() {
        let flight = Arc::new(Flight::default());
        let pilot = Pilot(Arc::clone(&flight));
        let waiting = Arc::clone(&flight);
        let waiting = tokio::spawn(async move { waiting.landing().await });
        tokio::task::yield_now().await;
        assert!(!flight.is_over());
        drop(pilot);
        let error = waiting.await.unwrap().unwrap_err();
        assert_eq!(error.detail, "the token call broke off");
        assert!(flight.is_over());
        flight.landing().await.unwrap_err();
    }
}
