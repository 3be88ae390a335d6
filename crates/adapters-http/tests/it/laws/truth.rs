//! Laws on what a call says of its end, held against what the tenant knows.

use cxda_domain::request::Operation;
use cxda_ports::error::ApiErrorKind;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::laws::case::Kind;
use crate::laws::ledger::{Came, Ledger, Moment, Outcome, Sender, Sent};
use crate::laws::tenant::CANARY;

/// All of them.
pub(crate) fn hold(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    every_call_ends(ledger)?;
    a_write_is_carried_out_at_most_once(ledger)?;
    no_false_success(ledger)?;
    no_false_failure(ledger)?;
    unknown_only_where_it_is(ledger)?;
    what_might_happen_twice_is_never_sent_again(ledger)?;
    a_create_is_sent_again_only_after_a_look(ledger)?;
    every_attempt_is_the_same_request(ledger)?;
    the_cost_is_what_was_sent(ledger)?;
    errors_hold_no_secret(ledger)
}

/// Whether `kind` is the answer about the resource itself, which says how it is now and not whose doing that was.
fn describes_the_resource(kind: &ApiErrorKind) -> bool {
    matches!(
        kind,
        ApiErrorKind::NotFound | ApiErrorKind::AlreadyExists | ApiErrorKind::VersionMismatch
    )
}

fn every_call_ends(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    prop_assert!(ledger.complete, "a call hangs");
    for (number, _, ended) in ledger.calls() {
        if let Outcome::Failed(error) = &ended.outcome {
            let broken = error.detail.contains("broke off");
            prop_assert!(!broken, "call {number}: the token call broke off");
        }
    }
    Ok(())
}

fn a_write_is_carried_out_at_most_once(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, _) in ledger.calls() {
        let writes = ledger.resources[number].writes;
        prop_assert!(
            writes <= 1,
            "call {number}, {call:?}: carried out {writes} times"
        );
    }
    Ok(())
}

/// Success is what the last request was answered with, and a write that is called done was carried out.
fn no_false_success(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, ended) in ledger.calls() {
        let resource = &ledger.resources[number];
        let last = ledger.of(Sender::Call(number)).last();
        match ended.outcome {
            Outcome::Done => {
                let proper = last.is_some_and(|sent| sent.came == Came::Proper);
                prop_assert!(proper, "call {number}: done without an answer that says so");
                let written = call.kind.reads() || resource.writes == 1;
                prop_assert!(written, "call {number}: a false success");
            }
            Outcome::AlreadyAbsent => {
                prop_assert!(resource.absent, "call {number}: absent by mistake");
            }
            Outcome::Failed(_) | Outcome::Dropped => {}
        }
    }
    Ok(())
}

/// A write that failed, otherwise than with an outcome that is unknown, was not carried out, then or later.
///
/// One call cannot know more in one case: an attempt may have been carried out, and a later one is answered about the resource
/// itself (not found, name taken, version mismatch). That is then the error, and whoever called reads the resource.
fn no_false_failure(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, ended) in ledger.calls() {
        let Outcome::Failed(error) = &ended.outcome else {
            continue;
        };
        let excused = error.kind == ApiErrorKind::OutcomeUnknown
            || describes_the_resource(&error.kind) && perhaps_carried_out(ledger, number);
        let untouched = ledger.resources[number].writes == 0;
        prop_assert!(
            excused || untouched,
            "call {number}: a false failure, {:?}",
            error.kind
        );
    }
    Ok(())
}

/// Only a write of which a request may have been carried out ends as unknown.
fn unknown_only_where_it_is(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, ended) in ledger.calls() {
        if let Outcome::Failed(error) = &ended.outcome
            && error.kind == ApiErrorKind::OutcomeUnknown
        {
            let open = !call.kind.reads() && perhaps_carried_out(ledger, number);
            prop_assert!(open, "call {number}: unknown although it is known");
        }
    }
    Ok(())
}

fn perhaps_carried_out(ledger: &Ledger<'_>, number: usize) -> bool {
    ledger
        .of(Sender::Call(number))
        .any(|sent| sent.came.perhaps_carried_out())
}

/// A write without key and precondition that may have been received is not sent again.
fn what_might_happen_twice_is_never_sent_again(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, _) in ledger.calls() {
        if call.kind.is_protected(ledger.case.keys) {
            continue;
        }
        let mut requests = ledger.of(Sender::Call(number));
        let received = requests.any(|sent| sent.came.perhaps_carried_out());
        let again = received && requests.next().is_some();
        prop_assert!(!again, "call {number}, {:?}: sent again", call.kind);
    }
    Ok(())
}

/// A create that may have been carried out is sent again only after a look that came to an end, and that found nothing.
fn a_create_is_sent_again_only_after_a_look(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, _) in ledger.calls() {
        if !call.kind.creates() {
            continue;
        }
        let mut open: Option<Moment> = None;
        for sent in ledger.of(Sender::Call(number)) {
            if let Some(open) = open {
                let looked = ledger.of(Sender::Look(number)).any(|look| {
                    look.came == Came::Proper
                        && look.began > open
                        && look.ended.is_some_and(|ended| ended < sent.began)
                });
                prop_assert!(looked, "call {number}: sent again without a look");
            }
            if sent.came.perhaps_carried_out() {
                open = sent.ended;
            }
        }
    }
    Ok(())
}

/// All attempts of a call are the same but for their token: key, precondition and body among it.
fn every_attempt_is_the_same_request(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, call, _) in ledger.calls() {
        let mut requests = ledger.of(Sender::Call(number)).map(|sent| &sent.request);
        let Some(first) = requests.next() else {
            continue;
        };
        let same = requests.all(|other| {
            other.method == first.method
                && other.url == first.url
                && other.headers == first.headers
                && other.body == first.body
        });
        prop_assert!(same, "call {number}: an attempt differs from the first");
        let key = first.headers.get("idempotency-key");
        let keyed = call.kind.creates() && call.kind.is_protected(ledger.case.keys);
        prop_assert_eq!(key.is_some(), keyed, "call {}: its key", number);
        let conditional = matches!(call.kind, Kind::ReplaceAction | Kind::ReplaceView);
        let tag = first.headers.get("if-match");
        prop_assert_eq!(tag.is_some(), conditional, "call {}: its tag", number);
    }
    Ok(())
}

/// A call counts its own requests; one that sent none had no token, or met a pause, the breaker or the deadline.
fn the_cost_is_what_was_sent(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, ended) in ledger.calls() {
        let sent: Vec<&Sent> = ledger.of(Sender::Call(number)).collect();
        if !matches!(ended.outcome, Outcome::Dropped) {
            let attempts = usize::try_from(ended.attempts).unwrap();
            prop_assert_eq!(attempts, sent.len(), "call {}: its attempts", number);
            let reason = match &ended.outcome {
                Outcome::Failed(error) => {
                    error.operation == Operation::Token
                        || matches!(
                            error.kind,
                            ApiErrorKind::RateLimited { .. } | ApiErrorKind::Unavailable
                        )
                }
                _ => false,
            };
            prop_assert!(reason || !sent.is_empty(), "call {number}: sent nothing");
        }
    }
    Ok(())
}

fn errors_hold_no_secret(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    for (number, _, ended) in ledger.calls() {
        if let Outcome::Failed(error) = &ended.outcome {
            let text = format!("{error} {error:?}");
            prop_assert!(!text.contains(CANARY), "call {number}: a secret in {text}");
        }
    }
    Ok(())
}
