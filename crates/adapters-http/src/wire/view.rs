//! A materialized view on the wire: what an answer shows of it, and the bodies of create and replace.

use cxda_domain::address::ResourceKind;
use cxda_domain::body::ViewBody;
use cxda_domain::observed::{Document, ObservedResource, source_by_id};
use cxda_domain::projection::Projection;
use cxda_domain::view::{Aggregation, ColumnProjection, IndexDirective};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::wire::members::{Members, items, list};
use crate::wire::observed::{self, take, take_nested};
use crate::wire::{WireError, document, is_null, parse};

/// The view that `raw` shows.
///
/// # Errors
///
/// As [`observed::observe`].
pub(crate) fn observe(raw: &RawValue) -> Result<ObservedResource, WireError> {
    observed::observe(ResourceKind::View, "status", project, raw)
}

fn project(members: &Members<'_>) -> Result<Map<String, Value>, WireError> {
    let mut fields = Map::new();
    take(members, "description", "description", &mut fields)?;
    take(members, "sourceTableId", Projection::SOURCE, &mut fields)?;
    if let Some(source) = fields.get_mut(Projection::SOURCE)
        && let Some(id) = source.as_str()
    {
        *source = source_by_id(id);
    }
    if let Some(raw) = members.get("columnProjections") {
        let shown = columns(raw).map_err(|error| error.within("columnProjections"))?;
        fields.insert("columns".into(), shown);
    }
    let refresh = [
        ("intervalMinutes", "intervalMinutes"),
        ("autoRefreshEnabled", "auto"),
    ];
    take_nested(members, "refreshConfig", "refresh", &refresh, &mut fields)?;
    let indexes = [("autoCreateIndexes", "auto"), ("customIndexes", "custom")];
    take_nested(members, "indexConfig", "indexes", &indexes, &mut fields)?;
    if let Some(Value::Object(indexes)) = fields.get_mut("indexes")
        && let Some(Value::Array(custom)) = indexes.get_mut("custom")
    {
        for index in custom {
            retain(index, |name, _| matches!(name, "columns" | "type"));
        }
    }
    Ok(fields)
}

/// The columns, each with what it has of name, alias and aggregation.
fn columns(raw: &RawValue) -> Result<Value, WireError> {
    if is_null(raw) {
        return Ok(Value::Null);
    }
    let shown = items(raw)?.into_iter().enumerate().map(|(index, item)| {
        let place = |error: WireError| error.within(index);
        let members = Members::of(item).map_err(place)?;
        let mut block = Map::new();
        for same in ["name", "alias", "aggregation"] {
            take(&members, same, same, &mut block).map_err(place)?;
        }
        let mut column = Value::Object(block);
        retain(&mut column, |_, value| !value.is_null());
        Ok(column)
    });
    shown.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn retain(value: &mut Value, keep: impl Fn(&str, &Value) -> bool) {
    if let Value::Object(members) = value {
        members.retain(|name, value| keep(name, value));
    }
}

/// The body that creates a view from the source `source_id`.
pub(crate) fn create_body(body: &ViewBody, source_id: &str) -> Result<String, WireError> {
    let mut members = Members::default();
    write(&mut members, body, source_id)?;
    Ok(members.to_json())
}

/// The body that replaces the view that `current` shows: `body` over everything else as it came.
///
/// # Errors
///
/// Where `current` is no view that can be merged with.
pub(crate) fn replace_body(
    current: &Document,
    body: &ViewBody,
    source_id: &str,
) -> Result<String, WireError> {
    let mut members = Members::of(document(current.as_str().as_bytes())?)?;
    write(&mut members, body, source_id)?;
    Ok(members.to_json())
}

fn write(members: &mut Members<'_>, body: &ViewBody, source_id: &str) -> Result<(), WireError> {
    members.set("name", body.name.as_str())?;
    members.set("description", &body.description)?;
    members.set("sourceTableId", source_id)?;
    let columns = merge_columns(members.get("columnProjections"), &body.columns)
        .map_err(|error| error.within("columnProjections"))?;
    members.set_raw("columnProjections", columns);
    members.nested("refreshConfig", |refresh| {
        refresh.set("intervalMinutes", &body.interval_minutes)?;
        refresh.set("autoRefreshEnabled", &body.auto_refresh)
    })?;
    members.nested("indexConfig", |indexes| {
        indexes.set("autoCreateIndexes", &body.auto_indexes)?;
        let custom = merge_indexes(indexes.get("customIndexes"), &body.custom_indexes)
            .map_err(|error| error.within("customIndexes"))?;
        indexes.set_raw("customIndexes", custom);
        Ok(())
    })
}

/// Our columns; what a column of the same output name holds besides stays.
fn merge_columns(
    present: Option<&RawValue>,
    columns: &[ColumnProjection],
) -> Result<Box<RawValue>, WireError> {
    let known = present_items(present)?;
    let mut merged = Vec::with_capacity(columns.len());
    for column in columns {
        let same = |members: &&Members<'_>| {
            let text = |key| members.get(key).and_then(|raw| parse::<String>(raw).ok());
            text("alias").or_else(|| text("name")).as_deref() == Some(column.output_name())
        };
        let mut members = known.iter().find(same).cloned().unwrap_or_default();
        members.set("name", &column.name)?;
        members.set_or_clear("alias", column.alias.as_deref())?;
        members.set_or_clear("aggregation", column.aggregation.map(Aggregation::as_str))?;
        merged.push(members);
    }
    list(merged)
}

/// Our indexes; what an index over the same columns holds besides stays.
fn merge_indexes(
    present: Option<&RawValue>,
    indexes: &[IndexDirective],
) -> Result<Box<RawValue>, WireError> {
    let known = present_items(present)?;
    let mut merged = Vec::with_capacity(indexes.len());
    for index in indexes {
        let same = |members: &&Members<'_>| {
            let columns: Option<Vec<String>> =
                members.get("columns").and_then(|raw| parse(raw).ok());
            columns.as_ref() == Some(&index.columns)
        };
        let mut members = known.iter().find(same).cloned().unwrap_or_default();
        members.set("columns", &index.columns)?;
        members.set("type", &index.kind)?;
        merged.push(members);
    }
    list(merged)
}

fn present_items(present: Option<&RawValue>) -> Result<Vec<Members<'_>>, WireError> {
    let Some(raw) = present.filter(|raw| !is_null(raw)) else {
        return Ok(Vec::new());
    };
    items(raw)?.into_iter().map(Members::of).collect()
}

#[cfg(test)]
mod tests;
