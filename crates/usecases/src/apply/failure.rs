//! Why a change was not carried out: in words, as a stable code, and what follows for its intent and for the run.
//!
//! What the process exits with is not known here.

use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::key::ResourceId;
use cxda_ports::error::{ApiError, ApiErrorKind, AuditError, CallCost, StoreError};

/// Why a change was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The tenant refused it or could not be asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Somebody else changed managed fields after they were planned; nothing was written.
    #[error("somebody else changed {} after the plan was made", fields.join(", "))]
    Conflict {
        /// The fields.
        fields: Vec<String>,
    },
    /// The tenant accepted the write and shows something else.
    #[error("the tenant accepted the write and still shows another value of {}", fields.join(", "))]
    Ignored {
        /// The fields.
        fields: Vec<String>,
    },
    /// It is gone: somebody deleted it after the plan was made.
    #[error("it is gone: somebody deleted it after the plan was made")]
    Gone {
        /// What the tenant said.
        #[source]
        source: ApiError,
    },
    /// Its name is taken by a resource that is not as wanted and not known to be ours; it was left alone.
    #[error("the name is taken by {id}, which has another value of {}", fields.join(", "))]
    NameTaken {
        /// The server's id of that resource.
        id: ResourceId,
        /// The fields.
        fields: Vec<String>,
    },
    /// Its name stands on the tenant more than once, so nobody can say which resource is meant.
    #[error("{address} stands on the tenant {} times, with the ids {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The name.
        address: Address,
        /// The server's ids under it.
        ids: Vec<String>,
    },
    /// A create was not answered, and nothing would keep a second one from making a second resource.
    #[error(
        "nobody knows whether {address} was created, and it is not sent again: the API profile offers no idempotency key; \
         look for {address} on the tenant, and run again after {} s to take it over, or to create it where it is still missing",
        quiet_in.as_secs()
    )]
    NotRepeatable {
        /// What to look for.
        address: Address,
        /// When the create can no longer be carried out.
        quiet_in: Duration,
        /// How the sending ended.
        #[source]
        source: Box<ApiError>,
    },
    /// An earlier write was not answered and may still be carried out; until then nothing else is sent.
    #[error(
        "an earlier write of {address} was not answered and may still be carried out; \
         look at {address} on the tenant, and run again after {} s",
        quiet_in.as_millis().div_ceil(1_000)
    )]
    Unsettled {
        /// The resource.
        address: Address,
        /// When that write can no longer be carried out.
        quiet_in: Duration,
    },
    /// What became of a write cannot be read.
    #[error("what became of {address} cannot be read")]
    Unread {
        /// The resource.
        address: Address,
        /// Why not.
        #[source]
        source: Box<ApiError>,
    },
    /// The key of an earlier write was used for another payload: a flaw of ours. Nothing is sent until it is quiet.
    #[error(
        "the idempotency key of {address} was used for another payload, which is a flaw of cxda"
    )]
    Frozen {
        /// The resource.
        address: Address,
    },
    /// Something that it depends on was not carried out.
    #[error("{address} was not carried out")]
    Dependency {
        /// What it depends on.
        address: Address,
    },
    /// The run was stopped before it was carried out.
    #[error("the run was stopped before it was carried out")]
    Stopped,
    /// A view was written, and the run was stopped before the build of its indexes was asked for.
    #[error(
        "it was written, but the run was stopped before the build of its indexes was asked for"
    )]
    NotIndexed,
    /// The journal could not be written, so nothing may be sent.
    #[error("the write could not be journaled")]
    Journal(#[from] StoreError),
    /// The audit log could not be written, so nothing may be sent.
    #[error("the write could not be audited")]
    Audit(#[from] AuditError),
    /// The write was sent, and what came of it could not be journaled. The next run finds out.
    #[error("what came of the write could not be journaled; the next run finds out")]
    Unjournaled(#[source] StoreError),
    /// The write was sent and what came of it is journaled, but could not be audited. The next run does so.
    #[error("what came of the write is kept, but could not be audited; the next run does so")]
    Unaudited(#[source] AuditError),
}

impl Failure {
    /// A stable word for the failure, for JSON output.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Api(error) => error.code(),
            Self::Conflict { .. } => "conflict",
            Self::Ignored { .. } => "ignored",
            Self::Gone { .. } => "gone",
            Self::NameTaken { .. } => "already_exists",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NotRepeatable { .. } | Self::Unsettled { .. } | Self::Unread { .. } => {
                "outcome_unknown"
            }
            Self::Frozen { .. } => "key_mismatch",
            Self::Dependency { .. } => "dependency",
            Self::Stopped | Self::NotIndexed => "stopped",
            Self::Journal(_) | Self::Unjournaled(_) => "journal",
            Self::Audit(_) | Self::Unaudited(_) => "audit",
        }
    }

    /// What the tenant said, where it said something.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(source) | Self::Gone { source } => Some(source),
            Self::NotRepeatable { source, .. } | Self::Unread { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What the failed call cost; nothing where the tenant said nothing.
    pub(super) fn cost(&self) -> CallCost {
        self.api()
            .map_or_else(CallCost::default, |error| error.cost)
    }

    pub(super) fn unread(address: &Address, source: ApiError) -> Self {
        if source.is_stopped() {
            return Self::Stopped;
        }
        let (address, source) = (address.clone(), Box::new(source));
        Self::Unread { address, source }
    }

    /// Whether the write may have happened, or may still happen.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Self::NotRepeatable { .. }
            | Self::Unsettled { .. }
            | Self::Unread { .. }
            | Self::Unjournaled(_)
            | Self::Unaudited(_) => true,
            Self::Api(error) => error.kind == ApiErrorKind::OutcomeUnknown,
            _ => false,
        }
    }

    /// Whether it was not carried out, and never will be, because the run is to stop.
    pub(super) fn is_stopped(&self) -> bool {
        match self {
            Self::Stopped => true,
            Self::Api(error) => error.is_stopped(),
            _ => false,
        }
    }

    /// Whether every further write would fail the same way.
    pub(super) fn stops_all(&self) -> bool {
        match self {
            Self::Journal(_) | Self::Audit(_) | Self::Unjournaled(_) | Self::Unaudited(_) => true,
            Self::Api(error) => meets_every_write(error),
            _ => false,
        }
    }
}

/// Whether every further write would meet `error` too.
pub(super) fn meets_every_write(error: &ApiError) -> bool {
    matches!(
        error.kind,
        ApiErrorKind::Unauthenticated | ApiErrorKind::Credentials | ApiErrorKind::Unreachable
    )
}
