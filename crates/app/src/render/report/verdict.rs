//! What the page says first: what is in order, and what somebody should look at.

use std::fmt;

use cxda_domain::delivery::DeliveryState;

use super::page::grouped;
use super::{Report, State};
use crate::render::audit::Held;
use crate::render::counted;
use crate::render::variables::days;

/// How good something is; the name of its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    /// There is nothing to judge.
    Calm,
    Good,
    Warn,
    Bad,
}

impl fmt::Display for Tone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Calm => "calm",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        })
    }
}

/// A judgement of one thing.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) text: String,
}

impl Remark {
    fn new(tone: Tone, title: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { tone, title, text }
    }
}

/// What is judged, in the order of the page.
pub(super) fn remarks(report: Report<'_>) -> Vec<Remark> {
    let mut remarks = vec![writes(report), log(report)];
    if let Some(state) = report.state {
        remarks.extend([rotation(state), webhooks(state), manifests(state)]);
    }
    remarks
}

/// All of them in one sentence.
pub(super) fn headline(remarks: &[Remark]) -> String {
    let open = remarks.iter().filter(|remark| remark.tone >= Tone::Warn);
    match open.count() {
        // Without a single write there is no order to speak of; they are judged first.
        0 if remarks
            .first()
            .is_some_and(|writes| writes.tone == Tone::Calm) =>
        {
            "Nothing was applied yet".to_owned()
        }
        0 => "Everything is in order".to_owned(),
        1 => "One thing to look at".to_owned(),
        count => format!("{count} things to look at"),
    }
}

fn writes(report: Report<'_>) -> Remark {
    const TITLE: &str = "Writes";
    let all = report.history.runs.iter().map(|run| run.writes.len());
    let of_run = report.state.is_none();
    match (all.sum::<usize>(), report.history.failures().len()) {
        (0, _) => Remark::new(Tone::Calm, TITLE, "None is on record."),
        (all, 0) if of_run => {
            Remark::new(Tone::Good, TITLE, format!("All {all} of the run are done."))
        }
        (all, failed) if of_run => {
            let text = format!("{failed} of {all} are not done, or nobody knows.");
            Remark::new(Tone::Bad, TITLE, text)
        }
        (_, 0) => Remark::new(Tone::Good, TITLE, "None is left undone."),
        (_, failed) => {
            let text = format!(
                "{} left undone and not mended since.",
                counted(failed, "write")
            );
            Remark::new(Tone::Bad, TITLE, text)
        }
    }
}

fn log(report: Report<'_>) -> Remark {
    const TITLE: &str = "Audit log";
    let log = report.log;
    if let Some(fault) = &log.fault {
        return Remark::new(Tone::Bad, TITLE, format!("Broken: {}.", fault.message));
    }
    let records = match log.records {
        1 => "1 record".to_owned(),
        records => format!("{} records", grouped(records)),
    };
    match (log.held, log.records) {
        (Held::ByStore, _) => {
            let text = format!("Sound: {records}, in agreement with the store.");
            Remark::new(Tone::Good, TITLE, text)
        }
        (Held::WithoutStore, 0) => Remark::new(Tone::Calm, TITLE, "There is none yet."),
        (Held::WithoutStore, _) => {
            let text = format!(
                "The chain of {records} holds. Without a store nobody knows whether its end was cut off."
            );
            Remark::new(Tone::Warn, TITLE, text)
        }
    }
}

fn rotation(state: &State) -> Remark {
    const TITLE: &str = "Encrypted variables";
    let all = state.encrypted.len();
    let age = age(state);
    match state.encrypted.iter().filter(|each| each.is_due).count() {
        _ if all == 0 => Remark::new(Tone::Calm, TITLE, "There are none."),
        0 => Remark::new(
            Tone::Good,
            TITLE,
            format!("None of {all} is older than {age}."),
        ),
        due => {
            let text = format!("{due} of {all} due: not changed within {age}.");
            Remark::new(Tone::Warn, TITLE, text)
        }
    }
}

/// How long an encrypted variable may stay as it is, in words.
pub(super) fn age(state: &State) -> String {
    match days(state.max_age) {
        0 => humantime::format_duration(state.max_age).to_string(),
        days => counted(usize::try_from(days).unwrap_or(usize::MAX), "day"),
    }
}

fn webhooks(state: &State) -> Remark {
    const TITLE: &str = "Webhooks";
    let states = state.outbox.iter().map(|outgoing| &outgoing.state);
    let dead = states
        .filter(|state| **state == DeliveryState::Dead)
        .count();
    match (state.outbox.len() - dead, dead) {
        (0, 0) => Remark::new(Tone::Good, TITLE, "Nothing waits to be delivered."),
        (pending, 0) => Remark::new(Tone::Warn, TITLE, format!("{pending} pending.")),
        (0, dead) => Remark::new(Tone::Bad, TITLE, format!("{dead} dead.")),
        (pending, dead) => {
            Remark::new(Tone::Bad, TITLE, format!("{pending} pending, {dead} dead."))
        }
    }
}

fn manifests(state: &State) -> Remark {
    const TITLE: &str = "Manifests";
    let declared = &state.declared;
    let warnings = match declared.warnings {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning")),
    };
    match (declared.errors, declared.resources) {
        (0, 0) => Remark::new(Tone::Calm, TITLE, "There are none."),
        (0, resources) => {
            let text = format!("{} valid{warnings}.", counted(resources, "resource"));
            Remark::new(Tone::Good, TITLE, text)
        }
        (errors, _) => {
            let text = format!("{}{warnings}: see cxda validate.", counted(errors, "error"));
            Remark::new(Tone::Bad, TITLE, text)
        }
    }
}
