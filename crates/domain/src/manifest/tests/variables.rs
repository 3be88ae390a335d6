//! The block `variables`: E001 to E007, and W001. What stands behind a reference (E008) is looked up elsewhere.

use super::source::{decoded, manifest};
use super::{ACTION, assert_findings, check, report};
use crate::variable::{
    EnvironmentVariable, ValueReference, VariableScope, VariableType, VariableValue,
};

/// The first variable of the action.
const FIRST: &str = r#"{"name": "limit", "type": "integer", "value": 3}"#;

/// Cases that replace the first variable.
fn check_first(cases: &[(&str, &[&str])]) {
    for (to, want) in cases {
        check(ACTION, &[(FIRST, to, want)]);
    }
}

fn variables(list: &str) -> Vec<EnvironmentVariable> {
    let (before, rest) = ACTION.split_once(r#""variables": ["#).expect("the block");
    let (_, after) = rest.split_once("}}],").expect("its end");
    let manifest = manifest(&format!(r#"{before}"variables": [{list}],{after}"#));
    let (action, _) = manifest.actions().next().expect("an action");
    action.variables.clone().expect("variables")
}

#[test]
fn m_12_actions_have_at_most_50_variables() {
    let with = |count: usize, mark: &str| {
        let one = |number| format!(r#"{{"name": "v{number}", "type": "boolean", "value": true}}"#);
        // One more stands in the action already.
        let list: Vec<_> = (1..count).map(one).collect();
        let text = ACTION.replace(FIRST, &list.join(", "));
        text.replace(r#""variables": ["#, &format!(r#""variables": {mark}["#))
    };
    assert_findings(&with(49, ""), &[], "49 variables");
    assert_findings(&with(50, ""), &[], "50 variables");
    assert_findings(&with(51, "^"), &["E001 spec.variables"], "51 variables");
    let bad = with(51, "^").replace(r#""v50""#, r#"^"v-50""#);
    assert_findings(
        &bad,
        &["E001 spec.variables", "E002 spec.variables[49].name"],
        "one of them wrong by itself",
    );
}

#[test]
fn names_are_a_letter_then_letters_digits_and_underscores() {
    let path = &["E002 spec.variables[0].name"][..];
    let name = r#""limit""#;
    check(
        ACTION,
        &[
            (name, r#""a""#, &[]),
            (name, r#""A_9""#, &[]),
            (name, r#"^"""#, path),
            (name, r#"^"_a""#, path),
            (name, r#"^"9a""#, path),
            (name, r#"^"a-b""#, path),
            (name, r#"^"a b""#, path),
            (name, r#"^"a\n""#, path),
            (name, r#"^"\u0430bc""#, path),
            (name, "^7", &["M003 spec.variables[0].name"]),
        ],
    );
}

#[test]
fn names_are_not_repeated() {
    check(
        ACTION,
        &[
            (r#""auth""#, r#"^"limit""#, &["E003 spec.variables[1].name"]),
            (r#""auth""#, r#""Limit""#, &[]),
        ],
    );
    let (_, violations) = decoded(&ACTION.replace(r#""auth""#, r#""limit""#));
    insta::assert_snapshot!(report(&violations), @r#"17:14 E003 spec.variables[1].name: variable "limit" stands twice, first in line 16 (remove or rename one of them)"#);
}

#[test]
fn m_15_a_value_is_of_the_type_that_is_named() {
    let path = &["E004 spec.variables[0].value"][..];
    check_first(&[
        (r#"{"name": "v", "type": "string", "value": "x"}"#, &[]),
        (r#"{"name": "v", "type": "string", "value": ""}"#, &[]),
        (r#"{"name": "v", "type": "string", "value": ^3}"#, path),
        (r#"{"name": "v", "type": "string", "value": ^true}"#, path),
        (r#"{"name": "v", "type": "string", "value": ^null}"#, path),
        (
            r#"{"name": "v", "type": "integer", "value": 9223372036854775807}"#,
            &[],
        ),
        (
            r#"{"name": "v", "type": "integer", "value": ^9223372036854775808}"#,
            path,
        ),
        (
            r#"{"name": "v", "type": "integer", "value": -9223372036854775808}"#,
            &[],
        ),
        (
            r#"{"name": "v", "type": "integer", "value": ^-9223372036854775809}"#,
            path,
        ),
        (r#"{"name": "v", "type": "integer", "value": ^"abc"}"#, path),
        (r#"{"name": "v", "type": "integer", "value": ^"15"}"#, path),
        (r#"{"name": "v", "type": "integer", "value": ^15.0}"#, path),
        (r#"{"name": "v", "type": "boolean", "value": false}"#, &[]),
        (
            r#"{"name": "v", "type": "boolean", "value": ^"maybe"}"#,
            path,
        ),
        (
            r#"{"name": "v", "type": "boolean", "value": ^"true"}"#,
            path,
        ),
        (r#"{"name": "v", "type": "boolean", "value": ^0}"#, path),
        (
            r#"{"name": "v", "type": "object", "value": {"a": [1, 1.5, null]}}"#,
            &[],
        ),
        (r#"{"name": "v", "type": "object", "value": {}}"#, &[]),
        (
            r#"{"name": "v", "type": "object", "value": ^"{\"a\": 1}"}"#,
            path,
        ),
        (r#"{"name": "v", "type": "object", "value": ^[1]}"#, path),
    ]);
}

#[test]
fn an_object_is_plain_json_to_its_ground() {
    check_first(&[
        (
            r#"{"name": "v", "type": "object", "value": {"a": 1, ^"a": 2}}"#,
            &["M003 spec.variables[0].value.a"],
        ),
        (
            r#"{"name": "v", "type": "object", "value": {"a": [{"b": ^99999999999999999999}, ^inf]}}"#,
            &[
                "M003 spec.variables[0].value.a[0].b",
                "M003 spec.variables[0].value.a[1]",
            ],
        ),
        (
            r#"{"name": "v", "type": "object", "value": {"A": 18446744073709551615, "a": 1}}"#,
            &[],
        ),
    ]);
}

#[test]
fn a_type_is_one_of_four_words() {
    let path = &["E004 spec.variables[0].type"][..];
    check_first(&[
        (r#"{"name": "v", "type": ^"text", "value": "x"}"#, path),
        (r#"{"name": "v", "type": ^"String", "value": "x"}"#, path),
        (
            r#"{"name": "v", "type": ^7, "value": "x"}"#,
            &["M003 spec.variables[0].type"],
        ),
        (
            r#"^{"name": "v", "value": "x"}"#,
            &["M003 spec.variables[0].type"],
        ),
    ]);
    let (_, violations) = decoded(&ACTION.replace(r#""integer""#, r#""int""#));
    insta::assert_snapshot!(report(&violations), @r#"16:31 E004 spec.variables[0].type: type is "int", expected string, integer, boolean or object (did you mean `integer`?)"#);
}

#[test]
fn a_scope_is_not_broader_than_the_parent_scope() {
    let scopes = [("action", 0), ("template", 1), ("global", 2)];
    for (parent, parent_rank) in scopes {
        for (scope, rank) in scopes {
            let mark = if rank > parent_rank { "^" } else { "" };
            let want = if rank > parent_rank {
                vec!["E005 spec.variables[1].scope"]
            } else {
                vec![]
            };
            let text = ACTION
                .replace(
                    r#""parentScope": "action""#,
                    &format!(r#""parentScope": "{parent}""#),
                )
                .replace(
                    r#""scope": "action""#,
                    &format!(r#""scope": {mark}"{scope}""#),
                );
            assert_findings(&text, &want, &format!("{scope} in {parent}"));
        }
    }
    check(
        ACTION,
        &[
            (
                r#""scope": "action""#,
                r#""scope": ^"team""#,
                &["E005 spec.variables[1].scope"],
            ),
            (
                r#""scope": "action""#,
                r#""scope": ^7"#,
                &["M003 spec.variables[1].scope"],
            ),
            (
                r#""parentScope": "action""#,
                r#""parentScope": ^"team""#,
                &["E005 spec.parentScope"],
            ),
        ],
    );
}

#[test]
fn a_parent_scope_that_is_not_known_is_the_only_mistake() {
    let text = ACTION
        .replace(r#""parentScope": "action""#, r#""parentScope": ^"team""#)
        .replace(r#""scope": "action""#, r#""scope": "global""#);
    assert_findings(
        &text,
        &["E005 spec.parentScope"],
        "no scope is broader than what is not known",
    );
    let text = ACTION
        .replace(r#""parentScope": "action","#, "")
        .replace(r#""scope": "action""#, r#""scope": ^"template""#);
    assert_findings(
        &text,
        &["E005 spec.variables[1].scope"],
        "action is the default",
    );
}

#[test]
fn m_15_a_value_stands_here_or_is_named_and_an_encrypted_one_is_named() {
    let item = &["E006 spec.variables[0]"][..];
    check_first(&[
        (
            r#"{"name": "v", "type": "string", "valueFrom": {"env": "V"}}"#,
            &[],
        ),
        (
            r#"{"name": "v", "type": "string", "valueFrom": {"file": "/run/v"}}"#,
            &[],
        ),
        (
            r#"^{"name": "v", "type": "string", "value": "x", "valueFrom": {"env": "V"}}"#,
            item,
        ),
        (
            r#"^{"name": "v", "type": "string", "encrypted": true, "value": "x", "valueFrom": {"env": "V"}}"#,
            item,
        ),
        (r#"^{"name": "v", "type": "string"}"#, item),
        (
            r#"{"name": "v", "type": "string", "encrypted": true, "value": ^"x"}"#,
            &["E006 spec.variables[0].value"],
        ),
        (
            r#"{"name": "v", "type": "integer", "encrypted": true, "value": ^"x"}"#,
            &["E006 spec.variables[0].value"],
        ),
        (
            r#"{"name": "v", "type": "string", "encrypted": ^"yes", "value": "x"}"#,
            &["M003 spec.variables[0].encrypted"],
        ),
    ]);
}

#[test]
fn a_reference_names_one_variable_or_one_file() {
    let at = "spec.variables[1].valueFrom";
    let from = r#"{"env": "AUTH"}"#;
    check(
        ACTION,
        &[
            (from, r#"{"file": "secret.txt"}"#, &[]),
            (from, r#"{"env": "é"}"#, &[]),
            (
                from,
                r#"^{"env": "A", "file": "b"}"#,
                &[&format!("E006 {at}")],
            ),
            (from, "^{}", &[&format!("E006 {at}")]),
            (from, r#"^"AUTH""#, &[&format!("M003 {at}")]),
            (from, r#"{"env": ^""}"#, &[&format!("E006 {at}.env")]),
            (from, r#"{"env": ^"A=B"}"#, &[&format!("E006 {at}.env")]),
            (from, r#"{"env": ^"A\nB"}"#, &[&format!("E006 {at}.env")]),
            (from, r#"{"env": ^7}"#, &[&format!("M003 {at}.env")]),
            (from, r#"{"file": ^""}"#, &[&format!("E006 {at}.file")]),
            (
                from,
                r#"{"file": ^"a\u0000b"}"#,
                &[&format!("E006 {at}.file")],
            ),
            (from, r#"{"file": ^[]}"#, &[&format!("M003 {at}.file")]),
        ],
    );
}

#[test]
fn what_looks_like_a_mask_is_refused() {
    let path = &["E007 spec.variables[0].value"][..];
    check_first(&[
        (r#"{"name": "v", "type": "string", "value": ^"****"}"#, path),
        (
            r#"{"name": "v", "type": "string", "value": ^"<redacted>"}"#,
            path,
        ),
        (
            r#"{"name": "v", "type": "integer", "value": ^"****"}"#,
            path,
        ),
        (
            r#"{"name": "v", "type": "string", "encrypted": true, "value": ^"****"}"#,
            path,
        ),
        (r#"{"name": "v", "type": "string", "value": "a*b"}"#, &[]),
    ]);
}

#[test]
fn m_15_a_literal_that_looks_like_a_secret_is_a_warning() {
    let case = |variable: &str| decoded(&ACTION.replace(FIRST, variable)).1;
    let found = case(r#"{"name": "api_token", "type": "string", "value": "abcdefgh"}"#);
    assert!(!found.has_errors());
    insta::assert_snapshot!(report(&found), @"16:54 W001 spec.variables[0].value: value of api_token looks like a secret and stands in clear (set `encrypted: true` and name where it comes from: `valueFrom: {env: NAME}` or `{file: PATH}`)");
    assert!(case(r#"{"name": "api_token", "type": "string", "value": "abc"}"#).is_empty());
    assert!(case(r#"{"name": "token_limit", "type": "integer", "value": 123456789}"#).is_empty());
}

#[test]
fn a_value_is_never_repeated_in_a_message() {
    let canary = "sk_live_canary_0123456789";
    for variable in [
        r#"{"name": "a token", "type": "string", "value": "CANARY"}"#,
        r#"{"name": "token", "type": "string", "value": "CANARY"}"#,
        r#"{"name": "v", "type": "integer", "value": "CANARY"}"#,
        r#"{"name": "v", "type": "object", "value": "CANARY"}"#,
        r#"{"name": "v", "type": "object", "value": {"a": "CANARY", "a": "CANARY"}}"#,
        r#"{"name": "v", "type": "string", "value": ["CANARY"]}"#,
        r#"{"name": "v", "type": "string", "encrypted": true, "value": "CANARY"}"#,
        r#"{"name": "v", "type": "string", "value": "CANARY", "valueFrom": {"env": "X"}}"#,
        r#"{"name": "v", "type": "string", "valeu": "CANARY"}"#,
        r#"{"name": "v", "type": "string", "secret": "CANARY"}"#,
        r#"{"name": "v", "type": "string", "valueFrom": {"literal": "CANARY"}}"#,
        r#"{"name": "v", "type": "string", "valueFrom": "CANARY"}"#,
        r#""CANARY""#,
    ] {
        let (manifest, violations) =
            decoded(&ACTION.replace(FIRST, &variable.replace("CANARY", canary)));
        assert!(!violations.is_empty(), "case: {variable}");
        let text = report(&violations);
        assert!(!text.contains("canary"), "case: {variable}\n{text}");
        assert!(violations.has_errors() != manifest.has_kind(crate::address::ResourceKind::Action));
    }
}

#[test]
fn values_are_kept_as_the_wire_has_them() {
    let found = variables(
        r#"{"name": "a", "type": "object", "value": {"b": [1, 2.5], "a": "x"}},
           {"name": "b", "type": "integer", "value": -3},
           {"name": "c", "type": "string", "value": " x\n"},
           {"name": "d", "type": "boolean", "encrypted": true, "valueFrom": {"file": "d.txt"}}"#,
    );
    let texts: Vec<_> = found.iter().map(|variable| &variable.value).collect();
    let literal = |text: &str| VariableValue::Literal(text.into());
    let file = VariableValue::From(ValueReference::File {
        path: "d.txt".into(),
        manifest: "a.yaml".into(),
    });
    assert_eq!(
        texts,
        [
            &literal(r#"{"a":"x","b":[1,2.5]}"#),
            &literal("-3"),
            &literal(" x\n"),
            &file
        ]
    );
    assert!(!found[0].encrypted && found[3].encrypted);
    assert_eq!(found[0].scope, VariableScope::Action);
    assert_eq!(found[3].kind, VariableType::Boolean);
}
