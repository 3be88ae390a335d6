//! Answers that are changed on their way: a merge patch on the body, other headers, another status.
//!
//! What the patch does not touch stays token for token, as far as it is a top-level member.

use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::kind::status;
use super::members::Members;
use crate::document::Document;
use crate::message::Answer;

/// What is changed of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alteration {
    body: Option<Map<String, Value>>,
    headers: Vec<HeaderChange>,
    status: Option<StatusCode>,
}

/// A header and its new values; without any it is taken away.
pub(super) type HeaderChange = (HeaderName, Option<Vec<HeaderValue>>);

impl Alteration {
    /// Reads an alteration that changes something.
    pub(super) fn read(members: &mut Members) -> Result<Self, String> {
        let body = match members.any("body") {
            None => None,
            Some(Value::Object(patch)) => Some(patch),
            Some(_) => return Err("`body` is not an object".to_owned()),
        };
        let headers = headers(members)?;
        let status = match members.any("status") {
            None => None,
            Some(number) => {
                let only = Map::from_iter([("status".to_owned(), number)]);
                let mut only = Members::of(Value::Object(only), "`status`")?;
                Some(status(&mut only, 200..=999)?)
            }
        };
        if body.is_none() && headers.is_empty() && status.is_none() {
            return Err("`alter` changes neither `body` nor `headers` nor `status`".to_owned());
        }
        Ok(Self {
            body,
            headers,
            status,
        })
    }

    /// Changes `answer`.
    pub(crate) fn apply(&self, answer: &mut Answer) {
        if let Some(patch) = &self.body {
            let mut document = Document::parse(&answer.body).unwrap_or_default();
            merge(&mut document, patch);
            answer.body = document.to_text().into();
        }
        for (name, values) in &self.headers {
            answer.headers.retain(|(own, _)| own != name);
            for value in values.iter().flatten() {
                answer.headers.push((name.clone(), value.clone()));
            }
        }
        if let Some(status) = self.status {
            answer.status = status;
        }
    }
}

/// Merges `patch` into `document`, as RFC 7396 says.
pub(crate) fn merge(document: &mut Document, patch: &Map<String, Value>) {
    for (name, change) in patch {
        match change {
            Value::Null => drop(document.remove(name)),
            Value::Object(_) => {
                let mut present = document.get(name).unwrap_or(Value::Null);
                merge_value(&mut present, change);
                document.set(name, &present);
            }
            other => document.set(name, other),
        }
    }
}

fn merge_value(present: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *present = patch.clone();
        return;
    };
    if !present.is_object() {
        *present = Value::Object(Map::new());
    }
    let Value::Object(present) = present else {
        return;
    };
    for (name, change) in patch {
        if change.is_null() {
            present.remove(name);
        } else {
            merge_value(present.entry(name.as_str()).or_insert(Value::Null), change);
        }
    }
}

/// The member `headers`: names with `null`, a text or a list of texts.
pub(super) fn headers(members: &mut Members) -> Result<Vec<HeaderChange>, String> {
    let named = match members.any("headers") {
        None => return Ok(Vec::new()),
        Some(Value::Object(named)) => named,
        Some(_) => return Err("`headers` is not an object".to_owned()),
    };
    named.into_iter().map(header).collect()
}

fn header((name, value): (String, Value)) -> Result<HeaderChange, String> {
    let texts = match value {
        Value::Null => None,
        Value::String(text) => Some(vec![Value::String(text)]),
        Value::Array(texts) => Some(texts),
        _ => return Err(format!("the header {name:?} is neither a text nor a list")),
    };
    let values = texts.map(|texts| {
        let value = |text: Value| {
            let value = text
                .as_str()
                .and_then(|text| HeaderValue::from_str(text).ok());
            value.ok_or_else(|| format!("the header {name:?} has a value that HTTP forbids"))
        };
        texts.into_iter().map(value).collect::<Result<Vec<_>, _>>()
    });
    let values = values.transpose()?;
    let known = HeaderName::try_from(&name)
        .map_err(|_| format!("the header {name:?} has a name that HTTP forbids"))?;
    if known == CONTENT_LENGTH || known == TRANSFER_ENCODING {
        let reason = "`truncate`, `garble` and `flood` have lengths that lie";
        return Err(format!("the header `{known}` cannot be set: {reason}"));
    }
    Ok((known, values))
}

#[cfg(test)]
mod tests {
    use axum::http::header::ETAG;
    use serde_json::json;

    use super::*;

    fn altered(change: Value, body: &str) -> Answer {
        let mut members = Members::of(change, "it").unwrap();
        let alteration = Alteration::read(&mut members).unwrap();
        members.finish().unwrap();
        let mut answer = Answer::json_text(StatusCode::OK, body.to_owned()).with(ETAG, "\"v1\"");
        alteration.apply(&mut answer);
        answer
    }

    #[test]
    fn a_patch_leaves_what_it_does_not_name_token_for_token() {
        let body = r#"{"a":1.50e+3,"b":{"x":1,"y":2},"c":[1]}"#;
        let answer = altered(
            json!({"body": {"b": {"x": null, "z": {"n": null}}, "c": null}}),
            body,
        );
        assert_eq!(answer.body, r#"{"a":1.50e+3,"b":{"y":2,"z":{}}}"#);
    }

    #[test]
    fn a_body_that_is_no_object_becomes_one() {
        assert_eq!(altered(json!({"body": {"a": 1}}), "").body, r#"{"a":1}"#);
        assert_eq!(altered(json!({"body": {"a": 1}}), "[1]").body, r#"{"a":1}"#);
    }

    #[test]
    fn headers_go_come_and_are_replaced() {
        let answer = altered(
            json!({"headers": {"ETag": null, "X-A": ["1", "2"]}, "status": 202}),
            "{}",
        );
        assert_eq!((answer.status.as_u16(), answer.header(&ETAG)), (202, None));
        let added = answer.headers.iter().filter(|(name, _)| name == "x-a");
        assert_eq!(added.count(), 2);
    }

    #[test]
    fn lengths_that_lie_are_not_for_headers() {
        for (headers, why) in [
            (json!({"Content-Length": "1"}), "cannot be set"),
            (json!({"a b": "1"}), "a name that HTTP forbids"),
            (json!({"a": "1\n"}), "a value that HTTP forbids"),
            (json!({"a": 1}), "neither a text nor a list"),
            (json!([]), "`headers` is not an object"),
        ] {
            let mut members = Members::of(json!({"headers": headers}), "it").unwrap();
            let refused = Alteration::read(&mut members).unwrap_err();
            assert!(refused.contains(why), "{headers}: {refused}");
        }
    }
}
