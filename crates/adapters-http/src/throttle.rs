//! Keeps one tenant from being asked more often than it allows, and lets one refusal hold back all calls.
//!
//! Whether there is room is decided by the domain's window; here it is waited for, first come, first served.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use cxda_domain::request::RateLimit;
use cxda_domain::throttle::{AskedPauses, Room, SlidingWindow};
use cxda_ports::clock::Clock;
use cxda_ports::progress::{Hold, Progress, ProgressEvent};
use tokio::sync::Notify;

use crate::retry::millis;

/// The gate through which every request to a tenant goes.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: RateLimit,
    clock: Arc<dyn Clock>,
    /// Who is told when requests are held back.
    progress: OnceLock<Arc<dyn Progress>>,
    /// Whoever holds it is next; the others wait for it in the order in which they came.
    queue: tokio::sync::Mutex<()>,
    /// Tells who is next that there may be room.
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window: SlidingWindow,
    /// Those of the window's pauses that the tenant named a time for.
    asked: AskedPauses,
    /// How long our own limit held back whoever was next, one after the other.
    held: Duration,
    /// How often the tenant began to refuse requests.
    waves: u64,
    /// How many of these there were since requests went at full width.
    streak: u32,
    /// How many requests were answered otherwise since they were let through after the wave before.
    served: u64,
    /// Since when the tenant has refused every request.
    refusing_since: Option<Duration>,
}

/// Leave to send one request. It counts as under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    throttle: &'a Throttle,
    wave: Wave,
    sent: Sent,
    /// How long our own limit held the request back.
    pub(crate) held_back: Duration,
    /// How long a pause did that the tenant asked for.
    pub(crate) paused: Duration,
}

/// Whether a request that was let through counts as one that the tenant received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Yes,
    No,
}

/// Before which wave of refusals a request was let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wave(u64);

/// What it says that a request was refused for being one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing new: it was under way already when another one was refused.
    Known,
    /// The tenant begins to refuse, or still does after all that was done.
    New(Tightness),
}

/// How it stands when a tenant refuses requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tightness {
    /// How many refusals there were that were new, this one included, since requests went at full width.
    pub(crate) streak: u32,
    /// How many requests it carried out so far.
    pub(crate) served: u64,
    /// For how long it has carried out nothing.
    pub(crate) refusing_for: Duration,
}

/// The tenant asked for a pause that is longer than a call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PausedTooLong {
    /// How much of it is left.
    pub(crate) left: Duration,
}

impl Throttle {
    pub(crate) fn new(limit: RateLimit, clock: Arc<dyn Clock>) -> Self {
        Self {
            limit,
            clock,
            progress: OnceLock::new(),
            queue: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            state: Mutex::new(State {
                window: SlidingWindow::new(limit),
                asked: AskedPauses::default(),
                held: Duration::ZERO,
                waves: 0,
                streak: 0,
                served: 0,
                refusing_since: None,
            }),
        }
    }

    /// Returns when one request may be sent.
    ///
    /// # Errors
    ///
    /// [`PausedTooLong`] where pauses that the tenant asked for, one after the other, do not end within `patience`.
    pub(crate) async fn admit(&self, patience: Duration) -> Result<Permit<'_>, PausedTooLong> {
        let began = self.clock.elapsed();
        let paused_before = {
            let state = self.lock();
            state.check(began, patience)?;
            state.asked.passed(began)
        };
        let _next = self.queue.lock().await;
        let mut since = self.unpaused();
        loop {
            let now = self.clock.elapsed();
            let (room, is_paused) = {
                let mut state = self.lock();
                let unpaused = now.saturating_sub(state.asked.passed(now));
                state.held = state.held.saturating_add(unpaused.saturating_sub(since));
                since = unpaused;
                // One pause may follow upon another.
                let paused = state.asked.passed(now).saturating_sub(paused_before);
                state.check(now, patience.saturating_sub(paused))?;
                let room = state.window.room(now);
                if room == Room::Now {
                    state.window.begin();
                    let waited = now.saturating_sub(began);
                    return Ok(Permit {
                        throttle: self,
                        wave: Wave(state.waves),
                        sent: Sent::Yes,
                        held_back: waited.saturating_sub(paused),
                        paused,
                    });
                }
                (room, state.window.paused_until() > now)
            };
            match room {
                Room::In(left) => {
                    // That of a pause was told when it began.
                    if !is_paused {
                        self.tell(Hold::RateLimit(self.limit), left);
                    }
                    self.clock.wait(left).await;
                }
                Room::Now | Room::AfterAnother => self.changed.notified().await,
            }
        }
    }

    /// Holds back every request that is not sent yet for `wait`, as the tenant asked.
    pub(crate) fn pause_as_asked(&self, wait: Duration) {
        let now = self.clock.elapsed();
        let until = now.saturating_add(wait);
        self.lock().asked.add(now, until);
        self.pause(wait);
    }

    /// The same where the tenant named no time. Like the limit itself, that counts to no call's deadline.
    pub(crate) fn pause(&self, wait: Duration) {
        if !wait.is_zero() {
            tracing::info!(
                pause_ms = millis(wait),
                "no request to the tenant for a while"
            );
            self.tell(Hold::Pause, wait);
        }
        let until = self.clock.elapsed().saturating_add(wait);
        self.lock().window.pause(until);
    }

    /// Tells `progress` from now on when requests are held back, unless somebody is told already.
    pub(crate) fn report_to(&self, progress: Arc<dyn Progress>) {
        let _ = self.progress.set(progress);
    }

    fn tell(&self, by: Hold, wait: Duration) {
        if let Some(progress) = self.progress.get() {
            progress.note(ProgressEvent::Held { by, wait });
        }
    }

    /// How long our own limit has held back whoever was next, all together.
    pub(crate) fn held(&self) -> Duration {
        self.lock().held
    }

    /// How long it takes until a request that was answered before counts no longer, for which another may be sent.
    pub(crate) fn room_in(&self) -> Duration {
        let now = self.clock.elapsed();
        self.lock().window.oldest_leaves_in(now)
    }

    /// Takes note that the tenant refused a request of `wave` for being one too many.
    ///
    /// Where that is news, requests go one at a time from here on, until the tenant carries some out.
    pub(crate) fn refused(&self, wave: Wave) -> Refusal {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        if wave != Wave(state.waves) {
            return Refusal::Known;
        }
        state.waves += 1;
        state.streak = state.streak.saturating_add(1);
        state.window.narrow();
        let since = *state.refusing_since.get_or_insert(now);
        Refusal::New(Tightness {
            streak: state.streak,
            served: state.served,
            refusing_for: now.saturating_sub(since),
        })
    }

    /// Takes note that the tenant answered a request of `wave` otherwise, and tells whether that counts: it does not where
    /// the tenant refused another one since.
    pub(crate) fn served(&self, wave: Wave) -> bool {
        {
            let mut state = self.lock();
            if wave != Wave(state.waves) {
                return false;
            }
            state.served += 1;
            state.refusing_since = None;
            state.window.widen();
            if !state.window.is_narrow() {
                state.streak = 0;
            }
        }
        self.changed.notify_one();
        true
    }

    /// The time now, without the pauses so far that the tenant asked for.
    fn unpaused(&self) -> Duration {
        let now = self.clock.elapsed();
        now.saturating_sub(self.lock().asked.passed(now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Before which wave of refusals the request was let through.
    pub(crate) fn wave(&self) -> Wave {
        self.wave
    }

    /// Gives it back: the request is not sent.
    pub(crate) fn unused(mut self) {
        self.sent = Sent::No;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let now = self.throttle.clock.elapsed();
        match self.sent {
            Sent::Yes => self.throttle.lock().window.end(now),
            Sent::No => self.throttle.lock().window.cancel(),
        }
        self.throttle.changed.notify_one();
    }
}

impl State {
    fn check(&self, now: Duration, patience: Duration) -> Result<(), PausedTooLong> {
        let left = self.window.paused_until().saturating_sub(now);
        if left.is_zero() || left < patience {
            Ok(())
        } else {
            Err(PausedTooLong { left })
        }
    }
}
