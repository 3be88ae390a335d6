//! A report for programs: the figures behind the page, nothing left out.

use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::history::{RecordedRun, RecordedWrite};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::metrics::LatencyBin;
use serde::Serialize;

use super::{EncryptedVariable, LogState, Report, State};
use crate::render::audit::Held;
use crate::render::caches::StatJson;
use crate::render::metrics::MeasuredJson;
use crate::render::variables::days;
use crate::render::webhooks::ItemJson;
use crate::render::{FORMAT_VERSION, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportJson<'a> {
    format_version: &'static str,
    generated_at: UtcMillis,
    project: &'a str,
    tenant: &'a str,
    audit: LogJson<'a>,
    /// What is neither done nor mended since.
    failures: Vec<WriteJson<'a>>,
    /// The newest first.
    runs: Vec<RunJson<'a>>,
    #[serde(flatten)]
    measured: MeasuredJson,
    histogram: Vec<BinJson>,
    /// `null` in the report of a run.
    state: Option<StateJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogJson<'a> {
    valid: bool,
    records: u64,
    hash: Option<&'a str>,
    compared_with_store: bool,
    fault: Option<FaultJson<'a>>,
}

#[derive(Serialize)]
struct FaultJson<'a> {
    kind: &'static str,
    message: &'a str,
    hint: &'a str,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: &'a RunId,
    actor: &'a str,
    began: UtcMillis,
    ended: UtcMillis,
    writes: Vec<WriteJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WriteJson<'a> {
    run_id: &'a RunId,
    timestamp: UtcMillis,
    address: Address,
    action: AuditAction,
    phase: Phase,
    changes: &'a [String],
    latency_ms: Option<f64>,
    attempts: Option<u32>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BinJson {
    above_ms: f64,
    /// `null` where nothing bounds it.
    to_ms: Option<f64>,
    count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateJson<'a> {
    manifests: ManifestsJson,
    lookups: Vec<StatJson<'a>>,
    max_age_seconds: u64,
    encrypted_variables: Vec<VariableJson<'a>>,
    webhooks: Vec<ItemJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestsJson {
    resources: usize,
    errors: usize,
    warnings: usize,
    plain_variables: usize,
    dependencies: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VariableJson<'a> {
    action: &'a str,
    name: &'a str,
    source: Option<&'a str>,
    applied: bool,
    changed: Option<UtcMillis>,
    age_days: Option<u64>,
    due: bool,
}

impl<'a> From<&'a LogState> for LogJson<'a> {
    fn from(log: &'a LogState) -> Self {
        Self {
            valid: log.fault.is_none(),
            records: log.records,
            hash: log.hash.as_deref(),
            compared_with_store: log.held == Held::ByStore,
            fault: log.fault.as_ref().map(|fault| FaultJson {
                kind: fault.kind,
                message: &fault.message,
                hint: &fault.hint,
            }),
        }
    }
}

impl<'a> From<&'a RecordedRun> for RunJson<'a> {
    fn from(run: &'a RecordedRun) -> Self {
        Self {
            id: &run.id,
            actor: &run.actor,
            began: run.began,
            ended: run.ended,
            writes: run.writes.iter().map(WriteJson::from).collect(),
        }
    }
}

impl<'a> From<&'a RecordedWrite> for WriteJson<'a> {
    fn from(write: &'a RecordedWrite) -> Self {
        let metrics = write.outcome.metrics;
        Self {
            run_id: &write.run_id,
            timestamp: write.timestamp,
            address: write.address(),
            action: write.outcome.action,
            phase: write.outcome.phase,
            changes: &write.changes,
            latency_ms: metrics.map(|metrics| metrics.latency_ms),
            attempts: metrics.map(|metrics| metrics.attempts),
            error: write.error.as_deref(),
        }
    }
}

impl From<LatencyBin> for BinJson {
    fn from(bin: LatencyBin) -> Self {
        Self {
            above_ms: bin.above_ms,
            to_ms: Some(bin.to_ms).filter(|to| to.is_finite()),
            count: bin.count,
        }
    }
}

impl<'a> VariableJson<'a> {
    fn of(variable: &'a EncryptedVariable, now: UtcMillis) -> Self {
        let age = variable.since.map(|since| now.duration_since(since));
        Self {
            action: &variable.action,
            name: &variable.name,
            source: variable.source.as_deref(),
            applied: variable.is_applied,
            changed: variable.since,
            age_days: age.map(days),
            due: variable.is_due,
        }
    }
}

/// What `report -o json` prints.
pub(crate) fn report_json(report: Report<'_>) -> String {
    let history = report.history;
    let failures = history.failures().into_iter();
    json(&ReportJson {
        format_version: FORMAT_VERSION,
        generated_at: report.generated,
        project: report.project,
        tenant: report.tenant,
        audit: report.log.into(),
        failures: failures.map(WriteJson::from).collect(),
        runs: history.runs.iter().rev().map(RunJson::from).collect(),
        measured: MeasuredJson::of(&history.metrics, report.lookups()),
        histogram: history
            .metrics
            .all
            .histogram()
            .into_iter()
            .map(BinJson::from)
            .collect(),
        state: report
            .state
            .map(|state| state_json(state, report.generated)),
    })
}

fn state_json(state: &State, now: UtcMillis) -> StateJson<'_> {
    let declared = &state.declared;
    let variables = state.encrypted.iter();
    let variables = variables.map(|variable| VariableJson::of(variable, now));
    StateJson {
        manifests: ManifestsJson {
            resources: declared.resources,
            errors: declared.errors,
            warnings: declared.warnings,
            plain_variables: declared.plain_variables,
            dependencies: declared.graph.edges().len(),
        },
        lookups: state.lookups.iter().map(StatJson::from).collect(),
        max_age_seconds: state.max_age.as_secs(),
        encrypted_variables: variables.collect(),
        webhooks: state.outbox.iter().map(ItemJson::of).collect(),
    }
}
