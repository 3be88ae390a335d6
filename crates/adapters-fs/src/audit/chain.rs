//! The chain that binds audit records to each other: sealing one, verifying many.
//!
//! It touches no file and no store; both give it lines.

use cxda_domain::audit::{AuditAction, AuditEntry, Phase, SealedRecord};
use cxda_domain::key::Digest;
use serde::{Deserialize, Serialize};

/// Where a chain stands: the number and the hash of its last record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainHead {
    seq: u64,
    hash: String,
}

impl ChainHead {
    /// A chain without a record: number 0, a hash of 64 zeros.
    pub fn start() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(64),
        }
    }

    /// A chain that ends with record `seq`, whose hash is `hash`.
    pub(crate) fn at(seq: u64, hash: String) -> Self {
        Self { seq, hash }
    }

    /// The last record's number; 0 where there is none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The last record's hash, 64 lower-case hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// An entry that cannot stand in a chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A latency that is negative, endless or longer than a century: it would not read back as written.
    #[error("latency of {0} ms cannot be recorded")]
    Latency(f64),
    /// It cannot be written as JSON.
    #[error("audit record cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Why a line does not continue the chain before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit record {seq} {fault}")]
pub struct ChainError {
    /// The place in the log, from 1.
    pub seq: u64,
    /// What is wrong there.
    pub fault: ChainFault,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// It is no audit record at all.
    #[error("cannot be read: something else stands in its place")]
    Unreadable,
    /// It has no end: its writer was stopped in the middle.
    #[error("is torn: its writer was stopped in the middle")]
    Torn,
    /// It is not what was sealed: a value, the order or the spelling changed.
    #[error("was edited")]
    Edited,
    /// It is not there, and a later one stands in its place.
    #[error("is missing: record {found} stands in its place")]
    Missing {
        /// Which one.
        found: u64,
    },
    /// It and a later one stand in each other's place.
    #[error("was swapped with record {with}")]
    Swapped {
        /// Which one.
        with: u64,
    },
    /// Another one stands before it.
    #[error("is not in its place: a record {found} was inserted there")]
    Inserted {
        /// The number of that one.
        found: u64,
    },
    /// It is whole and continues another log.
    #[error("was spliced in: it does not continue the record before it")]
    Spliced,
    /// The file ends before it, and the store has it.
    #[error("was cut off: the store has it and the file does not")]
    CutOff,
    /// It is whole, continues those before it, and is not what the store has.
    #[error("is not the store's")]
    Foreign,
    /// It and all of the log are sound, and the store ends before it: the store was lost, or is an older one.
    #[error("is not in the store: the log is sound, and the store lacks its records from there on")]
    Unkept,
}

impl ChainFault {
    /// A stable word for it, for JSON output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Torn => "torn",
            Self::Edited => "edited",
            Self::Missing { .. } => "missing",
            Self::Swapped { .. } => "swapped",
            Self::Inserted { .. } => "inserted",
            Self::Spliced => "spliced",
            Self::CutOff => "cut_off",
            Self::Foreign => "foreign",
            Self::Unkept => "unkept",
        }
    }
}

/// Seals `entry` as the record after `head`.
///
/// The latency is kept to the microsecond, so that the line reads back to the same number everywhere.
///
/// # Errors
///
/// - [`SealError::Latency`] if the latency is no length of time.
/// - [`SealError::Json`] if the entry cannot be written as JSON.
pub fn seal(head: &ChainHead, entry: &AuditEntry) -> Result<(SealedRecord, ChainHead), SealError> {
    let mut record = Record::new(head, entry)?;
    let hash = record.digest()?;
    record.hash = Some(hash.clone());
    let line = serde_json::to_string(&record)?;
    let seq = record.seq;
    Ok((SealedRecord { seq, line }, ChainHead { seq, hash }))
}

/// The chain after `line`, where `line` continues `head`.
///
/// A later record is taken for the first one after those that are missing; that they stand further on, only who reads on can tell.
///
/// # Errors
///
/// [`ChainError`] with the place of the line and what is wrong with it.
pub fn advance(head: &ChainHead, line: &str) -> Result<ChainHead, ChainError> {
    let seq = head.seq + 1;
    let error = |fault| ChainError { seq, fault };
    let record = Record::parse(line).map_err(error)?;
    let found = record.seq;
    if found > seq {
        return Err(error(ChainFault::Missing { found }));
    }
    if found < seq {
        return Err(error(ChainFault::Inserted { found }));
    }
    if record.prev_hash != head.hash {
        return Err(error(ChainFault::Spliced));
    }
    let hash = record.hash.unwrap_or_default();
    Ok(ChainHead { seq, hash })
}

/// The chain that `lines` make from its start.
///
/// A tail that was cut off cannot be seen from the lines alone.
///
/// # Errors
///
/// [`ChainError`] at the first line that does not continue those before it.
pub fn verify<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<ChainHead, ChainError> {
    lines
        .into_iter()
        .try_fold(ChainHead::start(), |head, line| advance(&head, line))
}

/// The number of the record that `line` is; `None` where it is no whole, unedited record.
pub fn seq_of(line: &str) -> Option<u64> {
    Record::parse(line).ok().map(|record| record.seq)
}

/// A record with exactly the members of its line, in their order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Record {
    seq: u64,
    audit_id: String,
    run_id: String,
    timestamp: String,
    actor: String,
    tenant: String,
    action: AuditAction,
    phase: Phase,
    resource: Resource,
    changes: Vec<String>,
    metrics: Option<Metrics>,
    compliance: Compliance,
    error: Option<String>,
    prev_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metrics {
    latency_ms: f64,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_sent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_stored: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Compliance {
    schema_validated: Option<bool>,
    dependency_verified: Option<bool>,
    circular_reference_check_passed: Option<bool>,
    script_syntax_checked: Option<bool>,
    test_passed: Option<bool>,
}

impl Record {
    fn new(head: &ChainHead, entry: &AuditEntry) -> Result<Self, SealError> {
        let metrics = entry.metrics.map(|metrics| {
            Ok::<_, SealError>(Metrics {
                latency_ms: to_the_microsecond(metrics.latency_ms)?,
                attempts: metrics.attempts,
                encrypted_sent: metrics.encrypted.map(|values| values.sent),
                encrypted_stored: metrics.encrypted.map(|values| values.stored),
            })
        });
        let checked = entry.compliance;
        Ok(Self {
            seq: head.seq + 1,
            audit_id: entry.audit_id.clone(),
            run_id: entry.run_id.to_string(),
            timestamp: entry.timestamp.to_string(),
            actor: entry.actor.clone(),
            tenant: entry.tenant.clone(),
            action: entry.action,
            phase: entry.phase,
            resource: Resource {
                kind: entry.resource.kind.to_string(),
                id: entry.resource.id.as_ref().map(ToString::to_string),
                name: entry.resource.name.clone(),
            },
            changes: entry.changes.clone(),
            metrics: metrics.transpose()?,
            compliance: Compliance {
                schema_validated: checked.schema_validated,
                dependency_verified: checked.dependency_verified,
                circular_reference_check_passed: checked.circular_reference_check_passed,
                script_syntax_checked: checked.script_syntax_checked,
                test_passed: checked.test_passed,
            },
            error: entry.error.clone(),
            prev_hash: head.hash.clone(),
            hash: None,
        })
    }

    /// The record that `line` is, if it stands there byte for byte as it was sealed.
    fn parse(line: &str) -> Result<Self, ChainFault> {
        let mut record: Self = serde_json::from_str(line).map_err(|_| ChainFault::Unreadable)?;
        // The hash covers values alone; the comparison covers spaces, escapes, and the order of members.
        if serde_json::to_string(&record).ok().as_deref() != Some(line) {
            return Err(ChainFault::Edited);
        }
        let written = record.hash.take();
        let digest = record.digest().ok();
        if written.is_none() || written != digest {
            return Err(ChainFault::Edited);
        }
        record.hash = written;
        Ok(record)
    }

    /// The hash of a record that has none yet.
    fn digest(&self) -> Result<String, serde_json::Error> {
        let canonical = serde_jcs::to_vec(self)?;
        Ok(Digest::of(canonical).to_string())
    }
}

/// Rounds to three fraction digits: such a number has few enough digits for every reader to get the same one back.
fn to_the_microsecond(latency_ms: f64) -> Result<f64, SealError> {
    const CENTURY_MS: f64 = 100.0 * 366.0 * 86_400_000.0;
    if (0.0..=CENTURY_MS).contains(&latency_ms) {
        Ok((latency_ms * 1_000.0).round() / 1_000.0)
    } else {
        Err(SealError::Latency(latency_ms))
    }
}

#[cfg(test)]
mod tests;
