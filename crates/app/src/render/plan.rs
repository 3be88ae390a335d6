//! Plans, for people and programs.

use std::collections::BTreeMap;

use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::plan::{Change, ChangeKind, Plan};
use cxda_domain::request::{Operation, RateLimit};
use serde::Serialize;

use crate::render::diagnostics::{Diagnostic, findings, list, summary};
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

mod fields;

/// The widest column of names before the values.
const MOST_NAME_CHARS: usize = 32;

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
        "Plan: {create}, {update}, {delete}, {} unchanged.\nCost: at most {requests} requests, reading included; {wait}.\n",
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
        fields::field_lines(screen, change.kind, field, &mut lines);
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
