//! Both bounds of the window, never too fast and never too slow, beside a tenant that keeps the same limit exactly.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn limit(requests: u32, per: Duration) -> RateLimit {
    RateLimit { requests, per }
}

/// Sends a request, which takes no time, as soon as there is room from `now` on; gives when that was.
fn sent(window: &mut SlidingWindow, mut now: Duration) -> Duration {
    loop {
        match window.room(now) {
            Room::Now => {
                window.begin();
                window.end(now);
                return now;
            }
            Room::In(left) => now += left,
            Room::AfterAnother => unreachable!("nothing is under way"),
        }
    }
}

#[test]
fn a_burst_takes_the_shortest_time() {
    for requests in [1, 99, 100, 101, 200, 201, 1_000] {
        let mut window = SlidingWindow::new(RateLimit::DEFAULT);
        let last = (0..requests).fold(ms(5), |now, _| sent(&mut window, now));
        let wanted = ms(5) + RateLimit::DEFAULT.shortest_time(requests);
        assert_eq!(last, wanted, "case: {requests}");
    }
}

#[test]
fn the_window_slides_with_each_request_and_excludes_its_end() {
    let mut window = SlidingWindow::new(limit(2, ms(100)));
    let instants = [0, 30, 40, 100, 130, 199, 300].map(|now| sent(&mut window, ms(now)));
    assert_eq!(instants, [0, 30, 100, 130, 200, 230, 300].map(ms));
}

#[test]
fn a_request_counts_from_its_sending_until_a_window_after_its_end() {
    let mut window = SlidingWindow::new(limit(1, ms(100)));
    window.begin();
    assert_eq!(window.room(ms(500)), Room::AfterAnother);
    window.end(ms(500));
    assert_eq!(window.room(ms(500)), Room::In(ms(100)));
    assert_eq!(window.room(ms(599)), Room::In(ms(1)));
    assert_eq!(window.room(ms(600)), Room::Now);
}

#[test]
fn a_request_that_is_not_sent_after_all_leaves_its_room() {
    let mut window = SlidingWindow::new(limit(1, ms(100)));
    window.begin();
    window.cancel();
    assert_eq!(window.room(ms(0)), Room::Now);
    window.cancel();
    window.begin();
    assert_eq!(window.room(ms(0)), Room::AfterAnother);
}

#[test]
fn a_clock_that_steps_back_breaks_nothing() {
    let mut window = SlidingWindow::new(limit(2, ms(10)));
    for now in [50, 0] {
        window.begin();
        window.end(ms(now));
    }
    assert_eq!(window.room(ms(0)), Room::In(ms(60)));
    assert_eq!(window.room(ms(60)), Room::Now);
}

#[test]
fn h_23_the_longer_of_two_pauses_holds_everything_back() {
    let mut window = SlidingWindow::new(RateLimit::DEFAULT);
    window.pause(ms(500));
    window.pause(ms(300));
    assert_eq!(window.room(ms(10)), Room::In(ms(490)));
    assert_eq!(window.room(ms(499)), Room::In(ms(1)));
    assert_eq!(window.room(ms(500)), Room::Now);
}

#[test]
fn h_26_a_narrowed_window_widens_with_what_is_carried_out() {
    let mut window = SlidingWindow::new(RateLimit::DEFAULT);
    window.narrow();
    for breadth in [1, 2, 4, 8, 100] {
        for _ in 0..breadth {
            assert_eq!(window.room(ms(0)), Room::Now, "breadth {breadth}");
            window.begin();
        }
        assert_eq!(window.room(ms(0)), Room::AfterAnother, "breadth {breadth}");
        window.under_way = 0;
        window.widen();
    }
    assert!(!window.is_narrow());
}

#[test]
fn memory_is_bounded_by_the_limit() {
    let mut window = SlidingWindow::new(limit(10, ms(1)));
    for now in 0..10_000 {
        sent(&mut window, Duration::from_micros(now * 100));
    }
    assert!(
        window.counted.len() <= 10,
        "{} counted",
        window.counted.len()
    );
}

#[test]
fn the_end_of_time_is_no_overflow() {
    let mut window = SlidingWindow::new(limit(1, ms(10)));
    window.pause(Duration::MAX);
    window.begin();
    window.end(Duration::MAX);
    let rest = Duration::MAX.saturating_sub(ms(1));
    assert_eq!(window.room(ms(1)), Room::In(rest));
    assert_eq!(window.oldest_leaves_in(ms(1)), rest);
}

#[test]
fn the_oldest_request_leaves_first() {
    let mut window = SlidingWindow::new(limit(3, ms(100)));
    for now in [0, 30, 60] {
        sent(&mut window, ms(now));
    }
    let left = [60, 99, 100, 129, 160].map(|now| window.oldest_leaves_in(ms(now)));
    assert_eq!(left, [40, 1, 30, 1, 0].map(ms));
}

/// What became of requests that were sent, as many at once as the window allows, to a tenant that keeps the limit.
#[derive(Debug)]
struct Run {
    /// When each was sent.
    sent: Vec<Duration>,
    /// When each was received.
    received: Vec<Duration>,
}

/// Sends a request for each of `ways`: how long it is on its way there and back.
fn run(limit: RateLimit, ways: &[(Duration, Duration)]) -> Run {
    let mut window = SlidingWindow::new(limit);
    let mut now = Duration::ZERO;
    let mut ends = BinaryHeap::new();
    let mut run = Run {
        sent: Vec::new(),
        received: Vec::new(),
    };
    for (there, back) in ways {
        loop {
            while let Some(Reverse(end)) = ends.peek().copied().filter(|Reverse(end)| *end <= now) {
                ends.pop();
                window.end(end);
            }
            let next_end = ends.peek().map(|Reverse(end)| *end);
            match (window.room(now), next_end) {
                (Room::Now, _) => break,
                (Room::In(left), end) => now = end.unwrap_or(Duration::MAX).min(now + left),
                (Room::AfterAnother, end) => now = end.unwrap(),
            }
        }
        window.begin();
        run.sent.push(now);
        run.received.push(now + *there);
        ends.push(Reverse(now + *there + *back));
    }
    run.received.sort();
    run
}

fn any_ways() -> impl Strategy<Value = Vec<(Duration, Duration)>> {
    let way = (0_u64..50, 0_u64..50).prop_map(|(there, back)| (ms(there), ms(back)));
    proptest::collection::vec(way, 1..80)
}

proptest! {
    /// A tenant that counts requests as they come in never sees one too many.
    #[test]
    fn a_tenant_that_keeps_the_same_limit_refuses_nothing(
        requests in 1_u32..8,
        per_ms in 0_u64..200,
        ways in any_ways(),
    ) {
        let limit = limit(requests, ms(per_ms));
        let run = run(limit, &ways);
        for window in run.received.windows(requests as usize + 1) {
            prop_assert!(window[0] + limit.per <= window[requests as usize]);
        }
    }

    /// The last request is sent after as many windows as are needed, each longer by no more than one request took.
    #[test]
    fn nobody_waits_while_there_is_room(
        requests in 1_u32..8,
        per_ms in 0_u64..200,
        ways in any_ways(),
    ) {
        let limit = limit(requests, ms(per_ms));
        let longest = ways.iter().map(|(there, back)| *there + *back).max().unwrap();
        let windows = (u32::try_from(ways.len()).unwrap() - 1) / requests;
        let last = *run(limit, &ways).sent.last().unwrap();
        prop_assert!(last >= limit.per * windows);
        prop_assert!(last <= (limit.per + longest) * windows);
    }
}
