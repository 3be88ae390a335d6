//! Decodes `kind: MaterializedView` (rules V001 to V008).

use std::collections::BTreeMap;

use crate::manifest::findings::Findings;
use crate::manifest::reader::{
    Either, Found, MapReader, accept, boolean, each, integer, items, map, parsed, string, text,
    word,
};
use crate::manifest::suggest::nearest;
use crate::node::Mark;
use crate::rule::Rule;
use crate::view::{
    Aggregation, ColumnProjection, IndexDirective, MaterializedView, RefreshInterval, TableId,
    ViewName, ViewSource,
};

/// A view from its `spec`; `None` where a finding stands in the way.
pub(super) fn decode(
    findings: &mut Findings,
    name: Option<&Found<'_>>,
    protect: bool,
    mut spec: MapReader<'_>,
) -> Option<MaterializedView> {
    let name = name.and_then(|found| view_name(findings, found));
    let description = spec.required(findings, "description", description);
    let source = spec.required(findings, "source", source);
    let mut outputs = Outputs::default();
    let columns = spec.required(findings, "columns", |findings, found| {
        columns(findings, found, &mut outputs)
    });
    let refresh = spec.required(findings, "refresh", refresh);
    let no_indexes = (true, Vec::new());
    let indexes = spec.or(findings, "indexes", no_indexes, |findings, found| {
        indexes(findings, found, &outputs)
    });
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
    parsed(findings, found, Rule::V001)
}

fn description(findings: &mut Findings, found: &Found<'_>) -> Option<String> {
    const LEAST: usize = MaterializedView::MIN_DESCRIPTION_CHARS;
    const MOST: usize = MaterializedView::MAX_DESCRIPTION_CHARS;
    findings.remember(found);
    let text = string(findings, found)?;
    let chars = text.chars().count();
    if (LEAST..=MOST).contains(&chars) {
        return Some(text);
    }
    let message = format!("description has {chars} characters, expected {LEAST} to {MOST}");
    findings.report(Rule::V002, found, message);
    None
}

fn source(findings: &mut Findings, found: &Found<'_>) -> Option<ViewSource> {
    let fields = map(findings, found)?;
    match fields.one_of(findings, Rule::V003, ["table", "view"])? {
        Either::First(table) => {
            findings.remember(&table);
            let id = text(findings, &table)?.parse::<TableId>();
            let id = id.map_err(|error| format!("table {error}"));
            accept(findings, &table, Rule::V003, id).map(ViewSource::Table)
        }
        Either::Second(view) => {
            findings.remember(&view);
            let name = text(findings, &view)?.parse::<ViewName>();
            let name = name.map_err(|error| format!("source {error}"));
            let name = accept(findings, &view, Rule::V003, name)?;
            findings.refer(&view, name.as_str());
            Some(ViewSource::View(name))
        }
    }
}

/// The output names that a view's columns have, as far as they can be read.
#[derive(Debug, Default)]
struct Outputs<'n> {
    /// In the order of the columns.
    names: Vec<&'n str>,
    first: BTreeMap<&'n str, Mark>,
    /// Whether every column's name is known: only then is a name that is not here a wrong one.
    complete: bool,
}

impl<'n> Outputs<'n> {
    /// Adds the name at `mark`; gives the place of the first one where it stands twice.
    fn add(&mut self, name: &'n str, mark: Mark) -> Option<Mark> {
        let first = self.first.get(name).copied();
        if first.is_none() {
            self.first.insert(name, mark);
            self.names.push(name);
        }
        first
    }

    fn lack(&self, name: &str) -> bool {
        self.complete && !self.first.contains_key(name)
    }
}

fn columns<'n>(
    findings: &mut Findings,
    found: &Found<'n>,
    outputs: &mut Outputs<'n>,
) -> Option<Vec<ColumnProjection>> {
    const MOST: usize = MaterializedView::MAX_COLUMNS;
    let count = items(findings, found)?.len();
    let fits = (1..=MOST).contains(&count);
    if !fits {
        let message = format!("a view has {count} columns, expected 1 to {MOST}");
        findings.report(Rule::V004, found, message);
    }
    outputs.complete = count > 0;
    let columns = each(findings, found, |findings, item| {
        column(findings, item, outputs)
    });
    columns.filter(|_| fits)
}

fn column<'n>(
    findings: &mut Findings,
    item: &Found<'n>,
    outputs: &mut Outputs<'n>,
) -> Option<ColumnProjection> {
    let fields = map(findings, item);
    outputs.complete &= fields.is_some();
    let mut fields = fields?;
    let name_at = fields.require("name");
    let alias_at = fields.take("alias");
    let aggregation = fields.optional(findings, "aggregation", |findings, found| {
        let choices = Aggregation::ALL;
        word(findings, found, Rule::V005, &choices, Aggregation::as_str)
    });
    let closed = fields.close(findings);
    let name = name_at.as_ref().and_then(|found| text(findings, found));
    let alias = alias_at.as_ref().and_then(|found| text(findings, found));
    let output = match (&alias_at, &name_at) {
        (Some(at), _) => alias.map(|text| (at, text)),
        (None, Some(at)) => name.map(|text| (at, text)),
        (None, None) => None,
    };
    outputs.complete &= output.is_some() && closed;
    let named = output.is_some_and(|(at, text)| output_name(findings, at, text, outputs));
    let hidden_name = name_at.as_ref().filter(|_| alias_at.is_some());
    if let Some(at) = hidden_name
        && name.is_some_and(|name| name.trim().is_empty())
    {
        findings.report(Rule::V006, at, "column name is empty");
        return None;
    }
    named.then_some(())?;
    Some(ColumnProjection {
        name: name?.to_owned(),
        alias: alias.map(ToOwned::to_owned),
        aggregation: aggregation?,
    })
}

/// Whether `name` serves as an output name beside those that are there.
fn output_name<'n>(
    findings: &mut Findings,
    at: &Found<'_>,
    name: &'n str,
    outputs: &mut Outputs<'n>,
) -> bool {
    let hint = "give each column an alias of its own";
    match outputs.add(name, at.node.at) {
        _ if name.trim().is_empty() => {
            findings.report_with_hint(Rule::V006, at, "output name is empty", hint);
        }
        Some(first) => {
            let line = first.line;
            let message = format!("output name {name:?} stands twice, first in line {line}");
            findings.report_again(Rule::V006, at.node.at, &at.path, message, hint, first);
        }
        None => return true,
    }
    false
}

fn refresh(findings: &mut Findings, found: &Found<'_>) -> Option<(RefreshInterval, bool)> {
    let mut fields = map(findings, found)?;
    let interval = fields.required(findings, "intervalMinutes", |findings, found| {
        let minutes = integer(findings, found)?;
        let interval = RefreshInterval::from_minutes(minutes);
        accept(findings, found, Rule::V007, interval)
    });
    let auto = fields.or(findings, "auto", true, boolean);
    fields.close(findings);
    Some((interval?, auto?))
}

fn indexes(
    findings: &mut Findings,
    found: &Found<'_>,
    outputs: &Outputs<'_>,
) -> Option<(bool, Vec<IndexDirective>)> {
    let mut fields = map(findings, found)?;
    let auto = fields.or(findings, "auto", true, boolean);
    let custom = fields.or(findings, "custom", Vec::new(), |findings, found| {
        each(findings, found, |findings, item| {
            index(findings, item, outputs)
        })
    });
    fields.close(findings);
    Some((auto?, custom?))
}

fn index(
    findings: &mut Findings,
    item: &Found<'_>,
    outputs: &Outputs<'_>,
) -> Option<IndexDirective> {
    let mut fields = map(findings, item)?;
    let columns = fields.required(findings, "columns", |findings, found| {
        index_columns(findings, found, outputs)
    });
    let kind = fields.required(findings, "type", |findings, found| {
        let kind = string(findings, found)?;
        if kind.trim().is_empty() {
            findings.report(Rule::V008, found, "index type is empty");
            return None;
        }
        Some(kind)
    });
    fields.close(findings);
    Some(IndexDirective {
        columns: columns?,
        kind: kind?,
    })
}

fn index_columns(
    findings: &mut Findings,
    found: &Found<'_>,
    outputs: &Outputs<'_>,
) -> Option<Vec<String>> {
    let mut named = Outputs::default();
    let columns = each(findings, found, |findings, item| {
        let name = text(findings, item)?;
        if let Some(first) = named.add(name, item.node.at) {
            let message = format!(
                "index names column {name:?} twice, first in line {}",
                first.line
            );
            let hint = "remove one of them";
            findings.report_again(Rule::V008, item.node.at, &item.path, message, hint, first);
            return None;
        }
        if outputs.lack(name) {
            let message = format!("index names {name:?}, which is no output column");
            let named = outputs.names.iter().copied();
            let named: Vec<&str> = named.filter(|name| !name.trim().is_empty()).collect();
            let hint = nearest(name, named.iter().copied()).map_or_else(
                || format!("output columns: {}", named.join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            findings.report_with_hint(Rule::V008, item, message, hint);
            return None;
        }
        Some(name.to_owned())
    })?;
    if columns.is_empty() {
        findings.report(
            Rule::V008,
            found,
            "index names no column, expected one or more",
        );
        return None;
    }
    Some(columns)
}
