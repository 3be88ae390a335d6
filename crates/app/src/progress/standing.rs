//! How far long work is, in words. It knows no screen and no clock: the time comes with each question.

use std::time::Duration;

use cxda_domain::address::Address;
use cxda_ports::progress::{Hold, ProgressEvent};

use crate::render::{counted, per};

/// How long nothing is said where nobody looks.
const SILENCE: Duration = Duration::from_secs(10);
/// Waiting that nobody needs to be told of.
const MOMENT: Duration = Duration::from_secs(1);

/// What is known of the work. Times are durations since any one moment.
#[derive(Debug, Default)]
pub(super) struct Standing {
    stage: Stage,
    /// What runs now, the longest first.
    running: Vec<Address>,
    /// What holds requests back, and until when.
    held: Option<(Hold, Duration)>,
    /// Until when what was said last holds, or when the work began.
    said: Duration,
}

/// What is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Beginning,
    Observing {
        seen: usize,
    },
    Testing {
        done: usize,
        of: usize,
    },
    Applying {
        ended: usize,
        failed: usize,
        of: usize,
    },
}

impl Standing {
    /// Nothing was done yet at `now`.
    pub(super) fn beginning(now: Duration) -> Self {
        Self {
            said: now,
            ..Self::default()
        }
    }

    /// Takes note of `event`.
    pub(super) fn note(&mut self, event: &ProgressEvent<'_>, now: Duration) {
        match *event {
            ProgressEvent::Observing { seen } => self.stage = Stage::Observing { seen },
            ProgressEvent::Testing { done, of } => self.stage = Stage::Testing { done, of },
            ProgressEvent::Applying { changes } => {
                self.stage = Stage::Applying {
                    ended: 0,
                    failed: 0,
                    of: changes,
                };
            }
            ProgressEvent::Started(address) => self.running.push(address.clone()),
            ProgressEvent::Ended { address, done } => {
                self.running.retain(|running| running != address);
                if let Stage::Applying { ended, failed, .. } = &mut self.stage {
                    *ended += 1;
                    *failed += usize::from(!done);
                }
            }
            ProgressEvent::Held { by, wait } => {
                let until = now.saturating_add(wait);
                // A pause holds back what the own limit would let through.
                if self.held.is_none_or(|(_, other)| other < until) {
                    self.held = Some((by, until));
                }
            }
        }
    }

    /// How many changes have ended.
    pub(super) fn ended(&self) -> usize {
        match self.stage {
            Stage::Applying { ended, .. } => ended,
            Stage::Beginning | Stage::Observing { .. } | Stage::Testing { .. } => 0,
        }
    }

    /// What is going on at `now`; how many changes have ended stands beside.
    pub(super) fn words(&self, now: Duration) -> String {
        if let Some(waiting) = self.waiting(now) {
            return waiting;
        }
        match (self.stage, self.running.as_slice()) {
            (Stage::Observing { seen }, _) => reading(seen),
            (Stage::Testing { done, of }, _) => format!("testing, {done} of {of}"),
            (Stage::Beginning, _) | (Stage::Applying { .. }, []) => String::new(),
            (Stage::Applying { .. }, [only]) => only.to_string(),
            (Stage::Applying { .. }, [first, rest @ ..]) => {
                format!("{first} and {} more", rest.len())
            }
        }
    }

    /// The line that is due at `now` where nobody looks; `None` where enough was said.
    pub(super) fn line(&mut self, now: Duration) -> Option<String> {
        let waiting = self.waiting(now);
        // Of a wait it is said at its beginning how long it lasts.
        let quiet_until = self.held.map_or(now, |(_, until)| until.max(now));
        if quiet_until.saturating_sub(self.said) < SILENCE {
            return None;
        }
        self.said = quiet_until;
        let so_far = match self.stage {
            Stage::Applying { ended, failed, of } => {
                let failed = match failed {
                    0 => String::new(),
                    failed => format!(", {failed} of them not carried out"),
                };
                format!("{ended} of {} ended{failed}", counted(of, "change"))
            }
            Stage::Testing { done, of } => format!("{done} of {} ended", counted(of, "test")),
            Stage::Observing { seen } => reading(seen),
            Stage::Beginning => "waiting for the tenant".to_owned(),
        };
        Some(match waiting {
            None => so_far,
            Some(waiting) => format!("{so_far}; {waiting}"),
        })
    }

    /// Until when no request is sent and why, where that takes long enough to be told.
    fn waiting(&self, now: Duration) -> Option<String> {
        let (by, until) = self.held?;
        let left = until.saturating_sub(now);
        // The last second counts as one.
        let seconds = left.as_millis().div_ceil(1_000);
        (left >= MOMENT).then(|| {
            let why = match by {
                Hold::RateLimit(limit) => {
                    format!("rate limit: {} {}", limit.requests, per(limit.per))
                }
                Hold::Pause => "the tenant asked to wait".to_owned(),
            };
            format!("next request in {seconds} s ({why})")
        })
    }
}

fn reading(seen: usize) -> String {
    format!("reading the tenant, {} so far", counted(seen, "resource"))
}

#[cfg(test)]
mod tests {
    use cxda_domain::request::RateLimit;

    use super::*;

    const LIMIT: Hold = Hold::RateLimit(RateLimit::DEFAULT);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn applying(changes: usize) -> Standing {
        let mut standing = Standing::beginning(Duration::ZERO);
        standing.note(&ProgressEvent::Applying { changes }, Duration::ZERO);
        standing
    }

    fn held(by: Hold, wait: u64) -> ProgressEvent<'static> {
        ProgressEvent::Held {
            by,
            wait: seconds(wait),
        }
    }

    #[test]
    fn what_runs_longest_is_named_and_the_rest_counted() {
        let mut standing = applying(3);
        let [one, two] = ["one", "two"].map(Address::action);
        assert_eq!(standing.words(seconds(0)), "");
        standing.note(&ProgressEvent::Started(&one), seconds(1));
        standing.note(&ProgressEvent::Started(&two), seconds(1));
        assert_eq!(standing.words(seconds(2)), "action/one and 1 more");
        let ended = |address, done| ProgressEvent::Ended { address, done };
        standing.note(&ended(&one, true), seconds(3));
        assert_eq!(standing.words(seconds(3)), "action/two");
        assert_eq!(standing.ended(), 1);
    }

    #[test]
    fn waiting_is_counted_down_to_its_end() {
        let mut standing = applying(300);
        standing.note(&held(LIMIT, 23), seconds(37));
        let why = "(rate limit: 100 a minute)";
        for (now, left) in [(37, 23), (38, 22), (59, 1)] {
            let words = format!("next request in {left} s {why}");
            assert_eq!(standing.words(seconds(now)), words);
        }
        assert_eq!(standing.words(seconds(60)), "");
        standing.note(&held(Hold::Pause, 30), seconds(60));
        let words = "next request in 30 s (the tenant asked to wait)";
        assert_eq!(standing.words(seconds(60)), words);
        standing.note(&held(LIMIT, 5), seconds(61));
        assert!(standing.words(seconds(61)).contains("in 29 s"));
    }

    #[test]
    fn moments_of_waiting_are_not_told() {
        let mut standing = applying(300);
        let wait = Duration::from_millis(999);
        standing.note(&ProgressEvent::Held { by: LIMIT, wait }, seconds(1));
        assert_eq!(standing.words(seconds(1)), "");
    }

    #[test]
    fn where_nobody_looks_a_line_comes_now_and_then_and_before_each_long_wait() {
        let mut standing = applying(300);
        let address = Address::action("one");
        let mut lines = Vec::new();
        for now in 1..=25 {
            let done = now != 2;
            let event = ProgressEvent::Ended {
                address: &address,
                done,
            };
            standing.note(&event, seconds(now));
            lines.extend(standing.line(seconds(now)));
        }
        let failed = "1 of them not carried out";
        assert_eq!(
            lines,
            [
                format!("10 of 300 changes ended, {failed}"),
                format!("20 of 300 changes ended, {failed}"),
            ]
        );
        standing.note(&held(LIMIT, 35), seconds(25));
        let line = standing.line(seconds(25)).unwrap();
        let wait = "next request in 35 s (rate limit: 100 a minute)";
        assert_eq!(line, format!("25 of 300 changes ended, {failed}; {wait}"));
        standing.note(&held(LIMIT, 34), seconds(26));
        for now in 25..70 {
            assert_eq!(standing.line(seconds(now)), None, "at {now}");
        }
        assert!(standing.line(seconds(70)).is_some());
    }

    #[test]
    fn what_is_over_soon_is_done_in_silence() {
        let mut standing = Standing::beginning(seconds(5));
        standing.note(&ProgressEvent::Observing { seen: 100 }, seconds(6));
        assert_eq!(standing.line(seconds(14)), None);
        let line = standing.line(seconds(15)).unwrap();
        assert_eq!(line, "reading the tenant, 100 resources so far");
    }
}
