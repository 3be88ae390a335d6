//! The hash of a representation in its canonical form (RFC 8785), for tenants whose entity tag it is.
//!
//! It refuses what the canonical form would change silently: integers that a double cannot hold.

use cxda_domain::key::{Digest, EntityTag};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::wire::limits::unescaped;
use crate::wire::members::{Members, items};
use crate::wire::{WireError, document};

/// The largest integer, on both sides of zero, that is hashed: 2^53.
const MAX_INTEGER: u64 = 1 << 53;

/// The entity tag that hashes `text`, in double quotes.
///
/// # Errors
///
/// Where `text` holds an integer beyond ±2^53 or a number beyond a double, or is no JSON.
pub(crate) fn content_tag(text: &str) -> Result<EntityTag, WireError> {
    let raw = document(text.as_bytes())?;
    let canonical = serde_jcs::to_vec(&Canonical(raw)).map_err(|_| {
        WireError::new("a number in it is too large to be hashed: beyond 2^53 it would be rounded")
    })?;
    Ok(EntityTag::new(format!("\"{}\"", Digest::of(canonical))))
}

/// JSON text that serializes its numbers as the nearest doubles, which serde's own parser does not promise.
struct Canonical<'a>(&'a RawValue);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.get();
        let unusable = |_| S::Error::custom("no valid JSON");
        match text.as_bytes().first() {
            Some(b'{') => {
                let members = Members::of(self.0).map_err(unusable)?;
                serializer.collect_map(members.iter().map(|(key, value)| (key, Canonical(value))))
            }
            Some(b'[') => {
                let items = items(self.0).map_err(unusable)?;
                serializer.collect_seq(items.into_iter().map(Canonical))
            }
            Some(b'"') => serializer.serialize_str(&unescaped(text).map_err(unusable)?),
            Some(b't') => serializer.serialize_bool(true),
            Some(b'f') => serializer.serialize_bool(false),
            Some(b'n') => serializer.serialize_unit(),
            _ => serializer.serialize_f64(
                double(text)
                    .ok_or_else(|| S::Error::custom("a number beyond what a double holds"))?,
            ),
        }
    }
}

/// The double that `token` stands for; `None` where it is an integer beyond ±2^53, or too large.
fn double(token: &str) -> Option<f64> {
    if !token.contains(['.', 'e', 'E']) {
        let magnitude: u64 = token.trim_start_matches('-').parse().ok()?;
        if magnitude > MAX_INTEGER {
            return None;
        }
    }
    token.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        let raw = document(text.as_bytes()).unwrap();
        serde_jcs::to_string(&Canonical(raw)).ok()
    }

    #[test]
    fn canonical_form_follows_rfc_8785() {
        let text = r#"{ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }"#;
        let want = concat!(
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
            r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
        assert_eq!(canonical(text).as_deref(), Some(want));
    }

    #[test]
    fn members_are_sorted_by_utf_16_units_at_every_depth() {
        let text = r#"{"b":1,"a":{"\ufb33":1,"\ud83d\ude00":2,"z":3}}"#;
        assert_eq!(
            canonical(text).as_deref(),
            Some("{\"a\":{\"z\":3,\"\u{1f600}\":2,\"\u{fb33}\":1},\"b\":1}")
        );
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_refused() {
        for (number, fits) in [
            ("9007199254740992", true),
            ("-9007199254740992", true),
            ("9007199254740993", false),
            ("-9007199254740993", false),
            ("12345678901234567890123", false),
            ("1e20", true),
            ("1e400", false),
            ("0", true),
            ("-0", true),
        ] {
            let text = format!(r#"{{"deep":[{{"n":{number}}}]}}"#);
            assert_eq!(content_tag(&text).is_ok(), fits, "case: {number}");
        }
    }

    #[test]
    fn tag_is_the_lower_case_hash_in_double_quotes() {
        let tag = content_tag(r#"{ "b": 2, "a": 1 }"#).unwrap();
        let digest = Digest::of(r#"{"a":1,"b":2}"#);
        assert_eq!(tag.as_str(), format!("\"{digest}\""));
    }
}
