//! Documents in which, taken together, every key of a manifest stands.

use serde_json::{Value, json};

/// All of them, each sound.
pub(super) fn full() -> Vec<Value> {
    vec![view(), view_on_view(), action(), action_in_a_file()]
}

fn view() -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "MaterializedView",
        "metadata": {"name": "customer_summary_mv", "protect": true},
        "spec": {
            "description": "Customer interactions for the dashboards",
            "source": {"table": "12345678-1234-1234-1234-123456789012"},
            "columns": [{"name": "customer_id", "alias": "cust_id"}, {"name": "calls", "aggregation": "COUNT"}],
            "refresh": {"intervalMinutes": 15, "auto": true},
            "indexes": {"auto": false, "custom": [{"columns": ["cust_id", "calls"], "type": "BTREE"}]},
        },
    })
}

fn view_on_view() -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "MaterializedView",
        "metadata": {"name": "totals_mv"},
        "spec": {
            "description": "Totals on top of the summary",
            "source": {"view": "customer_summary_mv"},
            "columns": [{"name": "calls"}],
            "refresh": {"intervalMinutes": 120},
        },
    })
}

fn action() -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "DataAction",
        "metadata": {"name": "customer_score_calc", "protect": false},
        "spec": {
            "description": "Weighs the score of a customer",
            "type": "SCRIPT",
            "trigger": {"type": "MANUAL"},
            "enabled": true,
            "script": {"language": "JavaScript", "content": "function main() {}"},
            "dependencies": ["base_enrichment", "country-codes"],
            "cache": {
                "enabled": true,
                "key": "customer_{contactId}_profile_v2",
                "ttl": 300,
                "ttlMatrix": {"default": 300, "highPriority": 60, "staticReference": 3600},
                "payloadKb": 12,
                "invalidation": [{"source": "https://example.com/hooks", "eventType": "refreshed", "action": "noop"}],
            },
            "parentScope": "template",
            "variables": [
                {"name": "endpoint", "type": "string", "value": "https://example.com", "scope": "template", "encrypted": false},
                {"name": "limit", "type": "integer", "value": 3},
                {"name": "dry_run", "type": "boolean", "value": false},
                {"name": "headers", "type": "object", "value": {"accept": 1}},
                {"name": "secret_one", "type": "string", "valueFrom": {"env": "SCORE"}, "encrypted": true},
                {"name": "secret_two", "type": "string", "valueFrom": {"file": "/run/secrets/two"}, "scope": "action"},
            ],
            "dateProcessing": {
                "sourceField": "received_at",
                "targetField": "processed_at",
                "timestamp": "2024-02-29T15:30:00.000Z",
                "timezone": "America/New_York",
                "operation": "ADD_OFFSET",
                "offsetMinutes": 120,
                "precision": 3,
                "dstAdjustment": true,
                "output": "utc",
                "ambiguous": "earlier",
            },
            "tests": [
                {"name": "one", "input": {"score": 10}, "expect": {"output": 12, "outputContains": {"a": 1}}, "now": "2024-02-29T15:30:00Z"},
                {"name": "two", "input": null, "expect": {"error": true, "errorContains": "score"}, "randomSeed": 7},
            ],
            "onTestFailure": "keep",
        },
    })
}

fn action_in_a_file() -> Value {
    json!({
        "apiVersion": "cxda/v1",
        "kind": "DataAction",
        "metadata": {"name": "country_codes"},
        "spec": {
            "description": "",
            "script": {"file": "scripts/countries.js"},
            "cache": {"key": "codes", "priority": "highPriority"},
            "variables": [{"name": "a", "type": "string", "value": ""}],
        },
    })
}
