//! The law of the breaker: an origin that keeps failing is spared, and then asked by one request alone.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::laws::ledger::{Came, Ledger, Moment, Sent};

/// How long the end of a request counts.
const WINDOW: Duration = Duration::from_secs(30);
const FEWEST: usize = 10;
/// The shortest rest: a fifth less than 30 s.
const SHORTEST_REST: Duration = Duration::from_secs(24);
const PROBE_DEADLINE: Duration = Duration::from_secs(10);

enum Phase {
    /// When requests ended that count, and whether they failed.
    Closed(Vec<(Duration, bool)>),
    /// Until this instant at the earliest.
    Open(Duration),
    /// The request that is the probe.
    Probing(usize),
}

/// When a request began or ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Began,
    Ended,
}

/// Once half or more of the 10 or more requests that ended within 30 s failed, nothing is sent for 24 s or longer; then one request, which
/// takes 10 s at most, and nothing beside it. A success ends that, and a failure begins another rest. Requests that
/// began before a turn say nothing after it.
pub(crate) fn hold(ledger: &Ledger<'_>) -> Result<(), TestCaseError> {
    let mut phase = Phase::Closed(Vec::new());
    // Of each request, in the phase of what number it began.
    let mut phases = vec![0_u32; ledger.sent.len()];
    let mut turns = 0;
    for (moment, edge, number) in edges(ledger) {
        let (at, sent) = (moment.at, &ledger.sent[number]);
        let next = match (&mut phase, edge) {
            (Phase::Closed(_), Edge::Began) | (Phase::Open(_), Edge::Ended) => None,
            (Phase::Open(until), Edge::Began) => {
                prop_assert!(at >= *until, "a request at {at:?} to an origin at rest");
                Some(Phase::Probing(number))
            }
            (Phase::Probing(probe), Edge::Began) => {
                // The caller of the probe did not wait for its end.
                let dropped = ledger.sent[*probe].ended.is_none();
                prop_assert!(dropped, "a request at {at:?} beside the probe");
                Some(Phase::Probing(number))
            }
            (_, Edge::Ended) if phases[number] != turns => None,
            (Phase::Closed(ended), Edge::Ended) => {
                ended.push((at, failed(sent)));
                ended.retain(|(end, _)| *end + WINDOW > at);
                let bad = ended.iter().filter(|(_, failed)| *failed).count();
                let opens = ended.len() >= FEWEST && bad * 2 >= ended.len();
                opens.then_some(Phase::Open(at + SHORTEST_REST))
            }
            (Phase::Probing(_), Edge::Ended) => {
                let took = at.saturating_sub(sent.began.at);
                prop_assert!(took <= PROBE_DEADLINE, "a probe of {took:?}");
                Some(if failed(sent) {
                    Phase::Open(at + SHORTEST_REST)
                } else {
                    Phase::Closed(Vec::new())
                })
            }
        };
        if let Some(next) = next {
            phase = next;
            turns += 1;
        }
        if edge == Edge::Began {
            phases[number] = turns;
        }
    }
    Ok(())
}

fn edges(ledger: &Ledger<'_>) -> Vec<(Moment, Edge, usize)> {
    let mut edges = Vec::new();
    for (number, sent) in ledger.sent.iter().enumerate() {
        edges.push((sent.began, Edge::Began, number));
        edges.extend(sent.ended.map(|ended| (ended, Edge::Ended, number)));
    }
    edges.sort();
    edges
}

/// Whether it says that the origin is ill: no answer, or that of a server that failed.
fn failed(sent: &Sent) -> bool {
    match sent.came {
        Came::Proper | Came::Unusable => false,
        Came::Status(status) => status >= 500,
        Came::NotSent | Came::Tls | Came::Nothing => true,
    }
}
