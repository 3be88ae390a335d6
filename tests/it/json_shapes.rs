//! What programs read: every JSON shape of the contract, member by member and in this order.

use serde_json::json;

use crate::stage::{LONG_AGO, Project, Simulated, config};

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  cache: {key: alpha_key, ttl: 300}\n";

fn with_name(name: &str) -> String {
    ACTION.replace("alpha", name)
}

/// `text` without what differs from run to run.
macro_rules! assert_shape {
    ($text:expr, @$expected:literal) => {
        insta::with_settings!({filters => vec![
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
            (r#"(latency|duration)Ms": \d+\.\d+"#, r#"${1}Ms": [ms]"#),
        ]}, {
            insta::assert_snapshot!($text, @$expected);
        });
    };
}

#[test]
fn validate_of_a_sound_project() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION);
    assert_shape!(project.cxda(&["validate", "-o", "json"]).run().exits(0).stdout, @r#"
    {
      "formatVersion": "1.0",
      "valid": true,
      "diagnostics": []
    }
    "#);
}

#[test]
fn validate_with_findings() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION.replace("ttl: 300", "ttll: 300"));
    project.write("b.cxda.yaml", "");
    assert_shape!(project.cxda(&["validate", "-o", "json"]).run().exits(3).stdout, @r#"
    {
      "formatVersion": "1.0",
      "valid": false,
      "diagnostics": [
        {
          "severity": "error",
          "code": "M003",
          "message": "unknown key `ttll`",
          "file": "a.cxda.yaml",
          "line": 7,
          "column": 27,
          "path": "spec.cache.ttll",
          "hint": "did you mean `ttl`?"
        },
        {
          "severity": "error",
          "code": "M001",
          "message": "the file holds no document",
          "file": "b.cxda.yaml",
          "line": 1,
          "column": 1,
          "path": "",
          "hint": "declare a resource in it, or remove the file"
        }
      ]
    }
    "#);
}

#[test]
fn results_of_tests() {
    let project = Project::on_simulator();
    let script = "function main(context) { console.log(1); return context.input; }";
    let tests = "  tests:\n    - {name: a, input: {n: 1}, expect: {output: {n: 1}}}\n    - {name: b, input: 1, expect: {output: 2}}\n";
    let manifest = ACTION.replace("function main() {}", script) + tests;
    project.write("a.cxda.yaml", manifest);
    assert_shape!(project.cxda(&["test", "-o", "json"]).run().exits(8).stdout, @r#"
    {
      "formatVersion": "1.0",
      "results": [
        {
          "address": "action/alpha",
          "test": "a",
          "outcome": "passed",
          "durationMs": [ms],
          "output": {
            "n": 1
          },
          "error": null,
          "logs": [
            "1"
          ]
        },
        {
          "address": "action/alpha",
          "test": "b",
          "outcome": "failed",
          "durationMs": [ms],
          "output": 1,
          "error": "output: 1, expected 2",
          "logs": [
            "1"
          ]
        }
      ],
      "summary": {
        "passed": 1,
        "failed": 1
      }
    }
    "#);
}

#[test]
fn plan_with_a_change_of_each_kind_and_a_warning() {
    let mut state = Simulated::fresh();
    let round = r#"{"name":"round","dependencies":["round"]}"#;
    state.seed_action("a-1", round, LONG_AGO).unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    project.write("b.cxda.yaml", with_name("beta"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.edit("a.cxda.yaml", "ttl: 300", "ttl: 600");
    project.remove("b.cxda.yaml");
    project.write("c.cxda.yaml", with_name("gamma"));
    let ended = project
        .cxda_signed_in(&["plan", "--prune", "-o", "json"])
        .run()
        .exits(0);
    assert_shape!(ended.stdout, @r#"
    {
      "formatVersion": "1.0",
      "tenant": "it",
      "changes": [
        {
          "address": "action/alpha",
          "operation": "update",
          "cause": "pending",
          "fields": [
            {
              "path": "cache.ttl",
              "before": 300,
              "after": 600
            }
          ]
        },
        {
          "address": "action/gamma",
          "operation": "create",
          "cause": "pending",
          "fields": [
            {
              "path": "cache",
              "before": null,
              "after": {
                "enabled": true,
                "key": "gamma_key",
                "ttl": 300
              }
            },
            {
              "path": "dependencies",
              "before": null,
              "after": []
            },
            {
              "path": "description",
              "before": null,
              "after": "first"
            },
            {
              "path": "enabled",
              "before": null,
              "after": true
            },
            {
              "path": "script",
              "before": null,
              "after": {
                "content": "function main() {}",
                "language": "JavaScript"
              }
            },
            {
              "path": "trigger",
              "before": null,
              "after": {
                "type": "MANUAL"
              }
            },
            {
              "path": "type",
              "before": null,
              "after": "SCRIPT"
            }
          ]
        },
        {
          "address": "action/beta",
          "operation": "delete",
          "cause": "pending",
          "fields": []
        }
      ],
      "summary": {
        "create": 1,
        "update": 1,
        "delete": 1,
        "unchanged": 0
      },
      "requests": {
        "estimated": 8,
        "byOperation": {
          "token": 1,
          "listActions": 1,
          "getAction": 2,
          "createAction": 1,
          "replaceAction": 2,
          "deleteAction": 1
        },
        "secondsAtRateLimit": 0
      },
      "diagnostics": [
        {
          "severity": "warning",
          "code": "W002",
          "message": "actions form a cycle: round -> round",
          "file": null,
          "line": null,
          "column": null,
          "path": "",
          "hint": "it stands on the tenant alone, and nothing here touches it"
        }
      ]
    }
    "#);
}

#[test]
fn plan_with_findings_has_the_same_shape_and_no_changes() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION.replace("300", "86401"));
    assert_shape!(project.cxda(&["plan", "-o", "json"]).run().exits(3).stdout, @r#"
    {
      "formatVersion": "1.0",
      "tenant": "local",
      "changes": [],
      "summary": {
        "create": 0,
        "update": 0,
        "delete": 0,
        "unchanged": 0
      },
      "requests": {
        "estimated": 0,
        "byOperation": {},
        "secondsAtRateLimit": 0
      },
      "diagnostics": [
        {
          "severity": "error",
          "code": "C002",
          "message": "TTL is 86401 seconds, expected 0 to 86400",
          "file": "a.cxda.yaml",
          "line": 7,
          "column": 32,
          "path": "spec.cache.ttl",
          "hint": null
        }
      ]
    }
    "#);
}

#[test]
fn apply_with_each_outcome() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    project.write("b.cxda.yaml", with_name("beta"));
    project.write(
        "c.cxda.yaml",
        with_name("gamma") + "  dependencies: [beta]\n",
    );
    let fault = json!({"kind": "answer", "status": 400, "headers": {"X-Request-Id": "r-1"}, "body": {"message": "does not compile"}});
    tenant.faults(&json!([{"operation": "createAction", "nth": 2, "fault": fault}]));
    let words = ["apply", "--yes", "--parallelism", "1", "-o", "json"];
    let ended = project.cxda_signed_in(&words).run().exits(6);
    assert_shape!(ended.stdout, @r#"
    {
      "formatVersion": "1.0",
      "runId": "[id]",
      "tenant": "it",
      "results": [
        {
          "address": "action/alpha",
          "operation": "create",
          "outcome": "done",
          "id": "[id]",
          "latencyMs": [ms],
          "attempts": 1,
          "test": {
            "status": null,
            "failures": []
          },
          "error": null
        },
        {
          "address": "action/beta",
          "operation": "create",
          "outcome": "failed",
          "id": null,
          "latencyMs": [ms],
          "attempts": 1,
          "test": {
            "status": null,
            "failures": []
          },
          "error": {
            "code": "rejected",
            "message": "create action failed: the tenant found it invalid; does not compile (HTTP 400, request r-1)",
            "status": 400,
            "requestId": "r-1"
          }
        },
        {
          "address": "action/gamma",
          "operation": "create",
          "outcome": "skipped",
          "id": null,
          "latencyMs": [ms],
          "attempts": 0,
          "test": {
            "status": null,
            "failures": []
          },
          "error": {
            "code": "dependency",
            "message": "action/beta was not carried out",
            "status": null,
            "requestId": null
          }
        }
      ],
      "summary": {
        "created": 1,
        "updated": 0,
        "deleted": 0,
        "unchanged": 0,
        "failed": 1,
        "skipped": 1
      },
      "requests": {
        "sent": 4,
        "retried": 0
      },
      "webhooks": {
        "delivered": 0,
        "pending": 0
      }
    }
    "#);
}

#[test]
fn apply_with_nothing_to_do() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let ended = project
        .cxda_signed_in(&["apply", "--yes", "-o", "json"])
        .run()
        .exits(0);
    assert_shape!(ended.stdout, @r#"
    {
      "formatVersion": "1.0",
      "runId": "[id]",
      "tenant": "it",
      "results": [],
      "summary": {
        "created": 0,
        "updated": 0,
        "deleted": 0,
        "unchanged": 1,
        "failed": 0,
        "skipped": 0
      },
      "requests": {
        "sent": 2,
        "retried": 0
      },
      "webhooks": {
        "delivered": 0,
        "pending": 0
      }
    }
    "#);
}
