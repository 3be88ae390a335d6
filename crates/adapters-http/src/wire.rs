//! The JSON of the API: reading answers into domain values, and writing bodies.
//!
//! It knows members and their names, and no path, header or status.

pub(crate) mod action;
pub(crate) mod canonical;
pub(crate) mod limits;
pub(crate) mod members;
pub(crate) mod observed;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod relay;
pub(crate) mod sandbox;
pub(crate) mod table;
pub(crate) mod token;
pub(crate) mod view;
pub(crate) mod words;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::wire::limits::check_limits;

/// Why JSON cannot be used: what, and where; never a part of what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WireError(String);

impl WireError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The same, with the place `inside` which it was found.
    pub(crate) fn within(self, inside: impl std::fmt::Display) -> Self {
        Self(format!("{inside}: {}", self.0))
    }

    /// What serde says, without the values that it would quote.
    pub(crate) fn of_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => {
                Self(format!("an unexpected type at line {line} column {column}"))
            }
            serde_json::error::Category::Eof => Self(format!(
                "the JSON ends too early, at line {line} column {column}"
            )),
            _ => Self(format!("no valid JSON at line {line} column {column}")),
        }
    }
}

/// The one JSON value that `bytes` hold: valid UTF-8 without a byte order mark, nothing behind it, within
/// [`limits`], no key twice in one object.
pub(crate) fn document(bytes: &[u8]) -> Result<&RawValue, WireError> {
    let text = std::str::from_utf8(bytes).map_err(|_| WireError::new("not valid UTF-8"))?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| WireError::of_json(&error))?;
    check_limits(raw.get())?;
    Ok(raw)
}

/// `raw` as a `T` that borrows nothing.
pub(crate) fn parse<T: DeserializeOwned>(raw: &RawValue) -> Result<T, WireError> {
    serde_json::from_str(raw.get()).map_err(|error| WireError::of_json(&error))
}

/// `raw` as a `T` that may borrow from it.
pub(crate) fn parse_borrowed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, WireError> {
    serde_json::from_str(raw.get()).map_err(|error| WireError::of_json(&error))
}

/// The JSON text of `value`.
pub(crate) fn to_raw<T: serde::Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, WireError> {
    serde_json::value::to_raw_value(value).map_err(|error| WireError::of_json(&error))
}

/// Whether `raw` is `null`.
pub(crate) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_07_only_one_whole_json_value_is_a_document() {
        for (label, bytes, fits) in [
            ("object", &b"{\"a\":1}"[..], true),
            ("space around it", b" \r\n{}\t\n", true),
            ("number out of range", b"{\"a\":1e400}", true),
            ("empty", b"", false),
            ("cut", b"{\"a\":", false),
            ("byte order mark", b"\xef\xbb\xbf{}", false),
            ("something behind it", b"{} {}", false),
            ("bad UTF-8", b"{\"a\":\"\xff\"}", false),
            ("key twice", b"{\"a\":1,\"a\":2}", false),
        ] {
            assert_eq!(document(bytes).is_ok(), fits, "case: {label}");
        }
    }

    #[test]
    fn errors_quote_nothing_of_the_answer() {
        let raw: &RawValue = serde_json::from_str(r#""hunter2""#).unwrap();
        let error = parse::<u64>(raw).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
