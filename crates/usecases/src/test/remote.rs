//! The same tests on the tenant's sandbox, one after another, and in what it differs from a run here.
//!
//! How fast requests may follow each other is the tenant's adapter's business.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::time::Duration;

use cxda_domain::action::TestCase;
use cxda_domain::address::ResourceKind;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::ObservedResource;
use cxda_domain::script::ScriptEnd;
use cxda_domain::verdict::Differences;
use cxda_ports::actions::{ActionsApi, SandboxAnswer};
use cxda_ports::error::{Answer, ApiError, ApiErrorKind};
use cxda_ports::progress::{Progress, ProgressEvent};
use serde_json::Value;

use crate::observe::list;
use crate::ports::TenantPorts;
use crate::test::{ActionTest, TestResult};

/// The member of an action that says whether it runs; a listing may leave it out.
const ENABLED: &[&str] = &["enabled"];

/// Why a test was not run on the tenant. It is never a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRun {
    /// The tenant has no action of that name.
    Absent,
    /// It has several of that name, so nobody can say which one is meant.
    Ambiguous,
    /// The action is not enabled there.
    NotEnabled,
    /// The tenant refused this test.
    Refused(ApiError),
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "not run: the tenant has no such action, apply it first",
            Self::Ambiguous => "not run: the tenant has several actions of that name",
            Self::NotEnabled => "not run: the action is not enabled on the tenant",
            Self::Refused(error) => return write!(formatter, "not run: {error}"),
        })
    }
}

/// Runs `tests` on the sandbox; `here` is what came of them here, in the same order.
pub(super) async fn run_tests(
    tenant: TenantPorts<'_>,
    progress: &dyn Progress,
    tests: &[ActionTest<'_>],
    here: Vec<TestResult>,
) -> Result<Vec<TestResult>, ApiError> {
    let (listed, _, _) = list(tenant, progress, ResourceKind::Action).await?;
    let mut found: BTreeMap<&str, Result<ObservedResource, NotRun>> = BTreeMap::new();
    let mut results = Vec::with_capacity(tests.len());
    for (test, here) in tests.iter().zip(here) {
        let name = test.action.name.as_str();
        let action = match found.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(find(tenant.actions, &listed, name).await?),
        };
        results.push(match action {
            Ok(action) => run_test(tenant.actions, test, action, &here).await?,
            Err(reason) => test.result(Err(reason.clone()), Duration::ZERO),
        });
        let (done, of) = (results.len(), tests.len());
        progress.note(ProgressEvent::Testing { done, of });
    }
    Ok(results)
}

/// The action `name` among those `listed`, or why it cannot be tested.
async fn find(
    actions: &dyn ActionsApi,
    listed: &[ObservedResource],
    name: &str,
) -> Result<Result<ObservedResource, NotRun>, ApiError> {
    let mut named = listed.iter().filter(|action| action.name == name);
    let mut action = match (named.next(), named.next()) {
        (None, _) => return Ok(Err(NotRun::Absent)),
        (Some(action), None) => action.clone(),
        (Some(_), Some(_)) => return Ok(Err(NotRun::Ambiguous)),
    };
    if action.fields.at(ENABLED).is_none() {
        action = actions.read(&action.id).await?.value.value;
    }
    let is_off = action.fields.at(ENABLED) == Some(&Value::Bool(false));
    Ok(if is_off {
        Err(NotRun::NotEnabled)
    } else {
        Ok(action)
    })
}

async fn run_test(
    actions: &dyn ActionsApi,
    test: &ActionTest<'_>,
    action: &ObservedResource,
    here: &TestResult,
) -> Result<TestResult, ApiError> {
    let (end, took) = match sandbox(actions, &action.id, test.case).await {
        Ok(answer) => (Ok(answer.value), answer.cost.latency),
        Err(error) if concerns_this_alone(&error) => {
            let took = error.cost.latency;
            (Err(NotRun::Refused(error)), took)
        }
        Err(error) => return Err(error),
    };
    let mut result = test.result(end, took);
    result.unlike_here = unlike_here(&result, here);
    if !result.unlike_here.is_empty() {
        result.unlike_here.extend(reasons(test, action));
    }
    Ok(result)
}

/// How the script of the action `id` ends in the tenant's sandbox with the input of `case`. Clock and randomness are the tenant's.
///
/// # Errors
///
/// [`ApiError`] if the tenant does not answer, or with an output that is no JSON.
pub async fn sandbox(
    actions: &dyn ActionsApi,
    id: &ResourceId,
    case: &TestCase,
) -> Result<Answer<ScriptEnd>, ApiError> {
    let answer = actions.test(id, &case.input.to_string()).await?;
    Ok(Answer {
        value: ended(&answer.value),
        cost: answer.cost,
    })
}

fn ended(answer: &SandboxAnswer) -> ScriptEnd {
    let threw = |message: &str| ScriptEnd::Threw {
        message: message.to_owned(),
        at: None,
    };
    if !answer.succeeded {
        return threw(
            answer
                .error
                .as_deref()
                .unwrap_or("the sandbox says no more"),
        );
    }
    match answer.output.as_deref().map(serde_json::from_str) {
        None => ScriptEnd::Returned(Value::Null),
        Some(Ok(output)) => ScriptEnd::Returned(output),
        // The adapter hands over JSON; what is nested too deep to be read is told apart from any output.
        Some(Err(_)) => threw("the sandbox's output cannot be read"),
    }
}

/// Whether another test may fare better.
fn concerns_this_alone(error: &ApiError) -> bool {
    matches!(
        error.kind,
        ApiErrorKind::NotFound
            | ApiErrorKind::Rejected { .. }
            | ApiErrorKind::Busy { .. }
            | ApiErrorKind::Refused
    )
}

/// In what both runs of a test differ. Errors that both threw count as the same where the verdict is: each engine has its own words.
fn unlike_here(there: &TestResult, here: &TestResult) -> Vec<String> {
    let (Ok(there_end), Ok(here_end)) = (&there.end, &here.end) else {
        return Vec::new();
    };
    if let (ScriptEnd::Returned(there), ScriptEnd::Returned(here)) = (there_end, here_end) {
        let found = Differences::between(there, here, "locally");
        let more = (found.more > 0).then(|| format!("and {} more", found.more));
        let lines = found.shown.iter().map(ToString::to_string);
        return lines.chain(more).collect();
    }
    let same_kind = matches!(
        (there_end, here_end),
        (ScriptEnd::Threw { .. }, ScriptEnd::Threw { .. })
    );
    if same_kind && there.verdict.as_str() == here.verdict.as_str() {
        return Vec::new();
    }
    let (there, here) = (in_words(there_end), in_words(here_end));
    vec![format!("on the tenant {there}, locally {here}")]
}

fn in_words(end: &ScriptEnd) -> String {
    match end {
        ScriptEnd::Returned(_) => "it returned".to_owned(),
        ScriptEnd::Threw { message, .. } => format!("it threw {message}"),
        ScriptEnd::Stopped(limit) => limit.to_string(),
    }
}

/// Why the tenant may come to something else.
fn reasons(test: &ActionTest<'_>, action: &ObservedResource) -> Vec<String> {
    let script = action.fields.at(&["script", "content"]);
    let script = script.and_then(Value::as_str);
    let mut reasons = Vec::new();
    if script.is_some_and(|script| script != test.action.script.as_str()) {
        reasons.push("the tenant's script is not the manifest's: apply it first".to_owned());
    }
    if test.case.now.is_some() || test.case.random_seed.is_some() {
        reasons.push("the tenant has its own clock and randomness".to_owned());
    }
    reasons
}
