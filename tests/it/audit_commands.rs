//! `audit verify`, `audit report` and `audit tail`: without a tenant, without credentials, writing nothing.

use serde_json::{Value, json};

use crate::stage::{Project, Simulated};

const LOG: &str = ".cxda/audit.jsonl";

fn action(name: &str) -> String {
    format!(
        "---\napiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {name}}}\nspec:\n  description: x\n  script: {{content: 'function main() {{}}'}}\n"
    )
}

/// A project with eight records in its log; its tenant is gone.
fn applied() -> Project {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    let all = ["alpha", "beta", "gamma", "delta"].map(action);
    project.write("a.cxda.yaml", all.concat());
    let words = ["apply", "--yes", "--parallelism", "1"];
    let call = project.cxda_signed_in(&words).env("CXDA_ACTOR", "tester");
    let _ = call.run().exits(0);
    // Nobody names a tenant any more.
    project.write("cxda.toml", "");
    project
}

fn verdict(project: &Project, exit: i32) -> Value {
    let words = ["audit", "verify", "-o", "json"];
    project.cxda(&words).run().exits(exit).json()
}

#[test]
fn a_sound_log_is_verified_without_a_tenant_and_nothing_is_written() {
    let project = applied();
    let before = project.files();
    let _ = project
        .cxda(&["audit", "verify"])
        .run()
        .exits(0)
        .says(&["8 records: the chain holds and agrees with the store."]);
    assert_eq!(verdict(&project, 0)["comparedWithStore"], true);
    let _ = project.cxda(&["audit", "report"]).run().exits(0);
    let _ = project.cxda(&["audit", "tail"]).run().exits(0);
    assert_eq!(project.files(), before);
}

#[test]
fn a_project_that_wrote_nothing_has_an_empty_log() {
    let project = Project::empty();
    project.write("cxda.toml", "");
    let _ = project
        .cxda(&["audit", "verify"])
        .run()
        .exits(0)
        .says(&["0 records", "no store"]);
    let report = project.cxda(&["audit", "report", "-o", "json"]).run();
    let mut report = report.exits(0).json();
    assert!(report["generatedAt"].take().is_string());
    assert_eq!(
        report,
        json!({"generatedAt": null, "totalLogEntries": 0, "averageLatencyMs": null, "currentHitRate": null,
            "encryptionSuccessRate": null, "entries": []})
    );
    let _ = project.cxda(&["audit", "tail"]).run().exits(0);
    assert!(!project.has(".cxda"));
}

#[test]
fn t_11_damage_exits_11_and_is_told_with_its_record_its_kind_and_what_to_do() {
    let project = applied();
    let log = project.read(LOG);
    let lines: Vec<&str> = log.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(2, 5);
        joined(&lines)
    };
    let cases = [
        ("edited", 1, log.replacen("alpha", "alphx", 1)),
        ("missing", 3, joined(&[&lines[..2], &lines[3..]].concat())),
        ("swapped", 3, swapped),
        ("inserted", 5, joined(&[&lines[..4], &lines[3..]].concat())),
        ("unreadable", 2, log.replacen('\n', "\n{}\n", 1)),
        ("unreadable", 9, log.clone() + "\n"),
        ("unreadable", 8, joined(&[&lines[..7], &["x"]].concat())),
        ("torn", 8, log[..log.len() - 9].to_owned()),
        ("cut_off", 7, joined(&lines[..6])),
        ("cut_off", 1, String::new()),
    ];
    for (kind, record, damaged) in cases {
        project.write(LOG, &damaged);
        let found = verdict(&project, 11);
        assert_eq!(found["valid"], false, "{found:#}");
        assert_eq!(
            (&found["fault"]["kind"], &found["fault"]["record"]),
            (&json!(kind), &json!(record)),
            "{found:#}"
        );
        let said = project.cxda(&["audit", "verify"]).run().exits(11);
        let named = format!("record {record} ");
        let _ = said.says(&[&named, "hint: "]);
        assert_eq!(project.read(LOG), damaged, "{kind}: verifying only reads");
    }
    let other = applied();
    project.write(LOG, other.read(LOG));
    assert_eq!(verdict(&project, 11)["fault"]["kind"], "foreign");
    let foreign = project.read(LOG);
    let foreign = foreign.lines().skip(3);
    let spliced: Vec<&str> = lines[..3].iter().copied().chain(foreign).collect();
    project.write(LOG, joined(&spliced));
    let found = verdict(&project, 11);
    assert_eq!(
        (&found["fault"]["kind"], &found["fault"]["record"]),
        (&json!("spliced"), &json!(4))
    );
}

#[test]
fn t_11_without_a_store_a_tail_that_was_cut_off_is_said_to_be_unknowable() {
    let project = applied();
    project.remove(".cxda/state.db");
    let log = project.read(LOG);
    let lines: Vec<&str> = log.lines().collect();
    project.write(LOG, lines[..6].join("\n") + "\n");
    let _ = project
        .cxda(&["audit", "verify"])
        .run()
        .exits(0)
        .says(&["6 records", "nobody knows whether the end was cut off"]);
    assert_eq!(verdict(&project, 0)["comparedWithStore"], false);
}

#[test]
fn a_report_tells_figures_and_every_record_as_it_stands() {
    let project = applied();
    let report = project.cxda(&["audit", "report", "-o", "json"]).run();
    let report = report.exits(0);
    let value = report.json();
    assert_eq!(value["totalLogEntries"], 8);
    assert_eq!(value["entries"], json!(project.audit()));
    assert!(value["averageLatencyMs"].as_f64().unwrap() > 0.0);
    assert_eq!(value["encryptionSuccessRate"], Value::Null);
    for line in project.read(LOG).lines() {
        assert!(report.stdout.contains(line), "token for token: {line}");
    }
    let text = project.cxda(&["audit", "report"]).run().exits(0);
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 80));
    let _ = text.says(&["8", "4 done, 0 failed, 0 unknown"]);
    project.edit(LOG, "beta", "betx");
    let _ = project.cxda(&["audit", "report"]).run().exits(11);
}

#[test]
fn the_last_records_are_shown_the_latest_last() {
    let project = applied();
    let items = |words: &[&str]| {
        let words = [&["audit", "tail", "-o", "json"], words].concat();
        let value = project.cxda(&words).run().exits(0).json();
        value["items"].as_array().unwrap().clone()
    };
    assert_eq!(items(&["-n", "3"]), project.audit()[5..]);
    assert_eq!(items(&[]).len(), 8);
    let text = project.cxda(&["audit", "tail", "-n", "2"]).run().exits(0);
    let shown: Vec<&str> = text.stdout.lines().collect();
    assert_eq!(shown.len(), 2, "{}", text.stdout);
    assert!(shown[1].starts_with("    8  20"));
    assert!(shown[1].contains("  done      create action/"));
    assert!(shown[1].ends_with(" on it by tester"));
    let _ = project.cxda(&["audit", "tail", "-n", "0"]).run().exits(64);

    // A line that a killed run left behind is not shown, and hides no other.
    project.write(LOG, project.read(LOG) + "{\"seq\":9,");
    assert_eq!(items(&[]).len(), 8);
    for garbage in ["no record\n", "{}\n", "\n"] {
        project.write(LOG, garbage);
        for words in [&["audit", "tail"][..], &["audit", "tail", "-o", "json"]] {
            let _ = project.cxda(words).run().exits(11);
        }
    }
}

#[test]
fn a_torn_last_line_is_set_aside_with_a_note() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", action("alpha"));
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let log = project.read(LOG);
    project.write(LOG, &log[..log.len() - 20]);
    let ended = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let _ = ended.says(&["torn", "audit.jsonl.torn-1"]);
    assert_eq!(project.read(LOG), log);
    assert!(log.contains(&project.read(".cxda/audit.jsonl.torn-1")));
    assert_eq!(verdict(&project, 0)["records"], 2);
}

#[test]
fn t_12_whatever_a_record_holds_it_is_one_line() {
    let corpus = [
        "a\nb",
        "a\r\nb",
        "\u{0}",
        "\u{1}\u{1f}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}\u{2029}",
        "\u{1b}[2J",
        "\"}\n{\"seq\":99",
        "\\n",
        "\u{feff}",
        "\u{202e}",
        "a,b\t\"c\"",
        "=cmd()",
        "\u{10ffff}",
    ];
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    for (number, actor) in (1_usize..).zip(corpus) {
        project.write("a.cxda.yaml", action(&format!("alpha_{number}")));
        let settings = project.read("cxda.toml");
        let (settings, _) = settings.split_once("[audit]").unwrap_or((&settings, ""));
        let actor_in_toml = serde_json::to_string(actor)
            .unwrap()
            .replace('\u{7f}', "\\u007f");
        project.write(
            "cxda.toml",
            format!("{settings}[audit]\nactor = {actor_in_toml}\n"),
        );
        let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
        let records = project.audit();
        assert_eq!(records.len(), 2 * number, "case: {actor:?}");
        assert_eq!(records.last().unwrap()["actor"], actor);
    }
    assert_eq!(project.read(LOG).split('\n').count(), 2 * corpus.len() + 1);
    assert_eq!(verdict(&project, 0)["records"], 2 * corpus.len());
    for words in [
        &["audit", "tail", "-n", "99"][..],
        &["audit", "tail", "-n", "99", "-o", "json"],
    ] {
        let shown = project.cxda(words).run().exits(0).stdout;
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
