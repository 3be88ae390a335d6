//! Servers that say a secret in another spelling, anywhere in an answer.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::commands::for_all;
use super::{
    assert_ended_clean, assert_files_clean, fit_for_a_header, project, secret, with_secrets,
};
use crate::stage::{Answer, Asked, Scripted};

/// Ways in which a server may spell what it was sent, in ASCII where a header could hold it.
const SPELLINGS: [(&str, fn(&str) -> String); 9] = [
    ("as it is", |text| text.to_owned()),
    ("in base64", |text| STANDARD.encode(text)),
    ("in base64 behind something", |text| {
        STANDARD.encode(format!("id:{text}\n"))
    }),
    ("in base64 for URLs", |text| {
        URL_SAFE_NO_PAD.encode(format!("x{text}"))
    }),
    ("for a URL", |text| {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }),
    ("for a form", |text| {
        utf8_percent_encode(text, NON_ALPHANUMERIC)
            .to_string()
            .replace("%20", "+")
    }),
    ("for JSON, twice", |text| {
        let once = json!(text).to_string();
        json!(once).to_string()
    }),
    ("each character escaped", |text| {
        let units = text.encode_utf16();
        units.fold(String::new(), |all, unit| format!("{all}\\u{unit:04X}"))
    }),
    ("split by escapes", |text| {
        let middle = text.char_indices().nth(4).unwrap().0;
        let (start, end) = text.split_at(middle);
        format!("{start}\u{200b}\u{1b}{end}")
    }),
];

/// Where in an answer a server may say it.
const PLACES: [(&str, fn(&str) -> Value); 6] = [
    (
        "the name of a new action",
        |said| json!({"id": "a-1", "name": said}),
    ),
    (
        "the description of an action",
        |said| json!({"id": "a-1", "name": "holder", "description": said}),
    ),
    (
        "a dependency",
        |said| json!({"id": "a-1", "name": "holder", "dependencies": [said]}),
    ),
    (
        "the name of a variable",
        |said| json!({"id": "a-1", "name": "holder", "variables": [{"name": said, "type": "string", "value": "x", "encrypted": false}]}),
    ),
    (
        "the state",
        |said| json!({"id": "a-1", "name": "holder", "state": said}),
    ),
    (
        "a member that nobody knows",
        |said| json!({"id": "a-1", "name": "holder", "more": {"said": [said]}}),
    ),
];

/// Every secret that is in use where the manifests are read, or where they are not.
fn in_use(words: &[&str]) -> Vec<&'static str> {
    let numbers: &[usize] = match words {
        ["get", ..] => &[1, 2],
        _ => &[1, 2, 3, 4, 5, 6, 7, 8, 11, 14],
    };
    numbers.iter().map(|number| secret(*number)).collect()
}

#[test]
fn t_04_no_spelling_in_a_listing_gives_a_secret_away() {
    // Each case in one of both ways to print.
    let ways: [[&[&str]; 2]; 2] = [
        [&["plan"], &["get", "actions", "-o", "json"]],
        [
            &["plan", "-o", "json", "--out", "p.plan"],
            &["get", "actions"],
        ],
    ];
    let mut cases = Vec::new();
    for spelling in SPELLINGS {
        for place in PLACES {
            cases.push((spelling, place, ways[cases.len() % ways.len()]));
        }
    }
    for_all(&cases, |((spelling, spell), (place, put), ways)| {
        for words in *ways {
            let said = in_use(words)
                .iter()
                .map(|secret| spell(secret))
                .collect::<Vec<_>>()
                .join(" ");
            let page = json!({"entities": [put(&said)], "total": 1, "page": 1, "pageSize": 100})
                .to_string();
            let server = Scripted::start(move |asked| {
                if asked.wants_token() {
                    Answer::token(secret(2))
                } else {
                    Answer::json(200, page.clone())
                }
            });
            let project = project(server.base_url());
            let line = [&["-vv", "--env-file", "it.env"], words].concat();
            let ended = with_secrets(project.cxda(&line), &project).run();
            let what = format!("{} with {place}, {spelling}", words.join(" "));
            assert_ended_clean(&what, &ended);
            assert_files_clean(&project);
        }
    });
}

#[test]
fn t_04_no_spelling_in_a_refusal_gives_a_secret_away() {
    let refusals: [fn(&str) -> Answer; 5] = [
        |said| Answer::json(400, json!({"message": said}).to_string()),
        |said| {
            Answer::json(
                422,
                json!({"errors": [{"field": said, "message": said}]}).to_string(),
            )
        },
        |said| Answer::html(400, said),
        |said| Answer::json(400, said),
        |said| Answer::json(400, "{}").header("x-request-id", &fit_for_a_header(said)),
    ];
    let ways: [&[&str]; 2] = [&["apply", "--yes"], &["apply", "--yes", "-o", "json"]];
    let mut cases = Vec::new();
    for spelling in SPELLINGS {
        for refusal in refusals {
            cases.push((spelling, refusal, ways[cases.len() % ways.len()]));
        }
    }
    for_all(&cases, |((spelling, spell), refusal, words)| {
        let all: Vec<String> = in_use(&["apply"])
            .iter()
            .map(|secret| spell(secret))
            .collect();
        let said = all.join(" ");
        let refusal = *refusal;
        let server = Scripted::start(move |asked: &Asked| {
            if asked.wants_token() {
                Answer::token(secret(2))
            } else if asked.method == "GET" {
                Answer::empty_page()
            } else {
                refusal(&said)
            }
        });
        let project = project(server.base_url());
        let line = [&["-vv", "--env-file", "it.env"], *words].concat();
        let ended = with_secrets(project.cxda(&line), &project).run();
        assert_ne!(ended.code, 0);
        assert_ended_clean(&format!("{} refused {spelling}", words.join(" ")), &ended);
        assert_files_clean(&project);
    });
}
