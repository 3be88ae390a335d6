//! One page of a listing, of either style of paging.
//!
//! Which page comes next is not decided here.

use serde_json::value::RawValue;

use crate::wire::members::{Members, items};
use crate::wire::{WireError, document, is_null, parse};

/// What a listing's answer holds.
#[derive(Debug)]
pub(crate) struct Listing<'a> {
    /// The items, each in its own text.
    pub(crate) items: Vec<&'a RawValue>,
    /// `nextPageToken`, where it is text and not empty.
    pub(crate) next_token: Option<String>,
    /// `total`, where it is a whole number.
    pub(crate) total: Option<u64>,
    /// `pageSize`, where it is a whole number.
    pub(crate) page_size: Option<u64>,
}

#[derive(serde::Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    entities: &'a RawValue,
}

impl<'a> Listing<'a> {
    /// Reads a listing's answer.
    ///
    /// # Errors
    ///
    /// Where it is no object with a list `entities`, or `nextPageToken` is no text.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let raw = document(body)?;
        let members = Members::of(raw)?;
        let envelope: Envelope<'a> = crate::wire::parse_borrowed(raw)
            .map_err(|_| WireError::new("it has no list `entities`"))?;
        let items = items(envelope.entities).map_err(|error| error.within("entities"))?;
        let next_token = match members.get("nextPageToken").filter(|raw| !is_null(raw)) {
            Some(raw) => parse::<String>(raw).map_err(|error| error.within("nextPageToken"))?,
            None => String::new(),
        };
        Ok(Self {
            items,
            next_token: Some(next_token).filter(|token| !token.is_empty()),
            total: members.get("total").and_then(|raw| parse(raw).ok()),
            page_size: members.get("pageSize").and_then(|raw| parse(raw).ok()),
        })
    }

    /// Each item read by `observe`.
    ///
    /// # Errors
    ///
    /// The first that cannot be read, with its index: to skip it would be to take it for absent.
    pub(crate) fn read<T>(
        &self,
        observe: fn(&RawValue) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let items = self.items.iter().enumerate();
        items
            .map(|(index, raw)| {
                observe(raw).map_err(|error| error.within(format_args!("entities[{index}]")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_are_read() {
        let body =
            br#"{"entities":[{"id":"1"},{"id":"2"}],"nextPageToken":"t","total":2,"page":1,"pageSize":5}"#;
        let listing = Listing::parse(body).unwrap();
        assert_eq!(listing.items.len(), 2);
        assert_eq!(listing.next_token.as_deref(), Some("t"));
        assert_eq!((listing.total, listing.page_size), (Some(2), Some(5)));
    }

    #[test]
    fn the_last_page_has_a_token_that_is_null_empty_or_absent() {
        for last in [r#""nextPageToken":null,"#, r#""nextPageToken":"","#, ""] {
            let body = format!(r#"{{{last}"entities":[]}}"#);
            assert_eq!(
                Listing::parse(body.as_bytes()).unwrap().next_token,
                None,
                "{last}"
            );
        }
    }

    #[test]
    fn totals_that_are_no_count_are_left_out() {
        for total in ["-1", "1.5", "\"7\"", "1e400", "null"] {
            let body = format!(r#"{{"entities":[],"total":{total},"pageSize":{total}}}"#);
            let listing = Listing::parse(body.as_bytes()).unwrap();
            assert_eq!((listing.total, listing.page_size), (None, None), "{total}");
        }
    }

    #[test]
    fn h_26_an_answer_without_a_list_is_no_listing() {
        for body in [
            "[]",
            "{}",
            r#"{"entities":null}"#,
            r#"{"entities":{}}"#,
            r#"{"error":"over quota"}"#,
            r#"{"entities":[],"nextPageToken":7}"#,
        ] {
            assert!(Listing::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
