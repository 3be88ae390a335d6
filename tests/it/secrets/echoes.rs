//! Answers that give back what a server was sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::stage::{Answer, Asked};

/// What a server might say of a request that it does not like: all that it was sent.
pub(super) fn echo(asked: &Asked) -> String {
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

pub(super) fn answers(message: &str) -> Vec<(&'static str, Answer)> {
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
            Answer::json(400, r#"{"message":"no"}"#).header(
                "x-request-id",
                &message.replace(|c: char| !c.is_ascii() || c.is_control(), "?"),
            ),
        ),
    ]
}
