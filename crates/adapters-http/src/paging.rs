//! Where a listing goes on, in both styles of paging, and the guards against listings without an end.
//!
//! A cursor carries all that is known of the pages before it, so nothing is kept between two calls.

use cxda_domain::key::Digest;
use cxda_ports::page::PageCursor;

use crate::wire::WireError;

/// The most pages of one listing.
const MAX_PAGES: u64 = 10_000;
/// How much of a digest tells two pages apart.
const MARK_CHARS: usize = 16;

/// The place of a page in a listing by token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenPlace {
    /// The token of this page; `None` on the first.
    token: Option<String>,
    /// A mark of every token so far, one behind the other.
    seen: String,
}

impl TokenPlace {
    /// The place that `cursor` names.
    pub(crate) fn of(cursor: Option<&PageCursor>) -> Result<Self, WireError> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        let parts = cursor.as_str().strip_prefix("t:");
        let (seen, token) = parts
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(foreign)?;
        Ok(Self {
            token: Some(token.to_owned()),
            seen: seen.to_owned(),
        })
    }

    /// The token to ask with.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where the page after this one is, given the answer's token.
    ///
    /// # Errors
    ///
    /// Where the token came before, or there is no end.
    pub(crate) fn next(&self, token: Option<&str>) -> Result<Option<PageCursor>, WireError> {
        let Some(token) = token else { return Ok(None) };
        let mark = mark(token);
        let marks = self.seen.as_bytes().chunks(MARK_CHARS);
        if marks.clone().any(|seen| seen == mark.as_bytes()) {
            return Err(WireError::new(
                "a page token came twice: the listing runs in a circle",
            ));
        }
        if marks.len() as u64 >= MAX_PAGES {
            return Err(endless());
        }
        let text = format!("t:{}{mark}:{token}", self.seen);
        Ok(Some(PageCursor::new(text)))
    }
}

/// The place of a page in a listing by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberPlace {
    /// The page, from 1.
    page: u64,
    /// How many items the pages before it held.
    seen: u64,
    /// A mark of the page before it.
    before: String,
}

/// What a page of a listing by number held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<'a> {
    /// The ids of its items.
    pub(crate) ids: &'a [&'a str],
    /// `total`, where the answer has it.
    pub(crate) total: Option<u64>,
    /// How many items were asked for.
    pub(crate) asked: u32,
}

impl NumberPlace {
    /// The place that `cursor` names.
    pub(crate) fn of(cursor: Option<&PageCursor>) -> Result<Self, WireError> {
        let Some(cursor) = cursor else {
            return Ok(Self {
                page: 1,
                seen: 0,
                before: String::new(),
            });
        };
        let parts: Vec<&str> = cursor.as_str().split(':').collect();
        match parts[..] {
            ["n", page, seen, before] => Ok(Self {
                page: page.parse().map_err(|_| foreign())?,
                seen: seen.parse().map_err(|_| foreign())?,
                before: before.to_owned(),
            }),
            _ => Err(foreign()),
        }
    }

    /// The page to ask for.
    pub(crate) fn page(&self) -> u64 {
        self.page
    }

    /// Where the page after this one is.
    ///
    /// The total is believed as long as it is not less than what was seen: a server that cuts pages shorter than
    /// asked loses nothing then. Without a total a page that is not full is the last; an empty one always is.
    ///
    /// # Errors
    ///
    /// Where this page is the one before it again, or there is no end.
    pub(crate) fn next(&self, held: Held<'_>) -> Result<Option<PageCursor>, WireError> {
        if held.ids.is_empty() {
            return Ok(None);
        }
        let mark = mark(&held.ids.join("\n"));
        if mark == self.before {
            return Err(WireError::new(
                "a page came twice: the listing does not go on",
            ));
        }
        let count = held.ids.len() as u64;
        let seen = self.seen.saturating_add(count);
        let more = match held.total {
            Some(total) if total >= seen => total > seen,
            _ => count >= u64::from(held.asked),
        };
        if !more {
            return Ok(None);
        }
        if self.page >= MAX_PAGES {
            return Err(endless());
        }
        let text = format!("n:{}:{seen}:{mark}", self.page + 1);
        Ok(Some(PageCursor::new(text)))
    }
}

fn mark(text: &str) -> String {
    Digest::of(text).as_str().chars().take(MARK_CHARS).collect()
}

fn foreign() -> WireError {
    WireError::new("the cursor is not of this listing")
}

fn endless() -> WireError {
    WireError::new(format!("the listing has more than {MAX_PAGES} pages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks a listing by number whose pages hold `counts` items; gives how many requests that took.
    fn walk(counts: &[usize], totals: impl Fn(usize) -> Option<u64>, asked: u32) -> usize {
        let mut cursor = None;
        let mut requests = 0;
        loop {
            let place = NumberPlace::of(cursor.as_ref()).unwrap();
            let index = usize::try_from(place.page()).unwrap() - 1;
            let count = counts.get(index).copied().unwrap_or(0);
            requests += 1;
            let names: Vec<String> = (0..count).map(|n| format!("{index}-{n}")).collect();
            let ids: Vec<&str> = names.iter().map(String::as_str).collect();
            let held = Held {
                ids: &ids,
                total: totals(index),
                asked,
            };
            match place.next(held).unwrap() {
                Some(next) => cursor = Some(next),
                None => return requests,
            }
        }
    }

    #[test]
    fn an_honest_total_costs_no_request_too_many() {
        for (total, requests) in [
            (0, 1),
            (1, 1),
            (99, 1),
            (100, 1),
            (101, 2),
            (200, 2),
            (201, 3),
        ] {
            let mut rest = total;
            let mut counts = Vec::new();
            while rest > 0 {
                counts.push(rest.min(100));
                rest -= rest.min(100);
            }
            assert_eq!(
                walk(&counts, |_| Some(total as u64), 100),
                requests,
                "total {total}"
            );
        }
    }

    #[test]
    fn h_32_a_total_that_lies_or_is_absent_loses_nothing() {
        let none = |_| None;
        for (label, counts, totals, requests) in [
            (
                "absent, short last page",
                &[100, 100, 7][..],
                &none as &dyn Fn(usize) -> Option<u64>,
                3,
            ),
            ("absent, full last page", &[100, 100], &none, 3),
            ("absent, nothing", &[], &none, 1),
            ("too low", &[100, 100, 7], &|_| Some(3), 3),
            (
                "of the page only",
                &[100, 100, 7],
                &|page| Some([100, 100, 7][page]),
                1,
            ),
            ("too high", &[100, 7], &|_| Some(1_000_000), 3),
            ("pages cut to 50", &[50, 50, 50], &|_| Some(150), 3),
            ("vanishing items", &[100, 99], &|_| Some(200), 3),
        ] {
            assert_eq!(walk(counts, totals, 100), requests, "case: {label}");
        }
    }

    #[test]
    fn h_32_a_page_that_repeats_is_noticed_at_once() {
        let held = Held {
            ids: &["a", "b"],
            total: None,
            asked: 2,
        };
        let first = NumberPlace::of(None).unwrap().next(held).unwrap();
        let second = NumberPlace::of(first.as_ref()).unwrap();
        assert!(second.next(held).is_err());
    }

    #[test]
    fn h_32_a_token_that_repeats_is_noticed_at_once() {
        let mut place = TokenPlace::of(None).unwrap();
        for token in ["a", "b:c", "d"] {
            let next = place.next(Some(token)).unwrap();
            place = TokenPlace::of(next.as_ref()).unwrap();
            assert_eq!(place.token(), Some(token));
        }
        for (token, fits) in [("a", false), ("b:c", false), ("d", false), ("e", true)] {
            assert_eq!(place.next(Some(token)).is_ok(), fits, "token {token}");
        }
        assert_eq!(place.next(None), Ok(None));
    }

    #[test]
    fn cursors_of_another_listing_are_refused() {
        for text in ["", "t:", "n:x:0:", "n:1:0", "x:1:2:3"] {
            let cursor = PageCursor::new(text);
            assert!(NumberPlace::of(Some(&cursor)).is_err(), "{text}");
        }
        assert!(TokenPlace::of(Some(&PageCursor::new("n:1:0:"))).is_err());
    }

    #[test]
    fn listings_have_an_end() {
        let place = |page| NumberPlace {
            page,
            seen: 0,
            before: String::new(),
        };
        let held = Held {
            ids: &["a"],
            total: None,
            asked: 1,
        };
        assert!(place(MAX_PAGES - 1).next(held).is_ok());
        assert!(place(MAX_PAGES).next(held).is_err());
    }
}
