//! The machine's clock, for servers that speak to a process that has the same one.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_ports::clock::Clock;

#[derive(Debug)]
pub(crate) struct RealClock(Instant);

impl RealClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> UtcMillis {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = i64::try_from(since.unwrap().as_millis()).unwrap();
        UtcMillis::from_epoch_millis(millis)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
