//! `validate -o sarif`: a log that the published schema takes and that code scanning can place.

use cxda_domain::rule::Rule;
use serde_json::{Value, json};

use crate::stage::Project;
use crate::violations;

const SCHEMA: &str = include_str!("fixtures/sarif/sarif-schema-2.1.0.json");

/// The log of `project`, which ends with `exit`; the schema takes it.
#[track_caller]
fn log(project: &Project, arguments: &[&str], exit: i32) -> Value {
    let words = [&["validate", "-o", "sarif"], arguments].concat();
    let log = project.cxda(&words).run().exits(exit).json();
    // What the schema says of a language, which no log here names, is no regular expression.
    let schema = SCHEMA.replace(r"^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mistakes: Vec<String> = schema.iter_errors(&log).map(|it| it.to_string()).collect();
    assert_eq!(mistakes, Vec::<String>::new());
    log
}

fn results(log: &Value) -> &[Value] {
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0]["results"].as_array().unwrap()
}

fn uri(result: &Value) -> &str {
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uriBaseId"], "%SRCROOT%");
    place["uri"].as_str().unwrap()
}

fn action(dependencies: &str) -> String {
    format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: alpha}}\nspec:\n  description: x\n  script: {{content: 'function main() {{}}'}}\n  dependencies: {dependencies}\n"
    )
}

#[test]
fn a_log_says_what_json_says_and_describes_every_rule() {
    let project = violations::project("http://127.0.0.1:9");
    let log = log(&project, &[], 3);
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "cxda");
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Rule::ALL.len());
    let found = project.cxda(&["validate", "-o", "json"]).run().exits(3);
    let found = found.json();
    let found = found["diagnostics"].as_array().unwrap();
    assert_eq!(results(&log).len(), found.len());
    for (result, diagnostic) in results(&log).iter().zip(found) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], diagnostic["code"]);
        assert_eq!(result["ruleId"], diagnostic["code"]);
        assert_eq!(result["level"], diagnostic["severity"]);
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.starts_with(diagnostic["message"].as_str().unwrap()));
        assert!(text.ends_with(diagnostic["hint"].as_str().unwrap_or_default()));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(
            region,
            &json!({"startLine": diagnostic["line"], "startColumn": diagnostic["column"]})
        );
        let path = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        assert_eq!(path.as_str().unwrap_or_default(), diagnostic["path"]);
        assert_eq!(uri(result), diagnostic["file"]);
    }
}

#[test]
fn one_result_reads_like_this() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", action("[alpha_one, alpha_one]"));
    insta::assert_json_snapshot!(results(&log(&project, &[], 3)), @r#"
    [
      {
        "level": "error",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "spec.dependencies[1]"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "a.cxda.yaml",
                "uriBaseId": "%SRCROOT%"
              },
              "region": {
                "startColumn": 29,
                "startLine": 7
              }
            }
          }
        ],
        "message": {
          "text": "dependency \"alpha_one\" stands twice\nremove one of them"
        },
        "partialFingerprints": {
          "ruleAndPath/v1": "01cf8a88b5c18ad928b1cba56ca9cf2fd7957f50bb2a4b1b1d056573c36b9e39"
        },
        "relatedLocations": [
          {
            "message": {
              "text": "first here"
            },
            "physicalLocation": {
              "artifactLocation": {
                "uri": "a.cxda.yaml",
                "uriBaseId": "%SRCROOT%"
              },
              "region": {
                "startColumn": 18,
                "startLine": 7
              }
            }
          }
        ],
        "ruleId": "A005",
        "ruleIndex": 4
      }
    ]
    "#);
}

#[test]
fn two_runs_print_the_same_bytes_and_a_fingerprint_outlives_a_move_of_its_line() {
    let project = Project::on_simulator();
    let prints = || {
        let log = log(&project, &[], 3);
        let prints = results(&log)
            .iter()
            .map(|it| it["partialFingerprints"].clone());
        prints.collect::<Vec<_>>()
    };
    project.write("a.cxda.yaml", action("[alpha, x, x y]"));
    let text = |project: &Project| project.cxda(&["validate", "-o", "sarif"]).run().stdout;
    assert_eq!(text(&project), text(&project));
    let before = prints();
    project.write(
        "a.cxda.yaml",
        format!("# Moved.\n\n{}", action("[alpha, x, x y]")),
    );
    assert_eq!(prints(), before);
    let distinct = before.iter().map(ToString::to_string);
    let distinct: std::collections::BTreeSet<_> = distinct.collect();
    assert_eq!((distinct.len(), before.len()), (3, 3));
}

#[test]
fn names_begin_at_the_repository_that_holds_the_project_and_are_uris() {
    let project = Project::on_simulator();
    project.write(".git/HEAD", "");
    project.write("below it/cxda.toml", "[tenant.local]\nsimulator = true\n");
    project.write("below it/é#1/a.cxda.yaml", action("[alpha]"));
    for arguments in [&["-C", "below it"][..], &["-C", "below it/é#1/.."]] {
        let log = log(&project, arguments, 3);
        assert_eq!(uri(&results(&log)[0]), "below%20it/%C3%A9%231/a.cxda.yaml");
    }
}

#[test]
fn what_stands_nowhere_is_placed_at_the_settings() {
    let project = Project::on_simulator();
    let log = log(&project, &[], 3);
    assert_eq!(results(&log)[0]["ruleId"], "M001");
    assert_eq!(uri(&results(&log)[0]), "cxda.toml");
}

#[test]
fn a_sound_project_gives_an_empty_log_and_no_line_of_a_file_is_ever_in_one() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", action("[]"));
    assert_eq!(results(&log(&project, &[], 0)), [] as [Value; 0]);
    project.write("a.cxda.yaml", action("[alpha] # in no message"));
    let text = project.cxda(&["validate", "-o", "sarif"]).run().exits(3);
    let _ = text.never_says(&["in no message"]);
}

#[test]
fn other_commands_have_no_log_to_print() {
    let project = Project::on_simulator();
    for command in ["plan", "test", "metrics", "doctor"] {
        project.cxda(&[command, "-o", "sarif"]).run().exits(64);
    }
}
