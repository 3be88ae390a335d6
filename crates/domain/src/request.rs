//! The operations of the tenant's API, as plans count them and messages name them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operation {
    Token,
    ListTables,
    GetTable,
    ListViews,
    GetView,
    CreateView,
    ReplaceView,
    DeleteView,
    BuildIndexes,
    RelayWebhook,
    ListActions,
    GetAction,
    CreateAction,
    ReplaceAction,
    DeleteAction,
    TestAction,
}

impl Operation {
    /// The operation in words, such as `replace action`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Token => "fetch token",
            Self::ListTables => "list tables",
            Self::GetTable => "get table",
            Self::ListViews => "list views",
            Self::GetView => "get view",
            Self::CreateView => "create view",
            Self::ReplaceView => "replace view",
            Self::DeleteView => "delete view",
            Self::BuildIndexes => "build indexes",
            Self::RelayWebhook => "relay webhook",
            Self::ListActions => "list actions",
            Self::GetAction => "get action",
            Self::CreateAction => "create action",
            Self::ReplaceAction => "replace action",
            Self::DeleteAction => "delete action",
            Self::TestAction => "test action",
        }
    }

    /// Whether it changes something on the tenant.
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::CreateView
                | Self::ReplaceView
                | Self::DeleteView
                | Self::BuildIndexes
                | Self::RelayWebhook
                | Self::CreateAction
                | Self::ReplaceAction
                | Self::DeleteAction
                | Self::TestAction
        )
    }
}

/// How fast a tenant may be asked: at most `requests` in any `per`, whose start counts to it and whose end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in one window; 0 counts as 1.
    pub requests: u32,
    /// The window.
    pub per: Duration,
}

impl RateLimit {
    /// What the product's contract says of every tenant: 100 requests a minute.
    pub const DEFAULT: Self = Self {
        requests: 100,
        per: Duration::from_mins(1),
    };

    /// The least time from the first of `count` requests to the last; [`Duration::MAX`] where there is no longer one.
    ///
    /// It is `floor((count - 1) / requests) * per`.
    pub fn shortest_time(self, count: u64) -> Duration {
        const NANOS_PER_SECOND: u128 = 1_000_000_000;
        let windows = count.saturating_sub(1) / u64::from(self.requests.max(1));
        let nanos = self.per.as_nanos().saturating_mul(u128::from(windows));
        let whole_seconds = u64::try_from(nanos / NANOS_PER_SECOND);
        let rest = u64::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0);
        whole_seconds.map_or(Duration::MAX, |seconds| {
            Duration::from_secs(seconds) + Duration::from_nanos(rest)
        })
    }
}

/// How many requests of each kind something costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCount(BTreeMap<Operation, u64>);

impl RequestCount {
    /// Adds `count` requests of `operation`.
    pub fn add(&mut self, operation: Operation, count: u64) {
        if count > 0 {
            *self.0.entry(operation).or_default() += count;
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Each kind that occurs, with its count.
    pub fn by_operation(&self) -> &BTreeMap<Operation, u64> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(requests: u32, per: Duration) -> RateLimit {
        RateLimit { requests, per }
    }

    #[test]
    fn the_shortest_time_steps_up_after_each_full_window() {
        let cases = [
            (0, 0),
            (1, 0),
            (100, 0),
            (101, 60),
            (200, 60),
            (201, 120),
            (2_000, 1_140),
        ];
        for (count, seconds) in cases {
            let time = RateLimit::DEFAULT.shortest_time(count);
            assert_eq!(time, Duration::from_secs(seconds), "case: {count}");
        }
        let every_nanosecond = limit(1, Duration::from_nanos(1));
        let longest = Duration::from_nanos(u64::MAX - 1);
        assert_eq!(every_nanosecond.shortest_time(u64::MAX), longest);
        assert_eq!(limit(1, Duration::MAX).shortest_time(3), Duration::MAX);
        assert_eq!(limit(1, Duration::MAX).shortest_time(2), Duration::MAX);
    }

    #[test]
    fn counts_add_up_and_leave_out_what_does_not_occur() {
        let mut count = RequestCount::default();
        count.add(Operation::ListActions, 2);
        count.add(Operation::ListActions, 1);
        count.add(Operation::Token, 0);
        assert_eq!(count.total(), 3);
        assert_eq!(count.by_operation().len(), 1);
    }

    #[test]
    fn counts_add_up_by_operation() {
        let mut count = RequestCount::default();
        count.add(Operation::GetView, 2);
        count.add(Operation::GetView, 1);
        count.add(Operation::Token, 0);
        assert_eq!(
            count.by_operation(),
            &BTreeMap::from([(Operation::GetView, 3)])
        );
        assert_eq!(count.total(), 3);
    }

    #[test]
    fn what_is_named_get_list_or_fetch_reads_and_everything_else_writes() {
        use Operation as Op;
        for operation in [
            Op::Token,
            Op::ListTables,
            Op::GetTable,
            Op::ListViews,
            Op::GetView,
            Op::CreateView,
            Op::ReplaceView,
            Op::DeleteView,
            Op::BuildIndexes,
            Op::RelayWebhook,
            Op::ListActions,
            Op::GetAction,
            Op::CreateAction,
            Op::ReplaceAction,
            Op::DeleteAction,
            Op::TestAction,
        ] {
            let verb = operation.words().split(' ').next().unwrap();
            let reads = ["get", "list", "fetch"].contains(&verb);
            assert_eq!(operation.writes(), !reads, "{}", operation.words());
        }
    }
}
