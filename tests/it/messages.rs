//! Every message of `validate`, as a person reads it in a terminal of 80 columns.
//!
//! A snapshot of each code keeps what was read and found clear.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cxda_domain::rule::Rule;
use unicode_width::UnicodeWidthStr;

use crate::stage::{Project, on_terminal};

const COLUMNS: usize = 80;

/// Rules that need a tenant, or the values behind references.
const NOT_OFFLINE: [Rule; 7] = [
    Rule::V009,
    Rule::E008,
    Rule::W002,
    Rule::W003,
    Rule::W004,
    Rule::W005,
    Rule::W006,
];

/// A mistake for each rule, and something worth a warning for each of those.
fn project() -> Project {
    let project = Project::on_simulator();
    for folder in ["violations", "warnings"] {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/it/fixtures")
            .join(folder);
        for entry in fs::read_dir(fixtures).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            // The marks are for another test.
            let unmarked = text.lines().map(|line| match line.split_once("#! ") {
                Some((before, _)) => before.trim_end().to_owned() + "\n",
                None => line.to_owned() + "\n",
            });
            let name = path.file_name().unwrap().to_str().unwrap();
            project.write(name, unmarked.collect::<String>());
        }
    }
    project.write("scripts/empty.js", "");
    project.write(
        "scripts/endless.js",
        "function main() {\n  while (true) {}\n}\n",
    );
    project
}

#[test]
fn every_message_fits_and_is_as_it_was_read() {
    let shown = on_terminal(&project(), &["validate"], COLUMNS);
    for line in shown.lines() {
        assert!(line.width() <= COLUMNS, "too wide: {line}");
    }
    let (findings, summary) = shown.trim_end().rsplit_once("\n\n").unwrap();
    assert!(summary.contains("errors, ") && summary.contains(" warnings."));
    let mut by_code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in findings.split("\n\n") {
        let code = finding.split(['[', ']']).nth(1).unwrap();
        by_code.entry(code).or_default().push(finding);
    }
    let judged = Rule::ALL.iter().filter(|rule| !NOT_OFFLINE.contains(rule));
    let judged: BTreeSet<&str> = judged.map(|rule| rule.code()).collect();
    assert_eq!(by_code.keys().copied().collect::<BTreeSet<_>>(), judged);
    for (code, findings) in by_code {
        insta::assert_snapshot!(code, findings.join("\n\n"));
    }
}

#[test]
fn where_nobody_looks_each_message_is_one_line() {
    let project = project();
    let piped = project.cxda(&["validate"]).run().exits(3).stdout;
    let shown = on_terminal(&project, &["validate"], COLUMNS);
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&piped), words(&shown), "the same is said");
    let long = piped.lines().filter(|line| line.width() > COLUMNS);
    assert!(long.count() > 0);
    let starts = ["error[", "warning[", "  -->", "  :::", "  = hint:"];
    for line in piped.lines().filter(|line| !line.contains(" |")) {
        let whole = line.is_empty() || starts.iter().any(|start| line.starts_with(start));
        assert!(whole || line.ends_with(" warnings."), "{line}");
    }
}

#[test]
fn t_06_a_line_is_cut_around_its_place_and_drives_no_terminal() {
    let project = Project::on_simulator();
    let action = |name: &str, script: &str| {
        let head = "apiVersion: cxda/v1\nkind: DataAction\n";
        let spec = "spec:\n  description: x\n  script: {file: a.js}\n";
        project.write(
            &format!("{name}.cxda.yaml"),
            format!(
                "{head}metadata: {{name: {name}}}\n{}",
                spec.replace("a.js", script)
            ),
        );
    };
    let long = "x + ".repeat(100);
    action("long", "long.js");
    project.write(
        "long.js",
        format!("function main(x) {{ return {long} * 1 {long} x; }}"),
    );
    action("tabs", "tabs.js");
    project.write("tabs.js", "function main() {\n\t\treturn\t'漢字🙂' * ;\n}");
    action("escapes", "escapes.js");
    project.write(
        "escapes.js",
        "function main() { return '\u{1b}[31m\u{202e}red' * ; }",
    );
    insta::assert_snapshot!(on_terminal(&project, &["validate"], 60));
}

#[test]
fn what_only_a_plan_finds_is_marked_in_the_manifest_as_well() {
    let project = Project::on_simulator();
    let head = "apiVersion: cxda/v1\nkind: DataAction\n";
    let script = "spec:\n  description: x\n  script: {content: 'function main() {}'}\n";
    let manifest = format!(
        "{head}metadata: {{name: score}}\n{script}---\n{head}metadata: {{name: report}}\n{script}  dependencies:\n    - scroe\n  variables:\n    - {{name: key, type: string, valueFrom: {{env: NOT_SET}}}}\n"
    );
    project.write("a.cxda.yaml", manifest);
    let shown = on_terminal(&project, &["plan"], COLUMNS);
    insta::assert_snapshot!(shown, @r#"
    error[A005]: action scroe is neither in the project nor on the tenant
      --> a.cxda.yaml:15:7 (spec.dependencies[0])
     15 |     - scroe
        |       ^^^^^
      = hint: did you mean `score`?

    error[E008]: environment variable NOT_SET is not there
      --> a.cxda.yaml:17:44 (spec.variables[0].valueFrom)
     17 | … valueFrom: …
        |              ^

    2 errors.
    "#);
}

#[test]
fn a_slip_in_a_name_on_the_command_line_is_asked_back() {
    let project = Project::quickstart();
    project.write("input.json", "{}");
    for (words, exit, says) in [
        (
            &["plan", "--target", "action/country_codse"][..],
            64,
            ", did you mean action/country_codes?",
        ),
        (
            &["test", "action/country_codse"],
            64,
            ", did you mean action/country_codes?",
        ),
        (
            &["run", "action/country_codse", "--input", "input.json"],
            64,
            ", did you mean action/country_codes?",
        ),
        (
            &["variables", "list", "country_codse"],
            64,
            "did you mean `country_codes`?",
        ),
        (
            &["cache", "invalidate", "country_codse"],
            64,
            "did you mean `country_codes`?",
        ),
        (&["plan", "--tenant", "locla"], 3, "did you mean local?"),
    ] {
        let _ = project.cxda(words).run().exits(exit).says(&[says]);
    }
}
