//! Figures about writes: how long they took, how they ended, what became of encrypted values.

use std::collections::BTreeMap;

use crate::audit::{AuditAction, EncryptedValues, Phase, RecordedOutcome};

/// What was measured of many writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// By what was done, deliveries to webhooks too.
    pub actions: BTreeMap<AuditAction, WriteMetrics>,
    /// Of everything that was sent about the tenant's own resources.
    pub all: WriteMetrics,
    /// Encrypted values of all writes that told of them.
    pub encrypted: EncryptedValues,
}

/// What was measured of writes of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteMetrics {
    /// Writes that the tenant carried out.
    pub done: u64,
    /// Writes that were refused, or never sent.
    pub failed: u64,
    /// Outcomes that stayed unknown, be it for a while.
    pub unknown: u64,
    /// How long each write took that was sent, in milliseconds, without the waits between its attempts.
    latencies_ms: Vec<f64>,
}

/// How long writes took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// How many were measured, 1 or more.
    pub count: u64,
    /// Their mean.
    pub mean_ms: f64,
    /// What half of them did not exceed.
    pub p50_ms: f64,
    /// What 95 of 100 did not exceed.
    pub p95_ms: f64,
    /// What 99 of 100 did not exceed.
    pub p99_ms: f64,
}

impl Metrics {
    /// Takes the outcome of one write in; that one is intended is none.
    pub fn add(&mut self, outcome: &RecordedOutcome) {
        // What was proved later, by reading, has an outcome and no figures of its own.
        let measured = outcome.metrics;
        let add = |metrics: &mut WriteMetrics| {
            let (attempts, latency_ms) = measured.map_or((0, 0.0), |measured| {
                (measured.attempts, measured.latency_ms)
            });
            metrics.add(outcome.phase, attempts, latency_ms);
        };
        add(self.actions.entry(outcome.action).or_default());
        if !outcome.action.is_delivery() {
            add(&mut self.all);
        }
        if let Some(values) = measured.and_then(|measured| measured.encrypted) {
            self.encrypted.sent = self.encrypted.sent.saturating_add(values.sent);
            self.encrypted.stored = self.encrypted.stored.saturating_add(values.stored);
        }
    }
}

impl WriteMetrics {
    fn add(&mut self, phase: Phase, attempts: u32, latency_ms: f64) {
        match phase {
            Phase::Intended => return,
            Phase::Done => self.done += 1,
            Phase::Failed => self.failed += 1,
            Phase::Unknown => self.unknown += 1,
        }
        if attempts > 0 {
            self.latencies_ms.push(latency_ms);
        }
    }

    /// The part of ended writes that were carried out, from 0 to 1; `None` where none ended.
    pub fn success_rate(&self) -> Option<f64> {
        rate(self.done, self.done.saturating_add(self.failed))
    }

    /// How long all together took, in milliseconds.
    pub fn total_ms(&self) -> f64 {
        self.latencies_ms.iter().sum()
    }

    /// How long they took; `None` where none was sent.
    pub fn latency(&self) -> Option<Latency> {
        let mut sorted = self.latencies_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let count = u64::try_from(sorted.len()).unwrap_or(u64::MAX);
        // The nearest rank: the smallest value that so many of a hundred do not exceed.
        let percentile = |of_hundred: usize| {
            let rank = (sorted.len() * of_hundred).div_ceil(100).max(1);
            sorted.get(rank - 1).copied()
        };
        Some(Latency {
            count,
            p50_ms: percentile(50)?,
            p95_ms: percentile(95)?,
            p99_ms: percentile(99)?,
            mean_ms: self.total_ms() / float(count),
        })
    }
}

/// How many latencies lie between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyBin {
    /// Latencies of the bin are above this, in milliseconds.
    pub above_ms: f64,
    /// They are at most this; nothing bounds the last bin.
    pub to_ms: f64,
    /// How many there are.
    pub count: u64,
}

impl WriteMetrics {
    /// The upper bounds of bins, in milliseconds: three to a power of ten, up to 100 s.
    const BOUNDS_MS: [f64; 16] = [
        1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5,
    ];

    /// How the latencies spread, from the first bin that holds any to the last; none where there is no latency.
    pub fn histogram(&self) -> Vec<LatencyBin> {
        let above = [0.0].into_iter().chain(Self::BOUNDS_MS);
        let to = Self::BOUNDS_MS.into_iter().chain([f64::INFINITY]);
        let mut bins: Vec<LatencyBin> = above
            .zip(to)
            .map(|(above_ms, to_ms)| LatencyBin {
                above_ms,
                to_ms,
                count: 0,
            })
            .collect();
        for latency in &self.latencies_ms {
            if let Some(bin) = bins.iter_mut().find(|bin| *latency <= bin.to_ms) {
                bin.count += 1;
            }
        }
        let holds = |bin: &LatencyBin| bin.count > 0;
        let end = bins.iter().rposition(holds).map_or(0, |last| last + 1);
        bins.truncate(end);
        let start = bins.iter().position(holds).unwrap_or(0);
        bins.split_off(start)
    }
}

impl EncryptedValues {
    /// The part of what was sent that the tenant keeps encrypted, from 0 to 1; `None` where none was sent.
    pub fn rate(self) -> Option<f64> {
        rate(self.stored.into(), self.sent.into())
    }
}

/// `part` of `whole`, from 0 to 1; `None` of nothing.
pub(crate) fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for people needs no more than 53 bits"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditMetrics;

    fn outcome(phase: Phase, attempts: u32, latency_ms: f64) -> RecordedOutcome {
        RecordedOutcome {
            tenant: "prod".into(),
            action: AuditAction::UpdateDataAction,
            phase,
            metrics: Some(AuditMetrics {
                latency_ms,
                attempts,
                encrypted: Some(EncryptedValues { sent: 2, stored: 1 }),
            }),
        }
    }

    fn of(outcomes: impl IntoIterator<Item = RecordedOutcome>) -> Metrics {
        let mut metrics = Metrics::default();
        outcomes.into_iter().for_each(|each| metrics.add(&each));
        metrics
    }

    #[test]
    fn percentiles_are_the_nearest_ranks() {
        let hundred = of((1..=100).rev().map(|ms| outcome(Phase::Done, 1, ms.into())));
        let latency = hundred.all.latency().unwrap();
        let wanted = Latency {
            count: 100,
            mean_ms: 50.5,
            p50_ms: 50.0,
            p95_ms: 95.0,
            p99_ms: 99.0,
        };
        assert_eq!(latency, wanted);
        let one = of([outcome(Phase::Done, 1, 7.0)]).all.latency().unwrap();
        assert_eq!((one.p50_ms, one.p95_ms, one.p99_ms), (7.0, 7.0, 7.0));
        assert_eq!(Metrics::default().all.latency(), None);
    }

    #[test]
    fn a_histogram_counts_each_latency_once_and_bounds_are_inclusive() {
        let latencies = [1.5, 2.0, 2.1, 7.0, 300_000.0];
        let metrics = of(latencies.map(|ms| outcome(Phase::Done, 1, ms)));
        let bins = metrics.all.histogram();
        let counts: Vec<u64> = bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts[..4], [2, 1, 1, 0]);
        assert_eq!(counts.iter().sum::<u64>(), 5);
        let (first, last) = (bins[0], bins[bins.len() - 1]);
        assert_eq!((first.above_ms, first.to_ms), (1.0, 2.0));
        assert_eq!(
            (last.above_ms, last.to_ms, last.count),
            (1e5, f64::INFINITY, 1)
        );
        assert_eq!(Metrics::default().all.histogram(), []);
    }

    #[test]
    fn what_was_never_sent_has_no_latency_and_is_no_success() {
        let metrics = of([
            outcome(Phase::Done, 1, 3.0),
            outcome(Phase::Failed, 0, 0.0),
            outcome(Phase::Unknown, 4, 9.0),
        ]);
        let all = &metrics.all;
        assert_eq!((all.done, all.failed, all.unknown), (1, 1, 1));
        assert_eq!(all.success_rate(), Some(0.5));
        assert_eq!(all.latency().unwrap().count, 2);
        assert_eq!(metrics.actions[&AuditAction::UpdateDataAction], *all);
        assert_eq!(metrics.encrypted.rate(), Some(0.5));
    }

    #[test]
    fn a_rate_of_nothing_is_none() {
        let nothing = Metrics::default();
        assert_eq!(nothing.all.success_rate(), None);
        assert_eq!(nothing.encrypted.rate(), None);
    }
}
