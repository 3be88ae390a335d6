//! All randomness: ids and jitter.

use std::fmt;

/// Makes ids that nobody made before.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IdSource: fmt::Debug + Send + Sync {
    /// A fresh id of 128 random bits, in the form of a UUID in lower case.
    fn fresh(&self) -> String;
}

/// Spreads waits, so that clients which failed together do not return together.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Jitter: fmt::Debug + Send + Sync {
    /// A number from 0, included, to 1, excluded; each as likely as any other.
    fn fraction(&self) -> f64;
}
