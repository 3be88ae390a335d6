//! The limits of an operation's attempts, of its waits and of a tenant's quota.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn transient() -> Failure {
    Failure {
        kind: FailureKind::Transient,
        retry_after: None,
    }
}

fn throttled(retry_after: Option<Duration>) -> Failure {
    Failure {
        kind: FailureKind::Throttled,
        retry_after,
    }
}

fn schedule() -> RetrySchedule {
    RetrySchedule::new(RetryLimits::STANDARD)
}

fn first(failure: Failure, elapsed: Duration, jitter: JitterFraction) -> Decision {
    schedule().next(failure, elapsed, jitter)
}

#[test]
fn jitter_is_an_exact_fraction_below_one() {
    let half = JitterFraction::from_bits(1 << 63);
    let cases = [
        (JitterFraction::MIN, SECOND, Duration::ZERO),
        (half, SECOND, SECOND / 2),
        (
            JitterFraction::MAX,
            SECOND,
            Duration::from_nanos(999_999_999),
        ),
        (JitterFraction::MAX, Duration::ZERO, Duration::ZERO),
        (half, Duration::MAX, Duration::from_nanos(u64::MAX / 2)),
    ];
    for (fraction, whole, wanted) in cases {
        assert_eq!(
            fraction.of(whole),
            wanted,
            "case: {fraction:?} of {whole:?}"
        );
    }
}

#[test]
fn h_23_throttled_attempts_can_be_forgiven_and_others_cannot() {
    let mut schedule = schedule();
    for failure in [transient(), throttled(None), throttled(None)] {
        let decision = schedule.next(failure, Duration::ZERO, JitterFraction::MIN);
        assert_eq!(decision, Decision::Wait(Duration::ZERO));
    }
    for _ in 0..2 {
        schedule.forgive_throttled();
        assert_eq!(schedule.failed_attempts(), 1);
    }
}

#[test]
fn h_19_attempts_at_a_busy_resource_wait_as_after_throttling_and_are_not_forgiven() {
    let mut schedule = schedule();
    let mut quota = RetryQuota::full();
    let busy = Failure {
        kind: FailureKind::Busy,
        retry_after: Some(Duration::from_secs(2)),
    };
    for failure in [busy, throttled(None)] {
        let decision = schedule.next(failure, Duration::ZERO, JitterFraction::MIN);
        assert_eq!(quota.charge(failure.kind, decision), decision);
    }
    let spent = RetryQuota::CAPACITY - quota.tokens();
    assert_eq!(spent, 2 * RetryQuota::THROTTLED_COST);
    schedule.forgive_throttled();
    assert_eq!(schedule.failed_attempts(), 1);
}

#[test]
fn an_operation_has_four_attempts() {
    let mut schedule = schedule();
    for _ in 0..3 {
        let decision = schedule.next(transient(), Duration::ZERO, JitterFraction::MIN);
        assert_eq!(decision, Decision::Wait(Duration::ZERO));
    }
    for attempts in [4, 5] {
        let decision = schedule.next(transient(), Duration::ZERO, JitterFraction::MIN);
        assert_eq!(
            decision,
            Decision::GiveUp(GiveUp::AttemptsSpent { attempts })
        );
    }
    assert_eq!(schedule.failed_attempts(), 5);
}

#[test]
fn the_backoff_doubles_from_its_base_up_to_its_cap() {
    let limits = RetryLimits {
        max_attempts: u32::MAX,
        deadline: Duration::MAX,
        ..RetryLimits::STANDARD
    };
    let half = JitterFraction::from_bits(1 << 63);
    let cases: [(Failure, &[u64]); 2] = [
        (
            transient(),
            &[100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000],
        ),
        (
            throttled(None),
            &[500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
        ),
    ];
    for (failure, wanted_ms) in cases {
        let mut schedule = RetrySchedule::new(limits);
        for wanted_ms in wanted_ms {
            let decision = schedule.next(failure, Duration::ZERO, half);
            assert_eq!(decision, Decision::Wait(Duration::from_millis(*wanted_ms)));
        }
        for _ in 0..100 {
            let decision = schedule.next(failure, Duration::ZERO, half);
            assert_eq!(decision, Decision::Wait(Duration::from_secs(10)));
        }
    }
}

#[test]
fn the_base_is_that_of_the_latest_failure() {
    let mut schedule = schedule();
    let half = JitterFraction::from_bits(1 << 63);
    let _ = schedule.next(transient(), Duration::ZERO, half);
    assert_eq!(schedule.last_retry(), Some(FailureKind::Transient));
    let decision = schedule.next(throttled(None), Duration::ZERO, half);
    assert_eq!(decision, Decision::Wait(SECOND));
    assert_eq!(schedule.last_retry(), Some(FailureKind::Throttled));
}

#[test]
fn retry_after_is_waited_for_and_jitter_only_adds() {
    let asked = Duration::from_secs(30);
    let cases = [
        (JitterFraction::MIN, asked),
        (JitterFraction::from_bits(1 << 63), asked + SECOND / 2),
        (
            JitterFraction::MAX,
            asked + Duration::from_nanos(999_999_999),
        ),
    ];
    for (jitter, wanted) in cases {
        let decision = first(throttled(Some(asked)), Duration::ZERO, jitter);
        assert_eq!(decision, Decision::Wait(wanted));
    }
}

#[test]
fn a_retry_after_of_more_than_300_s_ends_the_operation_at_any_attempt() {
    let longest = Duration::from_mins(5);
    let limits = RetryLimits {
        deadline: Duration::from_secs(1_000),
        ..RetryLimits::STANDARD
    };
    let ask = |retry_after, attempts| {
        let mut schedule = RetrySchedule::new(limits);
        let failure = throttled(Some(retry_after));
        (0..attempts)
            .map(|_| schedule.next(failure, Duration::ZERO, JitterFraction::MIN))
            .last()
    };
    assert_eq!(ask(longest, 1), Some(Decision::Wait(longest)));
    for retry_after in [longest + Duration::from_nanos(1), Duration::MAX] {
        let wanted = Decision::GiveUp(GiveUp::RetryAfterTooLong { retry_after });
        assert_eq!(ask(retry_after, 1), Some(wanted));
        assert_eq!(ask(retry_after, 4), Some(wanted));
    }
}

#[test]
fn no_attempt_begins_at_or_after_180_s() {
    let deadline = Duration::from_mins(3);
    let past = Decision::GiveUp(GiveUp::PastDeadline { deadline });
    let last = Duration::new(179, 999_999_999);
    let cases = [
        (Duration::ZERO, last, Decision::Wait(last)),
        (last, Duration::ZERO, Decision::Wait(Duration::ZERO)),
        (Duration::ZERO, deadline, past),
        (deadline, Duration::ZERO, past),
        (Duration::from_secs(90), Duration::from_secs(90), past),
        (Duration::MAX, Duration::from_mins(5), past),
    ];
    for (elapsed, retry_after, wanted) in cases {
        let decision = first(throttled(Some(retry_after)), elapsed, JitterFraction::MIN);
        assert_eq!(decision, wanted, "case: {elapsed:?} {retry_after:?}");
    }
}

#[test]
fn reasons_say_what_was_spent() {
    let reasons = [
        GiveUp::AttemptsSpent { attempts: 4 },
        GiveUp::PastDeadline {
            deadline: RetryLimits::STANDARD.deadline,
        },
        GiveUp::RetryAfterTooLong {
            retry_after: Duration::from_hours(1),
        },
        GiveUp::QuotaSpent,
    ];
    insta::assert_snapshot!(reasons.map(|reason| reason.to_string()).join("\n"), @"
    4 attempts failed
    the next attempt would begin after the deadline of 180 s
    the server asks to wait 3600 s
    the retry quota of the tenant is spent
    ");
}

#[test]
fn a_quota_pays_for_35_transient_retries_or_100_after_throttling() {
    let grant = Decision::Wait(SECOND);
    for (kind, paid, left) in [
        (FailureKind::Transient, 35, 10),
        (FailureKind::Throttled, 100, 0),
    ] {
        let mut quota = RetryQuota::full();
        for _ in 0..paid {
            assert_eq!(quota.charge(kind, grant), grant);
        }
        assert_eq!(
            quota.charge(kind, grant),
            Decision::GiveUp(GiveUp::QuotaSpent)
        );
        assert_eq!(quota.tokens(), left, "case: {kind:?}");
    }
}

#[test]
fn giving_up_costs_nothing() {
    let mut quota = RetryQuota::full();
    let decision = Decision::GiveUp(GiveUp::AttemptsSpent { attempts: 4 });
    assert_eq!(quota.charge(FailureKind::Transient, decision), decision);
    assert_eq!(quota, RetryQuota::full());
}

#[test]
fn success_gives_back_the_latest_retry_or_one_token_and_never_overfills() {
    let mut quota = RetryQuota::full();
    for _ in 0..2 {
        let _ = quota.charge(FailureKind::Transient, Decision::Wait(SECOND));
    }
    quota.refill(Some(FailureKind::Transient));
    assert_eq!(quota.tokens(), 486);
    quota.refill(None);
    assert_eq!(quota.tokens(), 487);
    quota.refill(Some(FailureKind::Throttled));
    assert_eq!(quota.tokens(), 492);
    for _ in 0..10 {
        quota.refill(None);
    }
    assert_eq!(quota, RetryQuota::full());
}

fn any_failure() -> impl Strategy<Value = Failure> {
    let kind = proptest::sample::select(vec![FailureKind::Transient, FailureKind::Throttled]);
    let retry_after = proptest::option::of((0_u64..400_000).prop_map(Duration::from_millis));
    (kind, retry_after).prop_map(|(kind, retry_after)| Failure { kind, retry_after })
}

proptest! {
    /// Whatever fails, an operation has at most four attempts, none of them too early or too late.
    #[test]
    fn every_wait_keeps_all_limits(
        failures in proptest::collection::vec((any_failure(), any::<u64>(), 0_u64..60_000), 1..8),
    ) {
        let limits = RetryLimits::STANDARD;
        let mut schedule = schedule();
        let mut elapsed = Duration::ZERO;
        let mut waits = 0;
        for (failure, bits, took_ms) in failures {
            elapsed += Duration::from_millis(took_ms);
            match schedule.next(failure, elapsed, JitterFraction::from_bits(bits)) {
                Decision::Wait(wait) => {
                    let asked = failure.retry_after.unwrap_or_default();
                    prop_assert!(asked <= wait && wait < asked + limits.max_backoff);
                    elapsed += wait;
                    prop_assert!(elapsed < limits.deadline);
                    waits += 1;
                }
                Decision::GiveUp(_) => break,
            }
        }
        prop_assert!(waits < limits.max_attempts);
    }
}
