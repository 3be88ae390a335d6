//! The block `dateProcessing`, and timestamps.

use cxda_domain::datetime::{Ambiguous, Operation, Output, Precision, Timestamp, Zone};
use cxda_domain::rule::Rule;
use serde_json::{Value, json};

use crate::schema::parts::{FILLED, boolean, object, one_of, or, told};

pub(super) fn block() -> Value {
    let field = || json!({"type": "string", "pattern": FILLED});
    let mut zones: Vec<&str> = Zone::names().collect();
    zones.sort_unstable();
    let operation = one_of(&Operation::ALL, Operation::as_str);
    let offset = or(json!({"type": "integer", "minimum": 0}), 0);
    let precision = json!({
        "type": "integer",
        "minimum": Precision::MIN.digits(),
        "maximum": Precision::MAX.digits(),
        "default": Precision::MAX.digits(),
    });
    let output = or(one_of(&Output::ALL, Output::as_str), Output::Utc.as_str());
    let ambiguous = one_of(&Ambiguous::ALL, Ambiguous::as_str);
    let ambiguous = or(ambiguous, Ambiguous::Earlier.as_str());
    let dst = "True moves the instant, false the clock on the wall.";
    let block = object(
        &[
            "sourceField",
            "targetField",
            "timestamp",
            "timezone",
            "operation",
        ],
        json!({
            "sourceField": told(field(), "The field that the time comes from.", &[Rule::D007]),
            "targetField": told(field(), "The field that the result goes to.", &[Rule::D007]),
            "timestamp": told(timestamp(), "The time that is moved.", &[Rule::D001]),
            "timezone": told(json!({"type": "string", "enum": zones}), "The time zone.", &[Rule::D002]),
            "operation": told(operation, "Which way it is moved.", &[Rule::D003]),
            "offsetMinutes": told(offset, "How far it is moved, in minutes.", &[Rule::D003, Rule::D006]),
            "precision": told(precision, "Digits of a second that are shown; the rest is cut, not rounded.", &[Rule::D004]),
            "dstAdjustment": or(told(boolean(), dst, &[Rule::D005]), true),
            "output": told(output, "How the result is shown: with `Z`, or as local time with its offset.", &[]),
            "ambiguous": told(ambiguous, "Which of two instants a local time means that happens twice.", &[]),
        }),
    );
    told(
        block,
        "Date and time processing; left out, the tenant's stays.",
        &[],
    )
}

/// The form of a timestamp. Which days a month has is not said.
pub(super) fn timestamp() -> Value {
    let most = Timestamp::MAX_FRACTION_DIGITS;
    let clock = "([01][0-9]|2[0-3]):[0-5][0-9]";
    let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let form =
        format!(r"^{date}T{clock}:[0-5][0-9](\.[0-9]{{1,{most}}})?(Z|[+-]{clock}(:[0-5][0-9])?)?$");
    json!({"type": "string", "pattern": form, "examples": ["2024-02-29T15:30:00.000Z"]})
}
