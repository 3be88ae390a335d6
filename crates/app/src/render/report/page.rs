//! The page: everything in words and numbers, put into the template.
//!
//! The template escapes; what could hide or reorder text is taken out of the finished page, so nothing is missed.

use askama::Template;
use cxda_domain::audit::EncryptedValues;
use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::metrics::WriteMetrics;

use super::histogram::histogram;
use super::verdict::{Remark, Tone, age, headline, remarks};
use super::writes::{RunRows, WriteRow, runs};
use super::{EncryptedVariable, LogState, MARK, Report, State};
use crate::render::audit::Held;
use crate::render::caches::percent;
use crate::render::graph::picture;
use crate::render::metrics::words;
use crate::render::variables::days;
use crate::render::webhooks::shown;
use crate::render::{counted, safe};

/// How many rows a table has at most, save that of the writes.
const MOST_ROWS: usize = 300;
/// How large a graph may be to stand on the page.
const MOST_GRAPH_BYTES: usize = 600_000;

/// An instant, for programs and for people.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) exact: String,
    pub(super) shown: String,
}

impl From<UtcMillis> for Moment {
    fn from(instant: UtcMillis) -> Self {
        let exact = instant.to_string();
        let seconds = exact.get(..19).unwrap_or(&exact);
        let shown = format!("{} UTC", seconds.replace('T', " "));
        Self { exact, shown }
    }
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct Page<'a> {
    mark: &'static str,
    version: &'static str,
    project: &'a str,
    tenant: &'a str,
    origin: &'a str,
    generated: Moment,
    headline: String,
    worst: Tone,
    remarks: Vec<Remark>,
    tiles: Vec<Tile>,
    failures: Vec<WriteRow<'a>>,
    more_failures: Option<String>,
    runs: Vec<RunRows<'a>>,
    older: Option<String>,
    histogram: Option<String>,
    operations: Vec<OperationRow>,
    log: &'a LogState,
    records: String,
    is_compared: bool,
    state: Option<StateView<'a>>,
}

/// A figure that stands out.
struct Tile {
    name: &'static str,
    value: String,
    note: String,
}

struct OperationRow {
    name: String,
    ends: [String; 3],
    success: String,
    latency: [String; 4],
}

/// What holds of the tenant.
struct StateView<'a> {
    resources: usize,
    dependencies: usize,
    graph: Option<String>,
    caches: Table<CacheRow<'a>>,
    variables: Table<VariableRow<'a>>,
    plain_variables: String,
    age: String,
    webhooks: Table<WebhookRow>,
}

/// Rows, and what is said of those that are left out.
struct Table<T> {
    rows: Vec<T>,
    more: Option<String>,
}

struct CacheRow<'a> {
    action: &'a str,
    hits: String,
    misses: String,
    rate: String,
    /// How much of a bar the rate is.
    share: String,
}

struct VariableRow<'a> {
    action: &'a str,
    name: &'a str,
    source: &'a str,
    changed: String,
    tone: Tone,
    state: &'static str,
}

struct WebhookRow {
    receiver: String,
    event: &'static str,
    tone: Tone,
    state: &'static str,
    attempts: u32,
    next: String,
    reason: String,
}

/// The page of `report`.
///
/// # Errors
///
/// The template's, which has none of its own.
pub(crate) fn page(report: Report<'_>) -> Result<String, askama::Error> {
    let history = report.history;
    let remarks = remarks(report);
    let all = history.failures();
    let (runs, older) = runs(&history.runs);
    let failures = all.iter().take(MOST_ROWS);
    let page = Page {
        mark: MARK,
        version: env!("CARGO_PKG_VERSION"),
        project: report.project,
        tenant: report.tenant,
        origin: report.origin,
        generated: report.generated.into(),
        headline: headline(&remarks),
        worst: remarks
            .iter()
            .map(|remark| remark.tone)
            .max()
            .unwrap_or(Tone::Calm),
        remarks,
        tiles: tiles(report),
        failures: failures.map(|write| WriteRow::of(write, None)).collect(),
        more_failures: more(all.len()),
        runs,
        older,
        histogram: histogram(&history.metrics.all),
        operations: operations(report),
        log: report.log,
        records: grouped(report.log.records),
        is_compared: report.log.held == Held::ByStore,
        state: report
            .state
            .map(|state| StateView::of(state, report.generated)),
    };
    Ok(safe::lines(&page.render()?) + "\n")
}

fn tiles(report: Report<'_>) -> Vec<Tile> {
    let metrics = &report.history.metrics;
    let all = &metrics.all;
    let latency = all.latency();
    let EncryptedValues { sent, stored } = metrics.encrypted;
    let mut tiles = vec![
        Tile {
            name: "Writes done",
            value: grouped(all.done),
            note: format!(
                "{} failed, {} unknown",
                grouped(all.failed),
                grouped(all.unknown)
            ),
        },
        Tile {
            name: "Success",
            value: percent(all.success_rate()),
            note: "of writes whose end is known".to_owned(),
        },
        Tile {
            name: "Median latency",
            value: latency.map_or_else(|| "-".to_owned(), |latency| milliseconds(latency.p50_ms)),
            note: latency.map_or_else(
                || "nothing was sent".to_owned(),
                |latency| format!("p99 {}", milliseconds(latency.p99_ms)),
            ),
        },
        Tile {
            name: "Encrypted values kept",
            value: percent(metrics.encrypted.rate()),
            note: format!("{stored} of {sent} sent"),
        },
    ];
    if report.state.is_some() {
        let lookups = report.lookups();
        tiles.push(Tile {
            name: "Cache hit rate",
            value: percent(lookups.hit_rate()),
            note: format!(
                "of {} lookups",
                grouped(lookups.hits.saturating_add(lookups.misses))
            ),
        });
    }
    tiles
}

fn operations(report: Report<'_>) -> Vec<OperationRow> {
    let metrics = &report.history.metrics;
    let row = |name: String, writes: &WriteMetrics| {
        let latency = writes.latency();
        OperationRow {
            name,
            ends: [writes.done, writes.failed, writes.unknown].map(grouped),
            success: percent(writes.success_rate()),
            latency: match latency {
                None => [(); 4].map(|()| "-".to_owned()),
                Some(of) => [of.mean_ms, of.p50_ms, of.p95_ms, of.p99_ms].map(milliseconds),
            },
        }
    };
    let actions = metrics.actions.iter();
    let actions = actions.map(|(action, writes)| row(words(*action), writes));
    let mut rows: Vec<OperationRow> = actions.collect();
    if !rows.is_empty() {
        rows.push(row("all writes".to_owned(), &metrics.all));
    }
    rows
}

impl<'a> StateView<'a> {
    fn of(state: &'a State, now: UtcMillis) -> Self {
        let declared = &state.declared;
        let graph = &declared.graph;
        let drawn = (!graph.nodes().is_empty()).then(|| picture(graph));
        Self {
            resources: declared.resources,
            dependencies: graph.edges().len(),
            graph: drawn.filter(|svg| svg.len() <= MOST_GRAPH_BYTES),
            caches: Table::of(state.lookups.iter(), |(action, lookups)| CacheRow {
                action: action.as_str(),
                hits: grouped(lookups.hits),
                misses: grouped(lookups.misses),
                rate: percent(lookups.hit_rate()),
                share: format!("{:.1}%", lookups.hit_rate().unwrap_or(0.0) * 100.0),
            }),
            variables: Table::of(state.encrypted.iter(), |variable| {
                VariableRow::of(variable, now)
            }),
            plain_variables: counted(declared.plain_variables, "variable"),
            age: age(state),
            webhooks: Table::of(state.outbox.iter(), |outgoing| {
                let (tone, word, next) = match outgoing.state {
                    DeliveryState::Pending(due) => (Tone::Warn, "pending", Moment::from(due).shown),
                    DeliveryState::Delivered => (Tone::Good, "delivered", String::new()),
                    DeliveryState::Dead => (Tone::Bad, "dead", String::new()),
                };
                WebhookRow {
                    receiver: shown(&outgoing.entry.receiver),
                    event: outgoing.entry.event.kind.as_str(),
                    tone,
                    state: word,
                    attempts: outgoing.attempts,
                    next,
                    reason: outgoing.failure.clone().unwrap_or_default(),
                }
            }),
        }
    }
}

impl<'a> VariableRow<'a> {
    fn of(variable: &'a EncryptedVariable, now: UtcMillis) -> Self {
        let changed = variable.since.map(|since| {
            let age = days(now.duration_since(since));
            let age = counted(usize::try_from(age).unwrap_or(usize::MAX), "day");
            format!("{}, {age} ago", &Moment::from(since).shown)
        });
        let (tone, state) = match (variable.is_applied, variable.is_due) {
            (false, _) => (Tone::Calm, "not applied"),
            (true, true) => (Tone::Warn, "due"),
            (true, false) => (Tone::Good, "fresh"),
        };
        Self {
            action: &variable.action,
            name: &variable.name,
            source: variable.source.as_deref().unwrap_or("no manifest"),
            changed: changed.unwrap_or_else(|| "unknown".to_owned()),
            tone,
            state,
        }
    }
}

impl<T> Table<T> {
    fn of<S>(items: impl ExactSizeIterator<Item = S>, row: impl Fn(S) -> T) -> Self {
        Self {
            more: more(items.len()),
            rows: items.take(MOST_ROWS).map(row).collect(),
        }
    }
}

/// What is said where a table would have more rows than it may.
fn more(rows: usize) -> Option<String> {
    let left = rows.checked_sub(MOST_ROWS).filter(|left| *left > 0)?;
    Some(format!(
        "{left} more not shown here; cxda report -o json has all."
    ))
}

/// A latency in words, three digits of it.
pub(super) fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 100_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => format!("{:.0} s", ms / 1_000.0),
    }
}

/// A count with its thousands apart.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
