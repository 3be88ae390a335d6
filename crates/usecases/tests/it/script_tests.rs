//! Tests of manifests: which are run, what comes of them here and on the tenant's sandbox, and one run by hand.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use cxda_adapters_memory::progress::Noted;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::address::ResourceKind;
use cxda_domain::node::Mark;
use cxda_domain::request::Operation;
use cxda_domain::script::ScriptEnd;
use cxda_ports::actions::SandboxAnswer;
use cxda_ports::script::{
    MockScriptRunner, ScriptOutcome, ScriptRun, ScriptRunError, ScriptRunner,
};
use cxda_usecases::run::{RunError, RunInput, run};
use cxda_usecases::test::{TestError, TestPorts, TestResult, TestScope, test};
use serde_json::{Value, json};

use crate::bench::{Bench, action, address, ports_of, with};

/// Knows how many scripts run at once at most.
#[derive(Debug, Default)]
struct Crowd {
    under_way: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl ScriptRunner for Crowd {
    async fn run(&self, run: &ScriptRun) -> Result<ScriptOutcome, ScriptRunError> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        MemoryScripts::new().run(run).await
    }
}

/// Scripts that are one word: `seven` returns 7, `boom` throws in its second line.
fn words() -> MemoryScripts {
    let boom = ScriptEnd::Threw {
        message: "Error: boom".to_owned(),
        at: Some(Mark::new(2, 5)),
    };
    MemoryScripts::new()
        .ending("seven", ScriptEnd::Returned(json!(7)), &["ran"])
        .ending("boom", boom, &[])
}

fn tested(name: &str, script: &str, tests: &Value) -> Value {
    let document = with(action(name), "/spec/script/content", json!(script));
    with(document, "/spec/tests", tests.clone())
}

fn expecting(test: &str, input: &Value, expect: &Value) -> Value {
    json!({"name": test, "input": input, "expect": expect})
}

/// Tests of `first` and `second`, of which two pass, one fails and one throws.
fn two_actions() -> Bench {
    let seven = expecting("seven", &json!(7), &json!({"output": 7}));
    let eight = expecting("eight", &json!(7), &json!({"output": 8}));
    let error = expecting("an error", &json!(1), &json!({"error": true}));
    let none = expecting("no error", &json!(1), &json!({"output": 1}));
    Bench::new([
        tested("second", "boom", &json!([error, none])),
        tested("first", "seven", &json!([seven, eight])),
        action("untested"),
    ])
}

struct Ask<'a> {
    runner: &'a dyn ScriptRunner,
    scope: TestScope,
    parallelism: usize,
}

impl Ask<'_> {
    async fn of(self, bench: &Bench, remote: Option<&Bench>) -> Result<Vec<TestResult>, TestError> {
        let manifests = bench.manifests();
        let ports = TestPorts {
            manifests: &manifests,
            checker: &bench.checker,
            runner: self.runner,
            tenant: remote.map(|bench| ports_of(&*bench.tenant)),
            progress: &bench.progress,
        };
        let tested = test(ports, &self.scope, self.parallelism).await?;
        assert!(
            !tested.project.violations.has_errors(),
            "{:?}",
            tested.project.violations
        );
        Ok(tested.results)
    }
}

fn scope(addresses: &[&str], filter: Option<&str>) -> TestScope {
    TestScope {
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        filter: filter.map(str::to_owned),
    }
}

async fn here(bench: &Bench, scope: TestScope) -> Result<Vec<TestResult>, TestError> {
    let ask = Ask {
        runner: &words(),
        scope,
        parallelism: 2,
    };
    ask.of(bench, None).await
}

async fn there(bench: &Bench) -> Vec<TestResult> {
    let ask = Ask {
        runner: &words(),
        scope: TestScope::default(),
        parallelism: 2,
    };
    ask.of(bench, Some(bench)).await.unwrap()
}

/// `TITLE outcome` of each result.
fn lines(results: &[TestResult]) -> Vec<String> {
    let line = |result: &TestResult| format!("{} {}", result.title(), result.verdict.as_str());
    results.iter().map(line).collect()
}

fn says(succeeded: bool, output: Option<&str>, error: Option<&str>) -> SandboxAnswer {
    SandboxAnswer {
        succeeded,
        output: output.map(str::to_owned),
        error: error.map(str::to_owned),
    }
}

#[tokio::test]
async fn results_stand_by_address_and_in_the_order_of_the_manifest() {
    let bench = two_actions();
    let results = here(&bench, TestScope::default()).await.unwrap();
    let want = [
        "action/first: seven passed",
        "action/first: eight failed",
        "action/second: an error passed",
        "action/second: no error error",
    ];
    assert_eq!(lines(&results), want);
    assert_eq!(results[1].index, 1);
    assert_eq!(results[0].logs, ["ran"]);
    let at = "at line 2, column 5 of the script at project.cxda.yaml:1:1";
    assert_eq!(results[3].thrown_at.as_deref(), Some(at));
    assert_eq!(bench.tenant.calls().total(), 0);
    assert_eq!(bench.progress.noted().last(), Some(&Noted::Testing(4, 4)));
}

#[tokio::test]
async fn no_more_tests_run_at_once_than_are_allowed() {
    let many =
        (0..20).map(|n| expecting(&format!("test {n}"), &json!(n), &json!({"output": null})));
    let bench = Bench::new([tested("first", "seven", &many.collect())]);
    for parallelism in [1, 4] {
        let runner = Crowd::default();
        let ask = Ask {
            runner: &runner,
            scope: TestScope::default(),
            parallelism,
        };
        let results = ask.of(&bench, None).await.unwrap();
        assert!(results.iter().all(TestResult::has_passed));
        assert_eq!(runner.most.load(Ordering::SeqCst), parallelism);
    }
}

#[tokio::test]
async fn addresses_and_a_text_choose_tests() {
    let bench = two_actions();
    for (addresses, filter, want) in [
        (&["action/first"][..], None, 2),
        (&["action/*"], None, 4),
        (&["action/first", "action/second"], None, 4),
        (&["action/untested"], None, 0),
        (&[], Some("eight"), 1),
        (&[], Some("second: no"), 1),
        (&["action/first"], Some("second"), 0),
    ] {
        let results = here(&bench, scope(addresses, filter)).await.unwrap();
        assert_eq!(results.len(), want, "case: {addresses:?} {filter:?}");
    }
    let unknown = here(&bench, scope(&["action/first", "action/x*"], None)).await;
    let message = unknown.unwrap_err().to_string();
    assert_eq!(message, "no resource of the project is named action/x*");
}

#[tokio::test]
async fn clock_and_seed_of_a_test_reach_its_script() {
    let now = "2024-02-29T15:30:00.000Z";
    let case = json!([{"name": "now", "input": {"a": 1}, "now": now, "randomSeed": 5, "expect": {"output": 7}}]);
    let bench = Bench::new([tested("first", "seven", &case)]);
    let runner = words();
    let ask = Ask {
        runner: &runner,
        scope: TestScope::default(),
        parallelism: 1,
    };
    ask.of(&bench, None).await.unwrap();
    let want = ScriptRun {
        source: "seven".to_owned(),
        input: r#"{"a":1}"#.to_owned(),
        now: now.parse().ok(),
        random_seed: Some(5),
    };
    assert_eq!(runner.ran(), [want]);
}

#[tokio::test]
async fn that_scripts_cannot_be_run_is_no_result() {
    let case = expecting("any", &json!(1), &json!({"error": true}));
    let bench = Bench::new([tested("first", "seven", &json!([case]))]);
    let mut runner = MockScriptRunner::new();
    runner.expect_run().returning(|_| {
        Err(ScriptRunError {
            doing: "starting a process",
            source: "no".into(),
        })
    });
    let ask = Ask {
        runner: &runner,
        scope: TestScope::default(),
        parallelism: 1,
    };
    let ended = ask.of(&bench, None).await;
    assert!(matches!(ended, Err(TestError::Script(_))));
}

#[tokio::test]
async fn on_the_tenant_each_test_is_judged_by_what_its_sandbox_came_to() {
    let bench = two_actions();
    bench.run().await;
    bench.tenant.forget_calls();
    bench
        .tenant
        .answer_tests_of("first", says(true, Some("8"), None));
    bench
        .tenant
        .answer_tests_of("second", says(false, None, Some("boom")));
    let results = there(&bench).await;
    let want = [
        "action/first: seven failed",
        "action/first: eight passed",
        "action/second: an error passed",
        "action/second: no error error",
    ];
    assert_eq!(lines(&results), want);
    assert_eq!(results[0].unlike_here, ["output: 8, locally 7"]);
    assert_eq!(results[1].unlike_here, ["output: 8, locally 7"]);
    // Both threw, each engine in its own words.
    assert_eq!(results[2].unlike_here, [""; 0]);
    assert_eq!(bench.count(Operation::ListActions), 1);
    assert_eq!(bench.count(Operation::TestAction), 4);
    assert_eq!(bench.tenant.calls().total(), 5);
}

#[tokio::test]
async fn another_way_to_end_on_the_tenant_is_said_with_its_likely_reason() {
    let now = "2024-02-29T15:30:00.000Z";
    let case = json!([{"name": "now", "input": 1, "now": now, "expect": {"output": 1}}]);
    let mut bench = Bench::new([tested("first", "seven", &case)]);
    bench.run().await;
    bench
        .tenant
        .answer_tests_of("first", says(false, None, Some("no clock")));
    bench.documents = vec![tested("first", "seven, later", &case)];
    let results = there(&bench).await;
    assert_eq!(lines(&results), ["action/first: now error"]);
    let want = [
        "on the tenant it threw no clock, locally it returned",
        "the tenant's script is not the manifest's: apply it first",
        "the tenant has its own clock and randomness",
    ];
    assert_eq!(results[0].unlike_here, want);
}

#[tokio::test]
async fn what_the_tenant_cannot_test_is_never_a_pass() {
    let case = json!([expecting("any", &json!(1), &json!({"output": 1}))]);
    let off = with(
        tested("switched_off", "seven", &case),
        "/spec/enabled",
        json!(false),
    );
    let mut bench = Bench::new([off.clone()]);
    bench.run().await;
    bench
        .tenant
        .leave_out_of_lists(ResourceKind::Action, &["enabled"]);
    bench.documents = vec![off, tested("absent", "seven", &case)];
    let results = there(&bench).await;
    let said: Vec<String> = results
        .iter()
        .map(|result| format!("{}: {}", result.address, result.end.clone().unwrap_err()))
        .collect();
    let want = [
        "action/absent: not run: the tenant has no such action, apply it first",
        "action/switched_off: not run: the action is not enabled on the tenant",
    ];
    assert_eq!(said, want);
    assert!(
        results
            .iter()
            .all(|result| result.verdict.as_str() == "error")
    );
    assert_eq!(bench.count(Operation::TestAction), 0);
}

#[tokio::test]
async fn without_tests_the_tenant_is_not_asked() {
    let bench = Bench::new([action("untested")]);
    assert_eq!(there(&bench).await, []);
    assert_eq!(bench.tenant.calls().total(), 0);
}

#[tokio::test]
async fn another_output_is_offered_only_where_it_would_help() {
    let returning = [
        (json!({"output": 8}), true),
        (json!({"output": 8, "outputContains": 9}), true),
        (json!({"output": 7}), false),
        (json!({"output": 7, "outputContains": 9}), false),
        (json!({"outputContains": 9}), false),
        (json!({"error": true}), false),
        (json!({"output": 8, "error": true}), false),
        (json!({"output": 8, "errorContains": "x"}), false),
    ];
    let throwing = [
        json!({"output": 8}),
        json!({"error": true}),
        json!({"errorContains": "x"}),
    ];
    let cases = |expectations: &mut dyn Iterator<Item = &Value>| {
        let cases = expectations.map(|expect| expecting(&expect.to_string(), &json!(1), expect));
        cases.collect::<Value>()
    };
    let bench = Bench::new([
        tested(
            "returns",
            "seven",
            &cases(&mut returning.iter().map(|(expect, _)| expect)),
        ),
        tested("throws", "boom", &cases(&mut throwing.iter())),
    ]);
    let (manifests, runner) = (bench.manifests(), words());
    let ports = TestPorts {
        manifests: &manifests,
        checker: &bench.checker,
        runner: &runner,
        tenant: None,
        progress: &bench.progress,
    };
    let tested = test(ports, &TestScope::default(), 1).await.unwrap();
    let none = throwing.iter().map(|_| false);
    let want = returning.iter().map(|(_, helps)| *helps).chain(none);
    for (result, helps) in tested.results.iter().zip(want) {
        let offered = tested.new_output(result).map(|(_, output)| output.clone());
        assert_eq!(offered, helps.then(|| json!(7)), "case: {}", result.title());
    }
}

#[tokio::test]
async fn one_script_is_run_by_hand() {
    let bench = two_actions();
    let ask = async |at: &str| {
        let input = RunInput {
            input: r#"{"a": 1.50}"#.to_owned(),
            now: None,
            random_seed: None,
        };
        run(
            &bench.manifests(),
            &bench.checker,
            &words(),
            &address(at),
            input,
        )
        .await
    };
    let ran = ask("action/first").await.unwrap();
    assert_eq!(ran.outcome.end, ScriptEnd::Returned(json!(7)));
    let thrown_at = ask("action/second").await.unwrap().thrown_at;
    assert!(thrown_at.unwrap().starts_with("at line 2, column 5"));
    for nobody in ["action/nobody", "view/first"] {
        let ended = ask(nobody).await;
        assert!(matches!(ended, Err(RunError::NoScript { .. })), "{nobody}");
    }
}
