//! The real clock and real randomness: the only calls to either.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;
use cxda_ports::ids::{IdSource, Jitter};
use uuid::Uuid;

/// The clock of the machine.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the Clock port"
    )]
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the Clock port"
    )]
    fn now(&self) -> UtcMillis {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let epoch_millis = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        };
        UtcMillis::from_epoch_millis(epoch_millis)
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the Clock port"
    )]
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Ids and jitter from the operating system's randomness.
#[derive(Debug)]
pub(crate) struct SystemRandom;

impl IdSource for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the IdSource port"
    )]
    fn fresh(&self) -> String {
        Uuid::new_v4().to_string()
    }
}

impl Jitter for SystemRandom {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit into the mantissa")]
    fn fraction(&self) -> f64 {
        const BITS: u32 = 53;
        // Without randomness there is no jitter: waits are then at their longest.
        let random = getrandom::u64().unwrap_or(u64::MAX);
        (random >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64
    }
}

/// 32 random bytes, for a key that is made once.
///
/// # Errors
///
/// [`getrandom::Error`] where the operating system has no randomness to give.
pub(crate) fn fresh_key() -> Result<[u8; 32], getrandom::Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    Ok(key)
}
