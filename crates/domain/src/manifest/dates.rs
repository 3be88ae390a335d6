//! Decodes the block `dateProcessing` (rules D001 to D007) and evaluates it.

use crate::action::DateProcessing;
use crate::datetime::{
    Ambiguous, Arithmetic, DateManipulation, Operation, Output, Precision, Timestamp, Zone,
};
use crate::manifest::reader::{Findings, Found, MapReader};
use crate::rule::Rule;

/// The date processing at `found`, evaluated; `None` where a finding stands in the way.
pub(super) fn decode(findings: &mut Findings, found: &Found<'_>) -> Option<DateProcessing> {
    let mut map = found.map(findings)?;
    let source_field = field(findings, &mut map, "sourceField");
    let target_field = field(findings, &mut map, "targetField");
    let timestamp_at = map.require("timestamp");
    let timestamp = timestamp_at.as_ref().and_then(|found| {
        let parsed = found.text(findings)?.parse::<Timestamp>();
        parsed
            .map_err(|error| findings.report(Rule::D001, found, error.to_string()))
            .ok()
    });
    let zone = map.require("timezone").and_then(|found| {
        let text = found.text(findings)?;
        let parsed = text.parse::<Zone>();
        let hint = Zone::suggest(text).map(|name| format!("did you mean `{name}`?"));
        parsed
            .map_err(|error| {
                let (mark, path) = (found.node.at, &found.path);
                findings.report_at(Rule::D002, mark, path, error.to_string(), hint);
            })
            .ok()
    });
    let operation = map.require("operation").and_then(|found| {
        let parsed = found.text(findings)?.parse::<Operation>();
        parsed
            .map_err(|error| findings.report(Rule::D003, &found, error.to_string()))
            .ok()
    });
    let offset_at = map.take("offsetMinutes");
    let offset_minutes = offset_at.as_ref().map_or(Some(0), |found| {
        let minutes = found.integer(findings)?;
        DateManipulation::offset_minutes_from(minutes)
            .map_err(|error| findings.report(Rule::D003, found, error.to_string()))
            .ok()
    });
    let precision = map.take("precision").map_or(Some(Precision::MAX), |found| {
        let digits = found.integer(findings)?;
        Precision::try_from(digits)
            .map_err(|error| findings.report(Rule::D004, &found, error.to_string()))
            .ok()
    });
    let dst_adjustment = map
        .take("dstAdjustment")
        .map_or(Some(true), |found| found.boolean(findings));
    let output = map.take("output").map_or(Some(Output::Utc), |found| {
        let parsed = found.text(findings)?.parse::<Output>();
        parsed
            .map_err(|error| findings.report(Rule::M003, &found, error.to_string()))
            .ok()
    });
    let ambiguous = map
        .take("ambiguous")
        .map_or(Some(Ambiguous::Earlier), |found| {
            let parsed = found.text(findings)?.parse::<Ambiguous>();
            parsed
                .map_err(|error| findings.report(Rule::D005, &found, error.to_string()))
                .ok()
        });
    let closed = map.close(findings);
    let (zone, dst_adjustment, precision) = (zone?, dst_adjustment?, precision?);
    let manipulation = DateManipulation {
        timestamp: timestamp?,
        zone,
        operation: operation?,
        offset_minutes: offset_minutes?,
        precision,
        arithmetic: if dst_adjustment {
            Arithmetic::Instant
        } else {
            Arithmetic::Wall
        },
        output: output?,
        ambiguous: ambiguous?,
    };
    let computed_value = manipulation
        .evaluate()
        .map_err(|error| {
            let place = offset_at
                .as_ref()
                .or(timestamp_at.as_ref())
                .unwrap_or(found);
            findings.report(error.rule(), place, error.to_string());
        })
        .ok()?;
    let input_timestamp = timestamp_at
        .as_ref()
        .and_then(|found| found.text(findings))?;
    closed.then_some(DateProcessing {
        input_timestamp: input_timestamp.to_owned(),
        source_field: source_field?,
        target_field: target_field?,
        computed_value,
        timezone: zone.to_string(),
        dst_adjustment,
        precision: precision.into(),
    })
}

fn field(findings: &mut Findings, map: &mut MapReader<'_>, key: &'static str) -> Option<String> {
    let found = map.require(key)?;
    let text = found.text(findings)?;
    if text.trim().is_empty() {
        findings.report(Rule::D007, &found, format!("{key} is empty"));
        return None;
    }
    Some(text.to_owned())
}
