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

/// How fast a tenant may be asked: at most `requests` in any `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in one window, 1 or more.
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

    /// The least seconds that `count` requests take: `floor((count - 1) / requests) * per`.
    pub fn seconds_for(self, count: u64) -> u64 {
        let windows = count.saturating_sub(1) / u64::from(self.requests.max(1));
        windows.saturating_mul(self.per.as_secs())
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

    #[test]
    fn seconds_at_the_rate_limit_step_at_whole_windows() {
        for (count, seconds) in [(0, 0), (1, 0), (100, 0), (101, 60), (200, 60), (201, 120)] {
            assert_eq!(
                RateLimit::DEFAULT.seconds_for(count),
                seconds,
                "count {count}"
            );
        }
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
