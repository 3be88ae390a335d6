//! The difference between what is wanted and what is there, field by field, and which side moved.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::applied::{LastApplied, collect_leaves};
use crate::key::{Digest, DigestKey};
use crate::projection::{Projection, canonical};
use crate::variable::{VariableType, looks_like_mask};

/// One field that is not as wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// The field in the words of manifests, such as `cache.ttl`.
    pub path: String,
    /// What is there; `null` where nothing is.
    pub before: Value,
    /// What is wanted; `null` where nothing is.
    pub after: Value,
}

/// What a field that an answer leaves out says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Nothing: it may be as wanted. So it is with the answer to a write.
    SaysNothing,
    /// That nothing is there. So it is with a body that was read singly.
    MeansEmpty,
}

/// Which side moved since the last apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The file changed.
    Pending,
    /// The tenant changed.
    Drift,
    /// Both changed.
    Conflict,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Drift, Self::Conflict];

    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Drift => "drift",
            Self::Conflict => "conflict",
        }
    }

    /// The cause of a change of which one field has this cause and another one `other`: both sides moved where they differ.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        if self == other { self } else { Self::Conflict }
    }
}

/// Every field of `desired` that `observed` does not show as wanted.
///
/// Fields that `desired` does not have are not managed and not compared, save in `source` and `variables`, which are managed whole.
pub fn differences(
    desired: &Projection,
    observed: &Projection,
    left_out: LeftOut,
) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    for (key, wanted) in desired.fields() {
        let walk = Walk {
            left_out,
            whole: managed_whole(key),
        };
        walk.compare(key, wanted, observed.fields().get(key), &mut found);
    }
    found
}

/// Whether `observed` shows every field of `desired`, so that no further read is needed to compare them.
pub fn shows_all(desired: &Projection, observed: &Projection) -> bool {
    desired.fields().iter().all(|(key, wanted)| {
        let Some(shown) = observed.fields().get(key) else {
            return is_fixed(key);
        };
        let (Value::Object(wanted), Value::Object(shown)) = (wanted, shown) else {
            return true;
        };
        managed_whole(key)
            || wanted
                .keys()
                .all(|member| shown.contains_key(member) || is_fixed(&format!("{key}.{member}")))
    })
}

/// Whether members that only the tenant has are differences.
fn managed_whole(key: &str) -> bool {
    key == Projection::SOURCE || key == Projection::VARIABLES
}

/// Whether the platform knows one value only, so that leaving the field out says nothing.
fn is_fixed(path: &str) -> bool {
    matches!(
        path,
        "type" | "trigger" | "trigger.type" | "script.language"
    )
}

#[derive(Clone, Copy)]
struct Walk {
    left_out: LeftOut,
    /// Whether members that only the observed side has are differences.
    whole: bool,
}

impl Walk {
    fn compare(
        self,
        path: &str,
        wanted: &Value,
        shown: Option<&Value>,
        found: &mut Vec<FieldDifference>,
    ) {
        let Some(shown) = shown else {
            if self.left_out == LeftOut::MeansEmpty && !is_empty(wanted) && !is_fixed(path) {
                found.push(difference(path, Value::Null, wanted.clone()));
            }
            return;
        };
        match (wanted, shown) {
            (Value::Object(wanted), Value::Object(shown)) => {
                // Below a variable, what is left out says nothing: the tenant showed the variable itself.
                let inside_variable = self.whole && path.contains('.');
                let left_out = if inside_variable {
                    LeftOut::SaysNothing
                } else {
                    self.left_out
                };
                let inner = Self {
                    left_out,
                    whole: self.whole,
                };
                for (key, value) in wanted {
                    let path = format!("{path}.{key}");
                    let says_nothing = |shown: &Value| {
                        inside_variable && (is_mask(shown) || is_same_object(wanted, key, shown))
                    };
                    let wanted = value;
                    let shown = shown.get(key).filter(|shown| !says_nothing(shown));
                    if self.whole && !inside_variable && shown.is_none() {
                        found.push(difference(&path, Value::Null, wanted.clone()));
                    } else {
                        inner.compare(&path, wanted, shown, found);
                    }
                }
                if self.whole && !inside_variable {
                    for (key, shown) in shown {
                        if !wanted.contains_key(key) {
                            let path = format!("{path}.{key}");
                            found.push(difference(&path, shown.clone(), Value::Null));
                        }
                    }
                }
            }
            _ if same(wanted, shown) || is_empty(wanted) && is_empty(shown) => {}
            _ => found.push(difference(path, shown.clone(), wanted.clone())),
        }
    }
}

fn difference(path: &str, before: Value, after: Value) -> FieldDifference {
    FieldDifference {
        path: path.to_owned(),
        before,
        after,
    }
}

pub(crate) fn is_mask(value: &Value) -> bool {
    value.as_str().is_some_and(looks_like_mask)
}

/// Whether `shown` is the member `key` of `variable`, an object, in another notation: the wire knows objects as text.
pub(crate) fn is_same_object(variable: &Map<String, Value>, key: &str, shown: &Value) -> bool {
    let is_object = key == "value"
        && variable
            .get("type")
            .is_some_and(|kind| kind == VariableType::Object.as_str());
    let read = |value: &Value| serde_json::from_str::<Value>(value.as_str()?).ok();
    is_object
        && variable
            .get(key)
            .and_then(read)
            .is_some_and(|wanted| read(shown) == Some(wanted))
}

/// Whether leaving a field out says the same as this value.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

/// Whether both say the same, however they are written.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    left == right || canonical(left) == canonical(right)
}

/// Which side moved in `field` since `base`, whose digests are under `key`; a field that was never applied is pending.
pub fn cause(field: &FieldDifference, base: Option<&LastApplied>, key: &DigestKey) -> Cause {
    let Some(base) = base else {
        return Cause::Pending;
    };
    let base = below(&field.path, &base.fields);
    let wanted = leaves(&field.path, &field.after, key);
    let shown = leaves(&field.path, &field.before, key);
    if base.is_empty() {
        // Nothing was applied here: either the file names it first, or only the tenant has it.
        return if wanted.is_empty() {
            Cause::Drift
        } else {
            Cause::Pending
        };
    }
    let moved = |(path, was): (&String, &Digest)| shown.get(path).is_some_and(|now| now != was);
    let tenant_moved = shown.is_empty() || base.iter().any(moved);
    match (wanted != base, tenant_moved) {
        (_, false) => Cause::Pending,
        (false, true) => Cause::Drift,
        (true, true) => Cause::Conflict,
    }
}

/// The digests at and below `path`.
fn below(path: &str, all: &BTreeMap<String, Digest>) -> BTreeMap<String, Digest> {
    let inside = |key: &str| {
        key.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let found = all
        .range(path.to_owned()..)
        .take_while(|(key, _)| key.starts_with(path));
    found
        .filter(|(key, _)| inside(key))
        .map(|(key, digest)| (key.clone(), digest.clone()))
        .collect()
}

fn leaves(path: &str, value: &Value, key: &DigestKey) -> BTreeMap<String, Digest> {
    let mut digests = BTreeMap::new();
    if !value.is_null() {
        collect_leaves(path, value, key, &mut digests);
    }
    digests
}

/// The blocks of a resource that `fields` touch, such as `cache`; for audit records, which carry no values.
pub fn blocks(fields: &[FieldDifference]) -> Vec<String> {
    let block =
        |field: &FieldDifference| field.path.split('.').next().unwrap_or_default().to_owned();
    fields
        .iter()
        .map(block)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::Address;
    use crate::key::Fingerprint;

    fn projection(value: &Value) -> Projection {
        Projection::new(value.as_object().unwrap().clone())
    }

    fn paths(wanted: &Value, shown: &Value, left_out: LeftOut) -> Vec<String> {
        let found = differences(&projection(wanted), &projection(shown), left_out);
        found.into_iter().map(|field| field.path).collect()
    }

    #[test]
    fn only_managed_fields_are_compared() {
        let wanted = json!({"description": "a", "cache": {"enabled": true, "key": "k", "ttl": 60}});
        let shown = json!({
            "description": "a", "enabled": false, "variables": {"x": {}},
            "cache": {"enabled": true, "key": "k", "ttl": 61, "more": 1},
        });
        assert_eq!(paths(&wanted, &shown, LeftOut::MeansEmpty), ["cache.ttl"]);
    }

    #[test]
    fn variables_and_source_are_managed_whole() {
        let wanted = json!({
            "source": {"view": "base"},
            "variables": {"kept": {"value": "1"}, "new": {"value": "2"}},
        });
        let shown = json!({
            "source": {"table": "t"},
            "variables": {"gone": {"value": "3"}, "kept": {"value": "0"}},
        });
        assert_eq!(
            paths(&wanted, &shown, LeftOut::SaysNothing),
            [
                "source.view",
                "source.table",
                "variables.kept.value",
                "variables.new",
                "variables.gone"
            ]
        );
    }

    #[test]
    fn what_is_left_out_says_nothing_after_a_write_and_is_empty_after_a_read() {
        let wanted = json!({"description": "a", "dependencies": [], "variables": {}});
        assert!(paths(&wanted, &json!({}), LeftOut::SaysNothing).is_empty());
        assert_eq!(
            paths(&wanted, &json!({}), LeftOut::MeansEmpty),
            ["description"]
        );
    }

    #[test]
    fn a_masked_value_says_nothing() {
        let wanted = json!({"variables": {"a": {"value": "x", "scope": "action"}}});
        let shown = json!({"variables": {"a": {"value": "****"}}});
        assert!(paths(&wanted, &shown, LeftOut::MeansEmpty).is_empty());
    }

    #[test]
    fn an_object_in_another_notation_is_the_same_and_text_is_not() {
        let shown =
            |kind: &str| json!({"variables": {"a": {"type": kind, "value": r#"{ "y":2,"x":1}"#}}});
        let wanted =
            |kind: &str, value: &str| json!({"variables": {"a": {"type": kind, "value": value}}});
        for (kind, value, same) in [
            ("object", r#"{"x":1,"y":2}"#, true),
            ("object", r#"{"x":1,"y":3}"#, false),
            ("string", r#"{"x":1,"y":2}"#, false),
        ] {
            let found = paths(&wanted(kind, value), &shown(kind), LeftOut::MeansEmpty);
            assert_eq!(found.is_empty(), same, "case: {kind} {value}");
        }
    }

    #[test]
    fn a_block_of_nothing_but_empty_members_is_as_good_as_left_out() {
        let wanted = json!({"indexes": {"auto": false, "custom": []}});
        assert!(paths(&wanted, &json!({}), LeftOut::MeansEmpty).is_empty());
        let wanted = json!({"indexes": {"auto": true, "custom": []}});
        assert_eq!(paths(&wanted, &json!({}), LeftOut::MeansEmpty), ["indexes"]);
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let wanted = json!({"refresh": {"intervalMinutes": 15, "auto": true}});
        let shown = json!({"refresh": {"intervalMinutes": 15.0, "auto": true}});
        assert!(paths(&wanted, &shown, LeftOut::MeansEmpty).is_empty());
        let text = json!({"refresh": {"intervalMinutes": "15", "auto": true}});
        assert_eq!(
            paths(&wanted, &text, LeftOut::MeansEmpty),
            ["refresh.intervalMinutes"]
        );
    }

    #[test]
    fn a_listing_shows_all_where_every_managed_member_stands() {
        let wanted =
            projection(&json!({"script": {"content": "x", "language": "j"}, "enabled": true}));
        let shows = |shown: Value| shows_all(&wanted, &projection(&shown));
        assert!(shows(
            json!({"script": {"content": "y", "language": null}, "enabled": false})
        ));
        assert!(!shows(
            json!({"script": {"language": "j"}, "enabled": true})
        ));
        assert!(!shows(json!({"script": {"content": "y", "language": "j"}})));
    }

    #[test]
    fn cause_tells_which_side_moved() {
        let key = DigestKey::new(|_| Fingerprint::new("k"));
        let base = |fields: Value| {
            let id = "id1".parse().unwrap();
            let fields = projection(&fields);
            let secrets = BTreeMap::new();
            LastApplied::new(Address::action("abc"), id, &fields, secrets, false, &key)
        };
        let applied = base(json!({"a": 1, "variables": {"v": {"value": "1", "type": "string"}}}));
        let field = |path: &str, before: Value, after: Value| FieldDifference {
            path: path.into(),
            before,
            after,
        };
        for (label, field, want) in [
            ("file moved", field("a", json!(1), json!(2)), Cause::Pending),
            ("tenant moved", field("a", json!(3), json!(1)), Cause::Drift),
            (
                "both moved",
                field("a", json!(3), json!(2)),
                Cause::Conflict,
            ),
            (
                "newly managed",
                field("b", json!(3), json!(2)),
                Cause::Pending,
            ),
            (
                "tenant lost it",
                field("a", Value::Null, json!(1)),
                Cause::Drift,
            ),
            (
                "variable removed from the file",
                field("variables.v", json!({"value": "1"}), Value::Null),
                Cause::Pending,
            ),
            (
                "variable added on the tenant",
                field("variables.w", json!({"value": "1"}), Value::Null),
                Cause::Drift,
            ),
            (
                "variable removed on the tenant",
                field(
                    "variables.v",
                    Value::Null,
                    json!({"value": "1", "type": "string"}),
                ),
                Cause::Drift,
            ),
        ] {
            assert_eq!(cause(&field, Some(&applied), &key), want, "case: {label}");
        }
        let first = field("a", json!(1), json!(2));
        assert_eq!(cause(&first, None, &key), Cause::Pending);
        assert_eq!(Cause::Pending.with(Cause::Drift), Cause::Conflict);
        assert_eq!(Cause::Drift.with(Cause::Drift), Cause::Drift);
    }

    #[test]
    fn blocks_are_named_once_each() {
        let field = |path: &str| FieldDifference {
            path: path.into(),
            before: Value::Null,
            after: Value::Null,
        };
        assert_eq!(
            blocks(&[field("cache.ttl"), field("cache.key"), field("script")]),
            ["cache", "script"]
        );
    }
}
