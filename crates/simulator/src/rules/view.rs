//! What the server refuses in the body of a view.

use serde_json::Value;

use super::{Findings, Purpose, characters, present};

const AGGREGATIONS: [&str; 5] = ["SUM", "AVG", "COUNT", "MIN", "MAX"];

/// What is wrong with `body`; whether its source exists is judged by `source_exists`.
pub(crate) fn judge(
    body: &Value,
    purpose: Purpose,
    source_exists: impl FnOnce(&str) -> bool,
) -> Findings {
    let mut findings = Findings::default();
    if let Some(name) = findings.member(body, "name", Purpose::Create) {
        let fits = characters(name).is_some_and(|count| (3..=128).contains(&count));
        findings.check(fits, "name", "must have 3 to 128 characters");
    }
    if let Some(description) = findings.member(body, "description", purpose) {
        let fits = characters(description).is_some_and(|count| (10..=500).contains(&count));
        findings.check(fits, "description", "must have 10 to 500 characters");
    }
    if let Some(source) = findings.member(body, "sourceTableId", Purpose::Create) {
        let exists = source.as_str().is_some_and(source_exists);
        findings.check(exists, "sourceTableId", "names no table and no view");
    }
    let columns = findings.member(body, "columnProjections", purpose);
    let outputs = columns.map(|columns| judge_columns(&mut findings, columns));
    if let Some(refresh) = findings.member(body, "refreshConfig", purpose) {
        judge_refresh(&mut findings, refresh);
    }
    if let Some(indexes) = present(body, "indexConfig") {
        judge_indexes(&mut findings, indexes, &outputs.unwrap_or_default());
    }
    findings
}

/// Judges the columns; returns the names they are put out under.
fn judge_columns<'a>(findings: &mut Findings, columns: &'a Value) -> Vec<&'a str> {
    let field = "columnProjections";
    let Some(columns) = columns.as_array() else {
        findings.add(field, "must be a list");
        return Vec::new();
    };
    let fits = (1..=50).contains(&columns.len());
    findings.check(fits, field, "must have 1 to 50 entries");
    let mut outputs = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let at = format!("{field}[{index}]");
        let name = column
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        findings.check(!name.is_empty(), &format!("{at}.name"), "must not be empty");
        let alias = present(column, "alias");
        if let Some(alias) = alias {
            let fits = alias.as_str().is_some_and(|alias| !alias.is_empty());
            findings.check(
                fits,
                &format!("{at}.alias"),
                "must be text that is not empty",
            );
        }
        if let Some(aggregation) = present(column, "aggregation") {
            let known = aggregation
                .as_str()
                .is_some_and(|name| AGGREGATIONS.contains(&name));
            let message = "must be SUM, AVG, COUNT, MIN or MAX";
            findings.check(known, &format!("{at}.aggregation"), message);
        }
        let output = alias.and_then(Value::as_str).unwrap_or(name);
        if !output.is_empty() {
            findings.check(
                !outputs.contains(&output),
                &at,
                "repeats the name of another column",
            );
            outputs.push(output);
        }
    }
    outputs
}

fn judge_refresh(findings: &mut Findings, refresh: &Value) {
    let minutes = refresh.get("intervalMinutes").and_then(Value::as_u64);
    let fits = minutes.is_some_and(|minutes| (5..=120).contains(&minutes) && minutes % 5 == 0);
    let message = "must be 5 to 120 and a multiple of 5";
    findings.check(fits, "refreshConfig.intervalMinutes", message);
    if let Some(enabled) = present(refresh, "autoRefreshEnabled") {
        findings.check(
            enabled.is_boolean(),
            "refreshConfig.autoRefreshEnabled",
            "must be a boolean",
        );
    }
}

fn judge_indexes(findings: &mut Findings, indexes: &Value, outputs: &[&str]) {
    if let Some(auto) = present(indexes, "autoCreateIndexes") {
        findings.check(
            auto.is_boolean(),
            "indexConfig.autoCreateIndexes",
            "must be a boolean",
        );
    }
    let Some(custom) = present(indexes, "customIndexes") else {
        return;
    };
    let Some(custom) = custom.as_array() else {
        findings.add("indexConfig.customIndexes", "must be a list");
        return;
    };
    for (index, entry) in custom.iter().enumerate() {
        let at = format!("indexConfig.customIndexes[{index}]");
        let kind = entry
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        findings.check(!kind.is_empty(), &format!("{at}.type"), "must not be empty");
        let columns = entry.get("columns").and_then(Value::as_array);
        let known = columns.is_some_and(|columns| {
            let exists = |name: &Value| name.as_str().is_some_and(|name| outputs.contains(&name));
            !columns.is_empty() && columns.iter().all(exists)
        });
        findings.check(
            known,
            &format!("{at}.columns"),
            "must name columns of the view",
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view() -> Value {
        json!({
            "name": "calls_mv",
            "description": "Calls by customer",
            "sourceTableId": "t1",
            "columnProjections": [{"name": "id", "alias": "customer"}, {"name": "n", "aggregation": "COUNT"}],
            "refreshConfig": {"intervalMinutes": 15, "autoRefreshEnabled": true},
            "indexConfig": {"autoCreateIndexes": true, "customIndexes": [{"columns": ["customer"], "type": "BTREE"}]},
        })
    }

    fn fields(body: &Value, purpose: Purpose) -> Vec<String> {
        let findings = judge(body, purpose, |id| id == "t1");
        findings.into_vec().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_whole_view_passes_and_each_mistake_is_named() {
        assert_eq!(fields(&view(), Purpose::Create), [""; 0]);
        let columns = |count: usize| -> Value {
            (0..count)
                .map(|n| json!({"name": format!("c{n}")}))
                .collect()
        };
        let cases = [
            ("/name", json!("ab"), "name"),
            ("/name", json!("a".repeat(129)), "name"),
            ("/description", json!("too short"), "description"),
            ("/sourceTableId", json!("t2"), "sourceTableId"),
            ("/sourceTableId", json!(7), "sourceTableId"),
            (
                "/columnProjections/0/name",
                json!(""),
                "columnProjections[0].name",
            ),
            (
                "/columnProjections/0/alias",
                json!("n"),
                "columnProjections[1]",
            ),
            (
                "/columnProjections/1/aggregation",
                json!("MEDIAN"),
                "columnProjections[1].aggregation",
            ),
            (
                "/refreshConfig/intervalMinutes",
                json!(0),
                "refreshConfig.intervalMinutes",
            ),
            (
                "/refreshConfig/intervalMinutes",
                json!(7),
                "refreshConfig.intervalMinutes",
            ),
            (
                "/refreshConfig/intervalMinutes",
                json!(125),
                "refreshConfig.intervalMinutes",
            ),
            (
                "/refreshConfig/intervalMinutes",
                json!("15"),
                "refreshConfig.intervalMinutes",
            ),
            (
                "/refreshConfig/autoRefreshEnabled",
                json!(1),
                "refreshConfig.autoRefreshEnabled",
            ),
            (
                "/indexConfig/customIndexes/0/type",
                json!(""),
                "indexConfig.customIndexes[0].type",
            ),
            (
                "/indexConfig/customIndexes/0/columns",
                json!([]),
                "indexConfig.customIndexes[0].columns",
            ),
            (
                "/indexConfig/customIndexes/0/columns/0",
                json!("id"),
                "indexConfig.customIndexes[0].columns",
            ),
        ];
        for (pointer, value, field) in cases {
            let mut body = view();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            let found = fields(&body, Purpose::Create);
            assert!(
                found.contains(&field.to_owned()),
                "{pointer} = {value}: {found:?}"
            );
        }
        for (count, fits) in [(0, false), (1, true), (50, true), (51, false)] {
            let mut body = view();
            body["columnProjections"] = columns(count);
            body["indexConfig"] = Value::Null;
            assert_eq!(
                fields(&body, Purpose::Create).is_empty(),
                fits,
                "{count} columns"
            );
        }
    }

    #[test]
    fn a_create_needs_every_block_and_a_replace_only_name_and_source() {
        let fragment = json!({"name": "calls_mv", "sourceTableId": "t1"});
        assert_eq!(
            fields(&fragment, Purpose::Create),
            ["description", "columnProjections", "refreshConfig"]
        );
        assert_eq!(fields(&fragment, Purpose::Replace), [""; 0]);
        assert_eq!(
            fields(&json!({}), Purpose::Replace),
            ["name", "sourceTableId"]
        );
    }
}
