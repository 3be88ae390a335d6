//! Bounds on the shape of JSON from outside: depth, width, and no key twice in one object.
//!
//! It reads text that is known to be valid JSON, once and without recursion.

use std::borrow::Cow;

use crate::wire::WireError;

/// How many objects and lists may stand one inside the other.
pub(crate) const MAX_DEPTH: usize = 64;
/// How many members an object, or items a list, may have.
pub(crate) const MAX_WIDTH: usize = 100_000;

/// Room that is made at once, enough for most texts.
const USUAL_DEPTH: usize = 8;
const USUAL_KEYS: usize = 32;

/// An object or list that is open.
enum Frame {
    /// Its keys so far begin at this index of the shared list; the next string is a key or not.
    Object { keys_from: usize, at_key: Position },
    /// Items so far.
    List { items: usize },
}

#[derive(PartialEq)]
enum Position {
    Key,
    Value,
}

/// Checks `text`, which is valid JSON, against every bound.
pub(crate) fn check_limits(text: &str) -> Result<(), WireError> {
    let bytes = text.as_bytes();
    let mut open: Vec<Frame> = Vec::with_capacity(USUAL_DEPTH);
    let mut keys: Vec<Cow<'_, str>> = Vec::with_capacity(USUAL_KEYS);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = end_of_string(bytes, at);
                if let Some(Frame::Object { keys_from, at_key }) = open.last_mut()
                    && *at_key == Position::Key
                {
                    *at_key = Position::Value;
                    keys.push(unescaped(&text[at..end])?);
                    if keys.len() - *keys_from > MAX_WIDTH {
                        return Err(too_wide());
                    }
                }
                at = end;
                continue;
            }
            b'{' => open.push(Frame::Object {
                keys_from: keys.len(),
                at_key: Position::Key,
            }),
            b'[' => open.push(Frame::List { items: 1 }),
            b',' => match open.last_mut() {
                Some(Frame::Object { at_key, .. }) => *at_key = Position::Key,
                Some(Frame::List { items }) => {
                    *items += 1;
                    if *items > MAX_WIDTH {
                        return Err(too_wide());
                    }
                }
                None => {}
            },
            b'}' | b']' => {
                if let Some(Frame::Object { keys_from, .. }) = open.pop() {
                    check_unique(&mut keys[keys_from..])?;
                    keys.truncate(keys_from);
                }
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(WireError::new(format!(
                "more than {MAX_DEPTH} objects and lists one inside the other"
            )));
        }
        at += 1;
    }
    Ok(())
}

fn too_wide() -> WireError {
    WireError::new(format!(
        "more than {MAX_WIDTH} members in one object or list"
    ))
}

fn check_unique(keys: &mut [Cow<'_, str>]) -> Result<(), WireError> {
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(WireError::new("an object holds one key twice"));
    }
    Ok(())
}

/// The index behind the closing quote of the string whose opening quote is at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The text of a JSON string given with its quotes.
pub(crate) fn unescaped(quoted: &str) -> Result<Cow<'_, str>, WireError> {
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(quoted);
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    let text = serde_json::from_str(quoted).map_err(|error| WireError::of_json(&error))?;
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    fn list(items: usize) -> String {
        format!("[{}0]", "0,".repeat(items - 1))
    }

    fn object(members: usize) -> String {
        let members: Vec<String> = (0..members).map(|n| format!("\"k{n}\":0")).collect();
        format!("{{{}}}", members.join(","))
    }

    #[test]
    fn h_10_depth_and_width_are_bounded() {
        for (label, text, fits) in [
            ("deepest", nested(MAX_DEPTH), true),
            ("too deep", nested(MAX_DEPTH + 1), false),
            ("depth 100,000", nested(100_000), false),
            ("widest list", list(MAX_WIDTH), true),
            ("list too wide", list(MAX_WIDTH + 1), false),
            ("widest object", object(MAX_WIDTH), true),
            ("object too wide", object(MAX_WIDTH + 1), false),
        ] {
            assert_eq!(check_limits(&text).is_ok(), fits, "case: {label}");
        }
    }

    #[test]
    fn h_10_a_key_stands_once_in_its_object() {
        for (text, fits) in [
            (r#"{"a":1,"b":1}"#, true),
            (r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#, true),
            (r#"{"a":"a","b":"a"}"#, true),
            (r#"["a","a"]"#, true),
            (r#"{"a":"\"a\":1,","b":"\\"}"#, true),
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"a":1,"b":2,"a":3}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"x":[{"a":1,"a":2}]}"#, false),
            (r#"{"x":{"y":1},"x":{}}"#, false),
        ] {
            assert_eq!(check_limits(text).is_ok(), fits, "case: {text}");
        }
    }
}
