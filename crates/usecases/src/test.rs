//! Runs the tests that manifests declare: here, and where it is asked for on the tenant's sandbox as well.
//!
//! Nothing is written on the tenant.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cxda_domain::action::{DataAction, TestCase};
use cxda_domain::address::{Address, AddressPattern};
use cxda_domain::manifest::{Declaration, Manifest, Origin};
use cxda_domain::node::Mark;
use cxda_domain::script::ScriptEnd;
use cxda_domain::verdict::{Differences, Verdict, judge};
use cxda_domain::violation::FieldPath;
use cxda_ports::error::{ApiError, SourceError};
use cxda_ports::manifests::ManifestSource;
use cxda_ports::progress::{Progress, ProgressEvent};
use cxda_ports::script::{ScriptChecker, ScriptRun, ScriptRunError, ScriptRunner};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::near::{did_you_mean, near};
use crate::ports::TenantPorts;
use crate::validate::{Project, validate};

mod remote;

pub use remote::{NotRun, sandbox};

/// What testing needs.
#[derive(Clone, Copy, Debug)]
pub struct TestPorts<'a> {
    /// The project.
    pub manifests: &'a dyn ManifestSource,
    /// Who judges scripts before they are run.
    pub checker: &'a dyn ScriptChecker,
    /// Who runs scripts.
    pub runner: &'a dyn ScriptRunner,
    /// The tenant, where its sandbox is asked as well.
    pub tenant: Option<TenantPorts<'a>>,
    /// What a person sees meanwhile.
    pub progress: &'a dyn Progress,
}

/// Which tests are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestScope {
    /// Only these resources; all of them where there is none.
    pub addresses: Vec<AddressPattern>,
    /// Only tests whose title, such as `action/score: scales`, holds this text.
    pub filter: Option<String>,
}

/// Why nothing came of it. Findings are no error: they stand in the project, and then there are no results.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The project cannot be read.
    #[error("the project cannot be read")]
    Project(#[source] SourceError),
    /// An address that nothing bears.
    #[error("no resource of the project is named {}{}", pattern.as_str(), did_you_mean(near.as_deref()))]
    NoTarget {
        /// The pattern.
        pattern: AddressPattern,
        /// The address that was likely meant.
        near: Option<String>,
    },
    /// Scripts cannot be run.
    #[error("the tests cannot be run")]
    Script(#[source] ScriptRunError),
    /// The tenant does not answer.
    #[error("the tests cannot be run on the tenant")]
    Tenant(#[source] ApiError),
}

/// The project and what came of its tests.
#[derive(Debug)]
pub struct Tested {
    /// The project; nothing was run where its findings hold an error.
    pub project: Project,
    /// A result for each test that was meant, by address and then in the order of the manifest.
    pub results: Vec<TestResult>,
}

/// A test of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionTest<'a> {
    /// The action.
    pub action: &'a DataAction,
    /// Where it is declared.
    pub origin: &'a Origin,
    /// Its place among the action's tests, from 0.
    pub index: usize,
    /// The test.
    pub case: &'a TestCase,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    /// The action.
    pub address: Address,
    /// The test's place among the action's tests, from 0.
    pub index: usize,
    /// The test's name.
    pub test: String,
    /// Whether it passed.
    pub verdict: Verdict,
    /// How the script ended, or why it was not run.
    pub end: Result<ScriptEnd, NotRun>,
    /// Where it threw, in words, as far as the engine says.
    pub thrown_at: Option<String>,
    /// What the script logged, a line each.
    pub logs: Vec<String>,
    /// How long it took.
    pub took: Duration,
    /// In what the tenant's sandbox and the run here differ, and what may be the reason; a line each.
    pub unlike_here: Vec<String>,
}

impl ActionTest<'_> {
    /// What it is called among all tests.
    pub fn title(&self) -> String {
        title(&Address::action(self.action.name.as_str()), &self.case.name)
    }

    fn result(&self, end: Result<ScriptEnd, NotRun>, took: Duration) -> TestResult {
        let verdict = match &end {
            Ok(end) => judge(&self.case.expect, end),
            Err(_) => Verdict::Error,
        };
        TestResult {
            address: Address::action(self.action.name.as_str()),
            index: self.index,
            test: self.case.name.clone(),
            verdict,
            thrown_at: end
                .as_ref()
                .ok()
                .and_then(|end| thrown_at(self.action, self.origin, end)),
            end,
            logs: Vec::new(),
            took,
            unlike_here: Vec::new(),
        }
    }
}

impl TestResult {
    /// What it is called among all tests.
    pub fn title(&self) -> String {
        title(&self.address, &self.test)
    }

    /// Whether all that was expected came.
    pub fn has_passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

impl Tested {
    /// What the test of `result` would have to expect as its `output` to pass, and where the action is declared. `None` where no
    /// other output would help: it passed, it expects an error, or the script returned nothing.
    pub fn new_output<'a>(&'a self, result: &'a TestResult) -> Option<(&'a Origin, &'a Value)> {
        let declared = self.project.manifest.get(&result.address)?;
        let Declaration::Action(action) = &declared.resource else {
            return None;
        };
        let expect = &action.tests.get(result.index)?.expect;
        let (Ok(ScriptEnd::Returned(output)), Some(old)) = (&result.end, &expect.output) else {
            return None;
        };
        let differs = !Differences::between(output, old, "expected").is_empty();
        (differs && !expect.expects_error()).then_some((&declared.origin, output))
    }
}

fn title(address: &Address, test: &str) -> String {
    format!("{address}: {test}")
}

/// Runs the tests that `scope` means, `parallelism` of them at a time, and then, where there is a tenant, each on its sandbox: what
/// the sandbox came to is then the result.
///
/// # Errors
///
/// [`TestError`] where the project cannot be read, an address means nothing, or neither scripts nor the tenant can be reached.
pub async fn test(
    ports: TestPorts<'_>,
    scope: &TestScope,
    parallelism: usize,
) -> Result<Tested, TestError> {
    let project = validate(ports.manifests, ports.checker)
        .await
        .map_err(TestError::Project)?;
    if project.violations.has_errors() {
        let results = Vec::new();
        return Ok(Tested { project, results });
    }
    let tests = select(&project.manifest, scope)?;
    let here = run_tests(ports.runner, ports.progress, parallelism, &tests);
    let here = here.await.map_err(TestError::Script)?;
    let results = match ports.tenant {
        None => here,
        Some(_) if tests.is_empty() => here,
        Some(tenant) => remote::run_tests(tenant, ports.progress, &tests, here)
            .await
            .map_err(TestError::Tenant)?,
    };
    Ok(Tested { project, results })
}

/// The tests that `scope` means, by address and then in the order of the manifest.
///
/// # Errors
///
/// [`TestError::NoTarget`] if an address means no resource.
pub fn select<'a>(
    manifest: &'a Manifest,
    scope: &TestScope,
) -> Result<Vec<ActionTest<'a>>, TestError> {
    let declared = |pattern: &AddressPattern| {
        let mut addresses = manifest.resources().keys();
        addresses.any(|address| pattern.matches(address))
    };
    if let Some(pattern) = scope.addresses.iter().find(|pattern| !declared(pattern)) {
        return Err(TestError::NoTarget {
            pattern: pattern.clone(),
            near: near(pattern.as_str(), manifest.resources().keys()),
        });
    }
    let meant = |action: &DataAction| {
        let address = Address::action(action.name.as_str());
        let mut patterns = scope.addresses.iter();
        scope.addresses.is_empty() || patterns.any(|pattern| pattern.matches(&address))
    };
    let actions = manifest.actions().filter(|(action, _)| meant(action));
    let tests = actions.flat_map(|(action, origin)| tests_of(action, origin));
    let filter = scope.filter.as_deref().unwrap_or_default();
    Ok(tests.filter(|test| test.title().contains(filter)).collect())
}

/// All tests of `action`, which is declared at `origin`.
pub fn tests_of<'a>(
    action: &'a DataAction,
    origin: &'a Origin,
) -> impl Iterator<Item = ActionTest<'a>> {
    let cases = action.tests.iter().enumerate();
    cases.map(move |(index, case)| ActionTest {
        action,
        origin,
        index,
        case,
    })
}

/// Runs `tests` here, `parallelism` of them at a time, and gives their results in the order of the tests.
///
/// # Errors
///
/// [`ScriptRunError`] if any of them could not be run; what their scripts do stands in the results.
pub async fn run_tests(
    runner: &dyn ScriptRunner,
    progress: &dyn Progress,
    parallelism: usize,
    tests: &[ActionTest<'_>],
) -> Result<Vec<TestResult>, ScriptRunError> {
    let (ended, of) = (AtomicUsize::new(0), tests.len());
    let ended = &ended;
    let runs = tests.iter().copied().map(|test| async move {
        let outcome = runner.run(&script_run(&test)).await?;
        let done = ended.fetch_add(1, Ordering::Relaxed) + 1;
        progress.note(ProgressEvent::Testing { done, of });
        Ok(TestResult {
            logs: outcome.logs,
            ..test.result(Ok(outcome.end), outcome.took)
        })
    });
    // Made before any is polled, for a stream of borrowing closures is not `Send`.
    let runs: Vec<_> = runs.collect();
    let running = stream::iter(runs).buffered(parallelism.max(1));
    running.try_collect().await
}

/// Where the script of `action` threw, in words: in its file, or in the text that its manifest holds.
pub(crate) fn thrown_at(action: &DataAction, origin: &Origin, end: &ScriptEnd) -> Option<String> {
    let ScriptEnd::Threw { at: Some(at), .. } = end else {
        return None;
    };
    let Mark { line, column } = *at;
    if let Some(file) = &action.script_file {
        return Some(format!("at {file}:{line}:{column}"));
    }
    let start = origin.position(&FieldPath::from("spec.script.content"));
    Some(format!(
        "at line {line}, column {column} of the script at {start}"
    ))
}

fn script_run(test: &ActionTest<'_>) -> ScriptRun {
    ScriptRun {
        source: test.action.script.as_str().to_owned(),
        input: test.case.input.to_string(),
        now: test.case.now,
        random_seed: test.case.random_seed,
    }
}
