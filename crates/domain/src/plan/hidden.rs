//! What of a change may be shown: values that may be secrets are replaced before a plan is printed or saved.

use serde_json::{Value, json};

use crate::body::ActionBody;
use crate::diff::FieldDifference;
use crate::projection::Projection;
use crate::variable::looks_like_secret;

/// What stands for a value that must not be shown.
const HIDDEN: &str = "(hidden)";
/// What stands for a value that must not be shown and is not the one before.
const HIDDEN_CHANGED: &str = "(hidden, changed)";

/// The difference of an encrypted variable whose value is another one, or of which nothing is known.
pub(super) fn changed_value(variable: &str) -> FieldDifference {
    FieldDifference {
        path: format!("{}.{variable}.value", Projection::VARIABLES),
        before: json!(HIDDEN),
        after: json!(HIDDEN_CHANGED),
    }
}

/// `fields` without any value that may be a secret.
///
/// Of what is wanted only literals are shown: a reference is made for secrets, be the variable encrypted or not. Of what
/// the tenant has, a value is shown only where a literal of the same name takes its place and neither looks like a secret.
pub(super) fn without_secrets(
    body: &ActionBody,
    fields: Vec<FieldDifference>,
) -> Vec<FieldDifference> {
    let show = |name: &str| {
        let mut variables = body.variables.iter().flatten();
        variables.any(|variable| variable.name.as_str() == name && variable.literal)
    };
    // The tenant may hold names with dots, so a whole variable is told from a member by what stands there.
    let inside = |field: &FieldDifference| {
        let below = field
            .path
            .strip_prefix(Projection::VARIABLES)?
            .strip_prefix('.')?;
        let whole = field.before.is_object() || field.after.is_object();
        let (name, member) = below.split_once('.').unwrap_or((below, ""));
        Some((name.to_owned(), member == "value" && !whole))
    };
    let hide = |mut field: FieldDifference| {
        match inside(&field) {
            Some((name, true)) if show(&name) => {
                for (side, hidden) in [
                    (&mut field.before, HIDDEN),
                    (&mut field.after, HIDDEN_CHANGED),
                ] {
                    if is_suspect(&name, side) {
                        *side = json!(hidden);
                    }
                }
            }
            Some((name, true)) => field = changed_value(&name),
            Some((name, false)) => {
                hide_value(&name, &mut field.before, false);
                hide_value(&name, &mut field.after, show(&name));
            }
            None if field.path == Projection::VARIABLES => {
                for (name, variable) in field.after.as_object_mut().into_iter().flatten() {
                    hide_value(name, variable, show(name));
                }
            }
            None => {}
        }
        field
    };
    fields.into_iter().map(hide).collect()
}

fn is_suspect(name: &str, value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| looks_like_secret(name, text))
}

/// Hides the value of `variable`, a whole variable, unless it may be `shown`.
fn hide_value(name: &str, variable: &mut Value, shown: bool) {
    if let Some(value) = variable.get_mut("value")
        && (!shown || is_suspect(name, value))
    {
        *value = json!(HIDDEN);
    }
}
