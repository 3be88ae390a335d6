//! When our own gate to a tenant was shut, as far as that shows from outside: the limit used up, backing off from a refusal that
//! named no time, or one request at a time. A pause that the tenant asked for is its doing and does not count.

use std::time::Duration;

use crate::laws::ledger::{Came, Ledger};

#[derive(Debug)]
pub(crate) struct Gate {
    shut: Vec<Span>,
    asked: Vec<Span>,
}

impl Gate {
    pub(crate) fn of(ledger: &Ledger<'_>) -> Self {
        let mut shut = full(ledger);
        let mut asked = Vec::new();
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
            shut.push((ended.at, backed_off));
            if let Some(wait) = sent.wait {
                asked.push((ended.at, ended.at.saturating_add(wait)));
            }
        }
        Self {
            shut: apart(shut),
            asked: apart(asked),
        }
    }

    /// For how long it was shut between two instants, and not because the tenant asked for it.
    pub(crate) fn shut_between(&self, from: Duration, to: Duration) -> Duration {
        let asked = |from: Duration, to: Duration| -> Duration {
            let parts = self.asked.iter();
            parts.map(|span| common(*span, (from, to))).sum()
        };
        let parts = self.shut.iter().map(|(start, end)| {
            let (start, end) = ((*start).max(from), (*end).min(to));
            end.saturating_sub(start)
                .saturating_sub(asked(start, end.max(start)))
        });
        parts.sum()
    }
}

type Span = (Duration, Duration);

fn common(one: Span, other: Span) -> Duration {
    one.1.min(other.1).saturating_sub(one.0.max(other.0))
}

/// The same time in spans that are in order and apart.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut apart: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match apart.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// When as many requests counted as the limit allows: each from its start until the limit's length after its end.
fn full(ledger: &Ledger<'_>) -> Vec<Span> {
    let limit = ledger.case.limit;
    let counted: Vec<Span> = ledger
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
