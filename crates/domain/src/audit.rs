//! Audit records: who did what to which resource, in which run, and how it ended.
//!
//! The chain that binds records to each other is made where they are stored.

use serde::{Deserialize, Serialize};

use crate::address::{Address, ResourceKind};
use crate::instant::UtcMillis;
use crate::key::{ResourceId, RunId};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AuditAction {
    CreateMaterializedView,
    UpdateMaterializedView,
    DeleteMaterializedView,
    CreateDataAction,
    UpdateDataAction,
    DeleteDataAction,
    TestDataAction,
    BuildIndexes,
    InvalidateCache,
    DeliverWebhook,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 10] = [
        Self::CreateMaterializedView,
        Self::UpdateMaterializedView,
        Self::DeleteMaterializedView,
        Self::CreateDataAction,
        Self::UpdateDataAction,
        Self::DeleteDataAction,
        Self::TestDataAction,
        Self::BuildIndexes,
        Self::InvalidateCache,
        Self::DeliverWebhook,
    ];

    /// Its name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateMaterializedView => "CREATE_MATERIALIZED_VIEW",
            Self::UpdateMaterializedView => "UPDATE_MATERIALIZED_VIEW",
            Self::DeleteMaterializedView => "DELETE_MATERIALIZED_VIEW",
            Self::CreateDataAction => "CREATE_DATA_ACTION",
            Self::UpdateDataAction => "UPDATE_DATA_ACTION",
            Self::DeleteDataAction => "DELETE_DATA_ACTION",
            Self::TestDataAction => "TEST_DATA_ACTION",
            Self::BuildIndexes => "BUILD_INDEXES",
            Self::InvalidateCache => "INVALIDATE_CACHE",
            Self::DeliverWebhook => "DELIVER_WEBHOOK",
        }
    }

    /// Whether it tells somebody of something and changes no resource.
    pub fn is_delivery(self) -> bool {
        matches!(self, Self::DeliverWebhook | Self::InvalidateCache)
    }
}

/// How far a write came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// About to be sent.
    Intended,
    /// The server confirmed it, or a read proved it.
    Done,
    /// The server refused it, or it was never sent.
    Failed,
    /// Sent, not answered, not yet proved.
    Unknown,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 4] = [Self::Intended, Self::Done, Self::Failed, Self::Unknown];
}

/// The resource that a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedResource {
    /// View or action.
    #[serde(rename = "type")]
    pub kind: ResourceKind,
    /// The server's id, where it is known.
    pub id: Option<ResourceId>,
    /// The name.
    pub name: String,
}

impl AuditedResource {
    /// The resource at `address`.
    pub fn new(address: &Address, id: Option<ResourceId>) -> Self {
        Self {
            kind: address.kind,
            id,
            name: address.name.clone(),
        }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditMetrics {
    /// From the first attempt's start to the last one's end, waits left out, in milliseconds.
    pub latency_ms: f64,
    /// Requests that it took.
    pub attempts: u32,
    /// Encrypted values that it carried and their number that the tenant then shows as kept encrypted; `None` where it carried
    /// none, or the answer does not show them.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<EncryptedValues>,
}

/// What became of the encrypted values of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptedValues {
    /// How many were sent.
    #[serde(rename = "encryptedSent")]
    pub sent: u32,
    /// How many of them the tenant shows as encrypted.
    #[serde(rename = "encryptedStored")]
    pub stored: u32,
}

/// What was really checked in this run; `None` where it was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compliance {
    /// Every rule of the manifest holds.
    pub schema_validated: Option<bool>,
    /// Every dependency is there.
    pub dependency_verified: Option<bool>,
    /// The union of project and tenant holds no cycle.
    pub circular_reference_check_passed: Option<bool>,
    /// The script was parsed.
    pub script_syntax_checked: Option<bool>,
    /// Its tests passed.
    pub test_passed: Option<bool>,
}

/// One audit record before it is sealed: its place in the chain is added where it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Unique.
    pub audit_id: String,
    /// The run that wrote it.
    pub run_id: RunId,
    /// When.
    pub timestamp: UtcMillis,
    /// Who.
    pub actor: String,
    /// On which tenant.
    pub tenant: String,
    /// What.
    pub action: AuditAction,
    /// How far it came.
    pub phase: Phase,
    /// On which resource.
    pub resource: AuditedResource,
    /// The blocks that it changes, such as `cache`; no values.
    pub changes: Vec<String>,
    /// What was measured; `None` before anything was sent.
    pub metrics: Option<AuditMetrics>,
    /// What was checked.
    pub compliance: Compliance,
    /// What went wrong, without a secret; also a note such as `already_absent`.
    pub error: Option<String>,
}

/// What a record says of how a write went, as it reads back from a line.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RecordedOutcome {
    /// On which tenant.
    pub tenant: String,
    /// What was done.
    pub action: AuditAction,
    /// How far it came.
    pub phase: Phase,
    /// What was measured.
    pub metrics: Option<AuditMetrics>,
}

impl SealedRecord {
    /// How the write went that the record is about; `None` where its line is no record.
    pub fn outcome(&self) -> Option<RecordedOutcome> {
        serde_json::from_str(&self.line).ok()
    }
}

/// A record in its place in the chain, as the one line that stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRecord {
    /// Its number, from 1.
    pub seq: u64,
    /// Compact JSON without the final line feed.
    pub line: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_back_from_its_line() {
        let line = |metrics: &str| SealedRecord {
            seq: 1,
            line: format!(
                r#"{{"seq":1,"tenant":"prod","action":"BUILD_INDEXES","phase":"done","metrics":{metrics}}}"#
            ),
        };
        let outcome =
            line(r#"{"latencyMs":2.5,"attempts":1,"encryptedSent":3,"encryptedStored":2}"#);
        let metrics = outcome.outcome().unwrap().metrics.unwrap();
        assert_eq!(
            metrics.encrypted,
            Some(EncryptedValues { sent: 3, stored: 2 })
        );
        let plain = line(r#"{"latencyMs":2.5,"attempts":1}"#).outcome().unwrap();
        assert_eq!(plain.metrics.unwrap().encrypted, None);
        assert_eq!(line("null").outcome().unwrap().metrics, None);
        assert_eq!(line("7").outcome(), None);
    }

    #[test]
    fn an_entry_is_what_the_audit_format_says() {
        let address = Address::action("score_calc");
        let entry = AuditEntry {
            audit_id: "a-1".into(),
            run_id: RunId::new("r-1"),
            timestamp: UtcMillis::UNIX_EPOCH,
            actor: "ci".into(),
            tenant: "prod".into(),
            action: AuditAction::UpdateDataAction,
            phase: Phase::Done,
            resource: AuditedResource::new(&address, "id-1".parse().ok()),
            changes: vec!["cache".into()],
            metrics: Some(AuditMetrics {
                latency_ms: 12.5,
                attempts: 2,
                encrypted: Some(EncryptedValues { sent: 2, stored: 1 }),
            }),
            compliance: Compliance {
                schema_validated: Some(true),
                ..Compliance::default()
            },
            error: None,
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&entry).unwrap(), @r#"
        {
          "auditId": "a-1",
          "runId": "r-1",
          "timestamp": "1970-01-01T00:00:00.000Z",
          "actor": "ci",
          "tenant": "prod",
          "action": "UPDATE_DATA_ACTION",
          "phase": "done",
          "resource": {
            "type": "action",
            "id": "id-1",
            "name": "score_calc"
          },
          "changes": [
            "cache"
          ],
          "metrics": {
            "latencyMs": 12.5,
            "attempts": 2,
            "encryptedSent": 2,
            "encryptedStored": 1
          },
          "compliance": {
            "schemaValidated": true,
            "dependencyVerified": null,
            "circularReferenceCheckPassed": null,
            "scriptSyntaxChecked": null,
            "testPassed": null
          },
          "error": null
        }
        "#);
    }
}
