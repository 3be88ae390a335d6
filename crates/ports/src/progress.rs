//! What a person sees while something takes long.

use std::fmt;

use cxda_domain::address::Address;

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
