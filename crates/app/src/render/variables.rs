//! Variables of manifests, and encrypted ones that are due to be changed. No value is ever shown.

use std::time::Duration;

use cxda_domain::instant::UtcMillis;
use cxda_domain::manifest::Manifest;
use cxda_domain::rotation::DueSecret;
use cxda_domain::variable::VariableValue;
use serde::Serialize;

use crate::render::table::table;
use crate::render::{FORMAT_VERSION, Screen, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VariablesJson {
    format_version: &'static str,
    items: Vec<VariableJson>,
}

#[derive(Serialize)]
struct VariableJson {
    action: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    scope: &'static str,
    encrypted: bool,
    /// Where the value comes from: `value`, or what `valueFrom` names.
    source: String,
}

/// The variables that `manifest` declares, of the action `only` where one is named.
pub(crate) fn variables(screen: Option<Screen>, manifest: &Manifest, only: Option<&str>) -> String {
    let actions = manifest.actions().map(|(action, _)| action);
    let wanted = actions.filter(|action| only.is_none_or(|only| action.name.as_str() == only));
    let items = wanted.flat_map(|action| {
        let variables = action.variables.iter().flatten();
        variables.map(|variable| VariableJson {
            action: action.name.to_string(),
            name: variable.name.to_string(),
            kind: variable.kind.as_str(),
            scope: variable.scope.as_str(),
            encrypted: variable.encrypted,
            source: match &variable.value {
                VariableValue::Literal(_) => "value".to_owned(),
                VariableValue::From(reference) => reference.to_string(),
            },
        })
    });
    let items: Vec<VariableJson> = items.collect();
    match screen {
        None => json(&VariablesJson {
            format_version: FORMAT_VERSION,
            items,
        }),
        Some(_) if items.is_empty() => String::new(),
        Some(screen) => table(
            screen,
            ["ACTION", "NAME", "TYPE", "SCOPE", "ENCRYPTED", "FROM"],
            items.into_iter().map(|item| {
                let encrypted = if item.encrypted { "yes" } else { "no" };
                [
                    item.action,
                    item.name,
                    item.kind.to_owned(),
                    item.scope.to_owned(),
                    encrypted.to_owned(),
                    item.source,
                ]
            }),
        ),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RotationJson<'a> {
    format_version: &'static str,
    max_age_seconds: u64,
    items: Vec<DueJson<'a>>,
    summary: RotationSummary,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DueJson<'a> {
    action: &'a str,
    name: &'a str,
    changed: Option<UtcMillis>,
    age_days: Option<u64>,
}

/// How many encrypted variables there are, and how many are due.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RotationSummary {
    pub(crate) encrypted: usize,
    pub(crate) due: usize,
}

/// The encrypted variables that were not changed within `max_age`.
pub(crate) fn rotation(
    screen: Option<Screen>,
    due: &[DueSecret],
    summary: RotationSummary,
    max_age: Duration,
    now: UtcMillis,
) -> String {
    let items = due.iter().map(|secret| DueJson {
        action: &secret.address.name,
        name: &secret.name,
        changed: secret.since,
        age_days: secret.since.map(|since| days(now.duration_since(since))),
    });
    let items: Vec<DueJson<'_>> = items.collect();
    match screen {
        None => json(&RotationJson {
            format_version: FORMAT_VERSION,
            max_age_seconds: max_age.as_secs(),
            items,
            summary,
        }),
        Some(_) if items.is_empty() => String::new(),
        Some(screen) => table(
            screen,
            ["ACTION", "VARIABLE", "LAST CHANGED", "AGE"],
            items.into_iter().map(|item| {
                let changed = item.changed.map(|changed| changed.to_string());
                let age = item.age_days.map(|days| format!("{days} days"));
                let unknown = || "unknown".to_owned();
                [
                    item.action.to_owned(),
                    item.name.to_owned(),
                    changed.unwrap_or_else(unknown),
                    age.unwrap_or_else(unknown),
                ]
            }),
        ),
    }
}

/// Whole days.
pub(crate) fn days(age: Duration) -> u64 {
    age.as_secs() / 86_400
}
