//! Plans, for people and programs.

use std::collections::BTreeMap;

use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::plan::{Change, ChangeKind, Kept, Plan};
use cxda_domain::request::{Operation, RateLimit};
use serde::Serialize;
use serde_json::Value;

use crate::render::diagnostics::{Diagnostic, findings, list, summary};
use crate::render::script_diff::script_diff;
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

/// The most characters that are shown of one value.
const VALUE_CHARS: usize = 60;
/// The widest column of names before the values.
const MOST_NAME_CHARS: usize = 32;
/// Fields that have one value only, which nobody needs to read of something new.
const FIXED: [&str; 3] = ["type", "trigger.type", "script.language"];

/// For which tenant a plan is, as its header says.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// The tenant's name.
    pub(crate) tenant: String,
    /// The origin of its API, or what stands for it.
    pub(crate) origin: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanJson<'a> {
    format_version: &'static str,
    tenant: &'a str,
    changes: Vec<ChangeJson<'a>>,
    summary: SummaryJson,
    requests: RequestsJson<'a>,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    address: String,
    operation: ChangeKind,
    cause: Cause,
    fields: &'a [FieldDifference],
}

#[derive(Serialize)]
struct SummaryJson {
    create: usize,
    update: usize,
    delete: usize,
    unchanged: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestsJson<'a> {
    estimated: u64,
    by_operation: &'a BTreeMap<Operation, u64>,
    seconds_at_rate_limit: u64,
}

/// What `plan -o json` prints.
pub(crate) fn plan_json(heading: &Heading, plan: &Plan, limit: RateLimit) -> String {
    let change = |change: &'_ Change| -> (String, ChangeKind, Cause) {
        (change.address.to_string(), change.kind, change.cause)
    };
    let changes = plan.changes.iter().map(|each| {
        let (address, operation, cause) = change(each);
        ChangeJson {
            address,
            operation,
            cause,
            fields: &each.fields,
        }
    });
    json(&PlanJson {
        format_version: FORMAT_VERSION,
        tenant: &heading.tenant,
        changes: changes.collect(),
        summary: SummaryJson {
            create: plan.count(ChangeKind::Create),
            update: plan.count(ChangeKind::Update),
            delete: plan.count(ChangeKind::Delete),
            unchanged: plan.unchanged,
        },
        requests: RequestsJson {
            estimated: plan.requests.total(),
            by_operation: plan.requests.by_operation(),
            seconds_at_rate_limit: limit.shortest_time(plan.requests.total()).as_secs(),
        },
        diagnostics: list(&plan.violations),
    })
}

/// What `plan` prints for people.
pub(crate) fn plan_text(
    screen: Screen,
    heading: &Heading,
    plan: &Plan,
    limit: RateLimit,
) -> String {
    let mut text = findings(screen, &plan.violations);
    if plan.violations.has_errors() {
        return text + &summary(&plan.violations);
    }
    let tenant = screen.paint(Tone::Strong, &safe::line(&heading.tenant));
    text.push_str(&format!(
        "Tenant {tenant} ({})\n\n",
        safe::line(&heading.origin)
    ));
    for change in &plan.changes {
        text.push_str(&change_text(screen, change));
        text.push('\n');
    }
    for (address, kept) in &plan.kept {
        let why = match kept {
            Kept::Protected => "protected".to_owned(),
            Kept::NeededBy(other) => format!("{other} depends on it"),
        };
        text.push_str(&format!(
            "  {} stays: {}\n",
            safe::line(&address.to_string()),
            safe::line(&why)
        ));
    }
    if !plan.kept.is_empty() {
        text.push('\n');
    }
    text + &totals(screen, plan, limit)
}

fn totals(screen: Screen, plan: &Plan, limit: RateLimit) -> String {
    if plan.changes.is_empty() {
        let unchanged = counted(plan.unchanged, "resource");
        let cost = counted(
            usize::try_from(plan.requests.total()).unwrap_or(usize::MAX),
            "request",
        );
        return format!("Nothing to do: {unchanged} as declared ({cost}).\n");
    }
    let part = |kind: ChangeKind, tone: Tone| {
        let text = format!("{} to {}", plan.count(kind), kind.as_str());
        if plan.count(kind) > 0 {
            screen.paint(tone, &text)
        } else {
            text
        }
    };
    let create = part(ChangeKind::Create, Tone::Create);
    let update = part(ChangeKind::Update, Tone::Update);
    let delete = part(ChangeKind::Delete, Tone::Delete);
    let requests = plan.requests.total();
    let per = match limit.per.as_secs() {
        60 => "a minute".to_owned(),
        _ => format!("per {}", humantime::format_duration(limit.per)),
    };
    let rate = format!("{} requests {per}", limit.requests);
    let wait = match limit.shortest_time(requests).as_secs() {
        0 => format!("no waiting at {rate}"),
        seconds => {
            let time = humantime::format_duration(std::time::Duration::from_secs(seconds));
            format!("about {time} at {rate}")
        }
    };
    format!(
        "Plan: {create}, {update}, {delete}, {} unchanged.\nCost: {requests} requests (reading included), {wait}.\n",
        plan.unchanged
    )
}

fn change_text(screen: Screen, change: &Change) -> String {
    let (mark, tone) = match change.kind {
        ChangeKind::Create => ("+", Tone::Create),
        ChangeKind::Update => ("~", Tone::Update),
        ChangeKind::Delete => ("-", Tone::Delete),
    };
    let address = safe::line(&change.address.to_string());
    let head = screen.paint(tone, &format!("{mark} {address}"));
    let why = why(change);
    let mut lines = Vec::new();
    for field in &change.fields {
        field_lines(screen, change.kind, field, &mut lines);
    }
    let width = lines
        .iter()
        .map(|line| line.name.chars().count())
        .max()
        .unwrap_or(0);
    let width = width.min(MOST_NAME_CHARS);
    let mut text = format!("{head}  {}\n", screen.paint(Tone::Faint, &why));
    for line in lines {
        text.push_str(format!("    {:<width$}  {}", line.name, line.value).trim_end());
        text.push('\n');
        text.push_str(&line.below);
    }
    text
}

/// One line of a change: the field's name, its value painted, and what stands below it.
struct FieldLine {
    name: String,
    value: String,
    below: String,
}

impl FieldLine {
    fn new(path: &str, value: String) -> Self {
        Self {
            name: safe::line(path),
            value,
            below: String::new(),
        }
    }
}

fn why(change: &Change) -> String {
    let reason = match (change.kind, change.cause) {
        (ChangeKind::Create, Cause::Drift) => "drift: it was deleted on the tenant",
        (ChangeKind::Create, _) => "new",
        (ChangeKind::Delete, _) => "no manifest names it any more",
        (ChangeKind::Update, Cause::Pending) if change.adopts => {
            "pending: it is there already and is adopted"
        }
        (ChangeKind::Update, Cause::Pending) => "pending: the manifest changed",
        (ChangeKind::Update, Cause::Drift) => "drift: the tenant changed",
        (ChangeKind::Update, Cause::Conflict) => {
            "conflict: manifest and tenant changed, the manifest wins"
        }
    };
    reason.to_owned()
}

fn field_lines(
    screen: Screen,
    kind: ChangeKind,
    field: &FieldDifference,
    lines: &mut Vec<FieldLine>,
) {
    if kind == ChangeKind::Create {
        created(screen, &field.path, &field.after, lines);
        return;
    }
    if let ("script.content", Value::String(before), Value::String(after)) =
        (field.path.as_str(), &field.before, &field.after)
    {
        let below = script_diff(screen, before, after, "      ");
        lines.push(FieldLine {
            below,
            ..FieldLine::new(&field.path, String::new())
        });
        return;
    }
    let before = screen.paint(Tone::Delete, &value(&field.before));
    let after = screen.paint(Tone::Create, &value(&field.after));
    lines.push(FieldLine::new(&field.path, format!("{before} → {after}")));
}

/// A field of something new: its members one below the other.
fn created(screen: Screen, path: &str, after: &Value, lines: &mut Vec<FieldLine>) {
    let mut line = |text: &str| {
        let value = screen.paint(Tone::Create, &safe::cut(text, VALUE_CHARS));
        lines.push(FieldLine::new(path, value));
    };
    match after {
        _ if FIXED.contains(&path) => {}
        Value::Object(members) if path == "source" => {
            let source: Vec<String> = members
                .iter()
                .map(|(kind, name)| format!("{kind} {}", plain(name)))
                .collect();
            line(&source.join(", "));
        }
        Value::Object(members) if members.contains_key("encrypted") => line(&variable(after)),
        Value::Object(members) => {
            for (key, member) in members {
                created(screen, &format!("{path}.{key}"), member, lines);
            }
        }
        Value::String(text) if path == "script.content" => {
            line(&format!(
                "{}, {} bytes",
                counted(text.lines().count(), "line"),
                text.len()
            ));
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) if path == "columns" => {
            let names: Vec<String> = items.iter().map(column).collect();
            line(&names.join(", "));
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let names: Vec<String> = items.iter().map(plain).collect();
            line(&names.join(", "));
        }
        _ => line(&plain(after)),
    }
}

/// A value without quotes, for where nothing stands beside it.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn variable(variable: &Value) -> String {
    let text = |key: &str| variable.get(key).and_then(Value::as_str);
    let kind = text("type").unwrap_or("string");
    match (
        variable.get("encrypted").and_then(Value::as_bool),
        text("value"),
    ) {
        (Some(true), _) => format!("{kind}, encrypted"),
        (_, Some(value)) => format!("{kind} {value}"),
        _ => kind.to_owned(),
    }
}

fn column(column: &Value) -> String {
    let text = |key: &str| column.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    let call = text("aggregation")
        .map_or_else(|| name.to_owned(), |function| format!("{function}({name})"));
    text("alias").map_or_else(|| call.clone(), |alias| format!("{call} as {alias}"))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.starts_with("(hidden") => text.clone(),
        Value::String(text) => safe::cut(&format!("{text:?}"), VALUE_CHARS),
        Value::Object(members) if members.contains_key("type") => {
            safe::cut(&variable(value), VALUE_CHARS)
        }
        other => safe::cut(&other.to_string(), VALUE_CHARS),
    }
}
