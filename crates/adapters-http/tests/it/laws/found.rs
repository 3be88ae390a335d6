//! Plain cases on the model: what the laws found once, and what they hold in general for one case that has a name.

use std::sync::Arc;
use std::time::Duration;

use cxda_domain::request::RateLimit;
use cxda_ports::error::ApiErrorKind;

use crate::laws::case::{Case, Keys, Kind, Planned};
use crate::laws::check;
use crate::laws::fault::{Done, Fault, Wait};
use crate::laws::ledger::{Ledger, Outcome, Sender};
use crate::laws::run::run;

fn call(kind: Kind, faults: &[Fault]) -> Planned {
    Planned {
        kind,
        begins: 0,
        dropped_after: None,
        faults: faults.to_vec(),
    }
}

fn status(status: u16) -> Fault {
    Fault::Status(status, Wait::Unsaid, Done::No)
}

fn case(calls: Vec<Planned>) -> Arc<Case> {
    let limit = RateLimit {
        requests: 1_000,
        per: Duration::from_mins(1),
    };
    let case = Case {
        limit,
        keys: Keys::Honoured,
        latency_ms: 10,
        jitter: vec![0.5],
        token_faults: Vec::new(),
        calls,
    };
    let case = Arc::new(case);
    check(&case).unwrap();
    case
}

/// With what the first call failed.
fn failure(ledger: &Ledger<'_>) -> (ApiErrorKind, u32) {
    match &ledger.ended[0].outcome {
        Outcome::Failed(error) => (error.kind.clone(), error.cost.attempts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn h_14_fifty_calls_that_meet_one_401_make_one_token_request() {
    let kinds = [Kind::GetAction, Kind::CreateView, Kind::Relay, Kind::Test];
    let kinds = kinds.into_iter().cycle();
    let mut calls: Vec<Planned> = kinds.map(|kind| call(kind, &[])).take(50).collect();
    // The first 401 ends the token for all.
    calls[0].faults = vec![status(401)];
    let case = case(calls);
    let ledger = run(&case);
    // One that brought the first token, one for the wave.
    assert_eq!(ledger.of(Sender::Token).count(), 2);
    for (number, _, ended) in ledger.calls() {
        assert!(matches!(ended.outcome, Outcome::Done), "call {number}");
        assert_eq!(ended.attempts, 2, "call {number}");
    }
}

#[test]
fn h_14_who_waits_for_a_token_goes_on_in_the_order_of_coming() {
    let case = case((0..20).map(|_| call(Kind::GetAction, &[])).collect());
    let ledger = run(&case);
    let order: Vec<Sender> = ledger.sent.iter().map(|sent| sent.by).collect();
    let calls = (0..20).map(Sender::Call);
    let want: Vec<Sender> = [Sender::Token].into_iter().chain(calls).collect();
    assert_eq!(order, want);
}

#[test]
fn h_14_a_401_that_comes_late_costs_no_second_token() {
    // The second call is told that the first token is over when there is another one already.
    let calls = vec![
        call(Kind::GetAction, &[status(401)]),
        call(Kind::GetAction, &[Fault::Slow(5)]),
    ];
    let case = case(calls);
    let ledger = run(&case);
    assert_eq!(ledger.of(Sender::Token).count(), 2);
    assert_eq!(ledger.ended[1].attempts, 2);
}

#[test]
fn h_29_the_quota_bounds_the_retries_of_all_calls_together() {
    // A 408 is a transient failure, and no reason for the breaker: 35 retries cost 490 of 500.
    let failing = call(Kind::GetAction, &[status(408); 4]);
    let case = case(vec![failing; 50]);
    assert_eq!(run(&case).sent.len(), 1 + 50 + 35);
}

#[test]
fn h_27_a_body_that_is_rejected_after_a_lost_write_proves_nothing() {
    let lost = |done| Fault::Status(500, Wait::Unsaid, done);
    // The look before a create is sent again finds nothing yet.
    let late = [lost(Done::Late), Fault::Nothing, status(422)];
    for call in [
        call(Kind::CreateAction, &late),
        call(Kind::ReplaceView, &[lost(Done::Yes), status(422)]),
    ] {
        let case = case(vec![call]);
        let ledger = run(&case);
        assert_eq!(failure(&ledger), (ApiErrorKind::OutcomeUnknown, 2));
        assert_eq!(ledger.resources[0].writes, 1);
    }
}

#[test]
fn h_26_a_calls_own_answers_do_not_forgive_its_refusals() {
    let busy = Fault::Status(409, Wait::Seconds(2), Done::No);
    let faults = [429, 0, 429, 429, 429, 429].map(|code| match code {
        0 => busy,
        code => status(code),
    });
    let case = case(vec![call(Kind::GetAction, &faults)]);
    let limited = ApiErrorKind::RateLimited { retry_after: None };
    assert_eq!(failure(&run(&case)), (limited, 4));
}

#[test]
fn the_same_case_runs_the_same_way_twice() {
    let faults = [status(401), status(429), Fault::Lost(Done::Yes)];
    let kinds = [Kind::GetAction, Kind::CreateView, Kind::DeleteAction];
    let kinds = kinds.into_iter().cycle().take(12);
    let case = case(kinds.map(|kind| call(kind, &faults)).collect());
    assert_eq!(run(&case).to_string(), run(&case).to_string());
}
