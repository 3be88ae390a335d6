//! Servers that say what they were sent, or what they cannot know: nothing of it may come through.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    SECRETS, assert_clean, assert_ended_clean, assert_files_clean, fit_for_a_header, project,
    secret, talkative,
};
use crate::stage::{Answer, Asked, Scripted};

/// What a server might say of a request that it does not like: all that it was sent.
fn echo(asked: &Asked) -> String {
    let headers: Vec<String> = asked
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    format!(
        "{} {}?{} {} {}",
        asked.method,
        asked.path,
        asked.query,
        headers.join(" "),
        asked.body
    )
}

fn answers(message: &str) -> Vec<(&'static str, Answer)> {
    let quoted = serde_json::to_string(message).unwrap();
    vec![
        (
            "400 with a message",
            Answer::json(400, format!(r#"{{"message":{quoted}}}"#)),
        ),
        (
            "422 with field errors",
            Answer::json(
                422,
                format!(
                    r#"{{"message":"bad","errors":[{{"field":"variables[0].value","message":{quoted}}}]}}"#
                ),
            ),
        ),
        (
            "400 as problem+json",
            Answer::json(
                400,
                format!(r#"{{"title":"bad","detail":{quoted},"status":400}}"#),
            )
            .header("content-type", "application/problem+json"),
        ),
        (
            "403",
            Answer::json(403, format!(r#"{{"message":{quoted}}}"#)),
        ),
        (
            "409",
            Answer::json(409, format!(r#"{{"message":{quoted}}}"#)),
        ),
        ("400 with JSON as text", Answer::json(400, quoted.clone())),
        ("400 that is no JSON", Answer::json(400, message)),
        ("400 as a page", Answer::html(400, message)),
        ("201 as a page", Answer::html(201, message)),
        ("201 that is no JSON", Answer::json(201, message)),
        (
            "201 with an odd id",
            Answer::json(201, format!(r#"{{"id":{quoted},"name":"holder"}}"#)),
        ),
        (
            "a redirect",
            Answer::json(307, "").header(
                "location",
                &format!(
                    "http://127.0.0.1:9/{}",
                    utf8_percent_encode(message, NON_ALPHANUMERIC)
                ),
            ),
        ),
        (
            "a request id",
            Answer::json(400, r#"{"message":"no"}"#)
                .header("x-request-id", &fit_for_a_header(message)),
        ),
    ]
}

#[test]
fn t_04_a_server_that_echoes_what_it_was_sent_makes_nothing_known() {
    let count = answers("").len();
    for number in 0..count {
        let label = answers("")[number].0;
        let server = Scripted::start(move |asked| {
            if asked.wants_token() {
                Answer::token(secret(2))
            } else if asked.query.contains("filter") {
                // Nobody waits for what a look for the name might still show.
                Answer::json(400, "{}")
            } else if asked.method == "GET" {
                Answer::empty_page()
            } else {
                answers(&echo(asked)).swap_remove(number).1
            }
        });
        let project = project(server.base_url());
        for words in [&["apply", "--yes"][..], &["apply", "--yes", "-o", "json"]] {
            let ended = talkative(&project, words).run();
            assert_ne!(ended.code, 0, "case: {label}");
            assert_ended_clean(&format!("{} after {label}", words.join(" ")), &ended);
            assert_files_clean(&project);
        }
        let sent = server
            .asked()
            .iter()
            .any(|asked| asked.method == "POST" && asked.body.contains(secret(4)));
        assert!(
            sent,
            "case: {label}: the secret really was in what is echoed"
        );
    }
}

#[test]
fn t_04_a_listing_that_fails_with_what_was_sent_before_makes_nothing_known() {
    let all: Vec<&str> = SECRETS.iter().map(|(_, secret)| *secret).collect();
    let all = all.join(" ");
    for number in 0..answers("").len() {
        let label = answers("")[number].0;
        let message = all.clone();
        let server = Scripted::start(move |asked| {
            if asked.wants_token() {
                Answer::token(secret(2))
            } else {
                answers(&message).swap_remove(number).1
            }
        });
        let project = project(server.base_url());
        for words in [&["plan"][..], &["apply", "--yes"]] {
            let call = talkative(&project, words).env("TWELVE", secret(12));
            let ended = call.run();
            assert_ne!(ended.code, 0, "case: {label}");
            // These secrets are not in use by a plan: a server cannot know them.
            let known = |text: &str| {
                let unknown = [9, 10, 13].map(secret);
                unknown
                    .iter()
                    .fold(text.to_owned(), |text, each| text.replace(each, ""))
            };
            assert_clean(
                &format!("{} after {label}", words.join(" ")),
                known(&ended.both()).as_bytes(),
            );
        }
        assert_files_clean(&project);
    }
}

#[test]
fn t_20_a_token_endpoint_that_echoes_the_credentials_makes_nothing_known() {
    for style in ["body", "basic", "json", "query"] {
        for number in 0..answers("").len() {
            let label = answers("")[number].0;
            let server = Scripted::start(move |asked| answers(&echo(asked)).swap_remove(number).1);
            let project = project(server.base_url());
            let settings = project.read("cxda.toml");
            let auth = format!("[tenant.it.auth]\nstyle = \"{style}\"\n[[webhook]]");
            project.write("cxda.toml", settings.replace("[[webhook]]", &auth));
            for words in [&["plan"][..], &["doctor"]] {
                let ended = talkative(&project, words).run();
                assert_ne!(ended.code, 0, "case: {style}, {label}");
                assert_ended_clean(
                    &format!("{} with {style} after {label}", words.join(" ")),
                    &ended,
                );
            }
            assert_files_clean(&project);
        }
    }
}
