//! Cases: a tenant's habits and script, and the calls that meet them.

use std::time::Duration;

use cxda_domain::request::RateLimit;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::laws::fault::Fault;

/// One tenant with its script, and what is asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// How fast it may be asked.
    pub(crate) limit: RateLimit,
    pub(crate) keys: Keys,
    /// How long every answer is under way, in milliseconds.
    pub(crate) latency_ms: u64,
    /// The fractions that jitter gives, over and over.
    pub(crate) jitter: Vec<f64>,
    /// What becomes of token requests, in their order; those that follow are answered properly.
    pub(crate) token_faults: Vec<Fault>,
    pub(crate) calls: Vec<Planned>,
}

impl Case {
    /// How long every answer is under way.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }
}

/// What idempotency keys are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// A create that comes again is answered again.
    Honoured,
    /// A create that comes again meets its own name.
    Ignored,
    /// None is sent.
    Absent,
}

/// One call of a port. Every call is about a resource of its own.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) kind: Kind,
    /// When it begins, in seconds.
    pub(crate) begins: u64,
    /// After how many seconds its caller drops it.
    pub(crate) dropped_after: Option<u64>,
    /// What becomes of its requests, in their order; those that follow are answered properly.
    pub(crate) faults: Vec<Fault>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    GetAction,
    GetView,
    GetTable,
    ListActions,
    ListViews,
    ListTables,
    CreateAction,
    CreateView,
    ReplaceAction,
    ReplaceView,
    /// Without a precondition.
    OverwriteAction,
    OverwriteView,
    DeleteAction,
    DeleteView,
    BuildIndexes,
    Relay,
    Test,
}

impl Kind {
    const ALL: &[Self] = &[
        Self::GetAction,
        Self::ListActions,
        Self::CreateAction,
        Self::CreateView,
        Self::ReplaceAction,
        Self::ReplaceView,
        Self::DeleteAction,
        Self::DeleteView,
        Self::OverwriteAction,
        Self::OverwriteView,
        Self::Relay,
        Self::Test,
        Self::BuildIndexes,
        Self::GetView,
        Self::GetTable,
        Self::ListViews,
        Self::ListTables,
    ];

    pub(crate) fn creates(self) -> bool {
        matches!(self, Self::CreateAction | Self::CreateView)
    }

    /// What looks for the thing that this creates.
    pub(crate) fn look(self) -> Self {
        match self {
            Self::CreateView => Self::ListViews,
            _ => Self::ListActions,
        }
    }

    pub(crate) fn replaces(self) -> bool {
        matches!(
            self,
            Self::ReplaceAction | Self::ReplaceView | Self::OverwriteAction | Self::OverwriteView
        )
    }

    pub(crate) fn deletes(self) -> bool {
        matches!(self, Self::DeleteAction | Self::DeleteView)
    }

    pub(crate) fn reads(self) -> bool {
        matches!(
            self,
            Self::GetAction
                | Self::GetView
                | Self::GetTable
                | Self::ListActions
                | Self::ListViews
                | Self::ListTables
        )
    }

    /// Whether it is about one resource that is there already.
    pub(crate) fn names_one(self) -> bool {
        !self.creates()
            && !matches!(
                self,
                Self::ListActions | Self::ListViews | Self::ListTables | Self::Relay
            )
    }

    /// Whether sending it twice is the same as sending it once.
    pub(crate) fn is_protected(self, keys: Keys) -> bool {
        let conditional = matches!(self, Self::ReplaceAction | Self::ReplaceView);
        self.reads() || self.deletes() || conditional || self.creates() && keys != Keys::Absent
    }
}

/// Cases of a tenant that does `faults` to the calls.
pub(crate) fn cases(faults: &'static [Fault]) -> impl Strategy<Value = Case> {
    let limits: &[(u32, u64)] = &[(100, 60), (5, 10), (3, 1), (2, 20), (1, 5)];
    let limit = select(limits).prop_map(|(requests, seconds)| RateLimit {
        requests,
        per: Duration::from_secs(seconds),
    });
    let keys = select(&[Keys::Honoured, Keys::Ignored, Keys::Absent][..]);
    let latency_ms = select(&[10_u64, 0, 700][..]);
    let jitter = vec(select(&[0.5, 0.0, 0.1, 0.999][..]), 1..4);
    let token_faults = prop_oneof![
        2 => Just(Vec::new()),
        1 => vec(select(faults), 1..5),
    ];
    let calls = vec(planned(faults), 1..=12);
    (limit, keys, latency_ms, jitter, token_faults, calls).prop_map(
        |(limit, keys, latency_ms, jitter, token_faults, calls)| Case {
            limit,
            keys,
            latency_ms,
            jitter,
            token_faults,
            calls,
        },
    )
}

fn planned(faults: &'static [Fault]) -> impl Strategy<Value = Planned> {
    let begins = select(&[0_u64, 0, 0, 0, 0, 1, 3, 20, 130, 400][..]);
    let ends: &[Option<u64>] = &[None, None, None, None, None, None, None, None, Some(2)];
    let script = vec(select(faults), 0..6);
    (select(Kind::ALL), begins, select(ends), script).prop_map(
        |(kind, begins, dropped_after, faults)| Planned {
            kind,
            begins,
            dropped_after,
            faults,
        },
    )
}
