//! Views: V001 to V008. Whether a source is there (V009) is judged against a tenant, elsewhere.

use super::source::{decoded, manifest};
use super::{VIEW, assert_findings, check, report};
use crate::view::{Aggregation, MaterializedView, ViewSource};

/// A view with nothing but what must be there.
const LEAST: &str = r#"{
"apiVersion": "cxda/v1",
"kind": "MaterializedView",
"metadata": {"name": "calls_by_queue", "protect": true},
"spec": {
  "description": "Calls by queue",
  "source": {"view": "calls"},
  "columns": [{"name": "queue"}],
  "refresh": {"intervalMinutes": 5}
}}"#;

const COLUMNS: &str =
    r#"[{"name": "queue", "alias": "q"}, {"name": "calls", "aggregation": "COUNT"}]"#;

const INDEX: &str = r#"{"columns": ["q"], "type": "BTREE"}"#;

const SOURCE: &str = r#"{"table": "12345678-1234-1234-1234-123456789012"}"#;

fn only_view(text: &str) -> MaterializedView {
    let manifest = manifest(text);
    let (view, _) = manifest.views().next().expect("a view");
    view.clone()
}

/// A list of `count` columns with different names.
fn columns(count: usize) -> String {
    let column = |number| format!(r#"{{"name": "q{number}", "alias": "q{number}"}}"#);
    let columns: Vec<_> = (0..count).map(column).collect();
    format!("[{}]", columns.join(", "))
}

#[test]
fn m_10_names_have_3_to_128_characters() {
    let name = r#""calls_by_queue""#;
    let longest = format!(r#""{}""#, "é".repeat(128));
    let too_long = format!(r#"^"{}""#, "é".repeat(129));
    check(
        VIEW,
        &[
            (name, r#"^"ab""#, &["V001 metadata.name"]),
            (name, r#""abc""#, &[]),
            (name, r#""😀😀😀""#, &[]),
            (name, &longest, &[]),
            (name, &too_long, &["V001 metadata.name"]),
            (name, r#"^"calls\n""#, &["V001 metadata.name"]),
            (name, "^7", &["M003 metadata.name"]),
        ],
    );
}

#[test]
fn descriptions_have_10_to_500_characters() {
    let text = r#""Calls by queue""#;
    let [nine, ten, most, over] = [9, 10, 500, 501].map(|chars| "é".repeat(chars));
    let [nine, over] = [nine, over].map(|text| format!(r#"^"{text}""#));
    let [ten, most] = [ten, most].map(|text| format!(r#""{text}""#));
    check(
        VIEW,
        &[
            (text, &nine, &["V002 spec.description"]),
            (text, &ten, &[]),
            (text, &most, &[]),
            (text, &over, &["V002 spec.description"]),
            (text, r#"^"""#, &["V002 spec.description"]),
        ],
    );
}

#[test]
fn m_13_a_source_is_one_table_by_uuid_or_one_view_by_name() {
    check(
        VIEW,
        &[
            (SOURCE, r#"{"view": "calls"}"#, &[]),
            (
                SOURCE,
                r#"{"table": "ABCDEF00-1234-1234-1234-123456789ABC"}"#,
                &[],
            ),
            (SOURCE, "^{}", &["V003 spec.source"]),
            (
                SOURCE,
                r#"^{"view": "calls", "table": "12345678-1234-1234-1234-123456789012"}"#,
                &["V003 spec.source"],
            ),
            (
                SOURCE,
                r#"{"table": ^"------------------------------------"}"#,
                &["V003 spec.source.table"],
            ),
            (
                SOURCE,
                r#"{"table": ^"{12345678-1234-1234-1234-123456789012}"}"#,
                &["V003 spec.source.table"],
            ),
            (
                SOURCE,
                r#"{"table": ^"12345678123412341234123456789012"}"#,
                &["V003 spec.source.table"],
            ),
            (
                SOURCE,
                r#"{"table": ^"12345678-1234-1234-1234-12345678901"}"#,
                &["V003 spec.source.table"],
            ),
            (
                SOURCE,
                r#"{"table": ^"12345678-1234-1234-1234-12345678901g"}"#,
                &["V003 spec.source.table"],
            ),
            (SOURCE, r#"{"table": ^7}"#, &["M003 spec.source.table"]),
            (SOURCE, r#"{"view": ^"ab"}"#, &["V003 spec.source.view"]),
            (SOURCE, r#"{"view": ^null}"#, &["M003 spec.source.view"]),
        ],
    );
    let upper = only_view(&VIEW.replace("12345678-1234", "ABCDEF00-1234"));
    let ViewSource::Table(id) = upper.source else {
        panic!("a table");
    };
    assert_eq!(id.to_string(), "abcdef00-1234-1234-1234-123456789012");
}

#[test]
fn m_12_views_have_1_to_50_columns() {
    let with = |count: usize, mark: &str| {
        let text = VIEW.replace(COLUMNS, &format!("{mark}{}", columns(count)));
        text.replace(r#"["q"]"#, r#"["q0"]"#)
    };
    assert_findings(
        &with(0, "^"),
        &["V004 spec.columns"],
        "0 columns, and no finding for its index",
    );
    assert_findings(&with(1, ""), &[], "1 column");
    assert_findings(&with(49, ""), &[], "49 columns");
    assert_findings(&with(50, ""), &[], "50 columns");
    assert_findings(&with(51, "^"), &["V004 spec.columns"], "51 columns");
    let bad = with(51, "^").replace(
        r#"{"name": "q50", "alias": "q50"}"#,
        r#"{"name": "q50", "alias": ^"q0"}"#,
    );
    let want = ["V004 spec.columns", "V006 spec.columns[50].alias"];
    assert_findings(&bad, &want, "51 columns, one of them wrong by itself");
}

#[test]
fn m_14_aggregations_are_five_words_in_upper_case() {
    for word in Aggregation::ALL.map(Aggregation::as_str) {
        check(VIEW, &[(r#""COUNT""#, &format!("{word:?}"), &[])]);
    }
    check(
        VIEW,
        &[
            (
                r#""COUNT""#,
                r#"^"MEDIAN""#,
                &["V005 spec.columns[1].aggregation"],
            ),
            (
                r#""COUNT""#,
                r#"^"count""#,
                &["V005 spec.columns[1].aggregation"],
            ),
            (
                r#""COUNT""#,
                r#"^"""#,
                &["V005 spec.columns[1].aggregation"],
            ),
            (r#""COUNT""#, "^null", &["M003 spec.columns[1].aggregation"]),
        ],
    );
    let (_, violations) = decoded(&VIEW.replace(r#""COUNT""#, r#""MEDIAN""#));
    insta::assert_snapshot!(report(&violations), @r#"8:81 V005 spec.columns[1].aggregation: aggregation is "MEDIAN", expected SUM, AVG, COUNT, MIN or MAX"#);
}

#[test]
fn m_14_output_names_are_not_empty_and_not_repeated() {
    check(
        VIEW,
        &[
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": "calls", "alias": "r"}]"#,
                &[],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": ^"q"}]"#,
                &["V006 spec.columns[1].name"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": "r", "alias": ^"q"}]"#,
                &["V006 spec.columns[1].alias"],
            ),
            (
                COLUMNS,
                r#"[{"name": "r", "alias": "q"}, {"name": ^"q"}]"#,
                &["V006 spec.columns[1].name"],
            ),
            // One source column may be projected twice under two names.
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": "q", "alias": "q2"}]"#,
                &[],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": "q", "alias": ^""}]"#,
                &["V006 spec.columns[1].alias"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": ^" "}]"#,
                &["V006 spec.columns[1].name"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": ^"", "alias": "r"}]"#,
                &["V006 spec.columns[1].name"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": ^"q"}, {"name": ^"q"}]"#,
                &["V006 spec.columns[1].name", "V006 spec.columns[2].name"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, ^{"alias": "r"}]"#,
                &["M003 spec.columns[1].name"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, ^"r"]"#,
                &["M003 spec.columns[1]"],
            ),
            (
                COLUMNS,
                r#"[{"name": "q"}, {"name": "r", "alias": ^7}]"#,
                &["M003 spec.columns[1].alias"],
            ),
        ],
    );
    let (_, violations) = decoded(&VIEW.replace(COLUMNS, r#"[{"name": "q"}, {"name": "q"}]"#));
    insta::assert_snapshot!(report(&violations), @r#"8:39 V006 spec.columns[1].name: output name "q" stands twice, first in line 8 (give each column an alias of its own)"#);
}

#[test]
fn m_12_refresh_intervals_are_5_to_120_minutes_in_steps_of_5() {
    let path = "V007 spec.refresh.intervalMinutes";
    check(
        VIEW,
        &[
            ("15", "^-5", &[path]),
            ("15", "^0", &[path]),
            ("15", "^4", &[path]),
            ("15", "5", &[]),
            ("15", "^6", &[path]),
            ("15", "^7", &[path]),
            ("15", "115", &[]),
            ("15", "^119", &[path]),
            ("15", "120", &[]),
            ("15", "^121", &[path]),
            ("15", "^125", &[path]),
            ("15", "^99999999999999999999", &[path]),
            ("15", "^15.0", &["M003 spec.refresh.intervalMinutes"]),
            ("15", r#"^"15m""#, &["M003 spec.refresh.intervalMinutes"]),
        ],
    );
}

#[test]
fn m_14_indexes_name_output_columns_once_and_a_type() {
    let columns = "spec.indexes.custom[0].columns";
    check(
        VIEW,
        &[
            (INDEX, r#"{"columns": ["q", "calls"], "type": "HASH"}"#, &[]),
            (
                INDEX,
                r#"{"columns": ^[], "type": "BTREE"}"#,
                &[&format!("V008 {columns}")],
            ),
            (
                INDEX,
                r#"{"columns": [^"gone"], "type": "BTREE"}"#,
                &[&format!("V008 {columns}[0]")],
            ),
            // The name of a column that has an alias is no output name.
            (
                INDEX,
                r#"{"columns": [^"queue"], "type": "BTREE"}"#,
                &[&format!("V008 {columns}[0]")],
            ),
            (
                INDEX,
                r#"{"columns": ["q", ^"q"], "type": "BTREE"}"#,
                &[&format!("V008 {columns}[1]")],
            ),
            (
                INDEX,
                r#"{"columns": [^"one", "q", ^"two"], "type": ^" "}"#,
                &[
                    &format!("V008 {columns}[0]"),
                    &format!("V008 {columns}[2]"),
                    "V008 spec.indexes.custom[0].type",
                ],
            ),
            (
                INDEX,
                r#"{"columns": ["q"], "type": ^""}"#,
                &["V008 spec.indexes.custom[0].type"],
            ),
            (
                INDEX,
                r#"^{"columns": ["q"]}"#,
                &["M003 spec.indexes.custom[0].type"],
            ),
            (
                INDEX,
                r#"{"columns": [^7], "type": "BTREE"}"#,
                &[&format!("M003 {columns}[0]")],
            ),
            (
                INDEX,
                r#"{"columns": ^"q", "type": "BTREE"}"#,
                &[&format!("M003 {columns}")],
            ),
            (INDEX, "^7", &["M003 spec.indexes.custom[0]"]),
        ],
    );
}

#[test]
fn an_index_is_judged_by_columns_that_hold_a_mistake_of_another_kind() {
    let text = VIEW
        .replace(r#""COUNT""#, r#"^"MEDIAN""#)
        .replace(r#"["q"]"#, r#"["calls", ^"gone"]"#);
    let want = [
        "V005 spec.columns[1].aggregation",
        "V008 spec.indexes.custom[0].columns[1]",
    ];
    assert_findings(&text, &want, "output names are known");
    let text = VIEW.replace(
        r#"{"name": "queue", "alias": "q"}"#,
        r#"{"name": "queue", ^"alais": "q"}"#,
    );
    assert_findings(
        &text,
        &["M003 spec.columns[0].alais"],
        "an output name is not known",
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let view = only_view(LEAST);
    assert!(view.auto_refresh && view.auto_indexes && view.protect);
    assert!(view.custom_indexes.is_empty());
    assert_eq!(view.columns[0].output_name(), "queue");
    assert_eq!(view.columns[0].aggregation, None);
    let view = only_view(VIEW);
    assert!(view.auto_refresh && !view.auto_indexes && !view.protect);
    assert_eq!(view.custom_indexes[0].kind, "BTREE");
    assert_eq!(view.columns[0].output_name(), "q");
    assert_eq!(view.columns[1].aggregation, Some(Aggregation::Count));
}
