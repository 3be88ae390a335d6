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
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the Jitter port"
    )]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit into the mantissa")]
    fn fraction(&self) -> f64 {
        const BITS: u32 = 53;
        let (random, _) = Uuid::new_v4().as_u64_pair();
        // The first 48 bits of a version 4 id are random, and so are bits of its second half.
        let (_, low) = Uuid::new_v4().as_u64_pair();
        let mixed = (random >> 16) ^ (low << 5);
        (mixed & ((1 << BITS) - 1)) as f64 / (1_u64 << BITS) as f64
    }
}

/// 32 random bytes, for a key that is made once.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where all randomness comes from"
)]
pub(crate) fn fresh_key() -> [u8; 32] {
    // Four ids of 122 random bits each; hashing spreads them over all bits of the key.
    let seed: Vec<u8> = (0..4).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    let mut key = [0; 32];
    for (index, byte) in seed.into_iter().enumerate() {
        key[index % 32] ^= byte.rotate_left(u32::from(index >= 32) * 4);
    }
    key
}
