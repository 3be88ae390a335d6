//! Unknown is a state: what an unanswered write may have come to, and what may follow it.
//!
//! It decides and never reads, sends or waits. Only a read tells what became of a write; time alone tells that nothing
//! more will.

use std::time::Duration;

use crate::instant::UtcMillis;
use crate::retry::RetryLimits;

/// How long after its last send a write may still be carried out.
pub const QUIET_PERIOD: Duration = Duration::from_mins(2);
/// The longest from the intent of a write to its last send: the deadline of its attempts, and as much again for what its
/// own rate limit holds back, which no deadline counts.
pub const LONGEST_SENDING: Duration = RetryLimits::STANDARD.deadline.saturating_mul(2);
/// The longest that a change waits for the quiet period of an earlier write to end, included.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The pauses between looks for a resource under its name, before it is called absent: listings may lag behind.
pub const ABSENCE_PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(9),
];

/// What keeps a create that is sent twice from making two resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateGuard {
    /// The tenant takes a key, so the same create may be sent again under it.
    Key,
    /// Nothing that can be relied on, so an unanswered create is not sent again.
    Nothing,
}

/// The last that is on record of a write whose intent is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastWord {
    /// It was about to be sent; whoever sent it did not live to record more.
    Intended,
    /// Nobody answered; nothing was sent after this instant.
    Unanswered(UtcMillis),
    /// The tenant said, at this instant, that its key had been used for another payload. It is never sent again.
    Frozen(UtcMillis),
}

/// How long a write that was intended at `intended` may still be carried out; zero from the moment when it no longer may.
///
/// A wall clock that was set back cannot make it longer than it ever was.
pub fn quiet_in(intended: UtcMillis, last: LastWord, now: UtcMillis) -> Duration {
    let (last_send, longest) = match last {
        LastWord::Intended => (
            intended.saturating_add(LONGEST_SENDING),
            LONGEST_SENDING + QUIET_PERIOD,
        ),
        LastWord::Unanswered(at) | LastWord::Frozen(at) => (at, QUIET_PERIOD),
    };
    let end = last_send.saturating_add(QUIET_PERIOD);
    end.duration_since(now).min(longest)
}

/// The payload of an open write beside that of the change that is planned now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// It is the same.
    Same,
    /// It is another one.
    Other,
}

/// What follows an open create that a read has just shown to be absent, where a create is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAbsence {
    /// The open one is sent again: same key, same payload.
    Again,
    /// The open one was not and will not be carried out: a new one, under a new key.
    Anew,
    /// After this time, absence proves it. Then look again.
    Wait(Duration),
    /// Only after this time, which is too long to wait for, absence proves it. Nothing may be sent.
    Hold(Duration),
}

/// Decides after an absence; `quiet_in` is what [`quiet_in`] says of the open create.
pub fn after_absence(
    guard: CreateGuard,
    payload: Payload,
    last: LastWord,
    quiet_in: Duration,
) -> AfterAbsence {
    match (guard, payload, last) {
        _ if quiet_in.is_zero() => AfterAbsence::Anew,
        (CreateGuard::Key, Payload::Same, LastWord::Intended | LastWord::Unanswered(_)) => {
            AfterAbsence::Again
        }
        _ if quiet_in <= PATIENCE => AfterAbsence::Wait(quiet_in),
        _ => AfterAbsence::Hold(quiet_in),
    }
}

/// What an open write could still do to the resource that another change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateEffect {
    /// Nothing that is not wanted: it brings about the same, names a version that will be gone, or concerns another id.
    Harmless,
    /// It could undo the change after that was reported as done.
    Undoes,
}

/// Whether a change may go on beside an open write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// It may.
    Proceed,
    /// It may after this time.
    Wait(Duration),
    /// It may only after this time, which is too long to wait for.
    Hold(Duration),
}

/// Decides whether a change may go on beside an open write that is quiet after `quiet_in`.
pub fn beside(effect: LateEffect, quiet_in: Duration) -> Beside {
    match effect {
        LateEffect::Harmless => Beside::Proceed,
        LateEffect::Undoes if quiet_in.is_zero() => Beside::Proceed,
        LateEffect::Undoes if quiet_in <= PATIENCE => Beside::Wait(quiet_in),
        LateEffect::Undoes => Beside::Hold(quiet_in),
    }
}

/// What a read shows after a replace whose answer was lost or stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What is wanted, which the resource did not show before.
    Wanted,
    /// What is wanted, but the replace was about values that a tenant never shows.
    Hidden,
    /// Something else.
    Other,
}

/// The version that a read shows beside the one that the replace named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The replace named none, or none is shown.
    Untold,
    /// The same.
    Same,
    /// Another one: a replace that names the old one cannot be carried out any more.
    Moved,
}

/// What became of a replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It was carried out.
    Done,
    /// It was not and never will be: somebody else came first.
    Stale,
    /// It may have been, or may still be, carried out.
    Unknown,
}

/// Decides what became of an unanswered replace.
///
/// Where the version is still the one it named, the request may be carried out yet: it stays unknown. To send it again at
/// once under the same version is the sender's, who has done so before giving up.
pub fn after_lost_replace(shown: Shown, version: Version) -> Replaced {
    match (shown, version) {
        (Shown::Wanted, _) => Replaced::Done,
        (_, Version::Moved) => Replaced::Stale,
        (Shown::Hidden | Shown::Other, Version::Same | Version::Untold) => Replaced::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn at(millis: i64) -> UtcMillis {
        UtcMillis::from_epoch_millis(millis)
    }

    #[test]
    fn a_write_is_quiet_two_minutes_after_its_last_send_and_no_earlier() {
        let unanswered = LastWord::Unanswered(at(5_000));
        let (secs, millis) = (Duration::from_secs, Duration::from_millis);
        let cases = [
            ("at its last send", unanswered, 5_000, secs(120)),
            ("one short", unanswered, 124_999, MILLI),
            ("just over", unanswered, 125_000, Duration::ZERO),
            ("one over", unanswered, 125_001, Duration::ZERO),
            ("frozen", LastWord::Frozen(at(5_000)), 65_000, secs(60)),
            ("clock set back", unanswered, -3_600_000, QUIET_PERIOD),
            ("never ended", LastWord::Intended, 0, secs(480)),
            ("never ended, one short", LastWord::Intended, 479_999, MILLI),
            ("never ended, over", LastWord::Intended, 480_000, millis(0)),
            (
                "never ended, clock set back",
                LastWord::Intended,
                -9_000,
                secs(480),
            ),
        ];
        for (label, last, now, left) in cases {
            assert_eq!(quiet_in(at(0), last, at(now)), left, "case: {label}");
        }
    }

    #[test]
    fn a_new_key_needs_absence_and_quiet_and_the_old_one_the_same_payload() {
        use CreateGuard::{Key, Nothing};
        use Payload::{Other, Same};
        let open = LastWord::Unanswered(at(0));
        let frozen = LastWord::Frozen(at(0));
        let long = PATIENCE + MILLI;
        let cases = [
            (Key, Same, open, QUIET_PERIOD, AfterAbsence::Again),
            (
                Key,
                Same,
                LastWord::Intended,
                QUIET_PERIOD,
                AfterAbsence::Again,
            ),
            (Key, Same, open, MILLI, AfterAbsence::Again),
            (Key, Same, open, Duration::ZERO, AfterAbsence::Anew),
            (Key, Same, frozen, long, AfterAbsence::Hold(long)),
            (Key, Same, frozen, Duration::ZERO, AfterAbsence::Anew),
            (Key, Other, open, long, AfterAbsence::Hold(long)),
            (Key, Other, open, PATIENCE, AfterAbsence::Wait(PATIENCE)),
            (Key, Other, open, MILLI, AfterAbsence::Wait(MILLI)),
            (Key, Other, open, Duration::ZERO, AfterAbsence::Anew),
            (Nothing, Same, open, long, AfterAbsence::Hold(long)),
            (Nothing, Same, open, PATIENCE, AfterAbsence::Wait(PATIENCE)),
            (Nothing, Same, open, Duration::ZERO, AfterAbsence::Anew),
        ];
        for (guard, payload, last, left, next) in cases {
            let found = after_absence(guard, payload, last, left);
            assert_eq!(found, next, "case: {guard:?} {payload:?} {last:?} {left:?}");
        }
    }

    #[test]
    fn a_change_waits_for_what_could_undo_it_and_for_nothing_else() {
        let long = PATIENCE + MILLI;
        let cases = [
            (LateEffect::Harmless, long, Beside::Proceed),
            (LateEffect::Undoes, long, Beside::Hold(long)),
            (LateEffect::Undoes, PATIENCE, Beside::Wait(PATIENCE)),
            (LateEffect::Undoes, Duration::ZERO, Beside::Proceed),
        ];
        for (effect, left, next) in cases {
            assert_eq!(beside(effect, left), next, "case: {effect:?} {left:?}");
        }
    }

    #[test]
    fn an_unanswered_replace_is_unknown_while_its_version_stands() {
        use Shown::{Hidden, Other, Wanted};
        use Version::{Moved, Same, Untold};
        let cases = [
            (Wanted, Moved, Replaced::Done),
            (Wanted, Same, Replaced::Done),
            (Wanted, Untold, Replaced::Done),
            (Hidden, Moved, Replaced::Stale),
            (Hidden, Same, Replaced::Unknown),
            (Hidden, Untold, Replaced::Unknown),
            (Other, Moved, Replaced::Stale),
            (Other, Same, Replaced::Unknown),
            (Other, Untold, Replaced::Unknown),
        ];
        for (shown, version, became) in cases {
            let found = after_lost_replace(shown, version);
            assert_eq!(found, became, "case: {shown:?} {version:?}");
        }
    }

    #[test]
    fn pauses_grow_and_stay_short_of_the_quiet_period() {
        assert!(ABSENCE_PAUSES.is_sorted());
        assert!(ABSENCE_PAUSES.iter().sum::<Duration>() < PATIENCE);
        assert!(PATIENCE < QUIET_PERIOD);
    }
}
