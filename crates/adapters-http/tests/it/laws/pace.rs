//! Laws on when and how often a tenant is asked.

use std::time::Duration;

use cxda_ports::error::ApiErrorKind;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::laws::fault::Wait;
use crate::laws::gate::Gate;
use crate::laws::ledger::{Came, Ledger, Outcome, Sender, Sent};

const MOST_ATTEMPTS: usize = 4;
const DEADLINE: Duration = Duration::from_mins(3);
/// The quota of a tenant, and what retries cost of it.
const QUOTA: usize = 500;
const TRANSIENT_COST: usize = 14;
const THROTTLED_COST: usize = 5;

/// All of them.
pub(crate) fn hold(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    four_attempts_at_most(ledger)?;
    no_attempt_after_the_deadline(ledger)?;
    the_limit_is_kept(ledger)?;
    nothing_is_sent_before_a_429_allows_it(ledger)?;
    a_call_waits_as_it_was_asked_to(ledger)?;
    too_long_a_wait_ends_the_call(ledger)?;
    retries_stay_within_the_quota(ledger)?;
    one_token_request_a_wave(ledger)
}

impl Sent {
    /// Whether it was refused for being one too many.
    fn throttled(&self) -> bool {
        self.came == Came::Status(429)
    }

    /// Whether another request's answer came in between its start and its end, and what that answer was.
    fn overtaken_by<'a>(&self, ledger: &'a Ledger<'_>) -> impl Iterator<Item = &'a Sent> {
        let (began, ended) = (self.began, self.ended);
        ledger.sent.iter().filter(move |other| {
            let between = |end| began < end && ended.is_none_or(|own| end < own);
            other.ended.is_some_and(between)
        })
    }

    /// Whether it was under way when another request was refused for being one too many.
    fn came_with_a_wave(&self, ledger: &Ledger<'_>) -> bool {
        self.throttled() && self.overtaken_by(ledger).any(Sent::throttled)
    }
}

/// A call makes 4 attempts. A 401 adds one, once. Of its 429s those do not count that came while the tenant was known to refuse
/// requests, and those before one that came after the tenant carried others out.
fn four_attempts_at_most(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, _) in ledger.calls() {
        let (mut failed, mut throttled, mut refused) = (0, 0, 0);
        let mut before: Option<&Sent> = None;
        for sent in ledger.of(Sender::Call(number)) {
            match sent.came {
                Came::Status(401) => refused += 1,
                Came::Status(429) if sent.came_with_a_wave(ledger) => {}
                Came::Status(429) => {
                    let served = before.is_some_and(|before| served_between(ledger, before, sent));
                    throttled = if served { 1 } else { throttled + 1 };
                    before = Some(sent);
                }
                _ => failed += 1,
            }
            let attempts = failed + throttled;
            prop_assert!(
                attempts <= MOST_ATTEMPTS,
                "call {number}: {attempts} attempts that count"
            );
            prop_assert!(refused <= 2, "call {number}: replayed after a second 401");
        }
    }
    Ok(())
}

/// Whether a request of another sender was answered otherwise than with 429 since `before` was answered.
fn served_between(ledger: &Ledger<'_>, before: &Sent, sent: &Sent) -> bool {
    ledger.sent.iter().any(|other| {
        let between = other.ended > before.ended && other.ended < sent.ended;
        let answered = matches!(other.came, Came::Proper | Came::Unusable | Came::Status(_));
        between && answered && !other.throttled()
    })
}

/// No attempt begins 180 s after its call began or later, not counting the time in which our own gate was shut.
/// The pauses that a tenant asks for count.
fn no_attempt_after_the_deadline(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, ended) in ledger.calls() {
        for sent in ledger.of(Sender::Call(number)) {
            let since = sent.began.at.saturating_sub(ended.began);
            if since < DEADLINE {
                continue;
            }
            let shut = Gate::of(ledger).shut_between(ended.began, sent.began.at);
            let open = since.saturating_sub(shut);
            prop_assert!(
                open < DEADLINE,
                "call {number}: an attempt {since:?} after its start, {shut:?} of it at the gate"
            );
        }
    }
    Ok(())
}

/// In no window of the limit's length, its start included and its end not, more requests than it allows, token calls included.
fn the_limit_is_kept(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    let limit = ledger.case.limit;
    let many = usize::try_from(limit.requests).unwrap();
    for window in ledger.sent.windows(many + 1) {
        let (first, last) = (&window[0].began.at, &window[many].began.at);
        prop_assert!(
            *last >= *first + limit.per,
            "{} requests from {first:?} to {last:?}",
            many + 1
        );
    }
    Ok(())
}

/// After a 429 that names a time the tenant is sent nothing before that time, by no call.
fn nothing_is_sent_before_a_429_allows_it(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for refused in ledger.sent.iter().filter(|sent| sent.throttled()) {
        let (Some(ended), Some(wait)) = (refused.ended, refused.wait) else {
            continue;
        };
        let early = ledger
            .sent
            .iter()
            .find(|sent| sent.began > ended && sent.began.at < ended.at + wait);
        prop_assert!(
            early.is_none(),
            "a request of {:?} at {:?}, in the pause of {wait:?} from {:?}",
            early.map(|sent| sent.by),
            early.map(|sent| sent.began.at),
            ended.at
        );
    }
    Ok(())
}

/// A call that was asked to wait sends nothing before that, whatever the status.
fn a_call_waits_as_it_was_asked_to(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, _) in ledger.calls() {
        let requests: Vec<&Sent> = ledger.of(Sender::Call(number)).collect();
        for pair in requests.windows(2) {
            let (Some(ended), Some(wait)) = (pair[0].ended, pair[0].wait) else {
                continue;
            };
            let early = pair[1].began.at < ended.at + wait;
            prop_assert!(
                !early,
                "call {number}: again within the {wait:?} it was asked"
            );
        }
    }
    Ok(())
}

/// Whoever is asked to wait longer than 300 s ends: as rate limited after a 429, or as unknown where it may have been carried out.
fn too_long_a_wait_ends_the_call(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, ended) in ledger.calls() {
        let requests: Vec<&Sent> = ledger.of(Sender::Call(number)).collect();
        let told = |sent: &&Sent| sent.wait.is_some_and(|wait| wait > Wait::LONGEST);
        let Some(place) = requests.iter().position(told) else {
            continue;
        };
        prop_assert_eq!(place + 1, requests.len(), "call {}: did not end", number);
        let Outcome::Failed(error) = &ended.outcome else {
            let dropped = matches!(ended.outcome, Outcome::Dropped);
            prop_assert!(dropped, "call {number}: no failure");
            continue;
        };
        let unknown = requests.iter().any(|sent| sent.came.perhaps_carried_out())
            && error.kind == ApiErrorKind::OutcomeUnknown;
        let limited = matches!(error.kind, ApiErrorKind::RateLimited { .. });
        prop_assert!(
            unknown || limited || !requests[place].throttled(),
            "call {number}: {:?}",
            error.kind
        );
    }
    Ok(())
}

/// Retries cost no more than the quota of 500 and what successes give back. One that only waited for its turn costs nothing.
fn retries_stay_within_the_quota(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    let (mut spent, mut back) = (0, QUOTA);
    let senders = ledger
        .calls()
        .flat_map(|(number, _, _)| [Sender::Call(number), Sender::Look(number)]);
    for sender in senders.chain([Sender::Token]) {
        let requests: Vec<&Sent> = ledger.of(sender).collect();
        for pair in requests.windows(2) {
            spent += match pair[0].came {
                Came::Status(429) if pair[0].came_with_a_wave(ledger) => 0,
                Came::Status(409 | 429) => THROTTLED_COST,
                Came::Unusable if sender == Sender::Token => 0,
                Came::Status(408 | 425 | 500 | 502..=504)
                | Came::Unusable
                | Came::NotSent
                | Came::Nothing => TRANSIENT_COST,
                // A token replaced, or another token call behind one that was at its end.
                Came::Status(_) | Came::Tls | Came::Proper => 0,
            };
        }
        let succeeded = requests.iter().filter(|sent| sent.came == Came::Proper);
        back += TRANSIENT_COST * succeeded.count();
    }
    prop_assert!(spent <= back, "retries cost {spent} of {back}");
    Ok(())
}

/// One token request at a time; and while one was granted, none before a request that bore it was refused.
fn one_token_request_a_wave(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    let requests: Vec<&Sent> = ledger.of(Sender::Token).collect();
    for pair in requests.windows(2) {
        let (before, next) = (pair[0], pair[1]);
        let alone = before.ended.is_some_and(|ended| ended < next.began);
        prop_assert!(alone, "two token requests at once, at {:?}", next.began.at);
        if before.came != Came::Proper {
            continue;
        }
        let refused = ledger.sent.iter().any(|sent| {
            sent.by != Sender::Token
                && sent.token == before.token
                && sent.came == Came::Status(401)
                && sent.ended.is_some_and(|ended| ended < next.began)
        });
        prop_assert!(
            refused,
            "a token request at {:?} although the token {:?} is good",
            next.began.at,
            before.token
        );
    }
    Ok(())
}
