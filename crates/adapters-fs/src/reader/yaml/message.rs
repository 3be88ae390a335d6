//! What to do about a syntax error of YAML, where that is not plain from the error itself.

use granit_parser::ErrorKind;

/// A hint for the errors that people meet most.
pub(super) fn hint(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => Some("indent with spaces"),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            Some("put quotes around text that holds `: `")
        }
        ErrorKind::UnknownAnchor => Some(
            "put `&name` at the value before its first `*name`, or quotes around text that begins with `*`",
        ),
        ErrorKind::UnclosedQuotedScalar => Some("close the quote"),
        ErrorKind::UnknownQuotedScalarEscape => {
            Some("write `\\\\` for a backslash, or use single quotes")
        }
        ErrorKind::MissingLowSurrogate
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::UnpairedLowSurrogate => {
            Some("write the character itself, or both halves of its surrogate pair")
        }
        _ => None,
    }
}
