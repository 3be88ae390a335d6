//! When a webhook is told of an event, when again, and when nobody tries any more.
//!
//! It decides and never waits: the clock and randomness come in as arguments. What is sent is not known here.

use std::time::Duration;

use crate::instant::UtcMillis;
use crate::retry::JitterFraction;

/// When attempts are made, counted from the event.
pub const SCHEDULE: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The longest pause that a receiver is given.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// An attempt is made later by a random part of the time since the one before it, divided by this.
const JITTER_DIVISOR: u32 = 10;

/// How far a delivery came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// To be tried, or tried again, at this instant or later.
    Pending(UtcMillis),
    /// The receiver took it.
    Delivered,
    /// It was tried for the last time, or its receiver is gone; only a person has it tried again.
    Dead,
}

impl DeliveryState {
    /// That of an event of the instant `created` after `attempts` of its attempts failed, the last of them at `now`.
    ///
    /// The next place in the schedule is the first one that is not used up, or the first one that is not over, whichever is earlier:
    /// neither a process that seldom runs nor a person who tries in between takes attempts away. So an event is dead once it was
    /// tried as often as the schedule says and the schedule is over. A receiver that asks for a pause is given that, up to
    /// [`LONGEST_PAUSE`].
    pub fn after_failure(
        created: UtcMillis,
        attempts: u32,
        now: UtcMillis,
        pause: Option<Duration>,
        jitter: JitterFraction,
    ) -> Self {
        let age = now.duration_since(created);
        let over = SCHEDULE.partition_point(|place| *place <= age);
        let next = over.min(usize::try_from(attempts).unwrap_or(usize::MAX));
        let Some(place) = SCHEDULE.get(next) else {
            return Self::Dead;
        };
        let before = next.checked_sub(1).map_or(Duration::ZERO, |i| SCHEDULE[i]);
        let later = jitter.of(place.saturating_sub(before) / JITTER_DIVISOR);
        let due = created.saturating_add(place.saturating_add(later));
        let resumes = pause.map(|pause| now.saturating_add(pause.min(LONGEST_PAUSE)));
        Self::Pending(resumes.map_or(due, |resumes| due.max(resumes)))
    }

    /// Whether it is to be tried at `now`, for an event of the instant `created`. Where that is yet to come, the clock was put
    /// back since, and says nothing of what is due.
    pub fn is_due(self, created: UtcMillis, now: UtcMillis) -> bool {
        match self {
            Self::Pending(due) => due <= now || now < created,
            Self::Delivered | Self::Dead => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: UtcMillis = UtcMillis::from_epoch_millis(1_709_220_600_000);

    fn at(age: Duration) -> UtcMillis {
        CREATED.saturating_add(age)
    }

    fn next(attempts: u32, age: Duration, fraction: f64) -> DeliveryState {
        let jitter = JitterFraction::from_double(fraction);
        DeliveryState::after_failure(CREATED, attempts, at(age), None, jitter)
    }

    #[test]
    fn each_attempt_has_its_place_and_jitter_adds_up_to_a_tenth_of_the_gap() {
        let secs = Duration::from_secs;
        let millis = Duration::from_millis;
        let places = [
            (secs(5), millis(500)),
            (secs(300), millis(29_500)),
            (secs(1_800), secs(150)),
            (secs(7_200), secs(540)),
            (secs(18_000), secs(1_080)),
            (secs(36_000), secs(1_800)),
            (secs(50_400), secs(1_440)),
            (secs(72_000), secs(2_160)),
            (secs(86_400), secs(1_440)),
        ];
        let mut latest = Duration::ZERO;
        for (attempts, (place, gap)) in (1..).zip(places) {
            let exact = DeliveryState::Pending(at(place));
            assert_eq!(next(attempts, latest, 0.0), exact, "after {attempts}");
            let DeliveryState::Pending(late) = next(attempts, latest, 0.999_999_9) else {
                panic!("dead after {attempts}");
            };
            let added = late.duration_since(at(place));
            let most = gap.saturating_sub(added);
            assert!(most <= millis(1), "{added:?} of {gap:?}");
            latest = place.saturating_add(added);
        }
        assert_eq!(next(10, latest, 0.0), DeliveryState::Dead);
    }

    #[test]
    fn a_receiver_that_asks_for_a_pause_is_given_it_for_a_day_at_most() {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        let cases = [
            ("shorter than the schedule", second, at(SCHEDULE[1])),
            ("longer", 20 * second, at(21 * second)),
            ("a day", 24 * hour, at(24 * hour + second)),
            ("more", 25 * hour, at(24 * hour + second)),
        ];
        for (label, pause, want) in cases {
            let (now, jitter) = (at(second), JitterFraction::from_double(0.0));
            let next = DeliveryState::after_failure(CREATED, 1, now, Some(pause), jitter);
            assert_eq!(next, DeliveryState::Pending(want), "{label}");
        }
    }

    #[test]
    fn attempts_that_come_late_or_besides_take_no_others_away() {
        let hour = Duration::from_hours(1);
        let pending = |place: Duration| DeliveryState::Pending(at(place));
        let cases = [
            ("a day late", 1, 24 * hour, pending(SCHEDULE[1])),
            ("years late", 9, 100_000 * hour, pending(SCHEDULE[9])),
            ("and the last one", 10, 100_000 * hour, DeliveryState::Dead),
            ("tried by hand", 7, SCHEDULE[1], pending(SCHEDULE[2])),
            ("again and again", 99, 23 * hour, pending(SCHEDULE[9])),
            ("to the end", 99, 24 * hour, DeliveryState::Dead),
            (
                "the clock put back",
                3,
                Duration::ZERO,
                pending(SCHEDULE[1]),
            ),
        ];
        for (label, attempts, age, want) in cases {
            assert_eq!(next(attempts, age, 0.0), want, "{label}");
        }
    }

    #[test]
    fn an_attempt_is_due_from_its_instant_on_or_where_the_clock_was_put_back() {
        let second = Duration::from_secs(1);
        let due = DeliveryState::Pending(at(5 * second));
        let cases = [
            (due, at(4 * second), false),
            (due, at(5 * second), true),
            (due, at(6 * second), true),
            (due, CREATED.saturating_sub(second), true),
            (due, CREATED, false),
            (DeliveryState::Delivered, at(6 * second), false),
            (DeliveryState::Dead, at(6 * second), false),
        ];
        for (state, now, want) in cases {
            assert_eq!(state.is_due(CREATED, now), want, "{state:?} at {now}");
        }
    }
}
