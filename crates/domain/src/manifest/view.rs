//! Decodes `kind: MaterializedView` (rules V001 to V008).

use crate::manifest::reader::{Findings, Found, MapReader, word};
use crate::rule::Rule;
use crate::view::{
    Aggregation, ColumnProjection, IndexDirective, MaterializedView, RefreshInterval, ViewName,
    ViewSource,
};

/// A view from its `spec`; `None` where a finding stands in the way.
pub(super) fn decode(
    findings: &mut Findings,
    name: Option<&Found<'_>>,
    protect: bool,
    mut spec: MapReader<'_>,
) -> Option<MaterializedView> {
    let name = name.and_then(|found| view_name(findings, found));
    let description = spec
        .require("description")
        .and_then(|found| description(findings, &found));
    let source = spec
        .require("source")
        .and_then(|found| source(findings, &found));
    let columns = spec
        .require("columns")
        .and_then(|found| columns(findings, &found));
    let refresh = spec
        .require("refresh")
        .and_then(|found| refresh(findings, &found));
    let outputs: Option<Vec<&str>> = columns
        .as_ref()
        .map(|list| list.iter().map(ColumnProjection::output_name).collect());
    let indexes = match spec.take("indexes") {
        Some(found) => indexes(findings, &found, outputs.as_deref()),
        None => Some((true, Vec::new())),
    };
    spec.close(findings);
    let (refresh, auto_refresh) = refresh?;
    let (auto_indexes, custom_indexes) = indexes?;
    Some(MaterializedView {
        name: name?,
        description: description?,
        source: source?,
        columns: columns?,
        refresh,
        auto_refresh,
        auto_indexes,
        custom_indexes,
        protect,
    })
}

fn view_name(findings: &mut Findings, found: &Found<'_>) -> Option<ViewName> {
    findings.remember(found);
    let parsed = found.text(findings)?.parse::<ViewName>();
    parsed
        .map_err(|error| findings.report(Rule::V001, found, error.to_string()))
        .ok()
}

fn description(findings: &mut Findings, found: &Found<'_>) -> Option<String> {
    const LEAST: usize = MaterializedView::MIN_DESCRIPTION_CHARS;
    const MOST: usize = MaterializedView::MAX_DESCRIPTION_CHARS;
    let text = found.text(findings)?;
    let chars = text.chars().count();
    if (LEAST..=MOST).contains(&chars) {
        return Some(text.to_owned());
    }
    let message = format!("description has {chars} characters, expected {LEAST} to {MOST}");
    findings.report(Rule::V002, found, message);
    None
}

fn source(findings: &mut Findings, found: &Found<'_>) -> Option<ViewSource> {
    findings.remember(found);
    let mut map = found.map(findings)?;
    let table = map.take("table");
    let view = map.take("view");
    let sound = map.close(findings);
    match (table, view) {
        (Some(table), None) => {
            let parsed = table.text(findings)?.parse();
            parsed
                .map(ViewSource::Table)
                .map_err(|error| findings.report(Rule::V003, &table, format!("table {error}")))
                .ok()
        }
        (None, Some(view)) => {
            let parsed = view.text(findings)?.parse();
            parsed
                .map(ViewSource::View)
                .map_err(|error| findings.report(Rule::V003, &view, format!("source {error}")))
                .ok()
        }
        (Some(_), Some(_)) => {
            findings.report(Rule::V003, found, "source names both a table and a view");
            None
        }
        (None, None) => {
            if sound {
                findings.report(Rule::V003, found, "source names neither a table nor a view");
            }
            None
        }
    }
}

fn columns(findings: &mut Findings, found: &Found<'_>) -> Option<Vec<ColumnProjection>> {
    const MOST: usize = MaterializedView::MAX_COLUMNS;
    let items = found.items(findings)?;
    if items.is_empty() || items.len() > MOST {
        let message = format!("a view has {} columns, expected 1 to {MOST}", items.len());
        findings.report(Rule::V004, found, message);
        return None;
    }
    let mut columns: Vec<ColumnProjection> = Vec::with_capacity(items.len());
    let mut sound = true;
    for item in &items {
        let Some((column, named)) = column(findings, item) else {
            sound = false;
            continue;
        };
        let output = column.output_name();
        let problem = if output.trim().is_empty() || column.name.trim().is_empty() {
            Some("output name is empty".to_owned())
        } else if columns.iter().any(|other| other.output_name() == output) {
            Some(format!("output name {output:?} stands twice"))
        } else {
            None
        };
        match problem {
            Some(message) => {
                let hint = "give each column an alias of its own";
                findings.report_with_hint(Rule::V006, &named, message, hint);
                sound = false;
            }
            None => columns.push(column),
        }
    }
    sound.then_some(columns)
}

/// The column, and the value that gives it its output name.
fn column<'n>(findings: &mut Findings, item: &Found<'n>) -> Option<(ColumnProjection, Found<'n>)> {
    let mut map = item.map(findings)?;
    let name_at = map.require("name");
    let alias_at = map.take("alias");
    let aggregation_at = map.take("aggregation");
    let sound = map.close(findings);
    let name = name_at.as_ref().and_then(|found| found.text(findings));
    let alias = alias_at.as_ref().map(|found| found.text(findings));
    let aggregation = aggregation_at.map(|found| {
        let words = Aggregation::ALL.map(Aggregation::as_str);
        word(findings, &found, Rule::V005, Aggregation::from_word, &words)
    });
    let column = ColumnProjection {
        name: name?.to_owned(),
        alias: alias.map_or(Some(None), |text| text.map(|text| Some(text.to_owned())))?,
        aggregation: aggregation.map_or(Some(None), |known| known.map(Some))?,
    };
    sound.then_some((column, alias_at.or(name_at)?))
}

fn refresh(findings: &mut Findings, found: &Found<'_>) -> Option<(RefreshInterval, bool)> {
    let mut map = found.map(findings)?;
    let interval = map.require("intervalMinutes").and_then(|found| {
        let minutes = found.integer(findings)?;
        RefreshInterval::from_minutes(minutes)
            .map_err(|error| findings.report(Rule::V007, &found, error.to_string()))
            .ok()
    });
    let auto = map
        .take("auto")
        .map_or(Some(true), |found| found.boolean(findings));
    map.close(findings);
    Some((interval?, auto?))
}

fn indexes(
    findings: &mut Findings,
    found: &Found<'_>,
    outputs: Option<&[&str]>,
) -> Option<(bool, Vec<IndexDirective>)> {
    let mut map = found.map(findings)?;
    let auto = map
        .take("auto")
        .map_or(Some(true), |found| found.boolean(findings));
    let custom = match map.take("custom") {
        None => Some(Vec::new()),
        Some(list) => list.items(findings).and_then(|items| {
            let decoded: Vec<_> = items
                .iter()
                .map(|item| index(findings, item, outputs))
                .collect();
            decoded.into_iter().collect()
        }),
    };
    map.close(findings);
    Some((auto?, custom?))
}

fn index(
    findings: &mut Findings,
    item: &Found<'_>,
    outputs: Option<&[&str]>,
) -> Option<IndexDirective> {
    let mut map = item.map(findings)?;
    let columns = map.require("columns").and_then(|found| {
        let items = found.items(findings)?;
        if items.is_empty() {
            findings.report(Rule::V008, &found, "a custom index names no column");
            return None;
        }
        let mut columns: Vec<String> = Vec::with_capacity(items.len());
        for item in &items {
            let name = item.text(findings)?;
            if columns.iter().any(|other| other == name) {
                findings.report(
                    Rule::V008,
                    item,
                    format!("index names column {name:?} twice"),
                );
                return None;
            }
            if outputs.is_some_and(|outputs| !outputs.contains(&name)) {
                let list = outputs.unwrap_or_default().join(", ");
                let message = format!("index names {name:?}, which is no output column");
                findings.report_with_hint(
                    Rule::V008,
                    item,
                    message,
                    format!("output columns: {list}"),
                );
                return None;
            }
            columns.push(name.to_owned());
        }
        Some(columns)
    });
    let kind = map.require("type").and_then(|found| {
        let kind = found.text(findings)?;
        if kind.trim().is_empty() {
            findings.report(Rule::V008, &found, "index type is empty");
            return None;
        }
        Some(kind.to_owned())
    });
    map.close(findings);
    Some(IndexDirective {
        columns: columns?,
        kind: kind?,
    })
}
