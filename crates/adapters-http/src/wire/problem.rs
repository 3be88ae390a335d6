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
            scope: first(&["required_scope", "requiredScope", "missing_scope", "scope"]),
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
        });
    } else if let Ok(members) = Members::of(entry) {
        let field = named.map(str::to_owned).or_else(|| text(&members, &FIELDS));
        let field = join(field.as_deref());
        let before = problems.len();
        collect(&members, field.as_deref(), problems);
        let message = text(&members, &MESSAGES).or_else(|| text(&members, &["code"]));
        // An item that only wraps others says nothing of its own.
        if let Some(message) = message.filter(|_| problems.len() == before) {
            problems.push(Problem { field, message });
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
}
