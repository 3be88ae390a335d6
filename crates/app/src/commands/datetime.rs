//! `cxda datetime`: evaluates one date manipulation offline and prints the value alone.

use std::fmt::Display;

use cxda_domain::datetime::{
    Ambiguous, Arithmetic, DateManipulation, Operation, Output, Precision, Timestamp, Zone,
};
use cxda_domain::rule::Rule;
use serde::Serialize;

use crate::cli::{DatetimeArgs, OutputFormat, TimeOutput};
use crate::exit::Exit;
use crate::render::{FORMAT_VERSION, Screen, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvaluatedJson {
    format_version: &'static str,
    value: String,
}

pub(crate) fn run(screen: Screen, arguments: &DatetimeArgs, format: OutputFormat) -> Exit {
    match evaluate(arguments) {
        Ok(value) if format == OutputFormat::Json => {
            let format_version = FORMAT_VERSION;
            screen.result(&json(&EvaluatedJson {
                format_version,
                value,
            }));
            Exit::Done
        }
        Ok(value) => {
            screen.result(&format!("{value}\n"));
            Exit::Done
        }
        Err(mistakes) => {
            for (rule, message) in mistakes {
                screen.error_message(&format!("[{rule}] {message}"));
            }
            Exit::Invalid
        }
    }
}

type Mistake = (Rule, String);

/// The value, or every mistake in the arguments.
fn evaluate(arguments: &DatetimeArgs) -> Result<String, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let timestamp = noted(
        &mut mistakes,
        Rule::D001,
        arguments.timestamp.parse::<Timestamp>(),
    );
    let zone = arguments.timezone.parse::<Zone>().map_err(|error| {
        let hint = Zone::suggest(&arguments.timezone);
        let hint = hint.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
        format!("{error}{hint}")
    });
    let zone = noted(&mut mistakes, Rule::D002, zone);
    let operation = noted(
        &mut mistakes,
        Rule::D003,
        arguments.operation.parse::<Operation>(),
    );
    let offset = DateManipulation::offset_minutes_from(arguments.offset_minutes);
    let offset_minutes = noted(&mut mistakes, Rule::D003, offset);
    let precision = noted(
        &mut mistakes,
        Rule::D004,
        Precision::try_from(arguments.precision),
    );
    let (Some(timestamp), Some(zone), Some(operation), Some(offset_minutes), Some(precision)) =
        (timestamp, zone, operation, offset_minutes, precision)
    else {
        return Err(mistakes);
    };
    let manipulation = DateManipulation {
        timestamp,
        zone,
        operation,
        offset_minutes,
        precision,
        arithmetic: if arguments.wall {
            Arithmetic::Wall
        } else {
            Arithmetic::Instant
        },
        output: arguments.output.into(),
        ambiguous: Ambiguous::Earlier,
    };
    manipulation
        .evaluate()
        .map_err(|error| vec![(error.rule(), error.to_string())])
}

/// The value, or `None` with the mistake noted.
fn noted<T, E: Display>(
    mistakes: &mut Vec<Mistake>,
    rule: Rule,
    parsed: Result<T, E>,
) -> Option<T> {
    parsed
        .map_err(|error| mistakes.push((rule, error.to_string())))
        .ok()
}

impl From<TimeOutput> for Output {
    fn from(output: TimeOutput) -> Self {
        match output {
            TimeOutput::Utc => Self::Utc,
            TimeOutput::Local => Self::Local,
        }
    }
}
