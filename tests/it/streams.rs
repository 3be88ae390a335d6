//! What goes to stdout and what to stderr, and that it is the same each time.

use serde_json::Value;

use crate::stage::Project;

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n  cache: {key: alpha_key, ttl: 300}\n";

#[test]
fn two_runs_print_the_same_bytes() {
    let project = Project::quickstart();
    for words in [
        &["plan", "-o", "json"][..],
        &["plan"],
        &["validate", "-o", "json"],
    ] {
        let (first, second) = (project.cxda(words).run(), project.cxda(words).run());
        assert_eq!(first.stdout, second.stdout, "{words:?}");
    }
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    project.edit(
        "manifests/5-dates.yaml",
        "offsetMinutes: 120",
        "offsetMinutes: 180",
    );
    project.edit("manifests/demo/score-token.txt", "demo", "other");
    for words in [
        &["plan", "-o", "json"][..],
        &["plan"],
        &["get", "actions", "-o", "json"],
    ] {
        let (first, second) = (project.cxda(words).run(), project.cxda(words).run());
        assert_eq!(first.stdout, second.stdout, "{words:?}");
    }
}

#[test]
fn where_there_is_no_result_stdout_is_empty_and_the_error_is_on_stderr() {
    let project = Project::on("http://127.0.0.1:9");
    project.write("a.cxda.yaml", ACTION);
    for words in [
        &["plan", "-o", "json"][..],
        &["apply", "--yes", "-o", "json"],
        &["get", "actions", "-o", "json"],
    ] {
        let ended = project.cxda(words).run().exits(4);
        assert_eq!(ended.stdout, "", "{words:?}");
        assert!(
            ended.stderr.starts_with("error: "),
            "{words:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn logs_and_remarks_never_stand_on_stdout() {
    let project = Project::quickstart();
    let words = [
        "-v",
        "-v",
        "--log-format",
        "json",
        "plan",
        "-o",
        "json",
        "--out",
        "saved.plan",
    ];
    let ended = project.cxda(&words).run().exits(0);
    let _ = ended.json();
    assert!(ended.stderr.lines().count() > 3, "{}", ended.stderr);
    for line in ended.stderr.lines().filter(|line| line.starts_with('{')) {
        let _: Value = serde_json::from_str(line).unwrap();
    }
    let quiet = project
        .cxda(&["-q", "plan", "-o", "json", "--out", "saved.plan"])
        .run()
        .exits(0);
    assert_eq!(quiet.stderr, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_stdout_does_not_take_is_told_and_never_a_success() {
    let project = Project::quickstart();
    let datetime =
        "datetime --timestamp 2024-02-29T15:30:00Z --timezone UTC --operation ADD_OFFSET";
    for (words, code) in [
        ("validate", 1),
        ("plan -o json", 1),
        ("plan --detailed-exitcode", 2),
        ("apply --yes -o json", 1),
        ("get actions", 1),
        ("metrics -o prometheus", 1),
        (datetime, 1),
        ("--help", 1),
    ] {
        let script = format!("exec {} {words} >/dev/full", env!("CARGO_BIN_EXE_cxda"));
        let mut shell = std::process::Command::new("sh");
        let shell = shell.args(["-c", &script]).env_clear();
        let ended = shell.current_dir(project.path()).output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{words}: {stderr}");
        assert!(
            stderr.contains("error: the result cannot be printed"),
            "{words}: {stderr}"
        );
    }
}

#[test]
fn doctor_names_each_check_and_its_remedy() {
    let project = Project::quickstart();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let sound = project
        .cxda(&["doctor", "-o", "json"])
        .run()
        .exits(0)
        .json();
    let checks = sound["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .all(|check| check["status"] == "ok" && check["remedy"].is_null()),
        "{sound:#}"
    );
    let broken = Project::on("http://127.0.0.1:9");
    broken.write("a.cxda.yaml", ACTION);
    let report = broken.cxda(&["doctor", "-o", "json"]).run().exits(4).json();
    let failed = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["status"] == "failed")
        .unwrap()
        .clone();
    assert!(failed["remedy"].is_string(), "{report:#}");
    let before = broken.files();
    let _ = broken.cxda_signed_in(&["doctor"]).run().exits(12);
    assert_eq!(broken.files(), before, "doctor writes nothing");
}
