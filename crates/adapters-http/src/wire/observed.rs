//! What answers about views and actions have in common: identity, and members that are there, `null` or left out.

use cxda_domain::address::ResourceKind;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{Document, ObservedResource};
use cxda_domain::projection::Projection;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::wire::members::Members;
use crate::wire::{WireError, is_null, parse};

/// How one kind of resource shows its managed fields.
pub(crate) type Project = fn(&Members<'_>) -> Result<Map<String, Value>, WireError>;

/// The resource that `raw` shows.
///
/// # Errors
///
/// Where it is no object, has no valid `id` or no `name`, or a managed field is of a shape that no version of it has.
pub(crate) fn observe(
    kind: ResourceKind,
    status_member: &str,
    project: Project,
    raw: &RawValue,
) -> Result<ObservedResource, WireError> {
    let members = Members::of(raw)?;
    Ok(ObservedResource {
        kind,
        id: id(&members)?,
        name: name(&members)?,
        status: members.get(status_member).and_then(|raw| parse(raw).ok()),
        fields: Projection::new(project(&members)?),
        document: Document::new(raw.get()),
    })
}

/// The member `id`: text, or a whole number, that fits [`ResourceId`].
pub(crate) fn id(members: &Members<'_>) -> Result<ResourceId, WireError> {
    let unusable = || WireError::new("its id is missing or not one that may stand in a path");
    let raw = members.get("id").ok_or_else(unusable)?;
    let text = parse::<String>(raw)
        .or_else(|_| parse::<u64>(raw).map(|number| number.to_string()))
        .map_err(|_| unusable())?;
    text.parse().map_err(|_| unusable())
}

fn name(members: &Members<'_>) -> Result<String, WireError> {
    let raw = members.get("name");
    raw.and_then(|raw| parse::<String>(raw).ok())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| WireError::new("its name is missing"))
}

/// Takes the member `from` over as `to`; left out where it is left out.
pub(crate) fn take(
    members: &Members<'_>,
    from: &str,
    to: &str,
    fields: &mut Map<String, Value>,
) -> Result<(), WireError> {
    if let Some(raw) = members.get(from) {
        fields.insert(
            to.to_owned(),
            value(raw).map_err(|error| error.within(from))?,
        );
    }
    Ok(())
}

/// Takes the listed members of the object `from` over as the object `to`; `null` stays `null`.
pub(crate) fn take_nested(
    members: &Members<'_>,
    from: &str,
    to: &str,
    names: &[(&str, &str)],
    fields: &mut Map<String, Value>,
) -> Result<(), WireError> {
    let Some(raw) = members.get(from) else {
        return Ok(());
    };
    let shown = if is_null(raw) {
        Value::Null
    } else {
        let inner = Members::of(raw).map_err(|error| error.within(from))?;
        let mut block = Map::new();
        for (wire, own) in names {
            take(&inner, wire, own, &mut block).map_err(|error| error.within(from))?;
        }
        Value::Object(block)
    };
    fields.insert(to.to_owned(), shown);
    Ok(())
}

/// `raw` as a value.
pub(crate) fn value(raw: &RawValue) -> Result<Value, WireError> {
    parse(raw).map_err(|_| WireError::new("a number that is out of range"))
}
