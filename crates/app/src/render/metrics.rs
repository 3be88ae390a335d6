//! Figures about writes, for people, for programs, and for Prometheus.

use std::fmt::Write as _;

use cxda_domain::audit::{AuditAction, EncryptedValues};
use cxda_domain::lookups::Lookups;
use cxda_domain::metrics::{Latency, Metrics, WriteMetrics};
use serde::Serialize;

use crate::render::caches::percent;
use crate::render::table::table;
use crate::render::{FORMAT_VERSION, Screen, json};

/// Everything that `metrics` shows.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) tenant: String,
    pub(crate) metrics: Metrics,
    pub(crate) lookups: Lookups,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FiguresJson<'a> {
    format_version: &'static str,
    tenant: &'a str,
    #[serde(flatten)]
    measured: MeasuredJson,
}

/// The figures themselves, of whatever they are.
#[derive(Serialize)]
pub(super) struct MeasuredJson {
    writes: WritesJson,
    actions: Vec<ActionJson>,
    cache: CacheJson,
    encryption: EncryptionJson,
}

#[derive(Serialize)]
struct ActionJson {
    action: AuditAction,
    #[serde(flatten)]
    writes: WritesJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WritesJson {
    done: u64,
    failed: u64,
    unknown: u64,
    success_rate: Option<f64>,
    latency_ms: Option<LatencyJson>,
}

#[derive(Serialize)]
struct LatencyJson {
    count: u64,
    mean: f64,
    p50: f64,
    p95: f64,
    p99: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CacheJson {
    hits: u64,
    misses: u64,
    hit_rate: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionJson {
    sent: u32,
    stored: u32,
    success_rate: Option<f64>,
}

impl From<&WriteMetrics> for WritesJson {
    fn from(writes: &WriteMetrics) -> Self {
        Self {
            done: writes.done,
            failed: writes.failed,
            unknown: writes.unknown,
            success_rate: writes.success_rate(),
            latency_ms: writes.latency().map(LatencyJson::from),
        }
    }
}

impl From<Latency> for LatencyJson {
    fn from(latency: Latency) -> Self {
        Self {
            count: latency.count,
            mean: micro(latency.mean_ms),
            p50: latency.p50_ms,
            p95: latency.p95_ms,
            p99: latency.p99_ms,
        }
    }
}

/// Rounded to the microsecond, as latencies are recorded.
pub(crate) fn micro(ms: f64) -> f64 {
    (ms * 1_000.0).round() / 1_000.0
}

impl MeasuredJson {
    pub(super) fn of(metrics: &Metrics, lookups: Lookups) -> Self {
        let EncryptedValues { sent, stored } = metrics.encrypted;
        let actions = metrics.actions.iter();
        Self {
            writes: WritesJson::from(&metrics.all),
            actions: actions
                .map(|(action, writes)| ActionJson {
                    action: *action,
                    writes: writes.into(),
                })
                .collect(),
            cache: CacheJson {
                hits: lookups.hits,
                misses: lookups.misses,
                hit_rate: lookups.hit_rate(),
            },
            encryption: EncryptionJson {
                sent,
                stored,
                success_rate: metrics.encrypted.rate(),
            },
        }
    }
}

/// What `metrics -o json` prints.
pub(crate) fn metrics_json(figures: &Figures) -> String {
    json(&FiguresJson {
        format_version: FORMAT_VERSION,
        tenant: &figures.tenant,
        measured: MeasuredJson::of(&figures.metrics, figures.lookups),
    })
}

/// What `metrics` prints for people.
pub(crate) fn metrics_text(screen: Screen, figures: &Figures) -> String {
    let ms = |value: fn(&Latency) -> f64, writes: &WriteMetrics| {
        let latency = writes.latency();
        latency.map_or_else(
            || "-".to_owned(),
            |latency| format!("{:.1}", value(&latency)),
        )
    };
    let row = |name: &str, writes: &WriteMetrics| {
        [
            name.to_owned(),
            writes.done.to_string(),
            writes.failed.to_string(),
            writes.unknown.to_string(),
            percent(writes.success_rate()),
            ms(|latency| latency.mean_ms, writes),
            ms(|latency| latency.p50_ms, writes),
            ms(|latency| latency.p95_ms, writes),
            ms(|latency| latency.p99_ms, writes),
        ]
    };
    let all = row("all writes", &figures.metrics.all);
    let actions = figures.metrics.actions.iter();
    let rows = actions.map(|(action, writes)| row(&words(*action), writes));
    let heading = [
        "LATENCY IN MS",
        "DONE",
        "FAILED",
        "UNKNOWN",
        "SUCCESS",
        "MEAN",
        "P50",
        "P95",
        "P99",
    ];
    let mut text = table(screen, heading, rows.chain([all]));
    let EncryptedValues { sent, stored } = figures.metrics.encrypted;
    let encryption = percent(figures.metrics.encrypted.rate());
    let Lookups { hits, misses } = figures.lookups;
    let hit_rate = percent(figures.lookups.hit_rate());
    text += &format!(
        "\nEncrypted values kept  {encryption} ({stored} of {sent} sent)\n\
         Cache hit rate         {hit_rate} ({hits} of {} lookups)\n",
        hits.saturating_add(misses)
    );
    text
}

/// `CREATE_DATA_ACTION` as `create data action`.
pub(super) fn words(action: AuditAction) -> String {
    action.as_str().to_lowercase().replace('_', " ")
}

/// What `metrics -o prometheus` prints: the text format that Prometheus and its node exporter read.
pub(crate) fn metrics_prometheus(figures: &Figures) -> String {
    let mut text = String::new();
    let tenant = label(&figures.tenant);
    let actions = &figures.metrics.actions;
    family(
        &mut text,
        "cxda_writes_total",
        "counter",
        "Writes by what was done and how they ended.",
    );
    for (action, writes) in actions {
        let action = action.as_str();
        let outcomes = [
            ("done", writes.done),
            ("failed", writes.failed),
            ("unknown", writes.unknown),
        ];
        for (outcome, count) in outcomes {
            let _ = writeln!(
                text,
                "cxda_writes_total{{tenant=\"{tenant}\",action=\"{action}\",outcome=\"{outcome}\"}} {count}"
            );
        }
    }
    family(
        &mut text,
        "cxda_write_latency_seconds",
        "summary",
        "How long writes took, without the waits between attempts.",
    );
    for (action, writes) in actions {
        let Some(latency) = writes.latency() else {
            continue;
        };
        let labels = format!("tenant=\"{tenant}\",action=\"{}\"", action.as_str());
        let quantiles = [
            ("0.5", latency.p50_ms),
            ("0.95", latency.p95_ms),
            ("0.99", latency.p99_ms),
        ];
        for (quantile, ms) in quantiles {
            let seconds = ms / 1_000.0;
            let _ = writeln!(
                text,
                "cxda_write_latency_seconds{{{labels},quantile=\"{quantile}\"}} {seconds:.6}"
            );
        }
        let sum = writes.total_ms() / 1_000.0;
        let count = latency.count;
        let _ = writeln!(text, "cxda_write_latency_seconds_sum{{{labels}}} {sum:.6}");
        let _ = writeln!(text, "cxda_write_latency_seconds_count{{{labels}}} {count}");
    }
    let EncryptedValues { sent, stored } = figures.metrics.encrypted;
    let Lookups { hits, misses } = figures.lookups;
    let counters = [
        (
            "cxda_encrypted_values_sent_total",
            "Encrypted values sent.",
            u64::from(sent),
        ),
        (
            "cxda_encrypted_values_stored_total",
            "Encrypted values that the tenant shows as encrypted.",
            u64::from(stored),
        ),
        (
            "cxda_cache_hits_total",
            "Cache lookups that found their entry.",
            hits,
        ),
        (
            "cxda_cache_misses_total",
            "Cache lookups that did not.",
            misses,
        ),
    ];
    for (name, help, count) in counters {
        family(&mut text, name, "counter", help);
        let _ = writeln!(text, "{name}{{tenant=\"{tenant}\"}} {count}");
    }
    text
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// The value of a label, escaped as the format asks.
fn label(value: &str) -> String {
    let escaped = value.replace('\\', r"\\").replace('"', "\\\"");
    escaped.replace('\n', r"\n")
}
