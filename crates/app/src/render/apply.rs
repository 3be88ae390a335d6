//! What an apply came to, for people and programs.

use cxda_domain::action::OnTestFailure;
use cxda_domain::key::ResourceId;
use cxda_domain::plan::ChangeKind;
use cxda_domain::secret::Redactor;
use cxda_usecases::apply::{Applied, ChangeResult, Failure, Outcome, TestReport, TestStatus};
use cxda_usecases::deliver::Delivered;
use serde::Serialize;

use crate::cli::Detail;
use crate::render::plan::FEW;
use crate::render::{FORMAT_VERSION, Screen, Tone, chain, counted, json, safe};

/// Everything that there is to say about a run.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) run: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) applied: &'a Applied,
    pub(crate) unchanged: usize,
    pub(crate) sent: u64,
    pub(crate) retried: u64,
    pub(crate) webhooks: Delivered,
    pub(crate) redactor: &'a Redactor,
    /// The command that a person gives.
    pub(crate) command: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplyJson<'a> {
    format_version: &'static str,
    run_id: &'a str,
    tenant: &'a str,
    results: Vec<ResultJson<'a>>,
    summary: SummaryJson,
    requests: RequestsJson,
    webhooks: WebhooksJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultJson<'a> {
    address: String,
    operation: ChangeKind,
    outcome: &'static str,
    id: Option<&'a str>,
    latency_ms: f64,
    attempts: u32,
    test: TestJson,
    error: Option<ErrorJson>,
}

#[derive(Serialize)]
struct TestJson {
    status: Option<&'static str>,
    failures: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorJson {
    code: &'static str,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
}

#[derive(Serialize)]
struct SummaryJson {
    created: usize,
    updated: usize,
    deleted: usize,
    unchanged: usize,
    failed: usize,
    skipped: usize,
}

#[derive(Serialize)]
struct RequestsJson {
    sent: u64,
    retried: u64,
}

#[derive(Serialize)]
struct WebhooksJson {
    delivered: usize,
    pending: usize,
}

impl Report<'_> {
    fn summary(&self) -> SummaryJson {
        let failed = self.applied.count(Outcome::Failed) + self.applied.count(Outcome::Unknown);
        SummaryJson {
            created: self.applied.done(ChangeKind::Create),
            updated: self.applied.done(ChangeKind::Update),
            deleted: self.applied.done(ChangeKind::Delete),
            unchanged: self.unchanged,
            failed,
            skipped: self.applied.count(Outcome::Skipped),
        }
    }

    fn test(&self, report: Option<&TestReport>) -> TestJson {
        let lines = report.map_or(&[][..], |report| &report.failures);
        TestJson {
            status: report.map(|report| report.status.as_str()),
            failures: lines
                .iter()
                .map(|line| self.redactor.redact(line))
                .collect(),
        }
    }

    fn message(&self, failure: &Failure) -> String {
        self.redactor.redact(&chain(failure))
    }

    fn error(&self, failure: &Failure) -> ErrorJson {
        let api = failure.api();
        ErrorJson {
            code: failure.code(),
            message: self.message(failure),
            status: api.and_then(|error| error.status),
            request_id: api.and_then(|error| error.request_id.clone()),
        }
    }

    /// What `apply -o json` prints.
    pub(crate) fn json(&self) -> String {
        let result = |result: &'_ ChangeResult| -> (f64, Option<ErrorJson>) {
            let latency_ms = result.cost.latency_ms();
            (
                latency_ms,
                result.failure.as_ref().map(|failure| self.error(failure)),
            )
        };
        let results = self.applied.results.iter().map(|each| {
            let (latency_ms, error) = result(each);
            ResultJson {
                address: each.address.to_string(),
                operation: each.kind,
                outcome: each.outcome.as_str(),
                id: each.id.as_ref().map(ResourceId::as_str),
                latency_ms,
                attempts: each.cost.attempts,
                test: self.test(each.test.as_ref()),
                error,
            }
        });
        json(&ApplyJson {
            format_version: FORMAT_VERSION,
            run_id: self.run,
            tenant: self.tenant,
            results: results.collect(),
            summary: self.summary(),
            requests: RequestsJson {
                sent: self.sent,
                retried: self.retried,
            },
            webhooks: WebhooksJson {
                delivered: self.webhooks.delivered,
                pending: self.webhooks.pending,
            },
        })
    }

    /// What `apply` prints for people. What was done as planned is not listed again where `detail` or the number says so.
    pub(crate) fn text(&self, screen: Screen, detail: Option<Detail>) -> String {
        let mut text = String::new();
        let results = &self.applied.results;
        let all = match detail {
            Some(detail) => detail != Detail::Summary,
            None => results.len() <= FEW,
        };
        let is_as_planned = |result: &ChangeResult| {
            let tests = result.test.as_ref();
            result.outcome == Outcome::Done && tests.is_none_or(|tests| tests.failures.is_empty())
        };
        for result in results.iter().filter(|each| all || !is_as_planned(each)) {
            text.push_str(&self.line(screen, result));
            if let Some(report) = &result.test {
                text.push_str(&self.tests(screen, report));
            }
        }
        for (address, report) in &self.applied.retested {
            text.push_str(&format!(
                "· {address}  tested, as an earlier run had not come to it\n"
            ));
            text.push_str(&self.tests(screen, report));
        }
        let sum = self.summary();
        let mut parts = vec![
            format!("{} created", sum.created),
            format!("{} updated", sum.updated),
            format!("{} deleted", sum.deleted),
            format!("{} unchanged", sum.unchanged),
        ];
        if sum.failed > 0 {
            parts.push(screen.paint(Tone::Error, &format!("{} failed", sum.failed)));
        }
        if sum.skipped > 0 {
            parts.push(screen.paint(Tone::Warning, &format!("{} skipped", sum.skipped)));
        }
        let retried = if self.retried > 0 {
            format!(", {} retried", self.retried)
        } else {
            String::new()
        };
        let is_whole = sum.failed + sum.skipped == 0;
        let head = if is_whole {
            "Done"
        } else {
            "Not everything was applied"
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "{head}: {}. {} requests{retried}.\n",
            parts.join(", "),
            self.sent
        ));
        if !is_whole {
            text.push_str(&format!(
                "Mend what needs mending, then run `cxda {}` again: what is done is not done twice.\n",
                self.command
            ));
        }
        let reports = self.applied.results.iter();
        let reports = reports.filter_map(|result| result.test.as_ref());
        let failed = reports.chain(self.applied.retested.values());
        let failed = failed
            .filter(|report| report.status == TestStatus::Failed)
            .count();
        if failed > 0 {
            let what = counted(failed, "action");
            let line = format!("{what} failed tests on the tenant.");
            text.push_str(&format!("{}\n", screen.paint(Tone::Error, &line)));
        }
        let hooks = self.webhooks;
        if hooks.delivered + hooks.pending + hooks.dead > 0 {
            text.push_str(&format!(
                "Webhooks: {} delivered, {} pending{}.\n",
                hooks.delivered,
                hooks.pending,
                dead(screen, hooks.dead),
            ));
        }
        text
    }

    /// What is wrong with the tests of an action, and what was made of it.
    fn tests(&self, screen: Screen, report: &TestReport) -> String {
        let mut text = String::new();
        for failure in &report.failures {
            let line = safe::lines(&self.redactor.redact(failure)).replace('\n', "\n      ");
            text.push_str(&format!("    {line}\n"));
        }
        let left = match report.left {
            Some(OnTestFailure::Disable) => "it was switched off (onTestFailure: disable)",
            Some(OnTestFailure::Keep) => "it stays as it is (onTestFailure: keep)",
            Some(OnTestFailure::Revert) | None => return text,
        };
        text.push_str(&format!("    {}\n", screen.paint(Tone::Warning, left)));
        text
    }

    fn line(&self, screen: Screen, result: &ChangeResult) -> String {
        let address = safe::line(&result.address.to_string());
        let (mark, tone) = match (result.outcome, result.kind) {
            (Outcome::Done, ChangeKind::Create) => ("+", Tone::Create),
            (Outcome::Done, ChangeKind::Update) => ("~", Tone::Update),
            (Outcome::Done, ChangeKind::Delete) => ("-", Tone::Delete),
            (Outcome::Skipped, _) => ("·", Tone::Warning),
            (Outcome::Failed, _) => ("✗", Tone::Error),
            (Outcome::Unknown, _) => ("?", Tone::Error),
        };
        let did = match (result.outcome, result.kind) {
            (Outcome::Done, ChangeKind::Create) => "created",
            (Outcome::Done, ChangeKind::Update) => "updated",
            (Outcome::Done, ChangeKind::Delete) => "deleted",
            (outcome, _) => outcome.as_str(),
        };
        let detail = if let Some(failure) = &result.failure {
            safe::lines(&self.message(failure))
        } else {
            let id = result
                .id
                .as_ref()
                .map_or_else(String::new, |id| format!("{id}, "));
            format!("{id}{} ms", result.cost.latency.as_millis())
        };
        let head = screen.paint(tone, &format!("{mark} {address}"));
        format!("{head}  {did}  {}\n", screen.paint(Tone::Faint, &detail))
    }
}

/// How many deliveries nobody tries any more, where there are some.
fn dead(screen: Screen, deliveries: usize) -> String {
    if deliveries == 0 {
        return String::new();
    }
    let dead = screen.paint(Tone::Error, &format!("{deliveries} dead"));
    format!(", {dead} (see `cxda webhooks list`)")
}
