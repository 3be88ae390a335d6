//! The frame around a `spec`, and what holds in every map: M002, M003, M004.

use std::sync::Arc;

use super::source::{decoded, document};
use super::{ACTION, VIEW, assert_findings, check, report};
use crate::address::Address;
use crate::manifest::decode;

#[test]
fn api_version_and_kind_are_known_words() {
    check(
        VIEW,
        &[
            (r#""cxda/v1""#, r#"^"cxda/v2""#, &["M002 apiVersion"]),
            (r#""cxda/v1""#, r#"^"CXDA/V1""#, &["M002 apiVersion"]),
            (r#""cxda/v1""#, r#"^"""#, &["M002 apiVersion"]),
            (r#""cxda/v1""#, "^1", &["M003 apiVersion"]),
            (r#""MaterializedView""#, r#"^"View""#, &["M002 kind"]),
            (
                r#""MaterializedView""#,
                r#"^"materializedView""#,
                &["M002 kind"],
            ),
            (r#""MaterializedView""#, "^null", &["M003 kind"]),
        ],
    );
}

#[test]
fn a_document_whose_kind_is_unknown_is_not_judged_further() {
    let text = VIEW
        .replace(r#""MaterializedView""#, r#"^"View""#)
        .replace("15", "16");
    assert_findings(&text, &["M002 kind"], "unknown kind");
}

#[test]
fn m_08_a_document_is_a_map() {
    for (text, found) in [
        ("^[]", "list"),
        ("^null", "null"),
        (r#"^"kind""#, "string"),
        ("^1", "integer"),
    ] {
        assert_findings(text, &["M003 "], found);
    }
}

#[test]
fn m_08_two_kinds_in_one_document_are_a_repeated_key() {
    let from = r#""kind": "MaterializedView","#;
    let to = r#""kind": "MaterializedView", ^"kind": "DataAction","#;
    check(VIEW, &[(from, to, &["M003 kind"])]);
}

#[test]
fn m_08_a_list_where_a_map_is_due() {
    check(
        VIEW,
        &[
            (r#"{"name": "calls_by_queue"}"#, "^[]", &["M003 metadata"]),
            (
                r#"{"intervalMinutes": 15, "auto": true}"#,
                "^[]",
                &["M003 spec.refresh"],
            ),
            (
                r#"{"table": "12345678-1234-1234-1234-123456789012"}"#,
                "^[]",
                &["M003 spec.source"],
            ),
        ],
    );
    let text = r#"{"apiVersion": "cxda/v1", "kind": "DataAction", "metadata": {"name": "abc"}, "spec": ^[]}"#;
    assert_findings(text, &["M003 spec"], "spec");
}

#[test]
fn every_key_that_is_missing_is_a_finding_at_its_map() {
    let view =
        r#"{"apiVersion": "cxda/v1", "kind": "MaterializedView", "metadata": ^{}, "spec": ^^^^{}}"#;
    let want = [
        "M003 metadata.name",
        "M003 spec.columns",
        "M003 spec.description",
        "M003 spec.refresh",
        "M003 spec.source",
    ];
    assert_findings(view, &want, "view");
    let action =
        r#"{"apiVersion": "cxda/v1", "kind": "DataAction", "metadata": ^{}, "spec": ^^{}}"#;
    let want = [
        "M003 metadata.name",
        "M003 spec.description",
        "M003 spec.script",
    ];
    assert_findings(action, &want, "action");
    let want = ["M003 apiVersion", "M003 kind", "M003 metadata", "M003 spec"];
    assert_findings("^^^^{}", &want, "nothing at all");
}

#[test]
fn m_07_unknown_keys_are_refused_with_a_suggestion() {
    let case = |from: &str, to: &str| {
        let (_, violations) = decoded(&VIEW.replace(from, to));
        report(&violations)
    };
    insta::assert_snapshot!(case(r#""description""#, r#""descripton""#), @"6:3 M003 spec.descripton: unknown key `descripton` (did you mean `description`?)");
    insta::assert_snapshot!(case(r#""refresh": {"#, r#""refresh_intervall": {"#), @"9:3 M003 spec.refresh_intervall: unknown key `refresh_intervall` (did you mean `refresh`?)");
    insta::assert_snapshot!(case(r#""intervalMinutes": 15"#, r#""interval_minutes": 15"#), @"9:15 M003 spec.refresh.interval_minutes: unknown key `interval_minutes` (did you mean `intervalMinutes`?)");
    insta::assert_snapshot!(case(r#""auto": true"#, r#""Auto": true"#), @"9:38 M003 spec.refresh.Auto: unknown key `Auto` (did you mean `auto`?)");
    insta::assert_snapshot!(case(r#""auto": true"#, r#""cron": """#), @"9:38 M003 spec.refresh.cron: unknown key `cron` (known here: intervalMinutes, auto)");
}

#[test]
fn a_misspelt_required_key_is_not_reported_as_missing_besides() {
    check(
        VIEW,
        &[
            (
                r#""description""#,
                r#"^"descripton""#,
                &["M003 spec.descripton"],
            ),
            (
                r#""name": "calls_by_queue""#,
                r#"^"nmae": "calls_by_queue""#,
                &["M003 metadata.nmae"],
            ),
            (r#""table""#, r#"^"tabel""#, &["M003 spec.source.tabel"]),
            (
                r#""intervalMinutes""#,
                r#"^"interval""#,
                &["M003 spec.refresh.interval"],
            ),
            (
                r#""type": "BTREE""#,
                r#"^"tpye": "BTREE""#,
                &["M003 spec.indexes.custom[0].tpye"],
            ),
        ],
    );
    check(
        ACTION,
        &[
            (
                r#""value""#,
                r#"^"valeu""#,
                &["M003 spec.variables[0].valeu"],
            ),
            (
                r#""env""#,
                r#"^"enw""#,
                &["M003 spec.variables[1].valueFrom.enw"],
            ),
            (
                r#""content""#,
                r#"^"contents""#,
                &["M003 spec.script.contents"],
            ),
            (r#""key""#, r#"^"keys""#, &["M003 spec.cache.keys"]),
        ],
    );
}

#[test]
fn an_unknown_key_like_no_other_does_not_hide_what_is_missing() {
    let from = r#""description": "Scores""#;
    let to = r#"^"purpose": "Scores""#;
    let text = ACTION
        .replace(from, to)
        .replace(r#""spec": {"#, r#""spec": ^{"#);
    let want = ["M003 spec.description", "M003 spec.purpose"];
    assert_findings(&text, &want, "purpose");
}

#[test]
fn m_03_repeated_keys_and_their_twins_are_refused() {
    check(
        VIEW,
        &[
            (
                r#""auto": true"#,
                r#""auto": true, ^"auto": true"#,
                &["M003 spec.refresh.auto"],
            ),
            (
                r#""auto": true"#,
                r#""auto": true, ^"AUTO": true"#,
                &["M003 spec.refresh.AUTO"],
            ),
            // Of a repeated key that is unknown, the first is unknown and the second repeated.
            (
                r#""auto": true"#,
                r#"^"zone": 1, ^"zone": 1"#,
                &["M003 spec.refresh.zone", "M003 spec.refresh.zone"],
            ),
        ],
    );
    let (_, violations) = decoded(&VIEW.replace(
        r#""auto": true"#,
        r#""auto": true, "Auto": true, "auto": 1"#,
    ));
    insta::assert_snapshot!(report(&violations), @"
    9:52 M003 spec.refresh.Auto: unknown key `Auto` (`auto` is there already: remove one of them)
    9:66 M003 spec.refresh.auto: key `auto` stands twice, first in line 9 (remove one of them)
    ");
}

#[test]
fn values_are_never_turned_into_another_type() {
    check(
        ACTION,
        &[
            (
                r#""name": "score_calc""#,
                r#""name": ^12"#,
                &["M003 metadata.name"],
            ),
            (
                r#""protect": false"#,
                r#""protect": ^"no""#,
                &["M003 metadata.protect"],
            ),
            (r#""Scores""#, "^true", &["M003 spec.description"]),
            (
                r#""enabled": true,
  "script""#,
                r#""enabled": ^"yes",
  "script""#,
                &["M003 spec.enabled"],
            ),
            (
                r#""enabled": true,
  "script""#,
                r#""enabled": ^1,
  "script""#,
                &["M003 spec.enabled"],
            ),
            (
                r#""enabled": true,
  "script""#,
                r#""enabled": ^null,
  "script""#,
                &["M003 spec.enabled"],
            ),
            (
                r#"["base_calc"]"#,
                r#"^"base_calc""#,
                &["M003 spec.dependencies"],
            ),
            (r#"["base_calc"]"#, "[^1]", &["M003 spec.dependencies[0]"]),
            (
                r#""payloadKb": 12"#,
                r#""payloadKb": ^"12""#,
                &["M003 spec.cache.payloadKb"],
            ),
            (
                r#""payloadKb": 12"#,
                r#""payloadKb": ^12.0"#,
                &["M003 spec.cache.payloadKb"],
            ),
        ],
    );
}

#[test]
fn quotes_that_are_too_many_or_too_few_are_named() {
    let case = |from: &str, to: &str| report(&decoded(&VIEW.replace(from, to)).1);
    insta::assert_snapshot!(case("15", r#""15""#), @r#"9:34 M003 spec.refresh.intervalMinutes: expected integer, found string (remove the quotes)"#);
    insta::assert_snapshot!(case("true", r#""true""#), @r#"9:46 M003 spec.refresh.auto: expected boolean, found string (remove the quotes)"#);
    insta::assert_snapshot!(case(r#""queue""#, "7"), @"8:24 M003 spec.columns[0].name: expected string, found integer (put it in quotes)");
    insta::assert_snapshot!(case("15", "15.0"), @"9:34 M003 spec.refresh.intervalMinutes: expected integer, found number (write a whole number, without a fraction)");
    insta::assert_snapshot!(case("15", r#""quarter""#), @"9:34 M003 spec.refresh.intervalMinutes: expected integer, found string");
}

#[test]
fn m_19_two_documents_with_one_kind_and_name_are_refused_and_the_first_stands() {
    let second = VIEW
        .replace(r#""calls_by_queue""#, r#"^"calls_by_queue""#)
        .replace("15", "20");
    assert_findings(
        &format!("{VIEW}\n{second}"),
        &["M004 metadata.name"],
        "twice",
    );
    let (manifest, violations) = decoded(&format!("{VIEW}\n{second}"));
    insta::assert_snapshot!(report(&violations), @"15:22 M004 metadata.name: view/calls_by_queue is declared twice, first at a.yaml:4:22 (remove one of the documents, or rename its resource)");
    let minutes: Vec<_> = manifest
        .views()
        .map(|(view, _)| view.refresh.minutes())
        .collect();
    assert_eq!(minutes, [15]);
}

#[test]
fn m_19_a_name_counts_as_taken_by_a_document_that_holds_a_mistake() {
    let first = VIEW.replace("15", "^16");
    let second = VIEW.replace(r#""calls_by_queue""#, r#"^"calls_by_queue""#);
    let want = ["V007 spec.refresh.intervalMinutes", "M004 metadata.name"];
    assert_findings(&format!("{first}\n{second}"), &want, "unsound first");
}

#[test]
fn m_19_one_name_may_stand_for_a_view_and_an_action() {
    let action = ACTION.replace(r#""score_calc""#, r#""calls_by_queue""#);
    assert_findings(&format!("{VIEW}\n{action}"), &[], "two kinds");
}

#[test]
fn findings_name_the_file_that_they_are_in() {
    let roots = [VIEW, &VIEW.replace("15", "16")].map(document);
    let files: [Arc<str>; 2] = ["a.yaml".into(), "sub/b.yaml".into()];
    let (manifest, violations) = decode(files.iter().zip(&roots)).complete([]);
    let places: Vec<_> = violations
        .sorted()
        .iter()
        .map(|violation| violation.position.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(places, ["sub/b.yaml:4:22", "sub/b.yaml:9:34"]);
    let view = manifest.get(&Address::view("calls_by_queue")).unwrap();
    assert_eq!(&*view.origin.file, "a.yaml");
    assert!(!view.protect());
}
