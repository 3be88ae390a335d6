//! How two tenants differ in what manifests can say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::address::Address;
use crate::diff::{FieldDifference, is_empty, is_mask, is_same_object, same};
use crate::observed::{ObservedResource, ObservedState};
use crate::plan::PlanScope;

/// What one tenant has and the other has not, or has otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// By address, without what is equal.
    pub differences: BTreeMap<Address, Difference>,
    /// How many resources are equal.
    pub equal: usize,
}

/// How one resource differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Only the first tenant has it.
    OnlyFirst,
    /// Only the second tenant has it.
    OnlySecond,
    /// Both have it; `before` is what the first shows, `after` what the second does.
    Fields(Vec<FieldDifference>),
}

/// Compares what both tenants have of what `scope` asks for. No name stands twice on either.
///
/// What only the server writes is not compared, nor are encrypted values, which nobody can read.
pub fn compare(first: &ObservedState, second: &ObservedState, scope: &PlanScope) -> Comparison {
    let addresses = [first, second].into_iter().flat_map(ObservedState::by_name);
    let addresses: BTreeSet<&Address> = addresses
        .map(|(address, _)| address)
        .filter(|address| scope.targets(address))
        .collect();
    let mut comparison = Comparison::default();
    for address in addresses {
        let difference = match (first.get(address), second.get(address)) {
            (Some(one), Some(other)) => match fields(one, other) {
                fields if fields.is_empty() => None,
                fields => Some(Difference::Fields(fields)),
            },
            (Some(_), None) => Some(Difference::OnlyFirst),
            (None, _) => Some(Difference::OnlySecond),
        };
        match difference {
            Some(difference) => {
                comparison.differences.insert(address.clone(), difference);
            }
            None => comparison.equal += 1,
        }
    }
    comparison
}

fn fields(one: &ObservedResource, other: &ObservedResource) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    members("", one.fields.fields(), other.fields.fields(), &mut found);
    found
}

/// Resources are a few levels deep.
fn members(
    path: &str,
    one: &Map<String, Value>,
    other: &Map<String, Value>,
    found: &mut Vec<FieldDifference>,
) {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for key in keys {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        let [before, after] = [one, other].map(|members| members.get(key).unwrap_or(&Value::Null));
        let alike = same(before, after)
            || is_empty(before) && is_empty(after)
            || is_mask(before)
            || is_mask(after)
            || is_same_object(one, key, after);
        match (before, after) {
            _ if alike => {}
            (Value::Object(one), Value::Object(other)) => members(&path, one, other, found),
            _ => found.push(FieldDifference {
                path,
                before: before.clone(),
                after: after.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::ResourceKind;
    use crate::observed::Document;
    use crate::projection::Projection;

    fn state(resources: &[(&str, Value)]) -> ObservedState {
        let resources = resources.iter().map(|(name, fields)| ObservedResource {
            kind: ResourceKind::Action,
            id: format!("id-{name}").parse().unwrap(),
            name: (*name).to_owned(),
            status: None,
            fields: Projection::new(fields.as_object().unwrap().clone()),
            document: Document::new("{}"),
        });
        ObservedState::new(resources.collect(), BTreeMap::new())
    }

    #[test]
    fn what_one_has_and_the_other_has_not_is_named() {
        let first = state(&[("both", json!({})), ("one", json!({}))]);
        let second = state(&[("both", json!({})), ("two", json!({}))]);
        let found = compare(&first, &second, &PlanScope::default());
        let want = [
            (Address::action("one"), Difference::OnlyFirst),
            (Address::action("two"), Difference::OnlySecond),
        ];
        assert_eq!(found.differences, BTreeMap::from(want));
        assert_eq!(found.equal, 1);
    }

    #[test]
    fn fields_are_compared_by_what_they_say() {
        let variable = |value: &str, kind: &str| json!({"type": kind, "value": value});
        for (one, other, paths) in [
            (json!({"a": 15}), json!({"a": 15.0}), &[][..]),
            (
                json!({"a": null, "b": [], "c": {"d": false}}),
                json!({}),
                &[],
            ),
            (
                json!({"cache": {"ttl": 60, "key": "k"}}),
                json!({"cache": {"ttl": 30, "key": "k"}}),
                &["cache.ttl"],
            ),
            (
                json!({"variables": {"x": variable("1", "string")}}),
                json!({"variables": {"y": variable("1", "string")}}),
                &["variables.x", "variables.y"],
            ),
            (
                json!({"variables": {"x": variable("****", "string")}}),
                json!({"variables": {"x": variable("clear", "string")}}),
                &[],
            ),
            (
                json!({"variables": {"x": variable("{\"a\":1}", "object")}}),
                json!({"variables": {"x": variable("{ \"a\": 1 }", "object")}}),
                &[],
            ),
            (
                json!({"variables": {"x": {"encrypted": true}}}),
                json!({"variables": {"x": {"encrypted": false}}}),
                &["variables.x.encrypted"],
            ),
        ] {
            let found = compare(
                &state(&[("same", one.clone())]),
                &state(&[("same", other.clone())]),
                &PlanScope::default(),
            );
            let found: Vec<String> = match found.differences.into_values().next() {
                Some(Difference::Fields(fields)) => {
                    fields.into_iter().map(|field| field.path).collect()
                }
                _ => Vec::new(),
            };
            assert_eq!(found, paths, "case: {one} {other}");
        }
    }

    #[test]
    fn only_what_is_asked_for_is_compared() {
        let scope = PlanScope {
            targets: vec!["action/o*".parse().unwrap()],
            prune: false,
        };
        let first = state(&[("one", json!({})), ("two", json!({}))]);
        let found = compare(&first, &ObservedState::default(), &scope);
        assert_eq!(found.differences.len(), 1);
    }
}
