//! What the simulated server itself refuses in a body.
//!
//! These are a server's rules, written down on their own: what the client checks before it sends is decided
//! elsewhere, so that a mistake there does not hide here.

use serde_json::Value;

use crate::message::FieldError;

pub(crate) mod action;
pub(crate) mod view;

/// Whether a body makes a resource or takes the place of one.
///
/// A create must hold what a resource cannot be without. A replace may leave out all but the name: what it leaves
/// out is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    Replace,
}

/// What was found wrong, in the order of the rules.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<FieldError>);

impl Findings {
    /// Notes that `field` is wrong.
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError {
            field: field.into(),
            message: message.into(),
        });
    }

    /// Notes `message` unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.add(field, message);
        }
    }

    /// The member of `body`, or a finding where it is absent or null although `purpose` needs it.
    fn member<'a>(&mut self, body: &'a Value, field: &str, purpose: Purpose) -> Option<&'a Value> {
        let found = present(body, field);
        self.check(
            found.is_some() || purpose == Purpose::Replace,
            field,
            "is required",
        );
        found
    }

    /// Everything that was found.
    pub(crate) fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

/// The member of an object that is there and not null.
fn present<'a>(body: &'a Value, field: &str) -> Option<&'a Value> {
    body.get(field).filter(|value| !value.is_null())
}

/// Checks that a member, where it is there, is of a type.
fn typed(findings: &mut Findings, body: &Value, field: &str, fits: fn(&Value) -> bool, name: &str) {
    if let Some(value) = present(body, field) {
        findings.check(fits(value), field, &format!("must be {name}"));
    }
}

/// How many characters a text has; `None` where the value is no text.
fn characters(value: &Value) -> Option<usize> {
    Some(value.as_str()?.chars().count())
}
