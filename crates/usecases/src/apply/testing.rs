//! Tests on the tenant's sandbox of what was just created or updated, and what becomes of an action that fails them.
//!
//! That an action is to be tested is journaled before its write is settled, and webhooks are told of the write with the outcome of
//! the test. So no crash forgets either.

use cxda_domain::action::{DataAction, Expectation, OnTestFailure, TestCase};
use cxda_domain::address::Address;
use cxda_domain::audit::{AuditAction, Phase};
use cxda_domain::event::{Event, EventKind};
use cxda_domain::key::{Fingerprint, ResourceId};
use cxda_domain::manifest::Declaration;
use cxda_domain::observed::ObservedResource;
use cxda_domain::plan::{Body, Change, ChangeKind, Desired};
use cxda_domain::request::Operation;
use cxda_domain::script::ScriptEnd;
use cxda_domain::secret::SecretText;
use cxda_domain::verdict::{Verdict, judge};
use cxda_ports::error::{ApiErrorKind, CallCost};
use cxda_ports::journal::Intent;
use serde_json::json;

use crate::apply::execution::{Execution, Progressed, lock};
use crate::apply::journaling::{Ending, Fate, Write, names};
use crate::apply::open::OpenWrite;
use crate::apply::recover::Proof;
use crate::apply::{Failure, TestReport, TestStatus};
use crate::plan::Planned;
use crate::test::sandbox;

/// The audit note of an action that was put back, or switched off, after its tests failed.
const TESTS_FAILED: &str = "tests_failed";

/// The audit note of an action that an earlier run left untested and that is not tested any more.
const NOT_TESTED: &str = "not_tested";

/// What came of the tests of one action.
struct Judged {
    failures: Vec<String>,
    /// Whether the script itself failed, and not only the way to it.
    by_script: bool,
    cost: CallCost,
}

impl Execution<'_> {
    /// Whether the action at `address` is known to have passed its tests; `None` where they were not run.
    pub(super) fn test_passed(&self, address: &Address) -> Option<bool> {
        let there = lock(&self.tested).get(address).copied();
        there.or_else(|| self.options.passed_here.contains(address).then_some(true))
    }

    /// The word for that in webhooks, which is the sandbox's.
    pub(super) fn test_status(&self, address: &Address) -> Option<&'static str> {
        let word = |passed| if passed { "SUCCESS" } else { "FAILED" };
        self.test_passed(address).map(word)
    }

    /// Journals that the action `id` is to be tested, where it is; webhooks are then told of `tells` with the outcome of the test.
    pub(super) async fn owe_test(
        &self,
        change: &Change,
        desired: &Desired,
        id: &ResourceId,
        tells: EventKind,
    ) -> Result<(), Failure> {
        if self.is_to_be_tested(&change.address, desired) {
            let payload = self.payload(desired);
            let write = write(change, id, &payload);
            let intent = self.begin_telling(write, tells).await?;
            lock(&self.owed).insert(change.address.clone(), intent);
        }
        Ok(())
    }

    /// Whether webhooks are told of what happened to `address` only after its tests, those of an earlier run included.
    pub(super) fn awaits_test(&self, address: &Address) -> bool {
        let owed = lock(&self.owed).get(address).cloned();
        let open = self.open_at(address).iter().map(|open| &open.intent);
        let mut tests = open.chain(&owed);
        tests.any(|intent| intent.operation == Operation::TestAction && !self.is_settled(intent))
    }

    /// Tests what `change` has just written, and deals with a failure as its manifest says.
    pub(super) async fn test(
        &self,
        change: &Change,
        desired: &Desired,
        before: Option<&ObservedResource>,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let owed = lock(&self.owed).remove(&change.address);
        let (Some(intent), Some(id)) = (owed, progressed.id.clone()) else {
            progressed.test = self.untested(&change.address, desired);
            return Ok(());
        };
        let Some(action) = self.declared(&change.address) else {
            return Ok(());
        };
        let judged = match self.judge(action, &id).await {
            Ok(judged) => judged,
            Err(failure) => {
                return self
                    .leave_untested(change, desired, &intent, &failure)
                    .await;
            }
        };
        progressed.cost = progressed.cost.plus(judged.cost);
        let left = judged.by_script.then_some(action.on_test_failure);
        let passed = judged.failures.is_empty();
        progressed.test = Some(TestReport {
            status: if passed {
                TestStatus::Passed
            } else {
                TestStatus::Failed
            },
            failures: judged.failures,
            left,
        });
        lock(&self.tested).insert(change.address.clone(), passed);
        // Before the test is settled, so that a crash in between has it tested again. Webhooks are told of a create first.
        let new = change.kind == ChangeKind::Create;
        let reacted = match left {
            Some(OnTestFailure::Disable) => self.switch_off(change, desired, &id, progressed).await,
            Some(OnTestFailure::Revert) if !new => {
                self.put_back(change, desired, &id, before, progressed)
                    .await
            }
            _ => Ok(()),
        };
        if let Err(failure) = &reacted
            && failure.is_stopped()
        {
            return self.leave_untested(change, desired, &intent, failure).await;
        }
        self.settle_test(change, desired, &intent, passed, judged.cost)
            .await?;
        if new && left == Some(OnTestFailure::Revert) {
            let change = Change::following(&change.address, &id, ChangeKind::Delete);
            self.delete(&change, progressed).await?;
            return Err(Failure::PutBack);
        }
        reacted
    }

    /// Settles the test of `intent`; webhooks are told of what waited for it.
    async fn settle_test(
        &self,
        change: &Change,
        desired: &Desired,
        intent: &Intent,
        passed: bool,
        cost: CallCost,
    ) -> Result<(), Failure> {
        let payload = self.payload(desired);
        let Some(id) = &intent.id else { return Ok(()) };
        let phase = if passed { Phase::Done } else { Phase::Failed };
        let note = (!passed).then(|| TESTS_FAILED.to_owned());
        let ending = Ending {
            events: self.awaited(intent, cost),
            ..Ending::alone((phase, Fate::Resolved), Some(id), cost, note)
        };
        self.settle(write(change, id, &payload), intent, ending)
            .await
    }

    /// Leaves the test of `intent` to the next run.
    async fn leave_untested(
        &self,
        change: &Change,
        desired: &Desired,
        intent: &Intent,
        failure: &Failure,
    ) -> Result<(), Failure> {
        let payload = self.payload(desired);
        if let Some(id) = &intent.id {
            let fate = (Phase::Unknown, Fate::Open);
            let ending = Ending::failed(fate, Some(id), CallCost::default(), failure);
            self.settle(write(change, id, &payload), intent, ending)
                .await?;
        }
        Err(Failure::NotTested)
    }

    /// Tests again what an earlier run left untested; tells whether that is settled.
    async fn retest(&self, intent: &Intent) -> Result<bool, Failure> {
        let (Some(id), address) = (&intent.id, &intent.address) else {
            return Ok(false);
        };
        let planned = self.planned.plan.changes.iter();
        let mut planned = planned.filter(|change| change.address == *address);
        let there = self.planned.observed.get(address);
        let (Some(desired), Some(there)) = (self.desired(address), there) else {
            return Ok(false);
        };
        if !self.options.tests_there
            || planned.next().is_some()
            || there.id != *id
            || self.payload(&desired) != intent.payload
        {
            return Ok(false);
        }
        lock(&self.owed).insert(address.clone(), intent.clone());
        let change = Change::following(address, id, ChangeKind::Update);
        let mut progressed = Progressed {
            id: Some(id.clone()),
            ..Progressed::default()
        };
        self.test(&change, &desired, None, &mut progressed).await?;
        if let Some(report) = progressed.test {
            lock(&self.retested).insert(address.clone(), report);
        }
        Ok(true)
    }

    /// Tests what an earlier run left untested, or else tells how that is over.
    pub(super) async fn proof_of_test(&self, open: &OpenWrite) -> Result<Option<Proof>, Failure> {
        let intent = &open.intent;
        if self.retest(intent).await? {
            return Ok(None);
        }
        Ok(Some(Proof {
            events: self.awaited(intent, CallCost::default()),
            ..Proof::over(Phase::Unknown, NOT_TESTED, intent.id.clone())
        }))
    }

    /// The event that waited for the test that `intent` is about; none where the write itself is not settled, for that tells it.
    fn awaited(&self, intent: &Intent, cost: CallCost) -> Vec<Event> {
        let mut open = self.open_at(&intent.address).iter();
        let written = [Operation::CreateAction, Operation::ReplaceAction];
        if open
            .any(|open| written.contains(&open.intent.operation) && !self.is_settled(&open.intent))
        {
            return Vec::new();
        }
        let (address, latency_ms) = (&intent.address, cost.latency_ms());
        let told = intent.tells.zip(intent.id.as_ref()).map(|(kind, id)| {
            Event::action(kind, address, id, self.test_status(address), latency_ms)
        });
        told.into_iter().collect()
    }

    /// Runs the tests of `action`, one after another.
    ///
    /// # Errors
    ///
    /// Where the run is to stop meanwhile.
    async fn judge(&self, action: &DataAction, id: &ResourceId) -> Result<Judged, Failure> {
        let mut judged = Judged {
            failures: Vec::new(),
            by_script: false,
            cost: CallCost::default(),
        };
        for case in cases(action) {
            match sandbox(self.ports.tenant.actions, id, &case).await {
                Ok(answer) => {
                    judged.cost = judged.cost.plus(answer.cost);
                    judged.add(&case, &answer.value);
                }
                Err(error) if error.is_stopped() => return Err(error.into()),
                Err(error) => {
                    self.note_refusal(&error);
                    judged.cost = judged.cost.plus(error.cost);
                    // The tenant looked at the script and would not run it.
                    judged.by_script |= matches!(error.kind, ApiErrorKind::Rejected { .. });
                    let why = format!("{}: not run: {error}", case.name);
                    judged.failures.push(why);
                }
            }
        }
        Ok(judged)
    }

    /// Switches the action `id` off, which stays as it was written otherwise.
    async fn switch_off(
        &self,
        change: &Change,
        desired: &Desired,
        id: &ResourceId,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let mut off = desired.clone();
        if let Body::Action(body) = &mut off.body {
            body.enabled = Some(false);
        }
        let current = self.read_id(change.address.kind, id).await?;
        progressed.cost = progressed.cost.plus(current.cost);
        let change = Change::following(&change.address, id, ChangeKind::Update);
        self.write_anew(&change, &off, current.value, progressed)
            .await
    }

    /// Restores what was there before; where nobody knows that any more, the action is switched off.
    async fn put_back(
        &self,
        change: &Change,
        desired: &Desired,
        id: &ResourceId,
        before: Option<&ObservedResource>,
        progressed: &mut Progressed,
    ) -> Result<(), Failure> {
        let Some(before) = before else {
            return self.switch_off(change, desired, id, progressed).await;
        };
        let current = self.read_id(change.address.kind, id).await?;
        progressed.cost = progressed.cost.plus(current.cost);
        let (operation, action) = names(ChangeKind::Update, change.address.kind);
        let text = SecretText::new(before.document.as_str());
        let payload = self.ports.journal.fingerprint(&text);
        let write = Write {
            change,
            operation,
            action,
            id: Some(id),
            payload: &payload,
            tag: current.value.tag.as_ref(),
        };
        let intent = self.begin(write).await?;
        let restored = self.ports.tenant.actions.restore(&current.value, before);
        let (cost, failure) = match restored.await {
            Ok(answer) => (answer.cost, None),
            Err(error) => (error.cost, Some(Failure::from(error))),
        };
        progressed.cost = progressed.cost.plus(cost);
        let ending = match &failure {
            None => {
                let note = Some(TESTS_FAILED.to_owned());
                Ending::alone((Phase::Done, Fate::Resolved), Some(id), cost, note)
            }
            Some(failure) => Ending::failed(self.fate(failure, &intent), Some(id), cost, failure),
        };
        self.settle(write, &intent, ending).await?;
        Err(failure.unwrap_or(Failure::PutBack))
    }

    fn is_to_be_tested(&self, address: &Address, desired: &Desired) -> bool {
        self.options.tests_there
            && matches!(&desired.body, Body::Action(_))
            && self.is_enabled(address, desired)
    }

    /// Whether the action runs on the tenant once it is as `desired`.
    fn is_enabled(&self, address: &Address, desired: &Desired) -> bool {
        let Body::Action(body) = &desired.body else {
            return false;
        };
        let there = || {
            let there = self.planned.observed.get(address);
            let enabled = there.and_then(|there| there.fields.at(&["enabled"]));
            enabled != Some(&json!(false))
        };
        body.enabled.unwrap_or_else(there)
    }

    /// What is said of an action that was not tested there.
    fn untested(&self, address: &Address, desired: &Desired) -> Option<TestReport> {
        let (status, failures) = if !matches!(&desired.body, Body::Action(_)) {
            return None;
        } else if self.options.tests_there && !self.is_enabled(address, desired) {
            let why = "not tested on the tenant: it is not enabled";
            (TestStatus::Skipped, vec![why.to_owned()])
        } else if self.options.passed_here.contains(address) {
            (TestStatus::Passed, Vec::new())
        } else {
            return None;
        };
        Some(TestReport {
            status,
            failures,
            left: None,
        })
    }

    fn declared(&self, address: &Address) -> Option<&DataAction> {
        match &self.planned.project.manifest.get(address)?.resource {
            Declaration::Action(action) => Some(action),
            Declaration::View(_) => None,
        }
    }
}

impl Judged {
    /// Takes in how the script ended with the input of `case`.
    fn add(&mut self, case: &TestCase, end: &ScriptEnd) {
        let name = &case.name;
        match judge(&case.expect, end) {
            Verdict::Passed => return,
            Verdict::Failed(found) => {
                let lines = found.shown.iter().map(|each| format!("{name}: {each}"));
                self.failures.extend(lines);
            }
            Verdict::Error => {
                let why = match end {
                    ScriptEnd::Threw { message, .. } => message.clone(),
                    ScriptEnd::Stopped(limit) => limit.to_string(),
                    ScriptEnd::Returned(_) => String::new(),
                };
                self.failures.push(format!("{name}: {why}"));
            }
        }
        self.by_script = true;
    }
}

/// Adds to the plan's requests what testing its creates and updates on the tenant costs.
pub fn count_tests(planned: &mut Planned) {
    let mut calls = 0;
    for change in &planned.plan.changes {
        let declared = planned.project.manifest.get(&change.address);
        if let (true, Some(Declaration::Action(action))) = (
            change.kind != ChangeKind::Delete,
            declared.map(|declared| &declared.resource),
        ) {
            calls += cases(action).len();
        }
    }
    let calls = u64::try_from(calls).unwrap_or(u64::MAX);
    planned.plan.requests.add(Operation::TestAction, calls);
}

/// The tests of `action`; where it has none, one call that must succeed.
fn cases(action: &DataAction) -> Vec<TestCase> {
    if !action.tests.is_empty() {
        return action.tests.clone();
    }
    vec![TestCase {
        name: "smoke call".to_owned(),
        input: json!({"testField": "validation_payload"}),
        expect: Expectation::default(),
        now: None,
        random_seed: None,
    }]
}

fn write<'a>(change: &'a Change, id: &'a ResourceId, payload: &'a Fingerprint) -> Write<'a> {
    Write {
        change,
        operation: Operation::TestAction,
        action: AuditAction::TestDataAction,
        id: Some(id),
        payload,
        tag: None,
    }
}
