//! Decodes the block `dateProcessing` (rules D001 to D007) and evaluates it.

use crate::action::DateProcessing;
use crate::datetime::{
    Ambiguous, Arithmetic, DateError, DateManipulation, Operation, Output, Precision, Timestamp,
    Zone,
};
use crate::manifest::findings::Findings;
use crate::manifest::reader::{
    Found, MapReader, accept, boolean, integer, map, parsed, string, text, word,
};
use crate::rule::Rule;

/// The date processing at `found`, evaluated; `None` where a finding stands in the way.
pub(super) fn decode(findings: &mut Findings, found: &Found<'_>) -> Option<DateProcessing> {
    let mut fields = map(findings, found)?;
    let source_field = fields.required(findings, "sourceField", field_name);
    let target_field = fields.required(findings, "targetField", field_name);
    let timestamp_at = fields.require("timestamp");
    let timestamp = timestamp_at
        .as_ref()
        .and_then(|found| timestamp(findings, found));
    let zone = fields.required(findings, "timezone", zone);
    let operation = fields.required(findings, "operation", |findings, found| {
        word(
            findings,
            found,
            Rule::D003,
            &Operation::ALL,
            Operation::as_str,
        )
    });
    let offset_at = fields.take("offsetMinutes");
    let offset_minutes = match &offset_at {
        Some(found) => offset(findings, found),
        None => Some(0),
    };
    let precision = fields.or(findings, "precision", Precision::MAX, |findings, found| {
        let digits = integer(findings, found)?;
        accept(findings, found, Rule::D004, Precision::try_from(digits))
    });
    let choices = choices(findings, &mut fields);
    fields.close(findings);
    let (arithmetic, output, ambiguous) = choices?;
    let (input_timestamp, timestamp) = timestamp?;
    let zone = zone?;
    let manipulation = DateManipulation {
        timestamp,
        zone,
        operation: operation?,
        offset_minutes: offset_minutes?,
        // Whether there is a result does not depend on how many digits are shown of it.
        precision: precision.unwrap_or(Precision::MAX),
        arithmetic,
        output,
        ambiguous,
    };
    let blamed = offset_at.as_ref().or(timestamp_at.as_ref());
    let computed_value = evaluated(findings, blamed.unwrap_or(found), &manipulation)?;
    Some(DateProcessing {
        input_timestamp,
        source_field: source_field?,
        target_field: target_field?,
        computed_value,
        timezone: zone.to_string(),
        dst_adjustment: arithmetic == Arithmetic::Instant,
        precision: precision?.into(),
    })
}

/// The timestamp as written and as read.
pub(super) fn timestamp(findings: &mut Findings, found: &Found<'_>) -> Option<(String, Timestamp)> {
    let written = string(findings, found)?;
    parsed(findings, found, Rule::D001).map(|read| (written, read))
}

fn zone(findings: &mut Findings, found: &Found<'_>) -> Option<Zone> {
    let parsed = text(findings, found)?.parse::<Zone>();
    parsed
        .map_err(|error| {
            let hint = error.suggestion.map_or_else(
                || "name it as the database does, such as America/New_York".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            let (mark, path) = (found.node.at, &found.path);
            findings.report_at(Rule::D002, mark, path, error.to_string(), Some(hint));
        })
        .ok()
}

fn offset(findings: &mut Findings, found: &Found<'_>) -> Option<u64> {
    let minutes = integer(findings, found)?;
    let minutes = DateManipulation::offset_minutes_from(minutes);
    accept(findings, found, Rule::D003, minutes)
}

/// How to compute and to print.
fn choices(
    findings: &mut Findings,
    fields: &mut MapReader<'_>,
) -> Option<(Arithmetic, Output, Ambiguous)> {
    let dst_adjustment = fields.or(findings, "dstAdjustment", true, boolean);
    let output = fields.or(findings, "output", Output::Utc, |findings, found| {
        word(findings, found, Rule::M003, &Output::ALL, Output::as_str)
    });
    let earlier = Ambiguous::Earlier;
    let ambiguous = fields.or(findings, "ambiguous", earlier, |findings, found| {
        word(
            findings,
            found,
            Rule::D005,
            &Ambiguous::ALL,
            Ambiguous::as_str,
        )
    });
    let arithmetic = if dst_adjustment? {
        Arithmetic::Instant
    } else {
        Arithmetic::Wall
    };
    Some((arithmetic, output?, ambiguous?))
}

/// The result; that there is none is a finding at `blamed`.
fn evaluated(
    findings: &mut Findings,
    blamed: &Found<'_>,
    manipulation: &DateManipulation,
) -> Option<String> {
    manipulation
        .evaluate()
        .map_err(|error| {
            let hint = match &error {
                DateError::Gap { .. } => "move it by another offset, or set `dstAdjustment: true`",
                DateError::Year => "choose a smaller `offsetMinutes`",
            };
            findings.report_with_hint(error.rule(), blamed, error.to_string(), hint);
        })
        .ok()
}

fn field_name(findings: &mut Findings, found: &Found<'_>) -> Option<String> {
    let name = string(findings, found)?;
    if name.trim().is_empty() {
        let message = format!("{} is empty", found.field());
        findings.report_with_hint(
            Rule::D007,
            found,
            message,
            "name a field of the action's input or output",
        );
        return None;
    }
    Some(name)
}
