//! Text of a server that would drive a terminal: of all that reaches one, each byte is of a small set.

use serde_json::json;

use super::project;
use crate::stage::{Answer, Ended, Scripted};

/// Sequences that have driven terminals.
const PROVEN: [&str; 16] = [
    "\u{1b}[2J\u{1b}[1;1H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;cm0gLXJmIH4=\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}[6n",
    "\u{1b}[21t",
    "\u{1b}]50;?\u{7}",
    "\u{1b}#8",
    "\u{9b}31m",
    "\u{9d}0;title\u{9c}",
    "safe\rEVIL",
    "abc\u{8}\u{8}\u{8}xyz",
    "\u{202e}cod.exe",
    "a\u{200b}\u{2060}\u{feff}b",
    "\u{e0041}\u{e0042}",
];

/// Makes sure that nothing but line feeds and tabs controls whoever shows it.
#[track_caller]
fn assert_harmless(what: &str, ended: &Ended) {
    for c in ended.both().chars() {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        assert!(
            c == '\n' || c == '\t' || !(c.is_control() || hidden),
            "{what}: {c:?}"
        );
    }
}

#[test]
fn t_06_of_all_pairs_of_bytes_none_drives_a_terminal() {
    let pairs_from = |first: u8| -> String {
        (0..=u8::MAX)
            .map(|second| String::from_utf8_lossy(&[first, second]).into_owned())
            .collect()
    };
    let mut names: Vec<String> = (0..=u8::MAX).map(pairs_from).collect();
    names.extend(PROVEN.map(ToOwned::to_owned));
    let item = |(index, name): (usize, &String)| {
        json!({"id": format!("a-{index}"), "name": name, "state": name, "description": name, "dependencies": [name],
            "variables": [{"name": name, "type": "string", "value": name, "encrypted": true}]})
    };
    let mut entities: Vec<_> = names.iter().enumerate().map(item).collect();
    let own = json!({"id": "own", "name": "alpha", "description": names.concat(), "script": null});
    entities.push(own.clone());
    let total = entities.len();
    let page =
        json!({"entities": entities, "total": total, "page": 1, "pageSize": 1000}).to_string();
    let server = Scripted::with_token(move |asked| {
        if asked.path.ends_with("/dataactions") {
            Answer::json(200, page.clone())
        } else if asked.path.ends_with("/own") {
            Answer::json(200, own.to_string())
        } else {
            Answer::empty_page()
        }
    });
    let project = project(server.base_url());
    for words in [
        &["get", "actions"][..],
        &["get", "actions", "-o", "json"],
        &["plan"],
        &["plan", "-o", "json"],
        &["plan", "-o", "markdown"],
        &["plan", "--detail", "compact"],
        &["plan", "--detail", "full"],
        &["-vv", "--log-format", "json", "plan"],
        &["doctor"],
    ] {
        let ended = project.cxda_signed_in(words).run();
        assert!(!ended.stdout.is_empty(), "{words:?}: {}", ended.stderr);
        assert_harmless(&words.join(" "), &ended);
    }
}

#[test]
fn t_06_no_refusal_drives_a_terminal() {
    for said in PROVEN {
        let bodies = [
            json!({"message": said}).to_string(),
            json!({"errors": [{"field": said, "message": said}]}).to_string(),
            said.to_owned(),
        ];
        for body in bodies {
            let server = Scripted::with_token(move |_| Answer::json(400, body.clone()));
            let project = project(server.base_url());
            for words in [&["plan"][..], &["-vv", "get", "actions"]] {
                let ended = project.cxda_signed_in(words).run();
                assert_harmless(&format!("{said:?}"), &ended);
            }
        }
    }
}
