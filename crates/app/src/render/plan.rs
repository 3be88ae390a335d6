//! Plans, for people and programs.
//!
//! How a single change looks is said in the modules below, one for each form.

use std::collections::BTreeMap;

use cxda_domain::diff::{Cause, FieldDifference};
use cxda_domain::plan::{Change, ChangeKind, Plan};
use cxda_domain::request::{Operation, RateLimit};
use serde::Serialize;

use crate::cli::Detail;
use crate::render::diagnostics::{Diagnostic, findings, list, summary};
use crate::render::line_diff::Room;
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, per, safe};

mod fields;
mod full;
mod markdown;
mod short;

pub(in crate::render) use full::differences;

#[cfg(test)]
mod tests;

/// Up to so many changes each field is shown where nobody says how much is to be.
pub(super) const FEW: usize = 20;
/// The most lines of a difference that are shown where nobody asks for all.
const MOST_LINES: usize = 40;
/// The most characters of one line then.
const LINE_CHARS: usize = 120;
const KINDS: [ChangeKind; 3] = [ChangeKind::Create, ChangeKind::Update, ChangeKind::Delete];

/// For which tenant a plan is, as its header says.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// The project's name.
    pub(crate) project: String,
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

/// A plan as it is shown: for which tenant, and how fast that may be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) heading: &'a Heading,
    pub(crate) plan: &'a Plan,
    pub(crate) limit: RateLimit,
}

impl Shown<'_> {
    /// What `plan -o json` prints.
    pub(crate) fn json(self) -> String {
        let plan = self.plan;
        let changes = plan.changes.iter().map(|change| ChangeJson {
            address: change.address.to_string(),
            operation: change.kind,
            cause: change.cause,
            fields: &change.fields,
        });
        let requests = plan.requests.total();
        json(&PlanJson {
            format_version: FORMAT_VERSION,
            tenant: &self.heading.tenant,
            changes: changes.collect(),
            summary: SummaryJson {
                create: plan.count(ChangeKind::Create),
                update: plan.count(ChangeKind::Update),
                delete: plan.count(ChangeKind::Delete),
                unchanged: plan.unchanged,
            },
            requests: RequestsJson {
                estimated: requests,
                by_operation: plan.requests.by_operation(),
                seconds_at_rate_limit: self.limit.shortest_time(requests).as_secs(),
            },
            diagnostics: list(&plan.violations),
        })
    }

    /// What `plan -o markdown` prints.
    pub(crate) fn markdown(self) -> String {
        markdown::comment(self)
    }

    /// What `plan` prints for people: as much as `detail` says, else as much as somebody reads.
    pub(crate) fn text(self, screen: Screen, detail: Option<Detail>) -> String {
        let plan = self.plan;
        let mut text = findings(screen, &plan.violations);
        if plan.violations.has_errors() {
            return text + &summary(&plan.violations);
        }
        let tenant = screen.paint(Tone::Strong, &safe::line(&self.heading.tenant));
        let origin = safe::line(&self.heading.origin);
        text.push_str(&format!("Tenant {tenant} ({origin})\n\n"));
        if plan.changes.is_empty() {
            return text + &self.nothing_to_do() + "\n";
        }
        let changes = changes(screen, &plan.changes, detail);
        let to_do = to_do(plan, |kind, part| screen.paint(tone(kind), part));
        text + &format!("{changes}\nPlan: {to_do}.\n{}\n", self.cost())
    }

    fn nothing_to_do(self) -> String {
        let unchanged = counted(self.plan.unchanged, "resource");
        let requests = self.plan.requests.total();
        let cost = counted(usize::try_from(requests).unwrap_or(usize::MAX), "request");
        format!("Nothing to do: {unchanged} as declared ({cost}).")
    }

    fn cost(self) -> String {
        let (limit, requests) = (self.limit, self.plan.requests.total());
        let rate = format!("{} requests {}", limit.requests, per(limit.per));
        let wait = match limit.shortest_time(requests).as_secs() {
            0 => format!("no waiting at {rate}"),
            seconds => {
                let time = humantime::format_duration(std::time::Duration::from_secs(seconds));
                format!("about {time} at {rate}")
            }
        };
        format!("Cost: at most {requests} requests, reading included; {wait}.")
    }
}

fn changes(screen: Screen, changes: &[Change], detail: Option<Detail>) -> String {
    match detail {
        Some(Detail::Summary) => short::kinds(screen, changes),
        Some(Detail::Compact) => short::lines(screen, changes),
        Some(Detail::Full) => full::changes(screen, changes, Room::AMPLE),
        None if changes.len() > FEW => {
            let more = "`--detail full` shows every field.";
            let hint = format!("{} in short: {more}", counted(changes.len(), "change"));
            let hint = screen.paint(Tone::Faint, &hint);
            format!("{}\n{hint}\n", short::lines(screen, changes))
        }
        None => {
            let room = Room {
                lines: MOST_LINES,
                first_lines: 0,
                chars: LINE_CHARS,
            };
            full::changes(screen, changes, room)
        }
    }
}

/// How many changes of each kind there are, those that there are painted.
fn to_do(plan: &Plan, paint: impl Fn(ChangeKind, &str) -> String) -> String {
    let part = |kind: ChangeKind| {
        let text = format!("{} to {}", plan.count(kind), kind.as_str());
        if plan.count(kind) > 0 {
            paint(kind, &text)
        } else {
            text
        }
    };
    let parts = KINDS.map(part).join(", ");
    format!("{parts}, {} unchanged", plan.unchanged)
}

fn tone(kind: ChangeKind) -> Tone {
    match kind {
        ChangeKind::Create => Tone::Create,
        ChangeKind::Update => Tone::Update,
        ChangeKind::Delete => Tone::Delete,
    }
}

fn mark(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "+",
        ChangeKind::Update => "~",
        ChangeKind::Delete => "-",
    }
}

fn why(change: &Change) -> &'static str {
    match (change.kind, change.cause) {
        (ChangeKind::Create, Cause::Drift) => "drift: it was deleted on the tenant",
        (ChangeKind::Create, _) => "new",
        (ChangeKind::Delete, _) if change.named => "named",
        (ChangeKind::Delete, _) => "no manifest names it any more",
        (ChangeKind::Update, Cause::Pending) if change.adopts => {
            "pending: it is there already and is adopted"
        }
        (ChangeKind::Update, Cause::Pending) => "pending: the manifest changed",
        (ChangeKind::Update, Cause::Drift) => "drift: the tenant changed",
        (ChangeKind::Update, Cause::Conflict) => {
            "conflict: manifest and tenant changed, the manifest wins"
        }
    }
}
