//! Ports that fail on the calls that a script names.
//!
//! A call can fail before its work or after it: the latter is how an answer gets lost. The script decides by counting, never by
//! chance, so that a failure repeats.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub use self::audit::{AuditCall, FaultyAudit};
pub use self::journal::{FaultyJournal, JournalCall};
pub use self::tenant::FaultyTenant;

mod audit;
mod journal;
mod tenant;

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before its work: it has no effect.
    Before,
    /// After its work: it has its effect, and nobody is told.
    After,
    /// Long before its work, which is done when the late ones arrive (of a tenant's writes; elsewhere as [`Moment::Before`]).
    Late,
}

/// Which calls of one kind fail, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one alone.
    Nth(u64),
    /// This one and all after it.
    From(u64),
}

impl Which {
    /// Every one of them.
    pub const EVERY: Self = Self::From(1);

    fn names(self, number: u64) -> bool {
        match self {
            Self::Nth(nth) => nth == number,
            Self::From(first) => first <= number,
        }
    }
}

/// Which calls `C` fail, when, and as what.
#[derive(Debug)]
pub(crate) struct Script<C, F> {
    rules: Vec<Rule<C, F>>,
    counts: Mutex<BTreeMap<C, u64>>,
}

#[derive(Debug)]
struct Rule<C, F> {
    call: C,
    which: Which,
    moment: Moment,
    failure: F,
}

/// What one call shall do: work, fail, or both.
pub(crate) struct Verdict<F>(Option<(Moment, F)>);

impl<C: Ord, F: Clone> Script<C, F> {
    pub(crate) fn new() -> Self {
        Self {
            rules: Vec::new(),
            counts: Mutex::new(BTreeMap::new()),
        }
    }

    pub(crate) fn add(&mut self, call: C, which: Which, moment: Moment, failure: F) {
        self.rules.push(Rule {
            call,
            which,
            moment,
            failure,
        });
    }

    /// Counts `call`; the first rule that names it holds.
    pub(crate) fn judge(&self, call: C) -> Verdict<F> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = counts.get(&call).map_or(1, |before| before + 1);
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.call == call && rule.which.names(number));
        counts.insert(call, number);
        Verdict(rule.map(|rule| (rule.moment, rule.failure.clone())))
    }
}

impl<F> Verdict<F> {
    /// Does `work` unless the call fails before it; what fails becomes an error by `error`.
    pub(crate) async fn carry_out<T, E>(
        self,
        work: impl Future<Output = Result<T, E>>,
        error: impl FnOnce(F) -> E,
    ) -> Result<T, E> {
        match self.0 {
            None => work.await,
            Some((Moment::Before | Moment::Late, failure)) => Err(error(failure)),
            Some((Moment::After, failure)) => {
                work.await?;
                Err(error(failure))
            }
        }
    }
}
