//! The wish to stop, of a test or of nobody.

use std::future::pending;

use async_trait::async_trait;
use cxda_ports::stop::StopSignal;
use tokio::sync::watch;

/// Nobody ever wants to stop.
#[derive(Clone, Copy, Debug)]
pub struct NeverStops;

/// Raised by hand.
#[derive(Debug, Default)]
pub struct ManualStop(watch::Sender<bool>);

impl ManualStop {
    /// A signal that is not raised yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it, for good.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }
}

#[async_trait]
impl StopSignal for NeverStops {
    fn is_raised(&self) -> bool {
        false
    }

    async fn raised(&self) {
        pending::<()>().await;
    }
}

#[async_trait]
impl StopSignal for ManualStop {
    fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    async fn raised(&self) {
        // The sender lives as long as this signal, so the only outcome is that it was raised.
        drop(self.0.subscribe().wait_for(|raised| *raised).await);
    }
}
