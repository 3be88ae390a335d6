//! What a person sees while something takes long.

use std::fmt;
use std::time::Duration;

use cxda_domain::address::Address;
use cxda_domain::request::RateLimit;

/// A step of long work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgressEvent<'a> {
    /// Pages of a listing are being read; `seen` resources so far.
    Observing {
        /// Resources read so far.
        seen: usize,
    },
    /// Tests are being run; `done` of them have ended.
    Testing {
        /// Tests that have ended.
        done: usize,
        /// All tests.
        of: usize,
    },
    /// Changes are about to be carried out.
    Applying {
        /// How many.
        changes: usize,
    },
    /// A change has begun.
    Started(&'a Address),
    /// A change has ended.
    Ended {
        /// The resource.
        address: &'a Address,
        /// Whether it was carried out.
        done: bool,
    },
    /// No further request is sent to the tenant for a while; those under way go on.
    Held {
        /// What holds them back.
        by: Hold,
        /// For how long, from now on.
        wait: Duration,
    },
}

/// What holds requests back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Our own limit, which is reached.
    RateLimit(RateLimit),
    /// The tenant, which refused a request for being one too many.
    Pause,
}

/// Is told of each step; must return at once.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Progress: fmt::Debug + Send + Sync {
    /// Takes note of `event`.
    #[expect(
        clippy::elidable_lifetime_names,
        reason = "the mock generator needs the name"
    )]
    fn note<'a>(&self, event: ProgressEvent<'a>);
}
