//! When the gate to a tenant was shut, as far as that shows from outside: the limit used up, a pause, or one request at a time.

use std::time::Duration;

use crate::laws::ledger::{Came, Ledger};

/// The times in which the gate was shut, in order and apart.
#[derive(Debug)]
pub(crate) struct Gate(Vec<(Duration, Duration)>);

impl Gate {
    pub(crate) fn of(ledger: &Ledger<'_>) -> Self {
        let mut shut = full(ledger);
        let mut narrow = false;
        for sent in &ledger.sent {
            let Some(ended) = sent.ended else { continue };
            // From the first refusal on, requests may go one at a time.
            if narrow {
                shut.push((sent.began.at, ended.at));
            }
            if sent.came != Came::Status(429) {
                continue;
            }
            narrow = true;
            let next = ledger.sent.iter().find(|other| other.began > ended);
            let backed_off = next.map_or(Duration::MAX, |next| next.began.at);
            let named = ended.at.saturating_add(sent.wait.unwrap_or_default());
            shut.push((ended.at, backed_off.max(named)));
        }
        shut.sort();
        let mut apart: Vec<(Duration, Duration)> = Vec::new();
        for (from, to) in shut {
            match apart.last_mut() {
                Some(last) if last.1 >= from => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        Self(apart)
    }

    /// For how long it was shut between two instants.
    pub(crate) fn shut_between(&self, from: Duration, to: Duration) -> Duration {
        let parts = self.0.iter();
        parts
            .map(|(start, end)| (*end).min(to).saturating_sub((*start).max(from)))
            .sum()
    }
}

/// When as many requests counted as the limit allows: each from its start until the limit's length after its end.
fn full(ledger: &Ledger<'_>) -> Vec<(Duration, Duration)> {
    let limit = ledger.case.limit;
    let counted: Vec<(Duration, Duration)> = ledger
        .sent
        .iter()
        .map(|sent| {
            let end = sent.ended.map_or(Duration::MAX, |ended| ended.at);
            (sent.began.at, end.saturating_add(limit.per))
        })
        .collect();
    let mut edges: Vec<Duration> = counted.iter().flat_map(|(from, to)| [*from, *to]).collect();
    edges.sort();
    edges.dedup();
    let many = usize::try_from(limit.requests).unwrap();
    let is_full = |at: Duration| {
        let count = counted.iter().filter(|(from, to)| *from <= at && at < *to);
        count.count() >= many
    };
    let spans = edges.windows(2).map(|pair| (pair[0], pair[1]));
    spans.filter(|(from, _)| is_full(*from)).collect()
}
