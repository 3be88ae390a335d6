//! Data actions: A001, A002, A004, A005, and A006 through what the reader of scripts says.

use std::sync::Arc;

use super::source::{action, decoded, document, manifest, read};
use super::{ACTION, assert_findings, check, report};
use crate::action::{DataAction, OnTestFailure};
use crate::address::Address;
use crate::manifest::{Declaration, ScriptFile, ScriptFileProblem, decode};
use crate::rule::Rule;
use crate::variable::VariableScope;

/// An action with nothing but what must be there.
const LEAST: &str = r#"{
"apiVersion": "cxda/v1",
"kind": "DataAction",
"metadata": {"name": "score_calc"},
"spec": {
  "description": "Scores",
  "script": {"content": "main"}
}}"#;

fn only_action(text: &str) -> DataAction {
    let manifest = manifest(text);
    let (action, _) = manifest.actions().next().expect("an action");
    action.clone()
}

#[test]
fn m_10_names_at_their_limits_and_with_foreign_characters() {
    let name = r#""score_calc""#;
    let longest = format!(r#""{}""#, "a".repeat(64));
    let too_long = format!(r#"^"{}""#, "a".repeat(65));
    check(
        ACTION,
        &[
            (name, r#"^"ab""#, &["A001 metadata.name"]),
            (name, r#""abc""#, &[]),
            (name, &longest, &[]),
            (name, &too_long, &["A001 metadata.name"]),
            (name, r#"^"""#, &["A001 metadata.name"]),
            (name, r#"^"score_calc\n""#, &["A001 metadata.name"]),
            (name, r#"^" score_calc""#, &["A001 metadata.name"]),
            (name, r#"^"sc\u043ere""#, &["A001 metadata.name"]),
            (name, r#"^"score\u202ecalc""#, &["A001 metadata.name"]),
            (name, r#"^"score.calc""#, &["A001 metadata.name"]),
            (name, r#"^"../score""#, &["A001 metadata.name"]),
            (name, r#"^"%2e%2e""#, &["A001 metadata.name"]),
            (name, r#"^"score😀""#, &["A001 metadata.name"]),
            (name, r#""-score""#, &[]),
            (name, r#""---""#, &[]),
            (name, r#""null""#, &[]),
        ],
    );
}

#[test]
fn m_12_inline_scripts_have_1_to_65536_bytes() {
    let script = r#""main""#;
    let longest = format!(r#""{}""#, "𝒳".repeat(16_384));
    let too_long = format!(r#"^"{}x""#, "𝒳".repeat(16_384));
    check(
        ACTION,
        &[
            (script, r#"^"""#, &["A002 spec.script.content"]),
            (script, r#"";""#, &[]),
            (script, &longest, &[]),
            (script, &too_long, &["A002 spec.script.content"]),
            (script, "^7", &["M003 spec.script.content"]),
        ],
    );
}

#[test]
fn a_script_is_a_file_or_content() {
    let script = r#"{"language": "JavaScript", "content": "main"}"#;
    check(
        ACTION,
        &[
            (script, r#"{"content": "main"}"#, &[]),
            (script, r#"{"file": "score.js"}"#, &[]),
            (
                script,
                r#"^{"file": "score.js", "content": "main"}"#,
                &["M003 spec.script"],
            ),
            (script, "^{}", &["M003 spec.script"]),
            (script, r#"^"main""#, &["M003 spec.script"]),
            (script, r#"{"file": ^7}"#, &["M003 spec.script.file"]),
        ],
    );
}

#[test]
fn fixed_fields_have_one_value_each() {
    check(
        ACTION,
        &[
            (r#""SCRIPT""#, r#"^"script""#, &["A004 spec.type"]),
            (r#""SCRIPT""#, r#"^"REST""#, &["A004 spec.type"]),
            (r#""SCRIPT""#, "^1", &["M003 spec.type"]),
            (
                r#""MANUAL""#,
                r#"^"SCHEDULED""#,
                &["A004 spec.trigger.type"],
            ),
            (r#"{"type": "MANUAL"}"#, "{}", &[]),
            (
                r#"{"type": "MANUAL"}"#,
                r#"^"MANUAL""#,
                &["M003 spec.trigger"],
            ),
            (
                r#""JavaScript""#,
                r#"^"TypeScript""#,
                &["A004 spec.script.language"],
            ),
            (
                r#""JavaScript""#,
                r#"^"javascript""#,
                &["A004 spec.script.language"],
            ),
        ],
    );
    let (_, violations) = decoded(&ACTION.replace(r#""JavaScript""#, r#""javascript""#));
    insta::assert_snapshot!(report(&violations), @r#"10:26 A004 spec.script.language: language is "javascript", expected JavaScript (did you mean `JavaScript`?)"#);
}

#[test]
fn m_11_dependencies_are_names_and_none_stands_twice() {
    let list = r#"["base_calc"]"#;
    check(
        ACTION,
        &[
            (list, "[]", &[]),
            (list, r#"["one", "two"]"#, &[]),
            (list, r#"["one", ^"one"]"#, &["A005 spec.dependencies[1]"]),
            (
                list,
                r#"["one", "two", ^"one", ^"one"]"#,
                &["A005 spec.dependencies[2]", "A005 spec.dependencies[3]"],
            ),
            (list, r#"[^"ab"]"#, &["A005 spec.dependencies[0]"]),
            (list, r#"["one", ^"a b c"]"#, &["A005 spec.dependencies[1]"]),
            (list, "[^{}]", &["M003 spec.dependencies[0]"]),
        ],
    );
}

#[test]
fn on_test_failure_is_one_of_three_words() {
    check(
        ACTION,
        &[
            (r#""keep""#, r#""disable""#, &[]),
            (r#""keep""#, r#""revert""#, &[]),
            (r#""keep""#, r#"^"rollback""#, &["M003 spec.onTestFailure"]),
        ],
    );
}

#[test]
fn what_is_left_out_has_its_default_and_blocks_are_not_managed() {
    let action = only_action(LEAST);
    assert_eq!(action.enabled, None);
    assert!(action.dependencies.is_empty());
    assert_eq!(action.cache, None);
    assert_eq!(action.variables, None);
    assert_eq!(action.dates, None);
    assert!(action.tests.is_empty());
    assert_eq!(action.on_test_failure, OnTestFailure::Disable);
    assert_eq!(action.parent_scope, VariableScope::Action);
    assert!(!action.protect);
}

#[test]
fn what_is_written_is_taken_over() {
    let action = only_action(&ACTION.replace(r#""protect": false"#, r#""protect": true"#));
    assert_eq!(action.description, "Scores");
    assert_eq!(action.script.as_str(), "main");
    assert_eq!(action.enabled, Some(true));
    assert_eq!(action.on_test_failure, OnTestFailure::Keep);
    assert!(action.protect);
    let none = only_action(&LEAST.replace("\n}}", ",\n\"variables\": []}}"));
    assert_eq!(none.variables, Some(Vec::new()));
}

/// Two actions whose scripts stand in files; the second holds a mistake besides.
fn scripts_in_files() -> String {
    let first = LEAST.replace(r#""content": "main""#, r#""file": ^"one.js""#);
    let second = LEAST
        .replace("score_calc", "rank_calc")
        .replace(r#""content": "main""#, r#""file": ^"sub/two.js""#)
        .replace(r#""Scores""#, "^7");
    format!("{first}\n{second}")
}

#[test]
fn scripts_in_files_are_asked_for_in_the_order_of_the_documents() {
    let text = scripts_in_files();
    let (documents, _) = super::source::read(&text);
    let file: Arc<str> = "sub/a.yaml".into();
    let decoded = decode(documents.iter().map(|root| (&file, root)));
    let wanted: Vec<_> = decoded
        .script_files()
        .map(|script| (&*script.manifest, script.path.as_str()))
        .collect();
    assert_eq!(
        wanted,
        [("sub/a.yaml", "one.js"), ("sub/a.yaml", "sub/two.js")]
    );
    let (manifest, violations) = decoded.complete([Ok("1".into()), Ok("2".into())]);
    assert_eq!(violations.len(), 1);
    let scripts: Vec<_> = manifest
        .actions()
        .map(|(action, _)| (action.name.as_str(), action.script.as_str()))
        .collect();
    assert_eq!(scripts, [("score_calc", "1")]);
}

#[test]
fn m_09_a_script_that_cannot_be_used_is_a_finding_where_its_file_is_named() {
    let problem = |rule, message: &str| {
        Err(ScriptFileProblem {
            rule,
            message: message.into(),
        })
    };
    let text = LEAST.replace(r#""content": "main""#, r#""file": "../one.js""#);
    let root = document(&text);
    let file: Arc<str> = "a.yaml".into();
    let outcome = |read: Vec<Result<String, ScriptFileProblem>>| {
        let (manifest, violations) = decode([(&file, &root)]).complete(read);
        assert!(manifest.resources().is_empty());
        report(&violations)
    };
    insta::assert_snapshot!(outcome(vec![problem(Rule::A006, "the path leads out of the project")]), @"7:22 A006 spec.script.file: the path leads out of the project (../one.js) (the path is relative to the manifest's folder and stays inside the project)");
    insta::assert_snapshot!(outcome(vec![problem(Rule::A002, "the file is not UTF-8")]), @"7:22 A002 spec.script.file: the file is not UTF-8 (../one.js)");
    insta::assert_snapshot!(outcome(vec![Ok(String::new())]), @"7:22 A002 spec.script.file: script is empty (../one.js)");
    insta::assert_snapshot!(outcome(vec![Ok("x".repeat(65_537))]), @"7:22 A002 spec.script.file: script has 65537 bytes, expected at most 65536 (../one.js)");
    // A script that nobody read must not make its action vanish without a word.
    insta::assert_snapshot!(outcome(vec![]), @"7:22 A006 spec.script.file: the script was not read (../one.js) (the path is relative to the manifest's folder and stays inside the project)");
}

#[test]
fn a_script_of_the_greatest_size_may_come_from_a_file() {
    let text = LEAST.replace(r#""content": "main""#, r#""file": "one.js""#);
    let root = document(&text);
    let file: Arc<str> = "a.yaml".into();
    let (manifest, violations) = decode([(&file, &root)]).complete([Ok("x".repeat(65_536))]);
    assert!(violations.is_empty());
    let declared = manifest.get(&Address::action("score_calc")).unwrap();
    assert!(
        matches!(&declared.resource, Declaration::Action(action) if action.script.as_str().len() == 65_536)
    );
}

#[test]
fn an_action_with_an_unknown_key_is_not_declared_although_its_script_can_be_read() {
    let text = LEAST.replace(r#""content": "main""#, r#""file": "one.js""#);
    let (manifest, violations) = decoded(&text.replace("\n}}", ",\n\"timeout\": 5}}"));
    assert_eq!(violations.len(), 1);
    assert!(manifest.resources().is_empty());
}

#[test]
fn a_bad_script_file_and_another_mistake_are_found_in_one_run() {
    let (documents, marked) = super::source::read(&scripts_in_files());
    let file: Arc<str> = "a.yaml".into();
    let decoded = decode(documents.iter().map(|root| (&file, root)));
    let unread = || ScriptFileProblem {
        rule: Rule::A006,
        message: "no".into(),
    };
    let (_, violations) = decoded.complete([Err(unread()), Err(unread())]);
    let places: Vec<_> = violations
        .sorted()
        .iter()
        .map(|violation| violation.position.as_ref().unwrap().mark)
        .collect();
    assert_eq!(places, marked);
    assert_findings(LEAST, &[], "the rest is sound");
}

#[test]
fn scripts_in_documents_are_handed_out_with_their_places_also_of_unsound_ones() {
    let (documents, _) = read(&(action("one", "") + &action("x", "")));
    let file: Arc<str> = "a/b.json".into();
    let decoded = decode(documents.iter().map(|root| (&file, root)));
    let inline = decoded.inline_scripts().iter();
    let places: Vec<_> = inline
        .map(|it| (it.script.as_str().to_owned(), it.position.to_string()))
        .collect();
    let column = action("one", "").find("\"main\"").unwrap() + 1;
    let at = |line, column| ("main".to_owned(), format!("a/b.json:{line}:{column}"));
    assert_eq!(places, [at(1, column), at(2, column - 2)]);
}

#[test]
fn a_script_file_is_named_from_the_projects_folder() {
    for (manifest, path, name) in [
        ("a.yaml", "b.js", "b.js"),
        ("x/y/a.yaml", "./s//b.js", "x/y/s/b.js"),
    ] {
        let file = ScriptFile {
            manifest: manifest.into(),
            path: path.to_owned(),
        };
        assert_eq!(file.name(), name);
    }
}
