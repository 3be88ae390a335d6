//! Scripts are checked without being run: what is wrong is shown at its line and column, in a file and in a manifest.

use serde_json::{Value, json};

use crate::stage::{Project, Simulated};

/// Up to where an action's script stands.
const HEAD: &str =
    "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: x\n";

/// A script with a mistake at 4:16, in characters.
const BROKEN: &str = "// é🙂\nconst rate = 1.2;\nfunction main(context) {\n  return rate * ;\n}\n";

/// Code, file, line, column, path and message of each finding of `validate`.
fn found(project: &Project, exit: i32) -> Vec<Value> {
    let report = project
        .cxda(&["validate", "-o", "json"])
        .run()
        .exits(exit)
        .json();
    assert_eq!(report["valid"], json!(exit == 0), "{report}");
    let found = report["diagnostics"].as_array().unwrap().iter();
    found
        .map(|it| {
            json!([
                it["code"],
                it["file"],
                it["line"],
                it["column"],
                it["path"],
                it["message"]
            ])
        })
        .collect()
}

fn project(file: &str, text: &str) -> Project {
    let project = Project::on_simulator();
    project.write(file, text);
    project
}

/// An action with this script as a file.
fn with_file(script: &str) -> Project {
    let text = format!("{HEAD}  script: {{file: ./scripts/alpha.js}}\n");
    let project = project("actions/alpha.cxda.yaml", &text);
    project.write("actions/scripts/alpha.js", script);
    project
}

#[test]
fn a_syntax_error_in_a_script_file_is_shown_there() {
    let project = with_file(BROKEN);
    assert_eq!(
        found(&project, 3),
        [json!([
            "A003",
            "actions/scripts/alpha.js",
            4,
            17,
            "spec.script.file",
            "not valid JavaScript: unexpected `;`"
        ])]
    );
    let ended = project.cxda(&["validate"]).run().exits(3);
    insta::assert_snapshot!(ended.stdout, @r"
    error[A003]: not valid JavaScript: unexpected `;`
      --> actions/scripts/alpha.js:4:17 (spec.script.file)
      4 |   return rate * ;
        |                 ^

    1 error.
    ");
}

#[test]
fn a_syntax_error_in_a_manifest_is_shown_where_it_stands_in_it() {
    let block = |head: &str, indent: &str| {
        let lines: String = BROKEN
            .lines()
            .flat_map(|line| [indent, line, "\n"])
            .collect();
        format!("{HEAD}  script:\n    content: {head}\n{lines}  enabled: true\n")
    };
    let escaped = serde_json::to_string(BROKEN).unwrap();
    let json = json!({
        "apiVersion": "cxda/v1", "kind": "DataAction", "metadata": {"name": "alpha"},
        "spec": {"description": "x", "script": {"content": "HERE"}}
    });
    let json = serde_json::to_string_pretty(&json)
        .unwrap()
        .replace("\"HERE\"", &escaped);
    let toml = |value: &str| {
        format!(
            "apiVersion = 'cxda/v1'\nkind = 'DataAction'\nmetadata.name = 'alpha'\n[spec]\ndescription = 'x'\nscript.content = {value}\n"
        )
    };
    let one_line = "function main() { return ''it'' * ; }";
    for (file, text) in [
        ("a.cxda.yaml", block("|", "      ")),
        ("a.cxda.yaml", block("|-", "        ")),
        ("a.cxda.yaml", block("|2+ # kept", "      ")),
        ("a.cxda.yaml", block("|", "      ").replace('\n', "\r\n")),
        ("a.cxda.yaml", format!("\u{feff}{}", block("|", "      "))),
        (
            "a.cxda.yaml",
            format!("{HEAD}  script: {{content: {escaped}}}\n"),
        ),
        (
            "a.cxda.yaml",
            format!("{HEAD}  script: {{content: '{one_line}'}}\n"),
        ),
        (
            "a.cxda.yaml",
            format!("{HEAD}  script:\n    content: function main() {{ return 1 * ; }}\n"),
        ),
        (
            "a.cxda.yaml",
            format!(
                "{HEAD}  script:\n    content: >\n      function main() {{\n        return 1\n          * ;\n      }}\n"
            ),
        ),
        ("a.cxda.json", json),
        ("a.cxda.toml", toml(&escaped)),
        ("a.cxda.toml", toml("'function main() { return 1 * ; }'")),
        ("a.cxda.toml", toml(&format!("'''\n{BROKEN}'''"))),
        ("a.cxda.toml", toml(&format!("\"\"\"\n{BROKEN}\"\"\""))),
    ] {
        let project = project(file, &text);
        let before = text
            .trim_start_matches('\u{feff}')
            .split_once("* ;")
            .unwrap()
            .0;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 3;
        let want = json!([
            "A003",
            file,
            line,
            column,
            "spec.script.content",
            "not valid JavaScript: unexpected `;`"
        ]);
        assert_eq!(found(&project, 3), [want], "case: {text}");
    }
}

#[test]
fn both_places_of_a_syntax_error_are_those_of_the_manifest() {
    let text =
        format!("{HEAD}  script:\n    content: |\n      function main() {{\n        return 1;\n");
    let project = project("a.cxda.yaml", &text);
    assert_eq!(
        found(&project, 3),
        [json!([
            "A003",
            "a.cxda.yaml",
            9,
            18,
            "spec.script.content",
            "not valid JavaScript: expected `}` but found the end of the script, opened at 8:23"
        ])]
    );
    let ended = project.cxda(&["validate"]).run().exits(3);
    insta::assert_snapshot!(ended.stdout, @r"
    error[A003]: not valid JavaScript: expected `}` but found the end of the script, opened at 8:23
      --> a.cxda.yaml:9:18 (spec.script.content)
      8 |       function main() {
        |                       - opened here
      9 |         return 1;
        |                  ^

    1 error.
    ");
}

#[test]
fn a_script_behind_an_alias_is_shown_at_the_alias() {
    let text = format!(
        "{HEAD}  script: {{content: &script \"function main() {{ return * ; }}\"}}\n---\n\
         apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: beta}}\nspec:\n  description: &d 'main = 1 * ;'\n  script: {{content: *d}}\n"
    );
    let project = project("a.cxda.yaml", &text);
    let places: Vec<_> = found(&project, 3)
        .iter()
        .map(|it| (it[2].clone(), it[3].clone()))
        .collect();
    assert_eq!(places, [(json!(6), json!(55)), (json!(13), json!(21))]);
}

#[test]
fn a_script_that_defines_no_main_is_an_error_with_the_nearest_name() {
    let project = with_file("const rate = 1;\nfunction mian() {}\n");
    let ended = project.cxda(&["validate"]).run().exits(3);
    insta::assert_snapshot!(ended.stdout, @r"
    error[A003]: script defines no function `main`
      --> actions/scripts/alpha.js:1:1 (spec.script.file)
      1 | const rate = 1;
        | ^^^^^
      = hint: did you mean `mian`? it must be called `main`

    1 error.
    ");
}

#[test]
fn what_a_script_should_not_do_is_a_warning() {
    let project = with_file(
        "const apiKey = 'hunter2hunter2';\n\
         function main(context) {\n\
         \x20 while (true) {}\n\
         \x20 fetch(contxt.input.url);\n\
         \x20 return apiKey.repeat(0) || 'x'.repeat(40000);\n\
         }\n\
         const answer = () => 'x'.repeat(40000);\n",
    );
    let found = found(&project, 0);
    let codes: Vec<_> = found.iter().map(|it| it[0].as_str().unwrap()).collect();
    assert_eq!(codes, ["W007", "W011", "W009", "W008"]);
    let ended = project.cxda(&["validate"]).run().exits(0);
    assert!(!ended.stdout.contains("hunter2"), "{}", ended.stdout);
    insta::assert_snapshot!(ended.stdout, @r"
    warning[W007]: literal looks like a secret and stands in clear
      --> actions/scripts/alpha.js:1:16 (spec.script.file)
      = hint: take it out, and read it from an encrypted variable

    warning[W011]: loop never ends, so the run ends at its time limit
      --> actions/scripts/alpha.js:3:3 (spec.script.file)
      3 |   while (true) {}
        |   ^^^^^
      = hint: give it a condition, or leave it with `break` or `return`

    warning[W009]: `fetch` is not there where scripts run
      --> actions/scripts/alpha.js:4:3 (spec.script.file)
      4 |   fetch(contxt.input.url);
        |   ^^^^^
      = hint: a script reaches no network: let what it needs come in with `context.input`

    warning[W008]: `contxt` is defined nowhere
      --> actions/scripts/alpha.js:4:9 (spec.script.file)
      4 |   fetch(contxt.input.url);
        |         ^^^^^^
      = hint: did you mean `context`?

    1 resource valid.
    ");
}

#[test]
fn output_beyond_what_the_platform_takes_is_a_warning() {
    let project = with_file("function main() {\n  return { text: 'x'.repeat(40000) };\n}\n");
    let found = found(&project, 0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0][0], "W010");
    assert_eq!(
        found[0][5],
        "output has at least 40000 bytes, expected at most 32768"
    );
}

#[test]
fn t_06_a_line_of_a_script_drives_no_terminal_and_shows_no_secret() {
    let project = with_file("function main() { /* \u{1b}[31m\u{202e} */ return * ; }\n");
    let ended = project.cxda(&["validate"]).run().exits(3);
    assert!(ended.stdout.contains("return * ;"), "{}", ended.stdout);
    assert!(!ended.stdout.contains(['\u{1b}', '\u{202e}']));
    for secret in [
        "const password = 'hunter2-x' *;",
        "call('AKIAIOSFODNN7EXAMPLE' *;",
    ] {
        let project = with_file(secret);
        let ended = project.cxda(&["validate"]).run().exits(3);
        assert!(ended.stdout.contains("A003"));
        assert!(
            !ended.stdout.contains("hunter2-x") && !ended.stdout.contains("AKIA"),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn a_script_that_cannot_run_is_not_sent() {
    let tenant = Simulated::start();
    let project = with_file(BROKEN);
    project.point_to(&tenant.base_url());
    for arguments in [&["plan"][..], &["apply", "-y"], &["plan", "-o", "json"]] {
        let ended = project.cxda_signed_in(arguments).run().exits(3);
        assert!(ended.stdout.contains("A003"), "{}", ended.stdout);
    }
    assert_eq!(tenant.writes(), 0);
}

#[test]
fn a_script_of_many_actions_is_found_once_in_its_file_and_at_each_place_in_manifests() {
    let project = Project::on_simulator();
    project.write("shared.js", "function main() { return * ; }");
    for name in ["one", "two"] {
        let head = HEAD.replace("alpha", &format!("file_{name}"));
        project.write(
            &format!("{name}.cxda.yaml"),
            format!("{head}  script: {{file: shared.js}}\n"),
        );
        let head = HEAD.replace("alpha", &format!("inline_{name}"));
        project.write(
            &format!("{name}_inline.cxda.yaml"),
            format!("{head}  script: {{content: 'function main() {{ return * ; }}'}}\n"),
        );
    }
    let files: Vec<_> = found(&project, 3)
        .iter()
        .map(|it| it[1].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        files,
        ["one_inline.cxda.yaml", "shared.js", "two_inline.cxda.yaml"]
    );
}
