//! Proptest strategies for domain types: whatever they make is valid.

use std::collections::BTreeMap;

use cxda_domain::action::{ActionName, DateProcessing};
use cxda_domain::body::{ActionBody, CacheBody, SourceBody, VariableBody, ViewBody};
use cxda_domain::cache::{CacheKey, Ttl};
use cxda_domain::secret::SecretText;
use cxda_domain::variable::{VariableName, VariableScope, VariableType};
use cxda_domain::view::{
    Aggregation, ColumnProjection, IndexDirective, MaterializedView, RefreshInterval, TableId,
    ViewName,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Number, Value};

/// Any action name.
pub fn action_name() -> impl Strategy<Value = ActionName> {
    "[A-Za-z0-9_-]{3,64}".prop_map(|name| name.parse().unwrap())
}

/// Any view name, of any script that people write.
pub fn view_name() -> impl Strategy<Value = ViewName> {
    let ascii = "[ -~]{3,128}";
    let any = vec(
        any::<char>().prop_filter("no control character", |c| !c.is_control()),
        3..=128,
    );
    prop_oneof![
        ascii.prop_map(|name| name.parse().unwrap()),
        any.prop_map(|name| String::from_iter(name).parse().unwrap()),
    ]
}

/// Any variable name of up to 40 characters.
pub fn variable_name() -> impl Strategy<Value = VariableName> {
    "[A-Za-z][A-Za-z0-9_]{0,39}".prop_map(|name| name.parse().unwrap())
}

/// Any cache key of a few parts, with and without placeholders.
pub fn cache_key() -> impl Strategy<Value = CacheKey> {
    let part = prop_oneof![
        "[A-Za-z0-9_:./ -]{1,8}",
        "\\{[A-Za-z][A-Za-z0-9_.]{0,8}\\}",
        "é|😀"
    ];
    (vec(part.clone(), 0..4), "[A-Za-z0-9]", vec(part, 0..4)).prop_map(|(before, middle, after)| {
        let key = before.concat() + &middle + &after.concat();
        key.parse().unwrap()
    })
}

/// Any JSON value of some depth.
pub fn json() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter_map("JSON has no such number", Number::from_f64);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        float.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Any body of an action.
pub fn action_body() -> impl Strategy<Value = ActionBody> {
    let script = "[ -~\n]{1,200}".prop_map(SecretText::new);
    let dependencies = vec(action_name(), 0..4).prop_map(|names| {
        let mut names: Vec<_> = names.into_iter().map(String::from).collect();
        names.sort();
        names.dedup();
        names
    });
    (
        action_name(),
        any::<String>(),
        script,
        any::<Option<bool>>(),
        dependencies,
        option::of(cache_body()),
        option::of(variables()),
        option::of(date_processing()),
    )
        .prop_map(
            |(name, description, script, enabled, dependencies, cache, variables, dates)| {
                ActionBody {
                    name,
                    description,
                    script,
                    enabled,
                    dependencies,
                    cache,
                    variables,
                    dates,
                }
            },
        )
}

/// Any body of a view, over a table.
pub fn view_body() -> impl Strategy<Value = ViewBody> {
    let description = proptest::string::string_regex(&format!(
        "[ -~é]{{{},{}}}",
        MaterializedView::MIN_DESCRIPTION_CHARS,
        MaterializedView::MAX_DESCRIPTION_CHARS
    ));
    let steps = RefreshInterval::MAX_MINUTES / RefreshInterval::STEP_MINUTES;
    (
        view_name(),
        description.unwrap(),
        table_id().prop_map(SourceBody::Table),
        columns_with_indexes(),
        (1..=steps).prop_map(|step| step * RefreshInterval::STEP_MINUTES),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(
                name,
                description,
                source,
                (columns, custom_indexes),
                interval_minutes,
                auto_refresh,
                auto_indexes,
            )| ViewBody {
                name,
                description,
                source,
                columns,
                interval_minutes,
                auto_refresh,
                auto_indexes,
                custom_indexes,
            },
        )
}

/// Any table id.
pub fn table_id() -> impl Strategy<Value = TableId> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        .prop_map(|id| id.parse().unwrap())
}

fn cache_body() -> impl Strategy<Value = CacheBody> {
    (any::<bool>(), cache_key(), 0..=Ttl::MAX_SECONDS).prop_map(|(enabled, key, ttl)| CacheBody {
        enabled,
        key: Some(key.to_string()),
        ttl,
    })
}

fn variables() -> impl Strategy<Value = Vec<VariableBody>> {
    let rest = (
        typed_text(),
        select(VariableScope::ALL.to_vec()),
        any::<bool>(),
    );
    btree_map(variable_name(), rest, 0..6).prop_map(|variables| {
        let variable =
            |(name, ((kind, value), scope, encrypted)): (_, ((_, String), _, bool))| VariableBody {
                name,
                kind,
                value: SecretText::new(value),
                literal: !encrypted,
                encrypted,
                scope,
            };
        variables.into_iter().map(variable).collect()
    })
}

/// A type with the wire's text of a value of that type.
fn typed_text() -> impl Strategy<Value = (VariableType, String)> {
    let object = btree_map("[a-z]{1,4}", json(), 0..3)
        .prop_map(|members: BTreeMap<String, Value>| Value::Object(Map::from_iter(members)));
    prop_oneof![
        any::<String>().prop_map(|text| (VariableType::String, text)),
        any::<i64>().prop_map(|number| (VariableType::Integer, number.to_string())),
        any::<bool>().prop_map(|value| (VariableType::Boolean, value.to_string())),
        object.prop_map(|value| (VariableType::Object, value.to_string())),
    ]
}

fn date_processing() -> impl Strategy<Value = DateProcessing> {
    let computed = "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z";
    let zones = ["UTC", "America/New_York", "US/Eastern", "Asia/Kolkata"];
    (
        "[a-z_]{1,20}",
        "[a-z_]{1,20}",
        computed,
        select(zones.to_vec()),
        any::<bool>(),
    )
        .prop_map(
            |(source_field, target_field, computed_value, timezone, dst_adjustment)| {
                DateProcessing {
                    source_field,
                    target_field,
                    input_timestamp: computed_value.clone(),
                    computed_value,
                    timezone: timezone.to_owned(),
                    dst_adjustment,
                    precision: 0,
                }
            },
        )
}

/// Columns of different output names, with indexes over some of them.
fn columns_with_indexes() -> impl Strategy<Value = (Vec<ColumnProjection>, Vec<IndexDirective>)> {
    let column = (
        "[a-z_]{1,12}",
        any::<bool>(),
        option::of(select(Aggregation::ALL.to_vec())),
    );
    let columns = btree_map("[a-z][a-z0-9_]{0,11}", column, 1..6).prop_map(|columns| {
        let column = |(output, (name, aliased, aggregation))| ColumnProjection {
            name: if aliased {
                name
            } else {
                String::clone(&output)
            },
            alias: aliased.then_some(output),
            aggregation,
        };
        columns.into_iter().map(column).collect::<Vec<_>>()
    });
    columns.prop_flat_map(|columns| {
        let outputs: Vec<_> = columns
            .iter()
            .map(|column| column.output_name().to_owned())
            .collect();
        let count = outputs.len();
        let index = (
            subsequence(outputs, 1..=count),
            select(vec!["BTREE", "HASH"]),
        );
        let indexes = vec(index, 0..3).prop_map(|indexes| {
            let index = |(columns, kind): (_, &str)| IndexDirective {
                columns,
                kind: kind.to_owned(),
            };
            indexes.into_iter().map(index).collect()
        });
        (Just(columns), indexes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        /// A body can be projected, and shows none of its encrypted values.
        #[test]
        fn bodies_project(action in action_body(), view in view_body()) {
            prop_assert_eq!(action.projection(), action.clone().projection());
            let projection = action.projection();
            let encrypted = projection.encrypted_variables().count();
            prop_assert_eq!(encrypted, action.encrypted_count());
            prop_assert!(RefreshInterval::from_minutes(view.interval_minutes.into()).is_ok());
            prop_assert!(view.projection().at(&["source", "table"]).is_some());
        }

        /// A JSON value survives being written and read.
        #[test]
        fn json_is_finite(value in json()) {
            let text = value.to_string();
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }

        /// Names print as they parse.
        #[test]
        fn names_print_as_they_parse(view in view_name(), key in cache_key()) {
            prop_assert_eq!(view.to_string().parse::<ViewName>(), Ok(view.clone()));
            prop_assert_eq!(key.to_string().parse::<CacheKey>(), Ok(key.clone()));
        }
    }
}
