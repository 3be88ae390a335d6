//! What an action's answer shows, and what goes back.

use cxda_domain::body::CacheBody;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::{VariableScope, VariableType};
use proptest::prelude::*;

use super::*;

const DOCUMENT: &str = r#"{"id":"a-1","name":"score","description":"Weighted score","type":"SCRIPT",
    "trigger":{"type":"MANUAL","every":1.10},"script":{"language":"JavaScript","content":"old()","hash":12345678901234567890},
    "enabled":false,"dependencies":["zeta","alpha"],"cacheEnabled":true,"cacheKey":"k","cacheTtl":300,
    "variables":[{"name":"token","type":"string","value":"****","encrypted":true,"scope":"action","rotated":1e400},
        {"name":"limit","type":"integer","value":"3","encrypted":false,"scope":"action"}],
    "configuration":{"retries":{"max":1.0},"dateProcessing":{"sourceField":"a","targetField":"b",
        "computedValue":"2024-02-29T17:30:00.000Z","timezone":"UTC","dstAdjustment":true,"precision":3,"zone":{"x":1.50}}},
    "state":"PUBLISHED","createdTimestamp":1700000000000,"owner":{"id":1e400}}"#;

fn observed(text: &str) -> Result<ObservedResource, WireError> {
    observe(document(text.as_bytes())?)
}

fn fields(text: &str) -> String {
    let text = format!(r#"{{"id":"a","name":"n",{text}}}"#);
    let shown = observed(&text).unwrap();
    serde_json::to_string(shown.fields.fields()).unwrap()
}

fn body() -> ActionBody {
    ActionBody {
        name: "score".parse().unwrap(),
        description: "New \"words\"".into(),
        script: SecretText::new("main()\n"),
        enabled: None,
        dependencies: vec!["base".into()],
        cache: None,
        variables: None,
        dates: None,
    }
}

fn full_body() -> ActionBody {
    ActionBody {
        enabled: Some(true),
        cache: Some(CacheBody {
            enabled: true,
            key: Some("customer_{id}".into()),
            ttl: 60,
        }),
        variables: Some(vec![
            VariableBody {
                name: "token".parse().unwrap(),
                kind: VariableType::String,
                value: SecretText::new("s3cret"),
                literal: false,
                encrypted: true,
                scope: VariableScope::Action,
            },
            VariableBody {
                name: "retries".parse().unwrap(),
                kind: VariableType::Integer,
                value: SecretText::new("3"),
                literal: true,
                encrypted: false,
                scope: VariableScope::Template,
            },
        ]),
        dates: Some(DateProcessing {
            source_field: "input".into(),
            target_field: "output".into(),
            input_timestamp: "2024-02-29T15:30:00.000Z".into(),
            computed_value: "2024-02-29T12:30:00.000-05:00".into(),
            timezone: "America/New_York".into(),
            dst_adjustment: true,
            precision: 3,
        }),
        ..body()
    }
}

/// JSON text with one member a line, for snapshots.
fn by_member(text: &str) -> String {
    let raw = document(text.as_bytes()).unwrap();
    let members = Members::of(raw).unwrap();
    let lines: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{key}: {}", value.get()))
        .collect();
    lines.join("\n")
}

#[test]
fn an_answer_shows_the_managed_fields_in_the_words_of_manifests() {
    let shown = observed(DOCUMENT).unwrap();
    assert_eq!(shown.id.as_str(), "a-1");
    assert_eq!(shown.status.as_deref(), Some("PUBLISHED"));
    assert_eq!(shown.document.as_str(), DOCUMENT);
    insta::assert_json_snapshot!(shown.fields.fields(), @r#"
    {
      "cache": {
        "enabled": true,
        "key": "k",
        "ttl": 300
      },
      "dateProcessing": {
        "computedValue": "2024-02-29T17:30:00.000Z",
        "dstAdjustment": true,
        "precision": 3,
        "sourceField": "a",
        "targetField": "b",
        "timezone": "UTC"
      },
      "dependencies": [
        "alpha",
        "zeta"
      ],
      "description": "Weighted score",
      "enabled": false,
      "script": {
        "content": "old()",
        "language": "JavaScript"
      },
      "trigger": {
        "type": "MANUAL"
      },
      "type": "SCRIPT",
      "variables": {
        "limit": {
          "encrypted": false,
          "scope": "action",
          "type": "integer",
          "value": "3"
        },
        "token": {
          "encrypted": true,
          "scope": "action",
          "type": "string"
        }
      }
    }
    "#);
}

#[test]
fn what_is_left_out_is_left_out_and_null_is_null() {
    for (text, want) in [
        (r#""state":"DRAFT""#, "{}"),
        (
            r#""description":null,"dependencies":null"#,
            r#"{"dependencies":null,"description":null}"#,
        ),
        (r#""cacheKey":null"#, r#"{"cache":{"key":null}}"#),
        (r#""cacheTtl":5"#, r#"{"cache":{"ttl":5}}"#),
        (
            r#""script":{},"trigger":null"#,
            r#"{"script":{},"trigger":null}"#,
        ),
        (r#""variables":null"#, r#"{"variables":null}"#),
        (r#""variables":[]"#, r#"{"variables":{}}"#),
        (r#""variables":[{"name":"a"}]"#, r#"{"variables":{"a":{}}}"#),
        (r#""configuration":null"#, r#"{"dateProcessing":null}"#),
        (
            r#""configuration":{"other":1}"#,
            r#"{"dateProcessing":null}"#,
        ),
        (
            r#""configuration":{"dateProcessing":null}"#,
            r#"{"dateProcessing":null}"#,
        ),
        (
            r#""configuration":{"dateProcessing":{"precision":2,"x":1}}"#,
            r#"{"dateProcessing":{"precision":2}}"#,
        ),
    ] {
        assert_eq!(fields(text), want, "case: {text}");
    }
}

#[test]
fn encrypted_variables_show_no_value_whatever_stands_for_it() {
    for value in [r#","value":"********""#, r#","value":"""#, ""] {
        let text = format!(r#""variables":[{{"name":"a","encrypted":true{value}}}]"#);
        assert_eq!(
            fields(&text),
            r#"{"variables":{"a":{"encrypted":true}}}"#,
            "{value}"
        );
    }
}

#[test]
fn h_31_an_action_without_a_usable_id_or_name_is_no_action() {
    for text in [
        "[]",
        r#"{"name":"n"}"#,
        r#"{"id":null,"name":"n"}"#,
        r#"{"id":"","name":"n"}"#,
        r#"{"id":"../x","name":"n"}"#,
        r#"{"id":"a\r\nb","name":"n"}"#,
        r#"{"id":1.5,"name":"n"}"#,
        r#"{"id":"a"}"#,
        r#"{"id":"a","name":""}"#,
        r#"{"id":"a","name":7}"#,
        r#"{"id":"a","name":"n","script":"text"}"#,
        r#"{"id":"a","name":"n","variables":{}}"#,
        r#"{"id":"a","name":"n","variables":[{}]}"#,
        r#"{"id":"a","name":"n","cacheTtl":1e400}"#,
    ] {
        assert!(observed(text).is_err(), "case: {text}");
    }
    assert_eq!(
        observed(r#"{"id":17,"name":"n"}"#).unwrap().id.as_str(),
        "17"
    );
}

#[test]
fn a_new_action_is_sent_whole_and_enabled() {
    insta::assert_snapshot!(by_member(&create_body(&full_body()).unwrap()), @r#"
    name: "score"
    description: "New \"words\""
    type: "SCRIPT"
    trigger: {"type":"MANUAL"}
    script: {"language":"JavaScript","content":"main()\n"}
    enabled: true
    dependencies: ["base"]
    cacheEnabled: true
    cacheKey: "customer_{id}"
    cacheTtl: 60
    variables: [{"name":"token","type":"string","value":"s3cret","encrypted":true,"scope":"action"},{"name":"retries","type":"integer","value":"3","encrypted":false,"scope":"template"}]
    configuration: {"dateProcessing":{"sourceField":"input","targetField":"output","computedValue":"2024-02-29T12:30:00.000-05:00","timezone":"America/New_York","dstAdjustment":true,"precision":3}}
    "#);
    insta::assert_snapshot!(by_member(&create_body(&body()).unwrap()), @r#"
    name: "score"
    description: "New \"words\""
    type: "SCRIPT"
    trigger: {"type":"MANUAL"}
    script: {"language":"JavaScript","content":"main()\n"}
    enabled: true
    dependencies: ["base"]
    "#);
    let disabled = ActionBody {
        enabled: Some(false),
        ..body()
    };
    assert!(
        create_body(&disabled)
            .unwrap()
            .contains(r#""enabled":false"#)
    );
}

#[test]
fn a_replace_puts_the_managed_fields_over_the_rest_as_it_came() {
    let current = Document::new(DOCUMENT);
    insta::assert_snapshot!(by_member(&replace_body(&current, &full_body()).unwrap()), @r#"
    id: "a-1"
    name: "score"
    description: "New \"words\""
    type: "SCRIPT"
    trigger: {"type":"MANUAL","every":1.10}
    script: {"language":"JavaScript","content":"main()\n","hash":12345678901234567890}
    enabled: true
    dependencies: ["base"]
    cacheEnabled: true
    cacheKey: "customer_{id}"
    cacheTtl: 60
    variables: [{"name":"token","type":"string","value":"s3cret","encrypted":true,"scope":"action","rotated":1e400},{"name":"retries","type":"integer","value":"3","encrypted":false,"scope":"template"}]
    configuration: {"retries":{"max":1.0},"dateProcessing":{"sourceField":"input","targetField":"output","computedValue":"2024-02-29T12:30:00.000-05:00","timezone":"America/New_York","dstAdjustment":true,"precision":3,"zone":{"x":1.50}}}
    state: "PUBLISHED"
    createdTimestamp: 1700000000000
    owner: {"id":1e400}
    "#);
}

#[test]
fn blocks_that_are_not_managed_go_back_as_they_came() {
    let current = Document::new(DOCUMENT);
    insta::assert_snapshot!(by_member(&replace_body(&current, &body()).unwrap()), @r#"
    id: "a-1"
    name: "score"
    description: "New \"words\""
    type: "SCRIPT"
    trigger: {"type":"MANUAL","every":1.10}
    script: {"language":"JavaScript","content":"main()\n","hash":12345678901234567890}
    enabled: false
    dependencies: ["base"]
    cacheEnabled: true
    cacheKey: "k"
    cacheTtl: 300
    variables: [{"name":"token","type":"string","value":"****","encrypted":true,"scope":"action","rotated":1e400},
            {"name":"limit","type":"integer","value":"3","encrypted":false,"scope":"action"}]
    configuration: {"retries":{"max":1.0},"dateProcessing":{"sourceField":"a","targetField":"b",
            "computedValue":"2024-02-29T17:30:00.000Z","timezone":"UTC","dstAdjustment":true,"precision":3,"zone":{"x":1.50}}}
    state: "PUBLISHED"
    createdTimestamp: 1700000000000
    owner: {"id":1e400}
    "#);
}

#[test]
fn a_cache_without_a_key_leaves_key_and_ttl_alone() {
    let off = ActionBody {
        cache: Some(CacheBody {
            enabled: false,
            key: None,
            ttl: 300,
        }),
        ..body()
    };
    let current = Document::new(r#"{"id":"a","cacheKey":"theirs","cacheTtl":7}"#);
    let sent = replace_body(&current, &off).unwrap();
    assert!(
        sent.contains(r#""cacheKey":"theirs","cacheTtl":7"#),
        "{sent}"
    );
    assert!(sent.contains(r#""cacheEnabled":false"#), "{sent}");
    assert!(!create_body(&off).unwrap().contains("cacheTtl"));
}

#[test]
fn an_empty_list_of_variables_removes_them_all() {
    let none = ActionBody {
        variables: Some(Vec::new()),
        ..body()
    };
    let sent = replace_body(&Document::new(DOCUMENT), &none).unwrap();
    assert!(sent.contains(r#""variables":[]"#), "{sent}");
}

#[test]
fn what_would_be_lost_by_merging_is_not_merged() {
    for text in [
        "[]",
        r#"{"id":"a","id":"b"}"#,
        r#"{"script":"text"}"#,
        r#"{"configuration":[1]}"#,
        r#"{"configuration":{"dateProcessing":7}}"#,
        r#"{"variables":{"a":1}}"#,
    ] {
        let merged = replace_body(&Document::new(text), &full_body());
        assert!(merged.is_err(), "case: {text}");
    }
}

/// JSON text of any spelling, whitespace and number, without keys that repeat.
fn any_json() -> impl Strategy<Value = String> {
    let number = r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    let text = r#""([ !#-\[\]-~é漢]|\\["\\/bfnrt]|\\u00[0-9a-f]{2}){0,8}""#;
    let leaf = prop_oneof![
        number.prop_map(String::from),
        text.prop_map(String::from),
        "true|false|null".prop_map(String::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4)
            .prop_map(|items| format!("[ {} ]", items.join(" ,\t")));
        let object = proptest::collection::vec(inner, 0..4).prop_map(|values| {
            let members = values.iter().enumerate();
            let members = members.map(|(n, value)| format!("\"\\u006b{n}\" :\n{value}"));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(","))
        });
        prop_oneof![list, object]
    })
}

proptest! {
    /// Members that nobody manages go back token for token, at every depth, in their order.
    #[test]
    fn unknown_members_go_back_token_for_token(
        unknown in proptest::collection::vec(any_json(), 7),
    ) {
        let [a, b, c, d, e, f, g] = &unknown[..] else { unreachable!() };
        let text = format!(
            r#"{{"x\u0061":{a},"id":"a","script":{{"y":{b}}},"trigger":{{"y":{c}}},"configuration":{{"y":{d},
            "dateProcessing":{{"y":{e}}}}},"variables":[{{"name":"token","y":{f}}}],"last":{g}}}"#
        );
        let sent = replace_body(&Document::new(text), &full_body()).unwrap();
        let members = Members::of(document(sent.as_bytes()).unwrap()).unwrap();
        let inside = |path: &[&str]| {
            let mut raw = members.get(path[0]).unwrap().to_owned();
            for key in &path[1..] {
                let inner = match key.parse::<usize>() {
                    Ok(index) => items(&raw).unwrap()[index].to_owned(),
                    Err(_) => Members::of(&raw).unwrap().get(key).unwrap().to_owned(),
                };
                raw = inner;
            }
            raw.get().to_owned()
        };
        let spelled = r#"{"x\u0061":"#;
        prop_assert!(sent.starts_with(spelled));
        prop_assert_eq!(&inside(&["xa"]), a);
        prop_assert_eq!(&inside(&["script", "y"]), b);
        prop_assert_eq!(&inside(&["trigger", "y"]), c);
        prop_assert_eq!(&inside(&["configuration", "y"]), d);
        prop_assert_eq!(&inside(&["configuration", "dateProcessing", "y"]), e);
        prop_assert_eq!(&inside(&["variables", "0", "y"]), f);
        prop_assert_eq!(&inside(&["last"]), g);
    }

    /// What was sent shows, when it comes back, as it was meant: a plan after it is empty.
    #[test]
    fn what_is_sent_shows_as_it_was_meant(description in any::<String>(), script in any::<String>()) {
        let meant = ActionBody {
            description,
            script: SecretText::new(script),
            ..full_body()
        };
        let sent = replace_body(&Document::new(DOCUMENT), &meant).unwrap();
        let shown = observed(&sent).unwrap();
        prop_assert_eq!(shown.fields, meant.projection());
    }
}
