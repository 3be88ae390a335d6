//! What an update costs, and what it leaves alone: one GET and one PUT, however many blocks of an action changed.

use cxda_domain::key::Digest;
use cxda_domain::request::Operation::{self, GetAction, ListActions, ReplaceAction, Token};
use serde_json::Value;

use crate::stage::{Foreign, Habits, LONG_AGO, Project, Simulated, config};

/// Members that the product knows nothing of; the numbers do not survive a trip through a float.
const UNKNOWN: &str = r#""vendorExtension":{"exact":1.0,"big":12345678901234567890123,"small":1E-7,"list":[{"n":-0.0,"s":"\u00e9\/"}]}"#;

const MANIFEST: &str = "\
apiVersion: cxda/v1
kind: DataAction
metadata: {name: scorer}
spec:
  description: Weighted customer score
  script: {content: 'function main() { return 1; }'}
  cache: {key: 'score_{id}', ttl: 300}
  variables:
    - {name: endpoint, type: string, value: 'https://one.example'}
    - {name: token, type: string, encrypted: true, valueFrom: {file: token.txt}}
  dateProcessing:
    sourceField: input
    targetField: output
    timestamp: '2024-02-29T15:30:00.000Z'
    timezone: America/New_York
    operation: ADD_OFFSET
    offsetMinutes: 120
";

/// A tenant that has the action already, with members of its own, and a project that has applied it once.
fn applied() -> (Simulated, Project) {
    let mut state = Simulated::fresh();
    let there = format!(
        r#"{{"name":"scorer","description":"an older one","type":"SCRIPT","trigger":{{"type":"MANUAL","{}":1.50}},
        "script":{{"language":"JavaScript","content":"function main() {{}}","sandbox":{{"heap":2e3}}}},
        "enabled":false,"dependencies":[],"configuration":{{"retries":3.0,"deep":{{"er":[1.10]}}}},{UNKNOWN}}}"#,
        "x-vendor"
    );
    state.seed_action("a-1", &there, LONG_AGO).unwrap();
    let tenant = Simulated::with(config(), state);
    let project = Project::on(&tenant.base_url());
    project.write("scorer.cxda.yaml", MANIFEST);
    project.write("token.txt", "first-secret\n");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    (tenant, project)
}

/// What survives every update.
#[track_caller]
fn assert_the_rest_is_as_it_was(tenant: &Simulated, label: &str) {
    let state = tenant.state_text();
    for kept in [
        UNKNOWN,
        r#""x-vendor":1.50"#,
        r#""sandbox":{"heap":2e3}"#,
        r#""retries":3.0"#,
        r#""deep":{"er":[1.10]}"#,
    ] {
        assert!(
            state.contains(kept),
            "case: {label}: lost {kept} in {state}"
        );
    }
    let action = tenant.action("scorer");
    assert_eq!(action["members"]["enabled"], false, "case: {label}");
    let script = &action["members"]["script"];
    assert_eq!(
        script["content"], "function main() { return 1; }",
        "case: {label}"
    );
}

fn secret_of(tenant: &Simulated) -> String {
    let variables = tenant.action("scorer")["variables"].clone();
    let is_token = |each: &&Value| each["members"]["name"] == "token";
    let token = variables
        .as_array()
        .unwrap()
        .iter()
        .find(is_token)
        .unwrap()
        .clone();
    token["secret"].as_str().unwrap().to_owned()
}

/// Where an edit is in the manifest: from, to, and the block that it changes.
type Edit = (&'static str, &'static str, &'static str);
const CACHE: Edit = ("ttl: 300", "ttl: 600", "cache");
const VARIABLE: Edit = ("https://one.example", "https://two.example", "variables");
const DATES: Edit = ("offsetMinutes: 120", "offsetMinutes: 180", "dateProcessing");

#[test]
fn cache_variable_dates_or_all_three_cost_one_get_and_one_put_and_the_rest_survives() {
    let cases: [(&str, &[Edit]); 4] = [
        ("cache", &[CACHE]),
        ("variable", &[VARIABLE]),
        ("dates", &[DATES]),
        ("all three", &[CACHE, VARIABLE, DATES]),
    ];
    for (label, edits) in cases {
        let (tenant, project) = applied();
        for (from, to, _) in edits {
            project.edit("scorer.cxda.yaml", from, to);
        }
        let plan = project
            .cxda_signed_in(&["plan", "-o", "json"])
            .run()
            .exits(0)
            .json();
        assert_eq!(plan["requests"]["estimated"], 4, "case: {label}");
        let paths: Vec<&str> = plan["changes"][0]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["path"].as_str().unwrap().split('.').next().unwrap())
            .collect();
        let blocks: Vec<&str> = edits.iter().map(|(_, _, block)| *block).collect();
        assert!(
            paths.iter().all(|path| blocks.contains(path)),
            "case: {label}: {paths:?}"
        );
        let before = tenant.log().len();
        let applied = project
            .cxda_signed_in(&["apply", "--yes", "-o", "json"])
            .run()
            .exits(0)
            .json();
        let sent = tenant.since(before);
        assert_eq!(
            sent,
            [Token, ListActions, GetAction, ReplaceAction],
            "case: {label}"
        );
        assert_eq!(applied["requests"]["sent"], 4, "case: {label}");
        assert_eq!(applied["summary"]["updated"], 1, "case: {label}");
        assert_the_rest_is_as_it_was(&tenant, label);
        assert_eq!(
            secret_of(&tenant),
            Digest::of("first-secret").as_str(),
            "case: {label}"
        );
        let action = tenant.action("scorer");
        let wanted =
            |block: &str, old: Value, new: Value| if blocks.contains(&block) { new } else { old };
        assert_eq!(
            action["members"]["cacheTtl"],
            wanted("cache", 300.into(), 600.into())
        );
        assert_eq!(
            action["variables"][0]["members"]["value"],
            wanted(
                "variables",
                "https://one.example".into(),
                "https://two.example".into()
            )
        );
        assert_eq!(
            action["members"]["configuration"]["dateProcessing"]["computedValue"],
            wanted(
                "dateProcessing",
                "2024-02-29T17:30:00.000Z".into(),
                "2024-02-29T18:30:00.000Z".into()
            )
        );
        let _ = project
            .cxda_signed_in(&["plan", "--detailed-exitcode"])
            .run()
            .exits(0);
    }
}

#[test]
fn adoption_of_a_different_action_keeps_what_the_manifest_does_not_name() {
    let (tenant, _project) = applied();
    assert_the_rest_is_as_it_was(&tenant, "adopted");
    assert_eq!(tenant.count(Operation::CreateAction), 0);
    assert_eq!(tenant.count(ReplaceAction), 1);
}

#[test]
fn the_put_carries_the_tag_of_the_get_exactly_as_received() {
    let (tenant, project) = applied();
    project.edit("scorer.cxda.yaml", CACHE.0, CACHE.1);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let log = tenant.log();
    let put = log
        .iter()
        .rev()
        .find(|entry| entry.operation == Some(ReplaceAction))
        .unwrap();
    assert_eq!(put.headers["if-match"], "\"v2\"");
    assert_eq!(put.status, Some(200));
}

#[test]
fn a_changed_secret_alone_is_an_update_and_an_unchanged_one_is_none() {
    let (tenant, project) = applied();
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
    // One final line feed is no part of the value.
    project.write("token.txt", "first-secret");
    let _ = project
        .cxda_signed_in(&["plan", "--detailed-exitcode"])
        .run()
        .exits(0);
    project.write("token.txt", "second-secret\n");
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(0);
    let plan = plan.never_says(&["first-secret", "second-secret"]).json();
    assert_eq!(plan["summary"]["update"], 1);
    assert_eq!(plan["changes"][0]["cause"], "pending");
    assert_eq!(
        plan["changes"][0]["fields"][0]["path"],
        "variables.token.value"
    );
    let before = tenant.log().len();
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(
        tenant.since(before),
        [Token, ListActions, GetAction, ReplaceAction]
    );
    assert_eq!(secret_of(&tenant), Digest::of("second-secret").as_str());
    assert_the_rest_is_as_it_was(&tenant, "secret");
    let before = tenant.log().len();
    let _ = project
        .cxda_signed_in(&["apply", "--yes"])
        .run()
        .exits(0)
        .says(&["Nothing to do"]);
    assert_eq!(tenant.since(before), [Token, ListActions]);
}

#[test]
fn a_mask_read_from_the_tenant_is_never_written_back_over_the_secret() {
    let (tenant, project) = applied();
    project.edit(
        "scorer.cxda.yaml",
        "https://one.example",
        "https://two.example",
    );
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(secret_of(&tenant), Digest::of("first-secret").as_str());
    for entry in tenant.log() {
        if let Some(body) = &entry.body {
            assert!(!body.get().contains("********"), "{}", body.get());
        }
    }
}

#[test]
fn n_actions_with_every_block_changed_cost_two_requests_each_and_the_listing() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("token.txt", "first-secret");
    let manifest = |number: usize, text: &str| {
        let text = text.replace("scorer", &format!("scorer{number}"));
        let text = text.replace("score_{id}", &format!("score{number}_{{id}}"));
        project.write(&format!("{number}.cxda.yaml"), text);
    };
    (0..5).for_each(|number| manifest(number, MANIFEST));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let changed = [CACHE, VARIABLE, DATES, ("return 1", "return 2", "script")]
        .iter()
        .fold(MANIFEST.to_owned(), |text, (from, to, _)| {
            text.replace(from, to)
        });
    (0..5).for_each(|number| manifest(number, &changed));
    let plan = project
        .cxda_signed_in(&["plan", "-o", "json"])
        .run()
        .exits(0)
        .json();
    let before = tenant.log().len();
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let sent = tenant.since(before);
    assert_eq!(sent.len(), 2 + 2 * 5, "{sent:?}");
    assert_eq!(plan["requests"]["estimated"], sent.len());
    let of = |operation| sent.iter().filter(|each| **each == operation).count();
    assert_eq!((of(GetAction), of(ReplaceAction)), (5, 5));
}

#[test]
fn no_apply_without_faults_sends_more_than_its_plan_estimated() {
    for habits in [
        Habits::PLAIN,
        Habits {
            slim_lists: true,
            page_size: 3,
            ..Habits::PLAIN
        },
    ] {
        let tenant = Foreign::start(habits);
        let project = Project::quickstart();
        project.edit("cxda.toml", "http://127.0.0.1:8900", tenant.base_url());
        let cxda = |words: &[&str]| {
            let call =
                project.cxda_signed_in(&[&["--tenant", "served", "-o", "json"], words].concat());
            call.run().exits(0).json()
        };
        let edits = [
            (
                "manifests/1-views.yaml",
                "intervalMinutes: 15",
                "intervalMinutes: 30",
            ),
            ("manifests/3-cache.yaml", "ttl: 86400", "ttl: 3600"),
            ("manifests/4-variables.yaml", "value: 3}", "value: 4}"),
            ("manifests/demo/score-token.txt", "demo", "another"),
        ];
        for edit in std::iter::once(None).chain(edits.map(Some)) {
            if let Some((file, from, to)) = edit {
                project.edit(file, from, to);
            }
            let estimated = cxda(&["plan"])["requests"]["estimated"].as_u64().unwrap();
            let before = tenant.asked().len();
            let sent = cxda(&["apply", "--yes"])["requests"]["sent"]
                .as_u64()
                .unwrap();
            assert_eq!(
                tenant.asked().len() - before,
                usize::try_from(sent).unwrap()
            );
            assert!(
                sent <= estimated,
                "{edit:?}: {sent} sent, {estimated} estimated"
            );
        }
    }
}

#[test]
fn without_entity_tags_the_put_goes_without_a_precondition_with_a_warning_and_an_audit_note() {
    let tenant = Foreign::start(Habits {
        tags: false,
        ..Habits::PLAIN
    });
    let project = Project::on(tenant.base_url());
    project.write("scorer.cxda.yaml", MANIFEST);
    project.write("token.txt", "first-secret");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    project.edit("scorer.cxda.yaml", CACHE.0, CACHE.1);
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let put = tenant
        .asked()
        .into_iter()
        .find(|asked| asked.method == "PUT")
        .unwrap();
    assert_eq!(put.header("if-match"), "");
    assert!(
        put.body.contains(r#""big":12345678901234567890123"#),
        "{}",
        put.body
    );
    assert!(
        ended.stderr.contains("If-Match") || ended.stderr.contains("entity tag"),
        "{}",
        ended.stderr
    );
    let noted = project
        .audit()
        .iter()
        .any(|record| record["action"] == "UPDATE_DATA_ACTION" && !record["error"].is_null());
    assert!(noted, "{:#?}", project.audit());
}

#[test]
fn a_tenant_that_moved_between_plan_and_put_is_a_conflict_only_where_a_managed_field_moved() {
    let tenant = Foreign::start(Habits::PLAIN);
    let project = Project::on(tenant.base_url());
    project.write("scorer.cxda.yaml", MANIFEST);
    project.write("token.txt", "first-secret");
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    tenant.set("scorer", "vendorExtension", r#"{"moved":1.00}"#);
    project.edit("scorer.cxda.yaml", CACHE.0, CACHE.1);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    assert_eq!(
        tenant.member("scorer", "vendorExtension"),
        r#"{"moved":1.00}"#
    );
    assert_eq!(tenant.member("scorer", "cacheTtl"), "600");
}
