//! Every limit of the breaker, the one probe, and what holds for whatever calls come and go.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);
const LIMITS: BreakerLimits = BreakerLimits::STANDARD;
const HALF: JitterFraction = JitterFraction::from_bits(1 << 63);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn breaker() -> Breaker {
    Breaker::new(LIMITS)
}

fn pass(breaker: &mut Breaker, now: Duration) -> Pass {
    match breaker.enter(now) {
        Entry::Now(pass) => pass,
        other => panic!("no call may go at {now:?}: {other:?}"),
    }
}

/// One call that takes no time.
fn call(breaker: &mut Breaker, end: CallEnd, now: Duration) -> Option<Change> {
    let pass = pass(breaker, now);
    breaker.begin(pass, now, HALF);
    breaker.end(pass, end, now, HALF)
}

/// So many calls that fail and so many that are answered, all at `now`.
fn calls(breaker: &mut Breaker, failed: u32, answered: u32, now: Duration) -> Option<Change> {
    let ends = std::iter::repeat_n(CallEnd::Answered, answered as usize)
        .chain(std::iter::repeat_n(CallEnd::Failed, failed as usize));
    ends.fold(None, |change, end| call(breaker, end, now).or(change))
}

/// A breaker that opened at zero and is open until 30 s.
fn open() -> Breaker {
    let mut breaker = breaker();
    assert!(calls(&mut breaker, 10, 0, Duration::ZERO).is_some());
    breaker
}

fn outage(failed: u32, calls: u32, failed_probes: u32) -> Outage {
    Outage {
        failed,
        calls,
        failed_probes,
    }
}

#[test]
fn h_29_it_opens_at_half_of_ten_calls_and_no_earlier() {
    for (failed, answered, opens) in [
        (9, 0, false),
        (10, 0, true),
        (4, 6, false),
        (5, 5, true),
        (5, 6, false),
        (6, 6, true),
        (49, 51, false),
        (0, 100, false),
    ] {
        let mut breaker = breaker();
        let change = calls(&mut breaker, failed, answered, SECOND);
        let wanted = opens.then_some(Change::Opened(Rest {
            left: 30 * SECOND,
            outage: outage(failed, failed + answered, 0),
        }));
        assert_eq!(change, wanted, "case: {failed} failed, {answered} answered");
    }
}

#[test]
fn a_call_counts_for_thirty_seconds_excluding_the_last_instant() {
    for (later, opens) in [(ms(29_999), true), (30 * SECOND, false)] {
        let mut breaker = breaker();
        calls(&mut breaker, 9, 0, SECOND);
        let change = call(&mut breaker, CallEnd::Failed, SECOND + later);
        assert_eq!(change.is_some(), opens, "case: {later:?} later");
    }
}

#[test]
fn the_rest_is_thirty_seconds_more_or_less_a_fifth() {
    for (jitter, rest) in [
        (JitterFraction::MIN, 24 * SECOND),
        (HALF, 30 * SECOND),
        (JitterFraction::MAX, Duration::from_nanos(35_999_999_999)),
    ] {
        assert_eq!(LIMITS.rest(jitter), rest, "case: {jitter:?}");
    }
}

#[test]
fn nothing_goes_while_it_is_open_and_exactly_one_probe_after() {
    let mut breaker = open();
    let rest = Rest {
        left: MILLI,
        outage: outage(10, 10, 0),
    };
    let last = ms(29_999);
    assert_eq!(breaker.enter(last), Entry::Resting(rest));
    assert_eq!(breaker.rest(last), Some(rest));
    assert_eq!(breaker.rest(30 * SECOND), None);
    let probe = pass(&mut breaker, 30 * SECOND);
    assert_eq!(breaker.enter(30 * SECOND), Entry::AfterAnother);
    let deadline = breaker.begin(probe, 31 * SECOND, HALF);
    assert_eq!(deadline, Some(10 * SECOND));
    assert_eq!(breaker.enter(41 * SECOND), Entry::AfterAnother);
}

#[test]
fn a_probe_that_is_answered_closes_it_with_a_clean_slate() {
    let mut breaker = open();
    let probe = pass(&mut breaker, 30 * SECOND);
    let change = breaker.end(probe, CallEnd::Answered, 31 * SECOND, HALF);
    assert_eq!(change, Some(Change::Closed));
    assert_eq!(calls(&mut breaker, 9, 0, 31 * SECOND), None);
    assert!(call(&mut breaker, CallEnd::Failed, 31 * SECOND).is_some());
}

#[test]
fn a_probe_that_fails_opens_it_again() {
    let mut breaker = open();
    for probes in 1..4 {
        let now = 30 * SECOND * probes;
        let probe = pass(&mut breaker, now);
        let change = breaker.end(probe, CallEnd::Failed, now, HALF);
        let rest = Rest {
            left: 30 * SECOND,
            outage: outage(10, 10, probes),
        };
        assert_eq!(change, Some(Change::Opened(rest)));
        assert_eq!(breaker.enter(now), Entry::Resting(rest));
    }
}

#[test]
fn a_probe_of_which_nothing_is_heard_in_time_has_failed() {
    for (heard, failed) in [(40 * SECOND, false), (40 * SECOND + MILLI, true)] {
        let mut breaker = open();
        let probe = pass(&mut breaker, 30 * SECOND);
        breaker.begin(probe, 30 * SECOND, HALF);
        let change = breaker.end(probe, CallEnd::Answered, heard, HALF);
        assert_eq!(change.is_none(), failed, "case: heard at {heard:?}");
        let wanted = failed.then_some(Rest {
            left: ms(29_999),
            outage: outage(10, 10, 1),
        });
        assert_eq!(breaker.rest(heard), wanted, "case: heard at {heard:?}");
    }
}

#[test]
fn a_probe_that_waits_to_be_sent_is_not_overdue() {
    let mut breaker = open();
    let probe = pass(&mut breaker, 30 * SECOND);
    assert!(breaker.honours(probe, 300 * SECOND));
    assert_eq!(breaker.begin(probe, 300 * SECOND, HALF), Some(10 * SECOND));
}

#[test]
fn a_probe_that_is_dropped_makes_room_for_the_next() {
    let mut breaker = open();
    let dropped = pass(&mut breaker, 30 * SECOND);
    breaker.begin(dropped, 30 * SECOND, HALF);
    breaker.abandon(dropped);
    let next = pass(&mut breaker, 30 * SECOND);
    assert_ne!(dropped, next);
    let late = breaker.end(dropped, CallEnd::Failed, 30 * SECOND, HALF);
    assert_eq!(late, None, "what it was about is decided by the next one");
    let change = breaker.end(next, CallEnd::Answered, 30 * SECOND, HALF);
    assert_eq!(change, Some(Change::Closed));
}

#[test]
fn calls_from_before_it_opened_say_nothing_after() {
    let mut breaker = breaker();
    let before = pass(&mut breaker, Duration::ZERO);
    calls(&mut breaker, 10, 0, Duration::ZERO);
    assert!(!breaker.honours(before, Duration::ZERO));
    for now in [SECOND, 30 * SECOND] {
        assert_eq!(breaker.end(before, CallEnd::Answered, now, HALF), None);
    }
    pass(&mut breaker, 30 * SECOND);
    assert_eq!(
        breaker.end(before, CallEnd::Answered, 30 * SECOND, HALF),
        None
    );
    breaker.abandon(before);
    assert_eq!(breaker.enter(30 * SECOND), Entry::AfterAnother);
}

#[test]
fn after_the_probe_calls_go_a_few_at_a_time_and_then_freely() {
    let mut breaker = open();
    let probe = pass(&mut breaker, 30 * SECOND);
    breaker.end(probe, CallEnd::Answered, 30 * SECOND, HALF);
    for breadth in [2, 4, 8] {
        let passes: Vec<Pass> = (0..breadth)
            .map(|_| pass(&mut breaker, 31 * SECOND))
            .collect();
        assert_eq!(breaker.enter(31 * SECOND), Entry::AfterAnother);
        breaker.end(passes[0], CallEnd::Answered, 31 * SECOND, HALF);
        for left in &passes[1..] {
            breaker.abandon(*left);
        }
    }
    for _ in 0..100 {
        pass(&mut breaker, 32 * SECOND);
    }
}

#[test]
fn a_failure_after_the_probe_does_not_let_more_calls_go() {
    let mut breaker = open();
    let probe = pass(&mut breaker, 30 * SECOND);
    breaker.end(probe, CallEnd::Answered, 30 * SECOND, HALF);
    call(&mut breaker, CallEnd::Failed, 30 * SECOND);
    let _passes = [0, 1].map(|_| pass(&mut breaker, 30 * SECOND));
    assert_eq!(breaker.enter(30 * SECOND), Entry::AfterAnother);
}

/// Something that happens to a breaker.
#[derive(Clone, Debug)]
enum Step {
    Enter,
    /// The call with this place among those under way, counted round.
    End(usize, CallEnd),
    Abandon(usize),
    Pass(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        1 => Just(CallEnd::Answered),
        2 => Just(CallEnd::Failed)
    ];
    prop_oneof![
        6 => Just(Step::Enter),
        6 => (any::<usize>(), end).prop_map(|(at, end)| Step::End(at, end)),
        1 => any::<usize>().prop_map(Step::Abandon),
        2 => (0_u64..20_000).prop_map(|millis| Step::Pass(Duration::from_millis(millis))),
    ]
}

proptest! {
    /// Between opening and the end of the shortest rest no call goes; then one at a time until a probe is answered;
    /// and whatever happened, a call may go again once all others are over and the longest rest has passed.
    #[test]
    fn it_spares_the_origin_and_never_locks(
        steps in prop::collection::vec(step(), 0..200),
        bits in any::<u64>(),
    ) {
        let jitter = JitterFraction::from_bits(bits);
        let mut breaker = breaker();
        let mut now = Duration::ZERO;
        let mut under_way: Vec<Pass> = Vec::new();
        let mut opened: Option<Duration> = None;
        let mut probe: Option<Pass> = None;
        for step in steps {
            match step {
                Step::Pass(time) => now += time,
                Step::Enter => {
                    if let Entry::Now(pass) = breaker.enter(now) {
                        if let Some(at) = opened {
                            prop_assert!(now >= at + 24 * SECOND, "a call during the rest");
                            let lost = probe.is_none_or(|probe| !breaker.honours(probe, now));
                            prop_assert!(lost, "a second probe");
                            probe = Some(pass);
                        }
                        breaker.begin(pass, now, jitter);
                        under_way.push(pass);
                    }
                }
                Step::End(at, end) if !under_way.is_empty() => {
                    let pass = under_way.swap_remove(at % under_way.len());
                    match breaker.end(pass, end, now, jitter) {
                        Some(Change::Opened(rest)) => {
                            prop_assert!((24 * SECOND..36 * SECOND).contains(&rest.left));
                            prop_assert!(rest.outage.calls >= 10);
                            prop_assert!(rest.outage.failed * 2 >= rest.outage.calls);
                            (opened, probe) = (Some(now), None);
                        }
                        Some(Change::Closed) => (opened, probe) = (None, None),
                        None => {}
                    }
                }
                Step::Abandon(at) if !under_way.is_empty() => {
                    let pass = under_way.swap_remove(at % under_way.len());
                    breaker.abandon(pass);
                }
                Step::End(..) | Step::Abandon(_) => {}
            }
        }
        for pass in under_way {
            breaker.abandon(pass);
        }
        let may_go = matches!(breaker.enter(now + 46 * SECOND), Entry::Now(_));
        prop_assert!(may_go, "nothing goes any more");
    }

    /// However few calls or failures there are, origins that mostly answer are never spared.
    #[test]
    fn an_origin_that_mostly_answers_is_never_spared(ends in prop::collection::vec(any::<bool>(), 0..300)) {
        let mut breaker = breaker();
        let mut failed = 0_usize;
        for (answered, fails) in ends.into_iter().enumerate() {
            if fails && (failed + 1) * 2 < answered + 1 {
                failed += 1;
                prop_assert_eq!(call(&mut breaker, CallEnd::Failed, SECOND), None);
            } else {
                prop_assert_eq!(call(&mut breaker, CallEnd::Answered, SECOND), None);
            }
        }
    }
}
