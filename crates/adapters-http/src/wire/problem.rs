//! Bodies of refusals, in every form that servers use: RFC 9457, `{message}`, `{error, error_description}`, lists and
//! maps of field errors. Unknown members are passed over.
//!
//! What it finds is as the server wrote it: not sanitized, not searched for secrets.

use cxda_ports::error::Problem;
use serde_json::value::RawValue;

use crate::wire::members::{Members, items};
use crate::wire::{document, is_null, parse};

/// The most field errors that are kept.
pub(crate) const MAX_PROBLEMS: usize = 50;

const LISTS: [&str; 7] = [
    "errors",
    "invalid-params",
    "invalidParams",
    "fieldErrors",
    "violations",
    "details",
    "causes",
];
const FIELDS: [&str; 5] = ["field", "pointer", "path", "name", "property"];
const MESSAGES: [&str; 7] = [
    "message",
    "detail",
    "reason",
    "description",
    "error_description",
    "title",
    "error",
];

/// Where servers put a word for what is wrong.
const CODES: [&str; 5] = ["code", "errorCode", "error_code", "type", "error"];
/// How servers say that a key was used before, with something else. That it is in use just now is none of them.
const REUSED: [&str; 10] = [
    "mismatch",
    "different",
    "not match",
    "t match",
    "another payload",
    "another body",
    "another request body",
    "other payload",
    "reuse",
    "already used",
];

/// What a refusal says of the idempotency key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// Nothing.
    #[default]
    Unsaid,
    /// That it was used with another payload.
    OtherPayload,
}

/// What a refusal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The whole in one sentence, where there is one.
    pub(crate) summary: Option<String>,
    /// Each thing it found.
    pub(crate) problems: Vec<Problem>,
    /// The state of the resource that stands in the way.
    pub(crate) state: Option<String>,
    /// The scope that is missing.
    pub(crate) scope: Option<String>,
    /// What it says of the idempotency key.
    pub(crate) key: KeyUse,
}

impl Refusal {
    /// Reads `body`; nothing is found in one that is no JSON object.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Some(members) = document(body).ok().and_then(|raw| Members::of(raw).ok()) else {
            return Self::default();
        };
        let inner = ["error", "resource", "entity"].map(|key| {
            let raw = members.get(key)?;
            Members::of(raw).ok()
        });
        let scopes: Vec<&Members<'_>> = std::iter::once(&members)
            .chain(inner.iter().flatten())
            .collect();
        let first = |names: &[&str]| {
            let mut found = scopes.iter().filter_map(|members| text(members, names));
            found.next()
        };
        let mut problems = Vec::new();
        for members in &scopes {
            collect(members, None, &mut problems);
        }
        Self {
            summary: summary(&members).or_else(|| first(&MESSAGES)),
            problems,
            state: first(&["state", "currentState", "status"]),
            scope: scopes.iter().find_map(|members| missing_scope(members)),
            key: key_use(&scopes),
        }
    }
}

/// Title and detail of RFC 9457 together, where both are there.
fn summary(members: &Members<'_>) -> Option<String> {
    let detail = text(members, &MESSAGES[..5])?;
    match text(members, &["title", "error"]) {
        Some(title) if title != detail => Some(format!("{title}: {detail}")),
        _ => Some(detail),
    }
}

/// The first of the members `names` that is text and not empty.
fn text(members: &Members<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text: String = parse(members.get(name)?).ok()?;
        Some(text).filter(|text| !text.trim().is_empty())
    })
}

/// The scope, or the scopes with a space between, that `members` say is missing.
fn missing_scope(members: &Members<'_>) -> Option<String> {
    let names = [
        "required_scope",
        "requiredScope",
        "missing_scope",
        "missingScope",
        "required_scopes",
        "requiredScopes",
        "missing_scopes",
        "missingScopes",
        "scope",
        "scopes",
    ];
    let one = |name: &&str| {
        let raw = members.get(name)?;
        let text = match parse::<Vec<String>>(raw) {
            Ok(scopes) => scopes.join(" "),
            Err(_) => parse::<String>(raw).ok()?,
        };
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    names.iter().find_map(one)
}

/// What the words of a refusal, each by itself, say of the idempotency key.
fn key_use(scopes: &[&Members<'_>]) -> KeyUse {
    let says = |members: &&Members<'_>| {
        MESSAGES.iter().chain(&CODES).any(|name| {
            let text: Option<String> = members.get(name).and_then(|raw| parse(raw).ok());
            let words = text
                .unwrap_or_default()
                .to_lowercase()
                .replace(['_', '-'], " ");
            words.contains("idempotency key") && REUSED.iter().any(|word| words.contains(word))
        })
    };
    if scopes.iter().any(says) {
        KeyUse::OtherPayload
    } else {
        KeyUse::Unsaid
    }
}

/// Adds what the lists of `members` say, those inside their items included.
fn collect(members: &Members<'_>, inside: Option<&str>, problems: &mut Vec<Problem>) {
    for list in LISTS {
        let Some(raw) = members.get(list).filter(|raw| !is_null(raw)) else {
            continue;
        };
        if let Ok(entries) = items(raw) {
            for entry in entries {
                add(entry, None, inside, problems);
            }
        } else if let Ok(by_field) = Members::of(raw) {
            for (field, entry) in by_field.iter() {
                let entries = items(entry).unwrap_or_else(|_| vec![entry]);
                for entry in entries {
                    add(entry, Some(field), inside, problems);
                }
            }
        }
    }
}

fn add(entry: &RawValue, named: Option<&str>, inside: Option<&str>, problems: &mut Vec<Problem>) {
    if problems.len() >= MAX_PROBLEMS {
        return;
    }
    let join = |field: Option<&str>| match (inside, field) {
        (Some(outer), Some(inner)) => Some(format!("{outer}.{inner}")),
        (outer, inner) => inner.or(outer).map(str::to_owned),
    };
    if let Ok(message) = parse::<String>(entry) {
        problems.push(Problem {
            field: join(named),
            message,
            ..Problem::default()
        });
    } else if let Ok(members) = Members::of(entry) {
        let field = named.map(str::to_owned).or_else(|| text(&members, &FIELDS));
        let field = join(field.as_deref());
        let before = problems.len();
        collect(&members, field.as_deref(), problems);
        let message = text(&members, &MESSAGES).or_else(|| text(&members, &["code"]));
        // An item that only wraps others says nothing of its own.
        if let Some(message) = message.filter(|_| problems.len() == before) {
            problems.push(Problem {
                field,
                message,
                ..Problem::default()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(body: &str) -> Vec<String> {
        let refusal = Refusal::parse(body.as_bytes());
        let problems = refusal
            .problems
            .into_iter()
            .map(|problem| match problem.field {
                Some(field) => format!("{field}: {}", problem.message),
                None => problem.message,
            });
        refusal.summary.into_iter().chain(problems).collect()
    }

    #[test]
    fn h_21_every_form_of_refusal_is_read() {
        let cases: &[(&str, &str, &[&str])] = &[
            (
                "RFC 9457",
                r##"{"type":"https://evil.example/","title":"Invalid","status":418,"detail":"two fields",
                    "errors":[{"detail":"too long","pointer":"#/name"},{"detail":"not a number","pointer":"#/cacheTtl"}]}"##,
                &[
                    "Invalid: two fields",
                    "#/name: too long",
                    "#/cacheTtl: not a number",
                ],
            ),
            (
                "message alone",
                r#"{"message":"name taken"}"#,
                &["name taken"],
            ),
            (
                "OAuth",
                r#"{"error":"invalid_client","error_description":"unknown"}"#,
                &["invalid_client: unknown"],
            ),
            (
                "field errors",
                r#"{"message":"bad","errors":[{"field":"a","message":"no"}]}"#,
                &["bad", "a: no"],
            ),
            ("texts", r#"{"errors":["one","two"]}"#, &["one", "two"]),
            (
                "map of lists",
                r#"{"title":"bad","errors":{"Name":["short","odd"],"Ttl":"high"}}"#,
                &["bad", "Name: short", "Name: odd", "Ttl: high"],
            ),
            (
                "nested",
                r#"{"errors":[{"field":"a","errors":[{"field":"b","message":"no"}]}]}"#,
                &["a.b: no"],
            ),
            (
                "error object",
                r#"{"error":{"message":"bad","details":[{"field":"a","reason":"no"}]}}"#,
                &["bad", "a: no"],
            ),
            ("no object", "[1]", &[]),
            ("HTML", "<html>", &[]),
            ("odd types", r#"{"message":7,"errors":7}"#, &[]),
        ];
        for (label, body, want) in cases {
            assert_eq!(lines(body), *want, "case: {label}");
        }
    }

    #[test]
    fn problems_are_counted_out() {
        let many = vec![r#"{"message":"x"}"#; MAX_PROBLEMS + 1].join(",");
        let refusal = Refusal::parse(format!(r#"{{"errors":[{many}]}}"#).as_bytes());
        assert_eq!(refusal.problems.len(), MAX_PROBLEMS);
    }

    #[test]
    fn state_and_scope_are_found_also_one_level_down() {
        let refusal = Refusal::parse(br#"{"error":{"state":"PUBLISHING"},"required_scope":"a:b"}"#);
        assert_eq!(refusal.state.as_deref(), Some("PUBLISHING"));
        assert_eq!(refusal.scope.as_deref(), Some("a:b"));
    }

    #[test]
    fn h_16_scopes_are_found_as_text_and_as_lists() {
        for (body, want) in [
            (
                r#"{"error":"insufficient_scope","scope":"a:b"}"#,
                Some("a:b"),
            ),
            (r#"{"requiredScopes":["a","b"]}"#, Some("a b")),
            (r#"{"error":{"missing_scope":" a "}}"#, Some("a")),
            (r#"{"scopes":[]}"#, None),
            (r#"{"scope":7}"#, None),
            ("<html>", None),
        ] {
            let found = Refusal::parse(body.as_bytes()).scope;
            assert_eq!(found.as_deref(), want, "case: {body}");
        }
    }

    #[test]
    fn h_22_a_key_used_with_another_payload_is_told_from_one_in_use() {
        for (message, blames) in [
            ("the idempotency key was used for another payload", true),
            ("Idempotency-Key is already used", true),
            (
                "Idempotency Key MUST not be reused across different payloads",
                true,
            ),
            ("IDEMPOTENCY_KEY_MISMATCH", true),
            (
                "The payload doesn't match the one of this Idempotency-Key",
                true,
            ),
            ("A request is outstanding for this Idempotency-Key", false),
            (
                "another request with this idempotency key is in progress",
                false,
            ),
            ("idempotency_key_in_use", false),
            ("Idempotency-Key is missing", false),
            ("the name is taken, try a different one", false),
            ("the name idempotency is taken", false),
            ("", false),
        ] {
            let bodies = [
                format!(r#"{{"message":"{message}"}}"#),
                format!(r#"{{"title":"Conflict","detail":"{message}"}}"#),
                format!(r#"{{"error":{{"code":"{message}"}}}}"#),
            ];
            for body in bodies {
                let blamed = Refusal::parse(body.as_bytes()).key == KeyUse::OtherPayload;
                assert_eq!(blamed, blames, "case: {body}");
            }
        }
    }
}
