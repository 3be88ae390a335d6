//! The sandbox test on the wire.

use cxda_ports::actions::SandboxAnswer;
use serde_json::value::RawValue;

use crate::wire::members::Members;
use crate::wire::{WireError, document, is_null, parse};

/// The body that asks for a run with `input`, a JSON text.
///
/// # Errors
///
/// Where `input` is no JSON.
pub(crate) fn request_body(input: &str) -> Result<String, WireError> {
    let input = document(input.as_bytes()).map_err(|error| error.within("input"))?;
    Ok(format!("{{\"input\":{}}}", input.get()))
}

/// What the sandbox answered.
///
/// # Errors
///
/// Where `status` is neither `SUCCESS` nor `FAILED`.
pub(crate) fn answer(raw: &RawValue) -> Result<SandboxAnswer, WireError> {
    let members = Members::of(raw)?;
    let status: Option<String> = members.get("status").and_then(|raw| parse(raw).ok());
    let succeeded = match status.as_deref() {
        Some("SUCCESS") => true,
        Some("FAILED") => false,
        _ => return Err(WireError::new("its status is neither SUCCESS nor FAILED")),
    };
    let error = members.get("error").filter(|raw| !is_null(raw));
    Ok(SandboxAnswer {
        succeeded,
        output: members.get("output").map(|raw| raw.get().to_owned()),
        error: error.map(|raw| parse::<String>(raw).unwrap_or_else(|_| raw.get().to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read() {
        for (text, want) in [
            (
                r#"{"status":"SUCCESS","output":1.10}"#,
                Some((true, Some("1.10"), None)),
            ),
            (
                r#"{"status":"FAILED","error":"boom\n"}"#,
                Some((false, None, Some("boom\n"))),
            ),
            (
                r#"{"status":"FAILED","error":{"message":"boom"}}"#,
                Some((false, None, Some(r#"{"message":"boom"}"#))),
            ),
            (r#"{"status":"success"}"#, None),
            (r#"{"output":1}"#, None),
        ] {
            let found = answer(document(text.as_bytes()).unwrap()).ok();
            let want = want.map(|(succeeded, output, error)| SandboxAnswer {
                succeeded,
                output: output.map(str::to_owned),
                error: error.map(str::to_owned),
            });
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn input_is_sent_as_it_is() {
        assert_eq!(
            request_body(r#"{"n":1.0}"#).unwrap(),
            r#"{"input":{"n":1.0}}"#
        );
        assert!(request_body("{").is_err());
    }
}
