//! The managed fields of a resource as one tree, in the words of manifests, so that two states can be compared.
//!
//! Desired and observed states are projected onto the same tree; the difference is then one walk, whatever the kind.

use serde_json::{Map, Number, Value, json};

use crate::action::FixedFields;
use crate::address::ResourceKind;
use crate::body::{ActionBody, ViewBody};

/// The managed fields of one resource.
///
/// A field that a server's answer leaves out is not a member: it says nothing. `null` says that there is nothing.
/// The members of an action are `description`, `type`, `trigger.type`, `script.{language, content}`, `enabled`, `dependencies`
/// (sorted), `cache.{enabled, key, ttl}`, `variables.NAME.{type, value, encrypted, scope}` and `dateProcessing.{sourceField,
/// targetField, computedValue, timezone, dstAdjustment, precision}`; of a view `description`, `source.{table or view}`, `columns`,
/// `refresh.{intervalMinutes, auto}` and `indexes.{auto, custom}`. An encrypted variable has no `value`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection(Map<String, Value>);

/// Where a view takes its rows from, as compared and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectedSource {
    /// A table's id.
    Table(String),
    /// A view's name.
    View(String),
}

impl ProjectedSource {
    /// The member `source` of a view.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Table(id) => json!({ "table": id }),
            Self::View(name) => json!({ "view": name }),
        }
    }
}

impl Projection {
    /// The member of a view that names its source.
    pub const SOURCE: &str = "source";
    /// The member of an action that holds its variables by name.
    pub const VARIABLES: &str = "variables";

    /// A projection of `fields`.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The fields.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The fields, to be completed.
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// What stands at the members `path`, one below the other; `None` where one is left out.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.0.get(*first)?, |value, key| value.get(key))
    }

    /// Names of the actions that this one depends on.
    pub fn dependencies(&self) -> impl Iterator<Item = &str> {
        let list = self.at(&["dependencies"]).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Names of its own `kind` that the resource needs: an action's dependencies, a view's source view.
    pub fn needs(&self, kind: ResourceKind) -> impl Iterator<Item = &str> {
        let view = match kind {
            ResourceKind::View => self.at(&[Self::SOURCE, "view"]).and_then(Value::as_str),
            ResourceKind::Action => None,
        };
        self.dependencies().chain(view)
    }

    /// The cache key, where caching is on.
    pub fn live_cache_key(&self) -> Option<&str> {
        let enabled = self.at(&["cache", "enabled"]).and_then(Value::as_bool);
        self.at(&["cache", "key"])
            .and_then(Value::as_str)
            .filter(|key| enabled == Some(true) && !key.is_empty())
    }

    /// Names of the variables that the tenant keeps encrypted.
    pub fn encrypted_variables(&self) -> impl Iterator<Item = &str> {
        let variables = self.at(&[Self::VARIABLES]).and_then(Value::as_object);
        variables
            .into_iter()
            .flatten()
            .filter_map(|(name, variable)| {
                let encrypted = variable.get("encrypted").and_then(Value::as_bool);
                (encrypted == Some(true)).then_some(name.as_str())
            })
    }

    pub(crate) fn of_action(body: &ActionBody) -> Self {
        let mut fields = Map::new();
        fields.insert("description".into(), json!(body.description));
        fields.insert("type".into(), json!(FixedFields::TYPE));
        fields.insert("trigger".into(), json!({ "type": FixedFields::TRIGGER }));
        fields.insert(
            "script".into(),
            json!({ "language": FixedFields::LANGUAGE, "content": body.script.expose() }),
        );
        if let Some(enabled) = body.enabled {
            fields.insert("enabled".into(), json!(enabled));
        }
        let mut dependencies = body.dependencies.clone();
        dependencies.sort();
        fields.insert("dependencies".into(), json!(dependencies));
        if let Some(cache) = &body.cache {
            let mut block = Map::new();
            block.insert("enabled".into(), json!(cache.enabled));
            if let Some(key) = &cache.key {
                block.insert("key".into(), json!(key));
                block.insert("ttl".into(), json!(cache.ttl));
            }
            fields.insert("cache".into(), Value::Object(block));
        }
        if let Some(variables) = &body.variables {
            let by_name = variables.iter().map(|variable| {
                let mut block = Map::new();
                block.insert("type".into(), json!(variable.kind.as_str()));
                block.insert("scope".into(), json!(variable.scope.as_str()));
                block.insert("encrypted".into(), json!(variable.encrypted));
                if !variable.encrypted {
                    block.insert("value".into(), json!(variable.value.expose()));
                }
                (variable.name.to_string(), Value::Object(block))
            });
            fields.insert(
                Self::VARIABLES.into(),
                by_name.collect::<Map<_, _>>().into(),
            );
        }
        if let Some(dates) = &body.dates {
            fields.insert(
                "dateProcessing".into(),
                json!({
                    "sourceField": dates.source_field,
                    "targetField": dates.target_field,
                    "computedValue": dates.computed_value,
                    "timezone": dates.timezone,
                    "dstAdjustment": dates.dst_adjustment,
                    "precision": dates.precision,
                }),
            );
        }
        Self(fields)
    }

    pub(crate) fn of_view(body: &ViewBody, source: &ProjectedSource) -> Self {
        let columns: Vec<Value> = body
            .columns
            .iter()
            .map(|column| {
                let mut block = Map::new();
                block.insert("name".into(), json!(column.name));
                if let Some(alias) = &column.alias {
                    block.insert("alias".into(), json!(alias));
                }
                if let Some(aggregation) = column.aggregation {
                    block.insert("aggregation".into(), json!(aggregation.as_str()));
                }
                Value::Object(block)
            })
            .collect();
        let custom: Vec<Value> = body
            .custom_indexes
            .iter()
            .map(|index| json!({ "columns": index.columns, "type": index.kind }))
            .collect();
        let mut fields = Map::new();
        fields.insert("description".into(), json!(body.description));
        fields.insert(Self::SOURCE.into(), source.to_value());
        fields.insert("columns".into(), columns.into());
        fields.insert(
            "refresh".into(),
            json!({ "intervalMinutes": body.interval_minutes, "auto": body.auto_refresh }),
        );
        fields.insert(
            "indexes".into(),
            json!({ "auto": body.auto_indexes, "custom": custom }),
        );
        Self(fields)
    }
}

/// The form in which two values are compared: `15` and `15.0` are one number, and a member that is `null` is left out.
pub(crate) fn canonical(value: &Value) -> Value {
    /// Up to here every whole number is a number of 64 bits with a fraction too.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        // What is compared is at most a few levels deep: a projection has three, a column or an index one more.
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(key, member)| (key.clone(), canonical(member)))
            .collect(),
        Value::Number(number) => number
            .as_f64()
            .filter(|value| value.abs() < EXACT)
            .and_then(Number::from_f64)
            .unwrap_or_else(|| number.clone())
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projection(value: &Value) -> Projection {
        Projection::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn what_a_resource_needs_is_of_its_own_kind() {
        let odd =
            projection(&json!({"dependencies": ["one", 7, "two"], "source": {"view": "base"}}));
        assert_eq!(
            odd.needs(ResourceKind::Action).collect::<Vec<_>>(),
            ["one", "two"]
        );
        let view = projection(&json!({"source": {"view": "base"}}));
        assert_eq!(view.needs(ResourceKind::View).collect::<Vec<_>>(), ["base"]);
        let table = projection(&json!({"source": {"table": "t"}}));
        assert_eq!(table.needs(ResourceKind::View).count(), 0);
        assert_eq!(Projection::default().needs(ResourceKind::View).count(), 0);
        assert_eq!(Projection::default().at(&[]), None);
    }

    #[test]
    fn a_cache_key_is_live_where_caching_is_on() {
        for (cache, want) in [
            (json!({"enabled": true, "key": "k"}), Some("k")),
            (json!({"enabled": false, "key": "k"}), None),
            (json!({"key": "k"}), None),
            (json!({"enabled": true, "key": ""}), None),
            (json!({"enabled": true, "key": null}), None),
            (json!(null), None),
        ] {
            let found = projection(&json!({"cache": cache}));
            assert_eq!(found.live_cache_key(), want, "case: {cache}");
        }
    }

    #[test]
    fn encrypted_variables_are_named() {
        let found = projection(
            &json!({"variables": {"a": {"encrypted": true}, "b": {}, "c": {"encrypted": true}}}),
        );
        assert_eq!(found.encrypted_variables().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn one_value_has_one_form_however_it_is_written() {
        for (one, other, same) in [
            (json!(15), json!(15.0), true),
            (json!(15), json!("15"), false),
            (json!(15), json!(15.5), false),
            // Beyond 53 bits numbers are compared digit by digit.
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
                false,
            ),
            (json!([{"a": 1, "b": null}]), json!([{"a": 1.0}]), true),
            (json!([null]), json!([]), false),
            (json!({"a": null}), json!({}), true),
            (json!(null), json!({}), false),
        ] {
            assert_eq!(canonical(&one) == canonical(&other), same, "{one} {other}");
        }
    }
}
