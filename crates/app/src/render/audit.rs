//! The audit log: whether it is sound, its figures, its last records.

use std::path::Path;

use cxda_adapters_fs::audit::chain::ChainError;
use cxda_domain::audit::{AuditAction, Phase, SealedRecord};
use cxda_domain::instant::UtcMillis;
use cxda_domain::metrics::Metrics;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::render::caches::percent;
use crate::render::metrics::micro;
use crate::render::{FORMAT_VERSION, Screen, json, safe};

/// How wide a line for people is at most.
const WIDTH: usize = 80;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerdictJson<'a> {
    format_version: &'static str,
    path: String,
    valid: bool,
    /// How many records are sound.
    records: u64,
    /// Whether a tail that was cut off would have been found.
    compared_with_store: Option<bool>,
    fault: Option<FaultJson<'a>>,
}

#[derive(Serialize)]
struct FaultJson<'a> {
    record: u64,
    kind: &'static str,
    message: String,
    hint: &'a str,
}

/// What a sound log was held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    ByStore,
    WithoutStore,
}

/// What `audit verify` says of a sound log, for people on `screen`, else as JSON.
pub(crate) fn sound(screen: Option<Screen>, path: &Path, records: u64, held: Held) -> String {
    if screen.is_none() {
        return json(&VerdictJson {
            format_version: FORMAT_VERSION,
            path: path.display().to_string(),
            valid: true,
            records,
            compared_with_store: Some(held == Held::ByStore),
            fault: None,
        });
    }
    let counted = match records {
        1 => "1 record: it is sound".to_owned(),
        _ => format!("{records} records: the chain holds"),
    };
    match held {
        Held::ByStore => format!("{counted} and agrees with the store.\n"),
        Held::WithoutStore => {
            format!("{counted}.\nThere is no store, so nobody knows whether the end was cut off.\n")
        }
    }
}

/// A log that is not sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken<'a> {
    pub(crate) path: &'a Path,
    pub(crate) error: &'a ChainError,
    pub(crate) remedy: &'a str,
}

impl Broken<'_> {
    /// What `audit verify -o json` prints of it.
    pub(crate) fn json(self) -> String {
        json(&VerdictJson {
            format_version: FORMAT_VERSION,
            path: self.path.display().to_string(),
            valid: false,
            records: self.error.seq.saturating_sub(1),
            compared_with_store: None,
            fault: Some(FaultJson {
                record: self.error.seq,
                kind: self.error.fault.word(),
                message: self.error.to_string(),
                hint: self.remedy,
            }),
        })
    }
}

/// Everything that `audit report` shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) generated: UtcMillis,
    pub(crate) records: &'a [SealedRecord],
    pub(crate) metrics: &'a Metrics,
    pub(crate) hit_rate: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportJson<'a> {
    generated_at: String,
    total_log_entries: usize,
    average_latency_ms: Option<f64>,
    current_hit_rate: Option<f64>,
    encryption_success_rate: Option<f64>,
    entries: Vec<&'a RawValue>,
}

/// What `audit report` prints, for people on `screen`, else as JSON with every record as it stands in the log.
///
/// # Errors
///
/// What is no JSON among the records; whoever verified them lets none through.
pub(crate) fn report(
    screen: Option<Screen>,
    report: &Report<'_>,
) -> Result<String, serde_json::Error> {
    let average = report.metrics.all.latency().map(|latency| latency.mean_ms);
    let encryption = report.metrics.encrypted.rate();
    if screen.is_none() {
        let entries = report.records.iter();
        return Ok(json(&ReportJson {
            generated_at: report.generated.to_string(),
            total_log_entries: report.records.len(),
            average_latency_ms: average.map(micro),
            current_hit_rate: report.hit_rate,
            encryption_success_rate: encryption,
            entries: entries
                .map(|record| serde_json::from_str(&record.line))
                .collect::<Result<_, _>>()?,
        }));
    }
    let all = &report.metrics.all;
    let (done, failed, unknown) = (all.done, all.failed, all.unknown);
    let average = average.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1} ms"));
    Ok(format!(
        "Generated              {}\n\
         Records                {}\n\
         Writes                 {done} done, {failed} failed, {unknown} unknown\n\
         Average latency        {average}\n\
         Cache hit rate         {}\n\
         Encrypted values kept  {}\n",
        report.generated,
        report.records.len(),
        percent(report.hit_rate),
        percent(encryption),
    ))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TailJson<'a> {
    format_version: &'static str,
    items: Vec<&'a RawValue>,
}

/// What `audit tail -o json` prints: each record as it stands in the log.
///
/// # Errors
///
/// What is no record among the lines.
pub(crate) fn tail_json(lines: &[Vec<u8>]) -> Result<String, serde_json::Error> {
    let items = lines.iter().map(|line| {
        let _: Shown = serde_json::from_slice(line)?;
        serde_json::from_slice(line)
    });
    Ok(json(&TailJson {
        format_version: FORMAT_VERSION,
        items: items.collect::<Result<_, _>>()?,
    }))
}

/// What of a record people are shown.
#[derive(Deserialize)]
struct Shown {
    seq: u64,
    timestamp: String,
    actor: String,
    tenant: String,
    action: AuditAction,
    phase: Phase,
    resource: ShownResource,
    error: Option<String>,
}

#[derive(Deserialize)]
struct ShownResource {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

/// What `audit tail` prints for people: a line for each record, more where it is long or notes something.
///
/// # Errors
///
/// What is no record among the lines.
pub(crate) fn tail_text(lines: &[Vec<u8>]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for line in lines {
        let record: Shown = serde_json::from_slice(line)?;
        let time = record.timestamp.get(..19).unwrap_or(&record.timestamp);
        let phase = match record.phase {
            Phase::Intended => "intended",
            Phase::Done => "done",
            Phase::Failed => "failed",
            Phase::Unknown => "unknown",
        };
        let what = format!(
            "{:>5}  {}Z  {phase:<8}  {} {}/{}",
            record.seq,
            time.replace('T', " "),
            verb(record.action),
            record.resource.kind,
            record.resource.name,
        );
        let whose = format!("on {} by {}", record.tenant, record.actor);
        let mut shown = vec![what];
        if shown[0].chars().count() + whose.chars().count() < WIDTH {
            shown[0] = format!("{} {whose}", shown[0]);
        } else {
            shown.push(format!("       {whose}"));
        }
        shown.extend(record.error.map(|note| format!("       {note}")));
        for line in shown {
            text = text + &safe::cut(&line, WIDTH) + "\n";
        }
    }
    Ok(text)
}

/// What was done, without the kind of resource, which stands beside it.
fn verb(action: AuditAction) -> &'static str {
    match action {
        AuditAction::CreateMaterializedView | AuditAction::CreateDataAction => "create",
        AuditAction::UpdateMaterializedView | AuditAction::UpdateDataAction => "update",
        AuditAction::DeleteMaterializedView | AuditAction::DeleteDataAction => "delete",
        AuditAction::TestDataAction => "test",
        AuditAction::BuildIndexes => "build indexes of",
        AuditAction::InvalidateCache => "invalidate the cache of",
        AuditAction::DeliverWebhook => "tell a webhook of",
    }
}

#[cfg(test)]
mod tests;
