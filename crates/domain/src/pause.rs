//! The pause that a tenant asks for: from when on it counts, and how long it is believed.
//!
//! It neither waits nor remembers, and it knows no clock: the present comes in as an argument. Pauses that are short
//! enough to be waited for are the business of [`crate::retry`].

use std::time::Duration;

use crate::instant::UtcMillis;
use crate::retry::RetryLimits;

/// A time during which a tenant must not be sent anything, at most [`Pause::LONGEST`] from the present on.
///
/// An instant that is further ahead comes from a tenant that asks for more than anybody can mean, or from a clock
/// that jumped back since it was kept. Either way the tenant may be asked again after a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    until: UtcMillis,
    left: Duration,
}

impl Pause {
    /// The longest pause that is believed: a day.
    pub const LONGEST: Duration = Duration::from_hours(24);
    /// The longest wait that a call bears itself, included; only what is longer is a pause that outlives a run.
    pub const BORNE_BY_CALLS: Duration = RetryLimits::STANDARD.max_retry_after;

    /// The pause that begins `now` where a tenant asks to wait for `wait`; `None` where a call bears that.
    pub fn asked(wait: Duration, now: UtcMillis) -> Option<Self> {
        if wait > Self::BORNE_BY_CALLS {
            Self::at(now.saturating_add(wait), now)
        } else {
            None
        }
    }

    /// What `now` is left of the pause that was kept as `not_before`; `None` where it is over.
    pub fn at(not_before: UtcMillis, now: UtcMillis) -> Option<Self> {
        let until = not_before.min(now.saturating_add(Self::LONGEST));
        let left = until.duration_since(now);
        (!left.is_zero()).then_some(Self { until, left })
    }

    /// When it ends; from this instant on the tenant may be asked.
    pub fn until(self) -> UtcMillis {
        self.until
    }

    /// How much of it is left; never zero.
    pub fn left(self) -> Duration {
        self.left
    }

    /// The same in minutes, a begun one counted whole.
    pub fn minutes_left(self) -> u64 {
        self.left
            .as_millis()
            .div_ceil(60_000)
            .try_into()
            .unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UtcMillis = UtcMillis::from_epoch_millis(1_709_220_600_000);
    const DAY_S: u64 = 86_400;

    #[test]
    fn h_25_only_what_no_call_waits_for_is_a_pause_and_none_is_longer_than_a_day() {
        for (wait_s, left_s) in [
            (0, None),
            (299, None),
            (300, None),
            (301, Some(301)),
            (DAY_S - 1, Some(DAY_S - 1)),
            (DAY_S, Some(DAY_S)),
            (DAY_S + 1, Some(DAY_S)),
            (u64::MAX, Some(DAY_S)),
        ] {
            let pause = Pause::asked(Duration::from_secs(wait_s), NOW);
            assert_eq!(
                pause.map(|pause| pause.left().as_secs()),
                left_s,
                "{wait_s} s"
            );
        }
        let pause = Pause::asked(Duration::from_millis(300_001), NOW).unwrap();
        assert_eq!(pause.until().duration_since(NOW), pause.left());
    }

    #[test]
    fn h_34_a_pause_that_is_over_is_none_and_one_from_a_jumped_clock_ends_within_a_day() {
        let day_ms = 86_400_000;
        for (ahead_ms, left_ms) in [
            (-day_ms, None),
            (-1, None),
            (0, None),
            (1, Some(1)),
            (day_ms, Some(day_ms)),
            (day_ms + 1, Some(day_ms)),
            (3_650 * day_ms, Some(day_ms)),
        ] {
            let kept = UtcMillis::from_epoch_millis(NOW.epoch_millis() + ahead_ms);
            let left = Pause::at(kept, NOW).map(Pause::left);
            let want = left_ms.map(|ms| Duration::from_millis(ms.try_into().unwrap()));
            assert_eq!(left, want, "{ahead_ms} ms ahead");
        }
        assert_eq!(Pause::at(UtcMillis::MAX, UtcMillis::MAX), None);
    }

    #[test]
    fn a_begun_minute_counts_whole() {
        for (left_ms, minutes) in [(1, 1), (60_000, 1), (60_001, 2), (3_600_000, 60)] {
            let until = NOW.saturating_add(Duration::from_millis(left_ms));
            assert_eq!(Pause::at(until, NOW).unwrap().minutes_left(), minutes);
        }
    }

    proptest! {
        /// Whoever keeps the end that is believed believes the same from then on, and for no longer than a day.
        #[test]
        fn what_is_believed_stays_as_it_is(kept in any::<i64>(), now in any::<i64>(), later_ms in 0..200_000_000_u64) {
            let (kept, now) = (UtcMillis::from_epoch_millis(kept), UtcMillis::from_epoch_millis(now));
            if let Some(pause) = Pause::at(kept, now) {
                prop_assert!(pause.left() <= Pause::LONGEST);
                let later = now.saturating_add(Duration::from_millis(later_ms));
                let rest = Pause::at(pause.until(), later).map(Pause::until);
                prop_assert_eq!(rest, (later < pause.until()).then_some(pause.until()));
            }
        }
    }
}
