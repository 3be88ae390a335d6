//! Why a collection refuses.

use cxda_domain::key::EntityTag;

/// An idempotency key that was first used for another payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("idempotency key was used for another payload")]
pub struct KeyReused;

/// Why a record was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// The key was first used for another payload.
    #[error("idempotency key was used for another payload")]
    KeyReused,
    /// Another record has the id.
    #[error("id {id:?} is taken")]
    IdTaken {
        /// The id.
        id: String,
    },
    /// Another record bears the name.
    #[error("name is taken by {holder:?}")]
    NameTaken {
        /// The id of the record that bears it.
        holder: String,
    },
}

impl From<KeyReused> for InsertError {
    fn from(KeyReused: KeyReused) -> Self {
        Self::KeyReused
    }
}

/// Why a record was not replaced; it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    /// No record has the id.
    #[error("no record has this id")]
    NotFound,
    /// The record was written since the version that the precondition names.
    #[error("the version is {current}, not the one named")]
    VersionMismatch {
        /// The tag of the present version.
        current: EntityTag,
    },
    /// Another record bears the name.
    #[error("name is taken by {holder:?}")]
    NameTaken {
        /// The id of the record that bears it.
        holder: String,
    },
}

/// A page token that this collection never gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("page token is unknown")]
pub struct UnknownPageToken;

/// Why a snapshot is not that of a collection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Two records have one id, or one name although names are unique.
    #[error("{what} {text:?} occurs twice")]
    Repeated {
        /// Whether it is the id or the name.
        what: &'static str,
        /// The id or the name.
        text: String,
    },
    /// A record stands before its predecessor, or after the last write that was counted.
    #[error("record {id:?} is out of sequence")]
    OutOfSequence {
        /// The id of the record.
        id: String,
    },
}
