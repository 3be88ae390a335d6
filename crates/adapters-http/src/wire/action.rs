//! A data action on the wire: what an answer shows of it, and the bodies of create and replace.

use cxda_domain::action::{DateProcessing, FixedFields};
use cxda_domain::address::ResourceKind;
use cxda_domain::body::{ActionBody, VariableBody};
use cxda_domain::observed::{Document, ObservedResource};
use cxda_domain::projection::Projection;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::wire::members::{Members, items, list};
use crate::wire::observed::{self, take, take_nested};
use crate::wire::{WireError, document, is_null, parse};

const DATE_MEMBERS: [(&str, &str); 6] = [
    ("sourceField", "sourceField"),
    ("targetField", "targetField"),
    ("computedValue", "computedValue"),
    ("timezone", "timezone"),
    ("dstAdjustment", "dstAdjustment"),
    ("precision", "precision"),
];
const CACHE_MEMBERS: [(&str, &str); 3] = [
    ("cacheEnabled", "enabled"),
    ("cacheKey", "key"),
    ("cacheTtl", "ttl"),
];

/// The action that `raw` shows.
///
/// # Errors
///
/// As [`observed::observe`].
pub(crate) fn observe(raw: &RawValue) -> Result<ObservedResource, WireError> {
    observed::observe(ResourceKind::Action, "state", project, raw)
}

fn project(members: &Members<'_>) -> Result<Map<String, Value>, WireError> {
    let mut fields = Map::new();
    for same in ["description", "type", "enabled", "dependencies"] {
        take(members, same, same, &mut fields)?;
    }
    if let Some(Value::Array(names)) = fields.get_mut("dependencies") {
        names.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    }
    take_nested(
        members,
        "trigger",
        "trigger",
        &[("type", "type")],
        &mut fields,
    )?;
    let script = [("language", "language"), ("content", "content")];
    take_nested(members, "script", "script", &script, &mut fields)?;
    let mut cache = Map::new();
    for (wire, own) in CACHE_MEMBERS {
        take(members, wire, own, &mut cache)?;
    }
    if !cache.is_empty() {
        fields.insert("cache".into(), cache.into());
    }
    if let Some(raw) = members.get("variables") {
        let shown = variables(raw).map_err(|error| error.within("variables"))?;
        fields.insert(Projection::VARIABLES.into(), shown);
    }
    if let Some(raw) = members.get("configuration") {
        fields.insert("dateProcessing".into(), Value::Null);
        if !is_null(raw) {
            let inner = Members::of(raw).map_err(|error| error.within("configuration"))?;
            take_nested(
                &inner,
                "dateProcessing",
                "dateProcessing",
                &DATE_MEMBERS,
                &mut fields,
            )?;
        }
    }
    Ok(fields)
}

fn variables(raw: &RawValue) -> Result<Value, WireError> {
    if is_null(raw) {
        return Ok(Value::Null);
    }
    let mut by_name = Map::new();
    for (index, item) in items(raw)?.into_iter().enumerate() {
        let place = |error: WireError| error.within(index);
        let members = Members::of(item).map_err(place)?;
        let name: String = members
            .get("name")
            .and_then(|raw| parse(raw).ok())
            .ok_or_else(|| place(WireError::new("no name")))?;
        let mut block = Map::new();
        for same in ["type", "value", "encrypted", "scope"] {
            take(&members, same, same, &mut block).map_err(place)?;
        }
        if block.get("encrypted").and_then(Value::as_bool) == Some(true) {
            block.remove("value");
        }
        by_name.entry(name).or_insert(Value::Object(block));
    }
    Ok(Value::Object(by_name))
}

/// The body that creates an action; a new one is enabled unless `body` says otherwise.
pub(crate) fn create_body(body: &ActionBody) -> Result<String, WireError> {
    let mut members = Members::default();
    write(&mut members, body, Some(body.enabled.unwrap_or(true)))?;
    Ok(members.to_json())
}

/// The body that replaces the action that `current` shows: `body` over everything else as it came.
///
/// # Errors
///
/// Where `current` is no action that can be merged with.
pub(crate) fn replace_body(current: &Document, body: &ActionBody) -> Result<String, WireError> {
    let mut members = Members::of(document(current.as_str().as_bytes())?)?;
    write(&mut members, body, body.enabled)?;
    Ok(members.to_json())
}

fn write(
    members: &mut Members<'_>,
    body: &ActionBody,
    enabled: Option<bool>,
) -> Result<(), WireError> {
    members.set("name", body.name.as_str())?;
    members.set("description", &body.description)?;
    members.set("type", FixedFields::TYPE)?;
    members.nested("trigger", |trigger| {
        trigger.set("type", FixedFields::TRIGGER)
    })?;
    members.nested("script", |script| {
        script.set("language", FixedFields::LANGUAGE)?;
        script.set("content", body.script.expose())
    })?;
    if let Some(enabled) = enabled {
        members.set("enabled", &enabled)?;
    }
    members.set("dependencies", &body.dependencies)?;
    if let Some(cache) = &body.cache {
        members.set("cacheEnabled", &cache.enabled)?;
        if let Some(key) = &cache.key {
            members.set("cacheKey", key)?;
            members.set("cacheTtl", &cache.ttl)?;
        }
    }
    if let Some(variables) = &body.variables {
        let merged = {
            let present = members.get("variables").filter(|raw| !is_null(raw));
            merge_variables(present, variables).map_err(|error| error.within("variables"))?
        };
        members.set_raw("variables", merged);
    }
    if let Some(dates) = &body.dates {
        members.nested("configuration", |configuration| {
            configuration.nested("dateProcessing", |block| write_dates(block, dates))
        })?;
    }
    Ok(())
}

/// Our variables; what a variable of the same name holds besides stays.
fn merge_variables(
    present: Option<&RawValue>,
    variables: &[VariableBody],
) -> Result<Box<RawValue>, WireError> {
    let mut known = Vec::new();
    for item in present.map(items).transpose()?.unwrap_or_default() {
        let members = Members::of(item)?;
        let name: Option<String> = members.get("name").and_then(|raw| parse(raw).ok());
        known.push((name, members));
    }
    let mut merged = Vec::with_capacity(variables.len());
    for variable in variables {
        let same = |(name, _): &&(Option<String>, Members<'_>)| {
            name.as_deref() == Some(variable.name.as_str())
        };
        let mut members = known
            .iter()
            .find(same)
            .map(|(_, members)| members.clone())
            .unwrap_or_default();
        members.set("name", variable.name.as_str())?;
        members.set("type", variable.kind.as_str())?;
        members.set("value", variable.value.expose())?;
        members.set("encrypted", &variable.encrypted)?;
        members.set("scope", variable.scope.as_str())?;
        merged.push(members);
    }
    list(merged)
}

fn write_dates(block: &mut Members<'_>, dates: &DateProcessing) -> Result<(), WireError> {
    block.set("sourceField", &dates.source_field)?;
    block.set("targetField", &dates.target_field)?;
    block.set("computedValue", &dates.computed_value)?;
    block.set("timezone", &dates.timezone)?;
    block.set("dstAdjustment", &dates.dst_adjustment)?;
    block.set("precision", &dates.precision)
}

#[cfg(test)]
mod tests;
