//! Writes as rows of the page, by run; what would make the page too large is counted instead.

use std::time::Duration;

use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::history::{RecordedRun, RecordedWrite};

use super::page::{Moment, milliseconds};
use super::verdict::Tone;
use crate::render::{counted, safe};

/// How many writes are shown, the newest ones.
const MOST_WRITES: usize = 1_000;
/// How many writes of the newest run are shown unfolded.
const MOST_UNFOLDED: usize = 40;
/// How many characters of a reason are shown.
const REASON: usize = 400;

/// A write.
#[derive(Debug)]
pub(super) struct WriteRow<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) tone: Tone,
    /// What was done and how it ended.
    pub(super) what: String,
    /// Which blocks were changed; a new resource is all new.
    pub(super) blocks: String,
    pub(super) took: String,
    pub(super) attempts: String,
    pub(super) when: Moment,
    /// How long after the beginning of its run.
    pub(super) after: String,
    /// Why it failed, or what is to be said of it.
    pub(super) reason: String,
}

/// A run with its writes.
#[derive(Debug)]
pub(super) struct RunRows<'a> {
    pub(super) id: &'a str,
    pub(super) actor: &'a str,
    pub(super) began: Moment,
    pub(super) took: String,
    /// What it did, the worst last.
    pub(super) sums: Vec<(Tone, String)>,
    pub(super) rows: Vec<WriteRow<'a>>,
    /// What is said of those that are not among the rows.
    pub(super) more: Option<String>,
    /// Whether it is shown unfolded.
    pub(super) is_open: bool,
}

impl<'a> WriteRow<'a> {
    pub(super) fn of(write: &'a RecordedWrite, run: Option<&RecordedRun>) -> Self {
        let metrics = write.outcome.metrics;
        let (tone, what) = ended(write.outcome.action, write.outcome.phase);
        let is_create = matches!(
            write.outcome.action,
            AuditAction::CreateMaterializedView | AuditAction::CreateDataAction
        );
        let after = run.map(|run| write.timestamp.duration_since(run.began));
        Self {
            kind: write.resource.kind.as_str(),
            name: &write.resource.name,
            tone,
            what,
            blocks: if is_create {
                String::new()
            } else {
                write.changes.join(", ")
            },
            took: metrics.map_or_else(String::new, |metrics| milliseconds(metrics.latency_ms)),
            attempts: match metrics.map_or(0, |metrics| metrics.attempts) {
                0 | 1 => String::new(),
                more => format!("{more} attempts"),
            },
            when: Moment::from(write.timestamp),
            after: after.map_or_else(String::new, |after| format!("+{}", seconds(after))),
            reason: safe::cut(write.error.as_deref().unwrap_or_default(), REASON),
        }
    }
}

/// The newest runs with their writes, as many as the page holds; and what is said of older ones.
pub(super) fn runs(runs: &[RecordedRun]) -> (Vec<RunRows<'_>>, Option<String>) {
    let mut left = MOST_WRITES;
    let mut shown = Vec::new();
    let mut older = 0;
    for run in runs.iter().rev() {
        if left == 0 {
            older += run.writes.len();
            continue;
        }
        let rows = run.writes.iter().take(left);
        let rows: Vec<WriteRow<'_>> = rows.map(|write| WriteRow::of(write, Some(run))).collect();
        left -= rows.len();
        let is_newest = shown.is_empty();
        shown.push(RunRows {
            id: run.id.as_str(),
            actor: &run.actor,
            began: run.began.into(),
            took: seconds(run.ended.duration_since(run.began)),
            sums: sums(run),
            more: left_out(run.writes.len() - rows.len()),
            is_open: runs.len() == 1 || is_newest && rows.len() <= MOST_UNFOLDED,
            rows,
        });
    }
    (shown, left_out(older))
}

/// How many writes ended in which way.
fn sums(run: &RecordedRun) -> Vec<(Tone, String)> {
    let mut sums: Vec<(Tone, String, usize)> = Vec::new();
    for write in &run.writes {
        let (tone, what) = match write.outcome.phase {
            Phase::Done => ended(write.outcome.action, Phase::Done),
            Phase::Failed => (Tone::Bad, "failed".to_owned()),
            Phase::Intended | Phase::Unknown => (Tone::Warn, "unknown".to_owned()),
        };
        match sums.iter_mut().find(|(_, known, _)| *known == what) {
            Some((_, _, count)) => *count += 1,
            None => sums.push((tone, what, 1)),
        }
    }
    sums.sort_by_key(|(tone, _, _)| *tone);
    let counted = sums.into_iter();
    counted
        .map(|(tone, what, count)| (tone, format!("{count} {what}")))
        .collect()
}

/// What was done and how it ended, in words.
fn ended(action: AuditAction, phase: Phase) -> (Tone, String) {
    let (verb, done) = match action {
        AuditAction::CreateMaterializedView | AuditAction::CreateDataAction => {
            ("create", "created")
        }
        AuditAction::UpdateMaterializedView | AuditAction::UpdateDataAction => {
            ("update", "updated")
        }
        AuditAction::DeleteMaterializedView | AuditAction::DeleteDataAction => {
            ("delete", "deleted")
        }
        AuditAction::TestDataAction => ("test", "tested"),
        AuditAction::BuildIndexes => ("index", "indexed"),
        AuditAction::InvalidateCache => ("invalidate", "invalidated"),
        AuditAction::DeliverWebhook => ("deliver", "delivered"),
    };
    match phase {
        Phase::Done => (Tone::Good, done.to_owned()),
        Phase::Failed => (Tone::Bad, format!("{verb} failed")),
        Phase::Unknown => (Tone::Warn, format!("{verb} unknown")),
        Phase::Intended => (Tone::Warn, format!("{verb} without an outcome")),
    }
}

/// A time in seconds, in words.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// What is said of writes that are not shown.
fn left_out(count: usize) -> Option<String> {
    let writes = counted(count, "more write");
    (count > 0).then(|| format!("{writes} not shown here; cxda report -o json has all."))
}
