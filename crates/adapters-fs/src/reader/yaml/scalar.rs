//! What a scalar of YAML means: the core schema of YAML 1.2, and nothing of YAML 1.1.
//!
//! `no`, `on`, `1:30` and dates are text. So is a number with a needless leading zero, such as
//! `012`: readers do not agree on its value, and where it stands in a manifest text is meant.

use std::borrow::Cow;

use cxda_domain::node::{Mark, NodeValue};
use granit_parser::ScalarStyle;

use super::{CoreTag, ReadError};

/// The value of a scalar.
pub(super) fn value(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: CoreTag<'_>,
    at: Mark,
) -> Result<NodeValue, ReadError> {
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => plain(text),
            _ => NodeValue::Text(text.into_owned()),
        });
    };
    let refused = || ReadError::new(at, format!("{text:?} is not what its tag !!{tag} says"));
    match (tag, plain(text.clone())) {
        ("str", _) => Ok(NodeValue::Text(text.into_owned())),
        ("float", NodeValue::Integer(_)) => {
            text.parse().map(NodeValue::Float).map_err(|_| refused())
        }
        ("int", value @ NodeValue::Integer(_))
        | ("float", value @ NodeValue::Float(_))
        | ("bool", value @ NodeValue::Bool(_))
        | ("null", value @ NodeValue::Null) => Ok(value),
        _ => Err(refused()),
    }
}

fn plain(text: Cow<'_, str>) -> NodeValue {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        ".nan" | ".NaN" | ".NAN" => NodeValue::Float(f64::NAN),
        _ => number(&text).unwrap_or_else(|| NodeValue::Text(text.into_owned())),
    }
}

fn number(text: &str) -> Option<NodeValue> {
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(NodeValue::Float(sign * f64::INFINITY));
    }
    let shape = Shape::of(unsigned)?;
    if shape.has_leading_zero {
        return None;
    }
    if shape.is_whole
        && let Ok(integer) = text.parse()
    {
        return Some(NodeValue::Integer(integer));
    }
    text.parse().ok().map(NodeValue::Float)
}

/// Digits of base 8 or 16 without a sign; beyond 128 bits the nearest fraction.
fn based(digits: &str, base: u32) -> Option<NodeValue> {
    if digits.is_empty() {
        return None;
    }
    let mut nearest = 0.0;
    for digit in digits.chars() {
        nearest = nearest * f64::from(base) + f64::from(digit.to_digit(base)?);
    }
    Some(i128::from_str_radix(digits, base).map_or(NodeValue::Float(nearest), NodeValue::Integer))
}

/// What is seen of a decimal number before its value is worked out.
struct Shape {
    is_whole: bool,
    has_leading_zero: bool,
}

impl Shape {
    /// The shape of a number without its sign: `digits [. digits] [e [sign] digits]`, with digits
    /// on one side of the point at least; `None` for anything else.
    fn of(unsigned: &str) -> Option<Self> {
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let has_digits = !whole.is_empty() || fraction.is_some_and(|digits| !digits.is_empty());
        let is_exponent = |digits: &str| {
            let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
            !digits.is_empty() && are_digits(digits)
        };
        let is_number = has_digits
            && are_digits(whole)
            && fraction.is_none_or(are_digits)
            && exponent.is_none_or(is_exponent);
        is_number.then(|| Self {
            is_whole: fraction.is_none() && exponent.is_none(),
            has_leading_zero: whole.len() > 1 && whole.starts_with('0'),
        })
    }
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
