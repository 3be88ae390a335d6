//! What can go wrong behind a port, and which of it is worth another attempt.

use std::fmt;
use std::time::Duration;

use cxda_domain::request::Operation;
use cxda_domain::violation::{FieldPath, Position};

/// What a call cost: its attempts, and their time without the waits between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCost {
    /// Requests sent, at least 1 where anything was sent.
    pub attempts: u32,
    /// From each attempt's start to its end, summed.
    pub latency: Duration,
}

impl CallCost {
    /// The latency in milliseconds with their fraction, to the microsecond.
    pub fn latency_ms(self) -> f64 {
        let micros = u32::try_from(self.latency.as_micros()).unwrap_or(u32::MAX);
        f64::from(micros) / 1_000.0
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            attempts: self.attempts.saturating_add(other.attempts),
            latency: self.latency.saturating_add(other.latency),
        }
    }
}

/// A value from the tenant with what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    /// The value.
    pub value: T,
    /// What it cost.
    pub cost: CallCost,
}

/// One thing that the tenant refused about a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The field in the tenant's words, where it named one.
    pub field: Option<String>,
    /// The same in the words of manifests, where it is one of theirs.
    pub path: Option<FieldPath>,
    /// Where a manifest says that, where it is known.
    pub place: Option<Position>,
    /// What it said, sanitized and cut.
    pub message: String,
}

/// How a call to the tenant failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// Nothing is there under that id (404).
    NotFound,
    /// The name is taken, or the key was used for something else (409).
    AlreadyExists,
    /// The key was used for another payload: a bug of ours; nothing was written.
    KeyMismatch,
    /// Another writer came first; nothing was written (412, or 409 on a replace).
    VersionMismatch,
    /// The tenant is still working on it (409 or 423 while publishing or deleting).
    Busy {
        /// How long the tenant asks to wait.
        retry_after: Option<Duration>,
    },
    /// The tenant found the body invalid (400, 422); no attempt of the call can have written anything, else it is
    /// [`ApiErrorKind::OutcomeUnknown`].
    Rejected {
        /// Everything it said.
        problems: Vec<Problem>,
    },
    /// No token, or the tenant refused it twice (401).
    Unauthenticated,
    /// The token may not do this (403).
    PermissionDenied {
        /// The scope that is missing, where it is known.
        scope: Option<String>,
    },
    /// Too many requests, for longer than this call may wait (429).
    RateLimited {
        /// How long the tenant asks to wait.
        retry_after: Option<Duration>,
    },
    /// Nothing got there: no such host, nobody listening, TLS refused, a proxy in the way. Where there is a detail, it begins
    /// with the origin.
    Unreachable,
    /// The tenant failed (5xx), or nothing came back, and nothing was written; or it failed so often that nothing was sent.
    Unavailable,
    /// A write was sent and not answered, or not with anything that tells: it may or may not have happened.
    OutcomeUnknown,
    /// The answer is not what the API promises.
    Malformed,
    /// The credentials cannot be read, so nothing was sent.
    Credentials,
    /// The run is to stop, so it was not sent, not sent again, or not waited for; no attempt of a write can have written anything,
    /// else it is [`ApiErrorKind::OutcomeUnknown`].
    Stopped,
    /// Refused for a reason that no other variant names (such as 413).
    Refused,
}

/// A failed call: what, on which operation, and what the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// How it failed.
    pub kind: ApiErrorKind,
    /// What was asked.
    pub operation: Operation,
    /// The answer's status, where there was an answer.
    pub status: Option<u16>,
    /// The server's id of the request, for its support.
    pub request_id: Option<String>,
    /// What was said or what broke: sanitized, cut, and without a secret.
    pub detail: String,
    /// What the failed call cost.
    pub cost: CallCost,
}

impl ApiError {
    /// A failure of `operation` without an answer.
    pub fn new(operation: Operation, kind: ApiErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            operation,
            status: None,
            request_id: None,
            detail: detail.into(),
            cost: CallCost::default(),
        }
    }

    /// Whether nothing came of it because the run is to stop.
    pub fn is_stopped(&self) -> bool {
        self.kind == ApiErrorKind::Stopped
    }

    /// Whether the tenant is still working on it.
    pub fn is_busy(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Busy { .. })
    }

    /// A stable word for the failure, for JSON output.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ApiErrorKind::NotFound => "not_found",
            ApiErrorKind::AlreadyExists => "already_exists",
            ApiErrorKind::KeyMismatch => "key_mismatch",
            ApiErrorKind::VersionMismatch => "version_mismatch",
            ApiErrorKind::Busy { .. } => "busy",
            ApiErrorKind::Rejected { .. } => "rejected",
            ApiErrorKind::Unauthenticated => "unauthenticated",
            ApiErrorKind::PermissionDenied { .. } => "permission_denied",
            ApiErrorKind::RateLimited { .. } => "rate_limited",
            ApiErrorKind::Unreachable => "unreachable",
            ApiErrorKind::Unavailable => "unavailable",
            ApiErrorKind::OutcomeUnknown => "outcome_unknown",
            ApiErrorKind::Malformed => "malformed_answer",
            ApiErrorKind::Credentials => "credentials",
            ApiErrorKind::Stopped => "stopped",
            ApiErrorKind::Refused => "refused",
        }
    }

    fn summary(&self) -> &'static str {
        match self.kind {
            ApiErrorKind::NotFound => "not found on the tenant",
            ApiErrorKind::AlreadyExists => "the name is taken on the tenant",
            ApiErrorKind::KeyMismatch => "its key was used for another payload",
            ApiErrorKind::VersionMismatch => "somebody else changed it first",
            ApiErrorKind::Busy { .. } => "the tenant is still working on it",
            ApiErrorKind::Rejected { .. } => "the tenant found it invalid",
            ApiErrorKind::Unauthenticated => "the tenant refused the credentials",
            ApiErrorKind::PermissionDenied { .. } => "the credentials do not permit it",
            ApiErrorKind::RateLimited { .. } => "the tenant asks to slow down",
            ApiErrorKind::Unreachable => "the tenant cannot be reached",
            ApiErrorKind::Unavailable => "the tenant is unavailable",
            ApiErrorKind::OutcomeUnknown if matches!(self.status, Some(200..=399)) => {
                "sent, but the answer is unusable, the outcome is unknown"
            }
            ApiErrorKind::OutcomeUnknown if self.status.is_some() => {
                "sent and answered with a failure, the outcome is unknown"
            }
            ApiErrorKind::OutcomeUnknown => "sent but not answered, the outcome is unknown",
            ApiErrorKind::Malformed => "the answer is not what the API promises",
            ApiErrorKind::Credentials => "the credentials cannot be read",
            ApiErrorKind::Stopped => "the run was stopped",
            ApiErrorKind::Refused => "the tenant refused it",
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} failed: {}",
            self.operation.words(),
            self.summary()
        )?;
        if let ApiErrorKind::PermissionDenied { scope: Some(scope) } = &self.kind {
            write!(formatter, ", missing scope {scope}")?;
        }
        if let ApiErrorKind::Rejected { problems } = &self.kind {
            for problem in problems {
                formatter.write_str("; ")?;
                if let Some(place) = &problem.place {
                    write!(formatter, "{place}: ")?;
                }
                if let Some(field) = &problem.field {
                    write!(formatter, "{field}: ")?;
                }
                formatter.write_str(&problem.message)?;
            }
        } else if !self.detail.is_empty() {
            let joint = match self.kind {
                ApiErrorKind::Unreachable => " at",
                _ => ":",
            };
            write!(formatter, "{joint} {}", self.detail)?;
        }
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(formatter, " (HTTP {status}, request {id})"),
            (Some(status), None) => write!(formatter, " (HTTP {status})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store was written by a newer version.
    #[error(
        "the store {path} has version {found}, of a newer cxda; this one reads versions up to {known}"
    )]
    Newer {
        /// The store.
        path: String,
        /// The version of its tables.
        found: i64,
        /// The latest version that is known.
        known: i64,
    },
    /// What stands in its place is damaged, or something else.
    #[error("{path} is no store, or a damaged one")]
    NoStore {
        /// Where the store should be.
        path: String,
        /// What is wrong with it.
        #[source]
        source: Source,
    },
    /// Another run holds the lock.
    #[error("another run holds the lock: {holder}")]
    Locked {
        /// Who, as far as is known.
        holder: String,
    },
    /// Anything else.
    #[error("{what} cannot be {doing}")]
    Failed {
        /// What was used, with its place, such as `the store .cxda/state.db`.
        what: String,
        /// What was being done, such as `read`.
        doing: &'static str,
        /// Why not.
        #[source]
        source: Source,
    },
}

/// Why the audit log could not be written. Nothing is sent without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file holds something other than the store.
    #[error("the audit log {path} differs from the store at record {seq}")]
    Broken {
        /// The file.
        path: String,
        /// The first record that differs.
        seq: u64,
    },
    /// It cannot be written or flushed.
    #[error("the audit log {path} cannot be written")]
    NotWritable {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: Source,
    },
}

/// Why something named by reference could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing of that name.
    #[error("{what} is not there")]
    Missing {
        /// The reference in words; never the value.
        what: String,
    },
    /// It is there and cannot be used.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// The reference in words; never the value.
        what: String,
        /// Why not.
        why: String,
    },
    /// It cannot be kept there.
    #[error("{what} cannot be written: {why}")]
    Unwritable {
        /// The reference in words; never the value.
        what: String,
        /// Why not.
        why: String,
    },
}
