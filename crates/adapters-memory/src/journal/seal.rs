//! Audit records in a chain, each as the line that stands in the file.
//!
//! The chain is made here a second time, apart from the one on disk, so that the conformance suite compares two makings of it.

use cxda_domain::audit::{AuditEntry, SealedRecord};
use cxda_domain::key::Digest;
use serde::Serialize;

/// Sealed records, the first with number 1.
#[derive(Debug, Default)]
pub(super) struct Chain {
    records: Vec<SealedRecord>,
    last_hash: Option<Digest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    seq: usize,
    #[serde(flatten)]
    entry: &'a AuditEntry,
    prev_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'a Digest>,
}

impl Chain {
    /// The records after number `after`.
    pub(super) fn after(&self, after: u64) -> &[SealedRecord] {
        let start = self.records.partition_point(|record| record.seq <= after);
        &self.records[start..]
    }

    /// Adds `entry`.
    pub(super) fn seal(&mut self, entry: &AuditEntry) -> Result<SealedRecord, serde_json::Error> {
        let mut entry = entry.clone();
        if let Some(metrics) = &mut entry.metrics {
            metrics.latency_ms = (metrics.latency_ms * 1_000.0).round() / 1_000.0;
        }
        let zeros = "0".repeat(64);
        let mut line = Line {
            seq: self.records.len() + 1,
            entry: &entry,
            prev_hash: self.last_hash.as_ref().map_or(&zeros, Digest::as_str),
            hash: None,
        };
        let hash = Digest::of(serde_jcs::to_vec(&line)?);
        line.hash = Some(&hash);
        let record = SealedRecord {
            seq: self.records.last().map_or(0, |last| last.seq) + 1,
            line: serde_json::to_string(&line)?,
        };
        self.records.push(record.clone());
        self.last_hash = Some(hash);
        Ok(record)
    }
}
