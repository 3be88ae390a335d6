//! `cxda datetime`: evaluates one date manipulation offline and prints the value alone.

use cxda_domain::datetime::{
    Ambiguous, Arithmetic, DateManipulation, Operation, Output, Precision, Timestamp, Zone,
};

use crate::cli::DatetimeArgs;
use crate::exit::Exit;
use crate::render::Screen;

pub(crate) fn run(screen: Screen, arguments: &DatetimeArgs) -> Exit {
    match evaluate(arguments) {
        Ok(value) => {
            screen.result(&format!("{value}\n"));
            Exit::Done
        }
        Err(message) => {
            screen.error_message(&message);
            Exit::Invalid
        }
    }
}

fn evaluate(arguments: &DatetimeArgs) -> Result<String, String> {
    let zone: Zone = arguments.timezone.parse().map_err(|error| {
        let hint = Zone::suggest(&arguments.timezone);
        let hint = hint.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
        format!("{error}{hint}")
    })?;
    let manipulation = DateManipulation {
        timestamp: parsed::<Timestamp, _>(&arguments.timestamp)?,
        zone,
        operation: parsed::<Operation, _>(&arguments.operation)?,
        offset_minutes: DateManipulation::offset_minutes_from(arguments.offset_minutes)
            .map_err(|error| error.to_string())?,
        precision: Precision::try_from(arguments.precision).map_err(|error| error.to_string())?,
        arithmetic: if arguments.wall {
            Arithmetic::Wall
        } else {
            Arithmetic::Instant
        },
        output: parsed::<Output, _>(&arguments.output)?,
        ambiguous: Ambiguous::Earlier,
    };
    manipulation.evaluate().map_err(|error| error.to_string())
}

fn parsed<T: std::str::FromStr<Err = E>, E: std::fmt::Display>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: E| error.to_string())
}
