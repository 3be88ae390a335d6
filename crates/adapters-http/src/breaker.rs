//! Spares an origin that keeps failing, and lets calls to it go on in the order in which they came.
//!
//! When that begins and ends is decided by the domain's breaker; here it is waited for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxda_domain::breaker::{Breaker, BreakerLimits, CallEnd, Change, Entry, Pass, Rest};
use cxda_domain::retry::JitterFraction;
use cxda_ports::clock::Clock;
use cxda_ports::ids::Jitter;
use tokio::sync::Notify;

use crate::base_url::Origin;
use crate::retry::{fraction, millis};

const LIMITS: BreakerLimits = BreakerLimits::STANDARD;

/// One breaker for each origin that was called.
#[derive(Debug)]
pub(crate) struct Breakers {
    clock: Arc<dyn Clock>,
    jitter: Arc<dyn Jitter>,
    gates: Mutex<BTreeMap<Origin, Arc<Gate>>>,
}

/// The gate through which every request to one origin goes.
#[derive(Debug)]
pub(crate) struct Gate {
    origin: Origin,
    clock: Arc<dyn Clock>,
    jitter: Arc<dyn Jitter>,
    /// Whoever holds it is next; the others wait for it in the order in which they came.
    queue: tokio::sync::Mutex<()>,
    /// Tells who is next that a call may go.
    changed: Notify,
    breaker: Mutex<Breaker>,
}

/// Leave to send one request. Dropped before its end is known, it makes room for another.
#[derive(Debug)]
pub(crate) struct Leave {
    gate: Arc<Gate>,
    pass: Option<Pass>,
}

/// The origin is spared for longer than a call waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spared {
    origin: Origin,
    rest: Rest,
}

impl Breakers {
    pub(crate) fn new(clock: Arc<dyn Clock>, jitter: Arc<dyn Jitter>) -> Self {
        Self {
            clock,
            jitter,
            gates: Mutex::default(),
        }
    }

    /// The gate to `origin`.
    pub(crate) fn gate(&self, origin: &Origin) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(origin.clone()).or_insert_with(|| {
            Arc::new(Gate {
                origin: origin.clone(),
                clock: Arc::clone(&self.clock),
                jitter: Arc::clone(&self.jitter),
                queue: tokio::sync::Mutex::new(()),
                changed: Notify::new(),
                breaker: Mutex::new(Breaker::new(LIMITS)),
            })
        });
        Arc::clone(gate)
    }
}

impl Gate {
    /// Returns when the origin is spared no longer. It reserves nothing.
    ///
    /// # Errors
    ///
    /// [`Spared`] where that does not come before the instant `before`, or a probe has failed already.
    pub(crate) async fn rested(&self, before: Duration) -> Result<(), Spared> {
        self.check(before)?;
        let _next = self.queue.lock().await;
        while let Some(left) = self.check(before)? {
            self.wait(left).await;
        }
        Ok(())
    }

    /// Returns when one request may be sent.
    ///
    /// # Errors
    ///
    /// As [`Gate::rested`].
    pub(crate) async fn enter(self: &Arc<Self>, before: Duration) -> Result<Leave, Spared> {
        self.check(before)?;
        let _next = self.queue.lock().await;
        loop {
            if let Some(left) = self.check(before)? {
                self.wait(left).await;
            }
            let entry = self.lock().enter(self.clock.elapsed());
            match entry {
                Entry::Now(pass) => {
                    return Ok(Leave {
                        gate: Arc::clone(self),
                        pass: Some(pass),
                    });
                }
                Entry::Resting(_) => {}
                Entry::AfterAnother => self.changed.notified().await,
            }
        }
    }

    /// How long a call waits for the origin; `None` where it is not spared.
    fn check(&self, before: Duration) -> Result<Option<Duration>, Spared> {
        let now = self.clock.elapsed();
        let Some(rest) = self.lock().rest(now) else {
            return Ok(None);
        };
        if rest.outage.failed_probes == 0 && now.saturating_add(rest.left) < before {
            Ok(Some(rest.left))
        } else {
            Err(Spared {
                origin: self.origin.clone(),
                rest,
            })
        }
    }

    async fn wait(&self, left: Duration) {
        tracing::debug!(origin = %self.origin, wait_ms = millis(left), "waits for the breaker");
        self.clock.wait(left).await;
    }

    fn fraction(&self) -> JitterFraction {
        fraction(&*self.jitter)
    }

    /// Puts on record that it keeps failing, so nothing is sent there for a while (the breaker opened) or closed.
    fn note(&self, change: Change) {
        let origin = &self.origin;
        match change {
            Change::Opened(Rest { left, outage }) => tracing::warn!(
                %origin,
                failed = outage.failed,
                calls = outage.calls,
                failed_probes = outage.failed_probes,
                open_ms = millis(left),
                "it keeps failing, so nothing is sent there for a while (the breaker opened)"
            ),
            Change::Closed => tracing::info!(%origin, "it answers again (the breaker closed)"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// Whether it still holds: the breaker did not open since it was given.
    pub(crate) fn holds(&self) -> bool {
        let now = self.gate.clock.elapsed();
        self.pass
            .is_some_and(|pass| self.gate.lock().honours(pass, now))
    }

    /// Takes note that the request is sent; gives the longest time that it may take where it is a probe.
    pub(crate) fn begin(&self) -> Option<Duration> {
        let (now, jitter) = (self.gate.clock.elapsed(), self.gate.fraction());
        let deadline = self.gate.lock().begin(self.pass?, now, jitter);
        if deadline.is_some() {
            tracing::info!(origin = %self.gate.origin, "one request goes to see whether it answers again (the breaker lets a probe through)");
        }
        deadline
    }

    /// Takes note of how the request ended.
    pub(crate) fn ended(mut self, end: CallEnd) {
        let (now, jitter) = (self.gate.clock.elapsed(), self.gate.fraction());
        let Some(pass) = self.pass.take() else { return };
        let change = self.gate.lock().end(pass, end, now, jitter);
        if let Some(change) = change {
            self.gate.note(change);
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(pass) = self.pass {
            self.gate.lock().abandon(pass);
        }
        self.gate.changed.notify_one();
    }
}

impl fmt::Display for Spared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, rest } = self;
        let (failed, calls) = (rest.outage.failed, rest.outage.calls);
        let window = LIMITS.window.as_secs();
        write!(
            formatter,
            "{failed} of {calls} calls to {origin} failed within {window} s"
        )?;
        match rest.outage.failed_probes {
            0 => {}
            1 => formatter.write_str(", and a probe after them")?,
            probes => write!(formatter, ", and {probes} probes after them")?,
        }
        let left = rest.left.as_millis().div_ceil(1_000);
        write!(formatter, "; it is tried again in {left} s")
    }
}
