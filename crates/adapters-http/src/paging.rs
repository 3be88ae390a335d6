//! Where a listing goes on, in both styles of paging, and the guards against listings without an end.
//!
//! A cursor carries what must be known of the pages before it, so nothing is kept between two calls.

use std::collections::BTreeSet;

use cxda_domain::key::Digest;
use cxda_ports::page::PageCursor;

use crate::wire::WireError;

/// The most pages of one listing.
const MAX_PAGES: u64 = 10_000;
/// The most pages in a row that bring nothing new.
const MAX_BARREN_PAGES: u64 = 10;
/// How much of a digest tells two pages apart.
const MARK_CHARS: usize = 16;
/// How many items back one that comes again is known. Pages overlap with their neighbours, as when something is
/// inserted meanwhile; marks of all items would make cursors as long as the listing.
const LATEST_ITEMS: usize = 1_000;

/// The place of a page in a listing by token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenPlace {
    /// The token of this page; `None` on the first.
    token: Option<String>,
    /// A mark of every token so far, one behind the other.
    seen: String,
    /// The same of every page that held anything.
    pages: String,
    /// How many pages in a row brought nothing new, up to the one before it.
    barren: u64,
}

impl TokenPlace {
    /// The place that `cursor` names.
    pub(crate) fn of(cursor: Option<&PageCursor>) -> Result<Self, WireError> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        let mut parts = cursor.as_str().splitn(5, ':');
        let mut part = || parts.next().ok_or_else(foreign);
        if part()? != "t" {
            return Err(foreign());
        }
        Ok(Self {
            seen: part()?.to_owned(),
            pages: part()?.to_owned(),
            barren: part()?.parse().map_err(|_| foreign())?,
            token: Some(part()?.to_owned()),
        })
    }

    /// The token to ask with.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where the page after this one is, given the answer's token and the text of its items.
    ///
    /// # Errors
    ///
    /// Where the token came before, this page is the one before it again, or there is no end in sight.
    pub(crate) fn next(
        &self,
        token: Option<&str>,
        items: &[&str],
    ) -> Result<Option<PageCursor>, WireError> {
        let Some(token) = token else { return Ok(None) };
        let whole = match items {
            [] => String::new(),
            items => mark(&items.join("\n")),
        };
        if !whole.is_empty() && self.pages.ends_with(&whole) {
            return Err(standing());
        }
        let known = whole.is_empty() || marks(&self.pages).any(|page| page == whole.as_bytes());
        let barren = barren(self.barren, known)?;
        let mark = mark(token);
        if marks(&self.seen).any(|seen| seen == mark.as_bytes()) {
            return Err(WireError::new(
                "a page token came twice: the listing runs in a circle",
            ));
        }
        if marks(&self.seen).count() as u64 >= MAX_PAGES {
            return Err(endless());
        }
        let (seen, pages) = (&self.seen, &self.pages);
        let text = format!("t:{seen}{mark}:{pages}{whole}:{barren}:{token}");
        Ok(Some(PageCursor::new(text)))
    }
}

/// The place of a page in a listing by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberPlace {
    /// The page, from 1.
    page: u64,
    /// How many different items the pages before it held.
    seen: u64,
    /// How many items the longest of them held.
    longest: u64,
    /// A mark of the page before it.
    before: String,
    /// How many pages in a row brought nothing new, up to the one before it.
    barren: u64,
    /// Marks of the latest items, one behind the other.
    latest: String,
}

/// What a page of a listing by number held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<'a> {
    /// The ids of its items.
    pub(crate) ids: &'a [&'a str],
    /// `total`, where the answer has it.
    pub(crate) total: Option<u64>,
    /// `pageSize`, where the answer has it.
    pub(crate) page_size: Option<u64>,
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
                longest: 0,
                before: String::new(),
                barren: 0,
                latest: String::new(),
            });
        };
        let parts: Vec<&str> = cursor.as_str().split(':').collect();
        match parts[..] {
            ["n", page, seen, longest, before, barren, latest] => Ok(Self {
                page: page.parse().map_err(|_| foreign())?,
                seen: seen.parse().map_err(|_| foreign())?,
                longest: longest.parse().map_err(|_| foreign())?,
                before: before.to_owned(),
                barren: barren.parse().map_err(|_| foreign())?,
                latest: latest.to_owned(),
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
    /// The total is believed unless more different items were seen: a server that cuts pages shorter than asked, or
    /// lets them overlap, loses nothing then. Without a total that can be believed a page that is not full is the
    /// last; an empty one always is. A total that is too low and is reached exactly at the end of a page cannot be
    /// told from a true one without a request too many, so there the listing ends.
    ///
    /// # Errors
    ///
    /// Where this page is the one before it again, or there is no end in sight.
    pub(crate) fn next(&self, held: Held<'_>) -> Result<Option<PageCursor>, WireError> {
        if held.ids.is_empty() {
            return Ok(None);
        }
        let whole = mark(&held.ids.join("\n"));
        if whole == self.before {
            return Err(standing());
        }
        let (new, latest) = self.with(held.ids);
        let barren = barren(self.barren, new == 0)?;
        let seen = self.seen.saturating_add(new);
        let count = held.ids.len() as u64;
        let longest = self.longest.max(count);
        let more = match held.total {
            Some(total) if total >= seen => total > seen,
            _ => count >= held.full_page().unwrap_or(longest),
        };
        if !more {
            return Ok(None);
        }
        if self.page >= MAX_PAGES {
            return Err(endless());
        }
        let page = self.page + 1;
        let text = format!("n:{page}:{seen}:{longest}:{whole}:{barren}:{latest}");
        Ok(Some(PageCursor::new(text)))
    }

    /// How many of `ids` are new, and the marks of the latest items with theirs among them.
    fn with(&self, ids: &[&str]) -> (u64, String) {
        let ends = 0..=self.latest.len() / MARK_CHARS;
        let known =
            ends.filter_map(|end| self.latest.get(end * MARK_CHARS..(end + 1) * MARK_CHARS));
        let mut known: BTreeSet<&str> = known.collect();
        let marks: Vec<String> = ids.iter().map(|id| mark(id)).collect();
        let new: Vec<&str> = marks
            .iter()
            .map(String::as_str)
            .filter(|mark| known.insert(mark))
            .collect();
        let kept = LATEST_ITEMS.max(ids.len()).saturating_sub(new.len()) * MARK_CHARS;
        let forgotten = self.latest.len().saturating_sub(kept);
        let old = self.latest.get(forgotten..).unwrap_or_default();
        (new.len() as u64, format!("{old}{}", new.concat()))
    }
}

impl Held<'_> {
    /// How many items a full page has, by the answer's own account; `None` where that cannot be believed.
    ///
    /// More than was asked for is no size. What only repeats the question proves nothing beside a total that is wrong.
    fn full_page(self) -> Option<u64> {
        let asked = u64::from(self.asked);
        let size = self.page_size.filter(|size| (1..=asked).contains(size))?;
        (size < asked || self.total.is_none()).then_some(size)
    }
}

fn mark(text: &str) -> String {
    Digest::of(text).as_str().chars().take(MARK_CHARS).collect()
}

/// The marks that stand in `text` one behind the other.
fn marks(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().chunks(MARK_CHARS)
}

/// How many pages in a row brought nothing new, where `before` did and this one is `known`.
fn barren(before: u64, known: bool) -> Result<u64, WireError> {
    let barren = if known { before + 1 } else { 0 };
    if barren > MAX_BARREN_PAGES {
        let why = format!("{barren} pages in a row brought nothing new: the listing has no end");
        return Err(WireError::new(why));
    }
    Ok(barren)
}

fn foreign() -> WireError {
    WireError::new("the cursor is not of this listing")
}

fn standing() -> WireError {
    WireError::new("a page came twice: the listing does not go on")
}

fn endless() -> WireError {
    WireError::new(format!("the listing has more than {MAX_PAGES} pages"))
}

#[cfg(test)]
mod tests;
