//! Whether an origin that keeps failing is spared for a while, and when it is asked again.
//!
//! A state machine that decides and never sleeps: instants are durations since any one moment of a clock that only goes
//! forward, and they and randomness come in as arguments. What a failure is, and who is next, is the caller's affair.

use std::collections::VecDeque;
use std::time::Duration;

use crate::retry::JitterFraction;

/// The limits by which a [`Breaker`] opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerLimits {
    /// How long a call that ended counts; its end does not.
    pub window: Duration,
    /// The fewest calls in a window that say anything, included.
    pub min_calls: u32,
    /// The part of them that failed, in percent, from which on the origin is spared, included.
    pub failure_percent: u32,
    /// How long it is spared, in the middle.
    pub open: Duration,
    /// By how much of that, in percent, the time may be shorter or longer.
    pub open_spread_percent: u32,
    /// The longest time that a probe may take.
    pub probe_deadline: Duration,
    /// How many calls may be under way at once after a probe that was answered; it doubles with each further answer.
    pub first_breadth: u32,
    /// From so many on, any number may.
    pub full_breadth: u32,
}

impl BreakerLimits {
    /// The product's limits: half of 10 or more calls within 30 s, then 24 s to 36 s of rest and a probe of 10 s.
    pub const STANDARD: Self = Self {
        window: Duration::from_secs(30),
        min_calls: 10,
        failure_percent: 50,
        open: Duration::from_secs(30),
        open_spread_percent: 20,
        probe_deadline: Duration::from_secs(10),
        first_breadth: 2,
        full_breadth: 16,
    };

    /// For how long the origin is spared: the shortest time with [`JitterFraction::MIN`], and less than the longest always.
    pub fn rest(&self, jitter: JitterFraction) -> Duration {
        let spread = self.open.saturating_mul(self.open_spread_percent) / 100;
        let shortest = self.open.saturating_sub(spread);
        shortest.saturating_add(jitter.of(spread.saturating_mul(2)))
    }
}

/// How a call ended, as far as the origin's health is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// The origin answered, be it with a refusal.
    Answered,
    /// It failed, or nothing came back.
    Failed,
}

/// Leave for one call. It is given back by [`Breaker::end`] or [`Breaker::abandon`], once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    serial: u64,
}

/// Why an origin is spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// How many calls failed when it began.
    pub failed: u32,
    /// Of how many.
    pub calls: u32,
    /// How many probes failed since.
    pub failed_probes: u32,
}

/// An origin is being spared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// For how long still.
    pub left: Duration,
    /// Why.
    pub outage: Outage,
}

/// Whether one more call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// At once, with this.
    Now(Pass),
    /// Not before the rest is over.
    Resting(Rest),
    /// Not before one of the calls that are under way has ended.
    AfterAnother,
}

/// What the end of a call changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The origin is spared from here on, or again.
    Opened(Rest),
    /// The origin answered a probe.
    Closed,
}

/// Watches the calls to one origin.
///
/// Closed, it counts how they end. Open, it lets none go until the rest is over; then exactly one, the probe. Where that
/// is answered it is closed, and lets calls go a few at a time at first, so that all that waited do not go at once;
/// where that fails it is open again.
#[derive(Clone, Debug)]
pub struct Breaker {
    limits: BreakerLimits,
    phase: Phase,
    /// Names the phase; a pass of an earlier one is void.
    serial: u64,
}

#[derive(Clone, Debug)]
enum Phase {
    Closed(Closed),
    Open {
        until: Duration,
        outage: Outage,
    },
    Probing {
        outage: Outage,
        /// Known once the probe is sent.
        overdue: Option<Overdue>,
    },
}

#[derive(Clone, Debug, Default)]
struct Closed {
    /// When and how calls ended, in order.
    ended: VecDeque<(Duration, CallEnd)>,
    /// How many of them failed, so that nobody counts them at the end of each call.
    failed: usize,
    under_way: u32,
    /// How many may be under way at once; `None` where any number may.
    breadth: Option<u32>,
}

/// What holds where nothing is heard of a probe in time.
#[derive(Clone, Copy, Debug)]
struct Overdue {
    after: Duration,
    open_until: Duration,
}

impl Breaker {
    /// A closed one that has seen no call.
    pub fn new(limits: BreakerLimits) -> Self {
        Self {
            limits,
            phase: Phase::Closed(Closed::default()),
            serial: 0,
        }
    }

    /// The rest that the origin has at `now`; `None` where a call or a probe may go, or a probe is under way.
    pub fn rest(&mut self, now: Duration) -> Option<Rest> {
        self.settle(now);
        match self.phase {
            Phase::Open { until, outage } if now < until => Some(Rest {
                left: until.saturating_sub(now),
                outage,
            }),
            _ => None,
        }
    }

    /// Lets one call go at `now`, if one may.
    pub fn enter(&mut self, now: Duration) -> Entry {
        if let Some(rest) = self.rest(now) {
            return Entry::Resting(rest);
        }
        match &mut self.phase {
            Phase::Closed(closed) => {
                if closed
                    .breadth
                    .is_some_and(|breadth| closed.under_way >= breadth)
                {
                    return Entry::AfterAnother;
                }
                closed.under_way = closed.under_way.saturating_add(1);
            }
            Phase::Open { outage, .. } => {
                let outage = *outage;
                self.turn(Phase::Probing {
                    outage,
                    overdue: None,
                });
            }
            Phase::Probing { .. } => return Entry::AfterAnother,
        }
        Entry::Now(Pass {
            serial: self.serial,
        })
    }

    /// Whether `pass` still holds at `now`: it is void once it keeps failing, so nothing is sent there for a while (the breaker opened) or closed after it was given.
    pub fn honours(&mut self, pass: Pass, now: Duration) -> bool {
        self.settle(now);
        pass.serial == self.serial
    }

    /// Takes note that the call of `pass` is sent at `now`; gives the longest time that it may take where it is a probe.
    ///
    /// A probe of which nothing is heard in that time has failed.
    pub fn begin(&mut self, pass: Pass, now: Duration, jitter: JitterFraction) -> Option<Duration> {
        if !self.honours(pass, now) {
            return None;
        }
        let limits = self.limits;
        match &mut self.phase {
            Phase::Probing { overdue, .. } => {
                let after = now.saturating_add(limits.probe_deadline);
                *overdue = Some(Overdue {
                    after,
                    open_until: after.saturating_add(limits.rest(jitter)),
                });
                Some(limits.probe_deadline)
            }
            Phase::Closed(_) | Phase::Open { .. } => None,
        }
    }

    /// Takes note at `now` of how the call of `pass` ended. That of a void pass says nothing any more.
    pub fn end(
        &mut self,
        pass: Pass,
        end: CallEnd,
        now: Duration,
        jitter: JitterFraction,
    ) -> Option<Change> {
        if !self.honours(pass, now) {
            return None;
        }
        let limits = self.limits;
        match (&mut self.phase, end) {
            (Phase::Closed(closed), _) => {
                closed.note(&limits, end, now);
                let outage = closed.outage(&limits)?;
                Some(self.open(outage, now, jitter))
            }
            (Phase::Probing { .. }, CallEnd::Answered) => {
                self.turn(Phase::Closed(Closed {
                    breadth: Some(limits.first_breadth),
                    ..Closed::default()
                }));
                Some(Change::Closed)
            }
            (Phase::Probing { outage, .. }, CallEnd::Failed) => {
                let outage = outage.with_another_probe();
                Some(self.open(outage, now, jitter))
            }
            (Phase::Open { .. }, _) => None,
        }
    }

    /// Takes note that the call of `pass` will never end: it was not sent, or nobody waits for it any more.
    pub fn abandon(&mut self, pass: Pass) {
        if pass.serial != self.serial {
            return;
        }
        match &mut self.phase {
            Phase::Closed(closed) => closed.under_way = closed.under_way.saturating_sub(1),
            // The rest is over already, so the next one to come is the probe.
            Phase::Probing { outage, .. } => {
                let (until, outage) = (Duration::ZERO, *outage);
                self.turn(Phase::Open { until, outage });
            }
            Phase::Open { .. } => {}
        }
    }

    fn open(&mut self, outage: Outage, now: Duration, jitter: JitterFraction) -> Change {
        let left = self.limits.rest(jitter);
        let until = now.saturating_add(left);
        self.turn(Phase::Open { until, outage });
        Change::Opened(Rest { left, outage })
    }

    /// Takes an overdue probe for one that failed.
    fn settle(&mut self, now: Duration) {
        if let Phase::Probing {
            outage,
            overdue: Some(overdue),
        } = &self.phase
            && now > overdue.after
        {
            let (until, outage) = (overdue.open_until, outage.with_another_probe());
            self.turn(Phase::Open { until, outage });
        }
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.serial += 1;
    }
}

impl Closed {
    fn note(&mut self, limits: &BreakerLimits, end: CallEnd, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        self.ended.push_back((now, end));
        self.failed += usize::from(end == CallEnd::Failed);
        let over = |at: Duration| at.saturating_add(limits.window) <= now;
        while let Some((_, end)) = self.ended.pop_front_if(|(at, _)| over(*at)) {
            self.failed = self
                .failed
                .saturating_sub(usize::from(end == CallEnd::Failed));
        }
        if end == CallEnd::Answered {
            self.breadth = self
                .breadth
                .map(|breadth| breadth.saturating_mul(2))
                .filter(|breadth| *breadth < limits.full_breadth);
        }
    }

    /// The outage that the calls of this window amount to.
    fn outage(&self, limits: &BreakerLimits) -> Option<Outage> {
        let count = |calls: usize| u32::try_from(calls).unwrap_or(u32::MAX);
        let (failed, calls) = (count(self.failed), count(self.ended.len()));
        let enough = calls >= limits.min_calls;
        let bad = u64::from(failed) * 100 >= u64::from(calls) * u64::from(limits.failure_percent);
        (enough && bad).then_some(Outage {
            failed,
            calls,
            failed_probes: 0,
        })
    }
}

impl Outage {
    fn with_another_probe(self) -> Self {
        Self {
            failed_probes: self.failed_probes.saturating_add(1),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
