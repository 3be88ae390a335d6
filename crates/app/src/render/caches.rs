//! Cache lookups by action.

use std::collections::BTreeMap;

use cxda_domain::action::ActionName;
use cxda_domain::lookups::Lookups;
use serde::Serialize;

use crate::render::table::table;
use crate::render::{FORMAT_VERSION, Screen, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatsJson<'a> {
    format_version: &'static str,
    items: Vec<StatJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatJson<'a> {
    action: &'a ActionName,
    hits: u64,
    misses: u64,
    hit_rate: Option<f64>,
}

impl<'a> From<(&'a ActionName, &Lookups)> for StatJson<'a> {
    fn from((action, lookups): (&'a ActionName, &Lookups)) -> Self {
        Self {
            action,
            hits: lookups.hits,
            misses: lookups.misses,
            hit_rate: lookups.hit_rate(),
        }
    }
}

/// `lookups`, for people on `screen`, else as JSON.
pub(crate) fn stats(screen: Option<Screen>, lookups: &BTreeMap<ActionName, Lookups>) -> String {
    let items = lookups.iter().map(StatJson::from);
    match screen {
        None => json(&StatsJson {
            format_version: FORMAT_VERSION,
            items: items.collect(),
        }),
        Some(_) if lookups.is_empty() => String::new(),
        Some(screen) => table(
            screen,
            ["ACTION", "HITS", "MISSES", "HIT RATE"],
            items.map(|item| {
                [
                    item.action.to_string(),
                    item.hits.to_string(),
                    item.misses.to_string(),
                    percent(item.hit_rate),
                ]
            }),
        ),
    }
}

/// A rate from 0 to 1 in words; a dash where there is none.
pub(crate) fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}
