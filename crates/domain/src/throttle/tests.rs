//! Both bounds of the window, never too fast and never too slow, with pauses and without.

use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn limit(requests: u32, per: Duration) -> RateLimit {
    RateLimit { requests, per }
}

/// The instant of a new slot that is wanted at `now`.
fn reserved(window: &mut SlidingWindow, now: Duration) -> Duration {
    let slot = window.reserve(now);
    now + window.time_left(&slot, now)
}

#[test]
fn a_burst_takes_the_shortest_time() {
    for requests in [1, 99, 100, 101, 200, 201, 1_000] {
        let mut window = SlidingWindow::new(RateLimit::DEFAULT);
        let last = (0..requests).map(|_| reserved(&mut window, ms(5))).last();
        let wanted = ms(5) + RateLimit::DEFAULT.shortest_time(requests);
        assert_eq!(last, Some(wanted), "case: {requests}");
    }
}

#[test]
fn the_window_slides_with_each_request_and_excludes_its_end() {
    let mut window = SlidingWindow::new(limit(2, ms(100)));
    let instants = [0, 30, 40, 99, 130, 199, 300].map(|now| reserved(&mut window, ms(now)));
    assert_eq!(instants, [0, 30, 100, 130, 200, 230, 300].map(ms));
}

#[test]
fn a_clock_that_stands_or_steps_back_breaks_no_order() {
    let mut window = SlidingWindow::new(limit(1, ms(10)));
    let instants = [50, 50, 0, 55].map(|now| reserved(&mut window, ms(now)));
    assert_eq!(instants, [50, 60, 70, 80].map(ms));
}

#[test]
fn h_23_a_pause_holds_new_slots_and_those_that_wait() {
    let mut window = SlidingWindow::new(limit(2, ms(100)));
    let mut slots: Vec<_> = (0..5).map(|_| window.reserve(ms(0))).collect();
    window.pause(ms(10), ms(500));
    slots.push(window.reserve(ms(20)));
    let left: Vec<_> = slots
        .iter()
        .map(|slot| window.time_left(slot, ms(20)))
        .collect();
    assert_eq!(left, [0, 0, 480, 480, 580, 580].map(ms));
}

#[test]
fn the_longer_of_two_pauses_holds() {
    let mut window = SlidingWindow::new(RateLimit::DEFAULT);
    window.pause(ms(0), ms(500));
    window.pause(ms(0), ms(300));
    assert_eq!(reserved(&mut window, ms(10)), ms(500));
    assert_eq!(reserved(&mut window, ms(600)), ms(600));
}

#[test]
fn a_slot_that_is_past_stays_so() {
    let mut window = SlidingWindow::new(limit(1, ms(10)));
    let slot = window.reserve(ms(0));
    window.pause(ms(0), ms(3_000));
    assert_eq!(window.time_left(&slot, ms(0)), ms(0));
    for now in 0..100 {
        window.reserve(ms(3_000 + now * 10));
    }
    assert_eq!(window.time_left(&slot, ms(4_000)), ms(0));
}

#[test]
fn memory_is_bounded_by_the_limit() {
    let mut window = SlidingWindow::new(limit(10, ms(1)));
    for now in 0..10_000 {
        window.reserve(Duration::from_micros(now * 100));
    }
    assert!(window.slots.len() <= 11, "{} slots", window.slots.len());
}

#[test]
fn the_end_of_time_is_no_overflow() {
    let mut window = SlidingWindow::new(limit(1, ms(10)));
    window.pause(ms(0), Duration::MAX);
    for _ in 0..3 {
        assert_eq!(reserved(&mut window, ms(0)), Duration::MAX);
    }
}

/// What happens to a window: time goes on, then a slot is reserved or a pause begins.
#[derive(Clone, Debug)]
enum Step {
    Reserve { later_ms: u64 },
    Pause { later_ms: u64, length_ms: u64 },
}

fn any_steps(pauses: u32) -> impl Strategy<Value = Vec<Step>> {
    let reserve = (0_u64..40).prop_map(|later_ms| Step::Reserve { later_ms });
    let pause = (0_u64..40, 0_u64..300).prop_map(|(later_ms, length_ms)| Step::Pause {
        later_ms,
        length_ms,
    });
    proptest::collection::vec(prop_oneof![8 => reserve, pauses => pause], 1..80)
}

/// A slot as the test sees it.
#[derive(Debug)]
struct Seen {
    slot: Slot,
    /// The instant that it has now or, once past, had last.
    instant: Duration,
    /// The instant from which it was wanted, or until which it was held.
    wanted: Duration,
}

/// Every slot as it is in the end.
fn run(limit: RateLimit, steps: &[Step]) -> Vec<Seen> {
    let mut window = SlidingWindow::new(limit);
    let mut now = Duration::ZERO;
    let mut held_until = Duration::ZERO;
    let mut seen: Vec<Seen> = Vec::new();
    for step in steps {
        match step {
            Step::Reserve { later_ms } => {
                now += ms(*later_ms);
                let slot = window.reserve(now);
                seen.push(Seen {
                    instant: now + window.time_left(&slot, now),
                    wanted: now.max(held_until),
                    slot,
                });
            }
            Step::Pause {
                later_ms,
                length_ms,
            } => {
                now += ms(*later_ms);
                let until = now + ms(*length_ms);
                held_until = held_until.max(until);
                window.pause(now, until);
                for seen in seen.iter_mut().filter(|seen| seen.instant > now) {
                    seen.wanted = seen.wanted.max(held_until);
                    seen.instant = now + window.time_left(&seen.slot, now);
                }
            }
        }
    }
    seen
}

proptest! {
    /// No window holds more than the limit, slots keep their order, and none is before it was wanted or in a pause.
    #[test]
    fn the_limit_is_never_exceeded(
        requests in 1_u32..6,
        per_ms in 0_u64..200,
        steps in any_steps(2),
    ) {
        let limit = limit(requests, ms(per_ms));
        let slots = run(limit, &steps);
        for slot in &slots {
            prop_assert!(slot.instant >= slot.wanted);
        }
        for pair in slots.windows(2) {
            prop_assert!(pair[0].instant <= pair[1].instant);
        }
        for window in slots.windows(requests as usize + 1) {
            prop_assert!(window[0].instant + limit.per <= window[requests as usize].instant);
        }
    }

    /// A slot is later than it was wanted only if any earlier instant would exceed the limit or overtake another slot.
    #[test]
    fn nobody_waits_while_there_is_room(
        requests in 1_u32..6,
        per_ms in 0_u64..200,
        steps in any_steps(2),
    ) {
        let limit = limit(requests, ms(per_ms));
        let slots = run(limit, &steps);
        for (index, slot) in slots.iter().enumerate() {
            let previous = index.checked_sub(1).map_or(Duration::ZERO, |index| slots[index].instant);
            let room = index
                .checked_sub(requests as usize)
                .map_or(Duration::ZERO, |index| slots[index].instant + limit.per);
            prop_assert_eq!(slot.instant, slot.wanted.max(previous).max(room));
        }
    }
}
