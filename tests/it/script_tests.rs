//! `cxda test` and `cxda run`: scripts in the embedded engine, the same tests on the simulator's sandbox, and manifests
//! that are brought up to what came out.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::stage::Project;

/// An action whose script doubles `n`, shouts what is no number, and logs.
const DOUBLES: &str = "apiVersion: cxda/v1
kind: DataAction
metadata: {name: doubles}
spec:
  description: Doubles
  script: {file: doubles.js}
  # What it is held to.
  tests:
";

const SCRIPT: &str = "function main(context) {
  const n = context.input.n;
  console.log(\"asked for\", n);
  if (n === \"forever\") { for (;;) {} }
  if (typeof n !== \"number\") {
    throw new TypeError(\"n is no number\");
  }
  return { twice: n * 2, list: [n] };
}
";

/// Tests of which one passes, one fails, one throws, one is refused as it shall be, and one is stopped.
const FIVE: &str = "    - {name: two, input: {n: 1}, expect: {output: {twice: 2, list: [1]}}}
    - {name: three, input: {n: 1}, expect: {output: {twice: 3, list: [1]}}}
    - {name: throws, input: {n: x}, expect: {outputContains: {twice: 2}}}
    - {name: refuses, input: {n: x}, expect: {errorContains: no number}}
    - {name: endless, input: {n: forever}, expect: {error: true}}
";

fn project(tests: &str) -> Project {
    let project = Project::empty();
    project.write("cxda.toml", "");
    project.write("doubles.js", SCRIPT);
    project.write("doubles.cxda.yaml", DOUBLES.to_owned() + tests);
    project
}

#[test]
fn each_test_is_shown_with_what_is_wrong_and_what_was_logged() {
    let ended = project(FIVE).cxda(&["test"]).run().exits(8).says(&[
        "✓ action/doubles: two",
        "✗ action/doubles: three",
        "    output.twice: 2, expected 3\n",
        "! action/doubles: throws",
        "    TypeError: n is no number\n    at doubles.js:6:",
        "✓ action/doubles: refuses",
        "! action/doubles: endless",
        "it took too long and was stopped",
        "    log: asked for x\n",
        "2 passed, 3 failed.",
    ]);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
}

#[test]
fn results_are_json_with_output_error_and_logs() {
    let project = project(FIVE);
    let ended = project
        .cxda(&["test", "-o", "json", "-q", "--filter", ": t"])
        .run();
    let mut found = ended.exits(8).json();
    for result in found["results"].as_array_mut().unwrap() {
        let took = result["durationMs"].take();
        assert!(took.as_f64().is_some_and(|took| took >= 0.0), "{took}");
    }
    let outcome = |result: &Value| (result["test"].clone(), result["outcome"].clone());
    let results = found["results"].as_array().unwrap();
    assert_eq!(
        results.iter().map(outcome).collect::<Vec<_>>(),
        [
            (json!("two"), json!("passed")),
            (json!("three"), json!("failed")),
            (json!("throws"), json!("error")),
        ]
    );
    let want = json!({
        "address": "action/doubles", "test": "three", "outcome": "failed", "durationMs": null,
        "output": {"twice": 2, "list": [1]}, "error": "output.twice: 2, expected 3", "logs": ["asked for 1"],
    });
    assert_eq!(results[1], want);
    assert_eq!(results[2]["output"], Value::Null);
    assert_eq!(found["summary"], json!({"passed": 1, "failed": 2}));
    assert_eq!(found["formatVersion"], "1.0");
}

#[test]
fn results_are_junit_xml_for_continuous_integration() {
    let project = project(FIVE);
    let ended = project.cxda(&["test", "-o", "junit"]).run().exits(8);
    for part in [
        "<testsuites name=\"cxda\" tests=\"5\" failures=\"1\" errors=\"2\"",
        "<testcase classname=\"action/doubles\" name=\"three\"",
        "<failure message=\"output.twice: 2, expected 3\">",
        "<error message=\"it took too long and was stopped\">",
        "<system-out>asked for 1</system-out>",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    project.cxda(&["plan", "-o", "junit"]).run().exits(64);
}

#[test]
fn a_selection_of_nothing_is_no_failure_and_an_unknown_name_is() {
    let project = project("    []\n");
    project.cxda(&["test"]).run().exits(0).says(&["No tests."]);
    project
        .cxda(&["test", "action/x"])
        .run()
        .exits(64)
        .says(&["action/x"]);
    project.cxda(&["test", "doubles"]).run().exits(64);
    let invalid = project.cxda(&["test", "--update", "--remote"]).run();
    invalid.exits(64);
    project.edit("doubles.cxda.yaml", "description", "descripton");
    project
        .cxda(&["test"])
        .run()
        .exits(3)
        .says(&["descripton", "doubles.cxda.yaml:5"]);
}

#[test]
fn clock_and_randomness_are_those_of_the_test() {
    let tests = "    - name: fixed
      input: {}
      now: 2024-02-29T15:30:00Z
      randomSeed: 7
      expect: {outputContains: {now: '2024-02-29T15:30:00.000Z'}}\n";
    let project = project(tests);
    let script = "const main = () => ({ now: new Date().toISOString(), random: Math.random() });";
    project.write("doubles.js", script);
    let run = || {
        project.cxda(&["test", "-o", "json"]).run().exits(0).json()["results"][0]["output"].take()
    };
    assert_eq!(run(), run());
}

#[test]
fn outputs_are_updated_and_every_other_byte_stays() {
    let yaml = "    - name: flow   # kept
      input: {n: 1}
      expect: {output: {twice: 3, list: [1]}}   # wrong
    - {name: right, input: {n: 1}, expect: {output: {twice: 2, list: [1]}}}
    - name: block
      input: {n: 2}
      expect:
        output:
          # the double
          twice: 5   # of two
          list:
          - 2
    - {name: throws, input: {n: x}, expect: {output: 1}}
    - {name: refuses, input: {n: x}, expect: {errorContains: other}}
    - {name: no error, input: {n: 1}, expect: {error: true}}
";
    let json = "{\"apiVersion\": \"cxda/v1\",   \"kind\": \"DataAction\", \"metadata\": {\"name\": \"in_json\"},
\t\"spec\": {\"description\": \"x\", \"script\": {\"file\": \"doubles.js\"},
\t\t\"tests\": [ {\"name\": \"j\", \"input\": {\"n\": 4}, \"expect\": {\"output\":null}} ]}}\n";
    let toml = "# head\napiVersion = 'cxda/v1'\nkind = \"DataAction\"\nmetadata.name = \"in_toml\"
[spec]\ndescription = 'x'\nscript = {file = \"doubles.js\"}\n[[spec.tests]] # one
name = 't'\ninput = {n = 5}\nexpect = {output = {twice = 11, list = [5]}} # tail\n";
    let project = project(yaml);
    project.write("a.cxda.json", json);
    project.write("b.cxda.toml", toml);
    let ended = project.cxda(&["test", "--update"]).run().exits(8).says(&[
        "Updated in a.cxda.json: action/in_json: j",
        "Updated in b.cxda.toml: action/in_toml: t",
        "Updated in doubles.cxda.yaml: action/doubles: flow",
        "Updated in doubles.cxda.yaml: action/doubles: block",
        "✓ action/doubles: block",
        "5 passed, 3 failed.",
    ]);
    assert_eq!(
        ended.stderr.matches("Updated").count(),
        4,
        "{}",
        ended.stderr
    );
    let want = yaml
        .replace("twice: 3", "twice: 2")
        .replace("twice: 5 ", "twice: 4 ");
    assert_eq!(
        project.read("doubles.cxda.yaml"),
        DOUBLES.to_owned() + &want
    );
    let want = json.replace("null", "{\"list\": [4], \"twice\": 8}");
    assert_eq!(project.read("a.cxda.json"), want);
    assert_eq!(
        project.read("b.cxda.toml"),
        toml.replace("twice = 11", "twice = 10")
    );

    let before = project.files();
    let again = project.cxda(&["test", "--update"]).run().exits(8);
    assert!(!again.stderr.contains("Updated"), "{}", again.stderr);
    assert_eq!(project.files(), before);
}

#[test]
fn an_output_that_cannot_be_updated_alone_is_said_and_left() {
    let project = project(
        "    - {name: a, input: {n: 1}, expect: &e {output: 7}}
    - {name: b, input: {n: 1}, expect: *e}\n",
    );
    let before = project.files();
    let words = ["not updated in doubles.cxda.yaml: action/doubles: a: what stands there"];
    project
        .cxda(&["test", "--update"])
        .run()
        .exits(8)
        .says(&words);
    assert_eq!(project.files(), before);
}

#[test]
fn the_quickstart_passes_here_and_on_the_simulator() {
    let project = Project::quickstart();
    let here = project.cxda(&["test"]).run().exits(0);
    assert!(here.stderr.contains(" passed."), "{}", here.stderr);
    project.cxda(&["apply", "--yes"]).run().exits(0);
    let there = project.cxda(&["test", "--remote"]).run().exits(0);
    assert_eq!(there.stderr, here.stderr);
    assert!(!there.stdout.contains("differs"), "{}", there.stdout);
}

#[test]
fn what_the_tenant_does_otherwise_is_said() {
    let project =
        project("    - {name: two, input: {n: 1}, expect: {outputContains: {list: [1]}}}\n");
    project.write("cxda.toml", "[tenant.local]\nsimulator = true\n");
    let remote = || project.cxda(&["test", "--remote"]).run();
    remote()
        .exits(8)
        .says(&["not run: the tenant has no such action"]);
    let apply = || project.cxda(&["apply", "--yes"]).run().exits(0);
    apply();
    remote()
        .exits(0)
        .says(&["✓ action/doubles: two"])
        .never_says(&["differs"]);
    project.edit("doubles.js", "n * 2", "n * 3");
    remote().exits(0).says(&[
        "differs: output.twice: 2, locally 3",
        "differs: the tenant's script is not the manifest's: apply it first",
    ]);
    project.edit(
        "doubles.cxda.yaml",
        "  description",
        "  enabled: false\n  description",
    );
    apply();
    remote()
        .exits(8)
        .says(&["not run: the action is not enabled on the tenant"]);
    // Here nobody has to be there.
    project.point_to("http://127.0.0.1:1");
    project.cxda(&["test"]).run().exits(0);
}

#[test]
fn a_script_is_run_by_hand_and_its_output_stands_alone() {
    let project = project("    []\n");
    project.write("in.json", "{\"n\": 21}");
    let run = |words: &[&str]| {
        let words = [&["run", "action/doubles", "--input"], words].concat();
        project.cxda(&words).run()
    };
    let ended = run(&["in.json"]).exits(0);
    assert_eq!(ended.json(), json!({"twice": 42, "list": [21]}));
    assert_eq!(ended.stderr, "asked for 21\n");
    project.write("in.json", "{\"n\": \"x\"}");
    let threw = run(&["in.json"])
        .exits(8)
        .says(&["error: TypeError: n is no number\nat doubles.js:6:"]);
    assert_eq!(threw.stdout, "");
    project.write("in.json", "{n: 1}");
    run(&["in.json"]).exits(64).says(&["in.json is no JSON"]);
    run(&["none.json"])
        .exits(64)
        .says(&["none.json is not there"]);
    run(&["-"]).exits(64).says(&["- is no JSON"]);
    let words = ["run", "action/nobody", "--input", "in.json"];
    project.write("in.json", "{}");
    project
        .cxda(&words)
        .run()
        .exits(64)
        .says(&["action/nobody"]);
    project
        .cxda(&["run", "view/doubles", "--input", "in.json"])
        .run()
        .exits(64);

    project.write(
        "doubles.js",
        "const main = () => [new Date().toISOString(), Math.random()];",
    );
    let fixed = [
        "in.json",
        "--now",
        "2024-02-29T15:30:00Z",
        "--random-seed",
        "-7",
    ];
    let (first, second) = (run(&fixed).exits(0).json(), run(&fixed).exits(0).json());
    assert_eq!(first, second);
    assert_eq!(first[0], "2024-02-29T15:30:00.000Z");
}

/// A `cxda test --watch`; it is killed where a test fails.
struct Watching {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Watching {
    fn start(project: &Project) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .args(["test", "--watch"])
            .env_clear()
            .current_dir(project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    /// Reads on until a line holds each of `words`, one after the other, whatever is said between them.
    fn until_it_says(&mut self, words: &[&str]) {
        for word in words {
            let mut line = String::new();
            while !line.contains(word) {
                line.clear();
                assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "{word}");
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_change_of_any_file_runs_the_tests_again_until_ctrl_c() {
    let project =
        project("    - {name: two, input: {n: 1}, expect: {outputContains: {twice: 2}}}\n");
    project.remove("doubles.js");
    let mut watching = Watching::start(&project);
    watching.until_it_says(&["script file is not there", "Waiting for a change"]);
    project.write("doubles.js", SCRIPT);
    watching.until_it_says(&["----", "1 passed.", "Waiting for a change"]);
    project.edit("doubles.js", "n * 2", "n * 3 ");
    watching.until_it_says(&["----", "0 passed, 1 failed.", "Waiting for a change"]);
    project.edit("doubles.cxda.yaml", "twice: 2", "twice: 3 ");
    watching.until_it_says(&["----", "1 passed.", "Waiting for a change"]);
    project.write("cxda.toml", "nonsense = 1\n");
    watching.until_it_says(&["----", "nonsense", "Waiting for a change"]);
    project.write("cxda.toml", "");
    watching.until_it_says(&["----", "1 passed."]);
    let id = watching.child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.unwrap().success());
    assert_eq!(watching.child.wait().unwrap().code(), Some(130));
}

#[test]
fn t_10_what_a_script_says_of_itself_is_never_a_verdict() {
    let project = project(
        "    - {name: forged, input: {n: 1}, expect: {output: 1}}
    - {name: raised, input: {n: 1}, expect: {output: 1}}\n",
    );
    for forged in [
        "const main = () => ({ toJSON() { return { passed: true, outcome: 'passed' }; } });",
        "const main = () => { console.log('{\"end\":{\"returned\":1}}'); return '1'; };",
        "Object.prototype.output = 1; JSON.stringify = () => '1'; const main = () => ({});",
        "const main = () => { throw { message: 'passed', toString() { return 'passed'; } }; };",
        "Number.prototype.toJSON = () => 1; String.prototype.toJSON = () => 1; const main = () => '2';",
    ] {
        project.write("doubles.js", forged);
        let found = project.cxda(&["test", "-o", "json"]).run().exits(8).json();
        assert_eq!(found["summary"]["passed"], 0, "{forged}: {found}");
    }
}
