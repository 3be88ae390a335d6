//! One fault after another under the real binary: how the run ends, what it says, and what the tenant holds then.

use serde_json::{Value, json};

use crate::stage::{Project, Simulated};

const BEFORE: &str = "apiVersion: cxda/v1
kind: DataAction
metadata: {name: alpha}
spec:
  description: Scores customers
  script: {content: 'function main() { return 1; }'}
";

const AFTER: &str = "apiVersion: cxda/v1
kind: DataAction
metadata: {name: alpha}
spec:
  description: Scores customers better
  script: {content: 'function main() { return 1; }'}
";

/// What the run is to do when the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Create,
    Update,
}

/// What is there in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenant {
    Applied,
    NotApplied,
}

/// Applies under these rules; what a fault leaves open is not for this table.
fn ends(write: Write, rules: &Value, exit: i32, words: &[&str], tenant: Tenant) {
    let simulated = Simulated::start();
    let project = Project::on(&simulated.base_url());
    if write == Write::Update {
        project.write("a.cxda.yaml", BEFORE);
        let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    }
    project.write("a.cxda.yaml", AFTER);
    project.edit(
        "cxda.toml",
        "allow_http = true",
        "allow_http = true\ntimeout = \"1s\"",
    );
    simulated.faults(rules);
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run();
    let _ = ended.exits(exit).says(words);
    simulated.faults(&json!([]));
    let names = simulated.names("actions");
    let applied = names == ["alpha"]
        && simulated.action("alpha")["members"]["description"] == "Scores customers better";
    assert_eq!(applied, tenant == Tenant::Applied, "{names:?}");
    assert!(names.len() <= 1, "{names:?}");
}

/// A test of its own for each row, so that they run beside each other.
macro_rules! rows {
    ($($name:ident: $write:ident, [$($rule:tt),* $(,)?] => $exit:literal, [$($word:literal),*], $tenant:ident;)*) => {
        $(
            #[test]
            fn $name() {
                ends(Write::$write, &json!([$($rule),*]), $exit, &[$($word),*], Tenant::$tenant);
            }
        )*
    };
}

rows! {
    h_01_a_short_outage_is_ridden_out: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "outage", "milliseconds": 1}}]
        => 0, ["1 created"], Applied;
    h_04_a_reset_after_the_commit_is_looked_up: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "reset", "committed": true}}]
        => 0, ["1 created"], Applied;
    h_05_an_answer_that_breaks_off_is_looked_up: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "truncate", "bytes": 9, "chunked": true}}]
        => 0, ["1 created"], Applied;
    h_06_a_tenant_that_falls_silent_is_asked_again: Update,
        [{"operation": "replaceAction", "nth": 1, "fault": {"kind": "silence", "committed": true}}]
        => 0, ["1 updated"], Applied;
    h_07_half_of_an_answer_to_a_write_is_read_back: Update,
        [{"operation": "replaceAction", "nth": 1, "fault": {"kind": "garble", "as": "cut"}}]
        => 0, ["1 updated"], Applied;
    h_08_a_page_of_a_portal_is_no_listing: Create,
        [{"operation": "listActions", "fault": {"kind": "answer", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>Sign in"}}]
        => 12, ["text/html", "<p>Sign in"], NotApplied;
    h_09_a_bomb_is_cut: Create,
        [{"operation": "listActions", "fault": {"kind": "flood", "as": "gzip"}}]
        => 12, ["32000000 bytes"], NotApplied;
    h_10_deep_json_is_refused: Create,
        [{"operation": "listActions", "fault": {"kind": "garble", "as": "deep"}}]
        => 12, ["list actions"], NotApplied;
    h_11_a_redirect_of_a_write_is_not_followed: Update,
        [{"operation": "replaceAction", "fault": {"kind": "answer", "status": 307, "headers": {"Location": "http://127.0.0.1:1/x"}}}]
        => 12, ["redirect", "http://127.0.0.1:1/x"], NotApplied;
    h_13_a_token_answer_without_a_token_is_no_sign_in: Create,
        [{"operation": "token", "fault": {"kind": "alter", "body": {"access_token": null}}}]
        => 4, ["access_token"], NotApplied;
    h_14_a_revoked_token_is_replaced: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "revoke"}}]
        => 0, ["1 created"], Applied;
    h_15_a_token_that_ends_early_is_replaced_once: Create,
        [{"operation": "createAction", "fault": {"kind": "answer", "status": 401}}]
        => 4, ["credentials"], NotApplied;
    h_17_a_replace_of_what_is_gone_is_a_conflict: Update,
        [{"operation": "replaceAction", "nth": 1, "fault": {"kind": "vanish"}}]
        => 5, ["action/alpha"], NotApplied;
    h_18_a_name_that_somebody_took_meanwhile_is_a_conflict: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "preempt", "members": {"description": "Mine"}}}]
        => 5, ["action/alpha", "description"], NotApplied;
    h_19_the_same_key_in_flight_is_waited_for: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "answer", "status": 409, "headers": {"Retry-After": "1"}}}]
        => 0, ["1 created"], Applied;
    h_20_an_unmanaged_change_is_merged_once: Update,
        [{"operation": "replaceAction", "nth": 1, "fault": {"kind": "edit", "members": {"owner": "somebody"}}}]
        => 0, ["1 updated"], Applied;
    h_20_a_managed_change_is_a_conflict_that_names_it: Update,
        [{"operation": "replaceAction", "nth": 1, "fault": {"kind": "edit", "members": {"description": "Theirs"}}}]
        => 5, ["description"], NotApplied;
    h_21_an_invalid_field_is_named: Create,
        [{"operation": "createAction", "fault": {"kind": "answer", "status": 422, "body": {"type": "about:blank", "status": 200, "errors": [{"field": "script.content", "message": "line 1: unexpected token"}]}}}]
        => 3, ["a.cxda.yaml:6:11: script.content: line 1: unexpected token"], NotApplied;
    h_22_a_key_of_another_payload_is_our_mistake: Create,
        [{"operation": "createAction", "fault": {"kind": "answer", "status": 422, "body": {"message": "Idempotency-Key was used with another payload"}}}]
        => 1, ["key"], NotApplied;
    h_23_a_second_is_waited: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "answer", "status": 429, "headers": {"Retry-After": "1"}}}]
        => 0, ["1 created"], Applied;
    h_25_a_wait_beyond_reason_ends_the_run: Create,
        [{"operation": "createAction", "fault": {"kind": "answer", "status": 429, "headers": {"Retry-After": "1000000000000"}}}]
        => 12, ["slow down"], NotApplied;
    h_26_an_error_under_status_200_is_no_success: Update,
        [{"operation": "replaceAction", "fault": {"kind": "answer", "status": 200, "body": {"message": "failed"}}}]
        => 12, ["unknown"], NotApplied;
    h_28_failures_without_end_leave_it_unknown: Update,
        [{"operation": "replaceAction", "fault": {"kind": "answer", "status": 500}}]
        => 12, ["unknown"], NotApplied;
    h_29_two_unavailable_answers_are_ridden_out: Create,
        [{"operation": "createAction", "to": 2, "fault": {"kind": "answer", "status": 503}}]
        => 0, ["1 created"], Applied;
    h_30_accepted_is_read_back: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "answer", "status": 202, "committed": true}}]
        => 0, ["1 created"], Applied;
    h_31_a_created_action_without_an_id_is_found_by_name: Create,
        [{"operation": "createAction", "nth": 1, "fault": {"kind": "alter", "body": {"id": null}}}]
        => 0, ["1 created"], Applied;
    h_32_a_total_that_lies_loses_nothing: Update,
        [{"operation": "listActions", "fault": {"kind": "alter", "body": {"total": 7}}}]
        => 0, ["1 updated"], Applied;
    h_36_an_answer_before_the_body_is_taken: Create,
        [{"operation": "createAction", "fault": {"kind": "early", "status": 413}}]
        => 1, ["413"], NotApplied;
    h_37_a_proxy_in_the_way_is_named: Create,
        [{"operation": "createAction", "fault": {"kind": "answer", "status": 407}}]
        => 12, ["proxy"], NotApplied;
}

#[test]
fn h_33_a_listing_that_lags_makes_no_second_create() {
    let simulated = Simulated::start();
    let project = Project::on(&simulated.base_url());
    project.write("a.cxda.yaml", AFTER);
    simulated.script(&json!({
        "formatVersion": "1.0",
        "tenant": {"names": "shared", "listLagMilliseconds": 30_000},
        "rules": [{"operation": "createAction", "nth": 1, "fault": {"kind": "drop", "committed": true}}],
    }));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(simulated.names("actions"), ["alpha"]);
}
