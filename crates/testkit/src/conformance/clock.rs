//! What every clock promises.
//!
//! A clock of real time is waited for some milliseconds; one that only a hand moves cannot take part.

use std::time::Duration;

use cxda_ports::clock::Clock;
use tokio::join;

/// The whole suite.
pub async fn keeps_its_promises(clock: &dyn Clock) {
    a_wait_lasts_at_least_as_long_as_asked(clock).await;
    waits_run_beside_each_other(clock).await;
    the_time_that_passed_never_shrinks(clock);
}

async fn a_wait_lasts_at_least_as_long_as_asked(clock: &dyn Clock) {
    for millis in [0, 1, 5] {
        let duration = Duration::from_millis(millis);
        let before = clock.elapsed();
        clock.wait(duration).await;
        assert!(clock.elapsed() >= before + duration);
    }
}

async fn waits_run_beside_each_other(clock: &dyn Clock) {
    let (short, long) = (Duration::from_millis(2), Duration::from_millis(5));
    let before = clock.elapsed();
    join!(clock.wait(long), clock.wait(short), clock.wait(long));
    assert!(clock.elapsed() >= before + long);
}

fn the_time_that_passed_never_shrinks(clock: &dyn Clock) {
    let mut last = clock.elapsed();
    for _ in 0..1_000 {
        let now = clock.elapsed();
        assert!(now >= last);
        last = now;
    }
}
