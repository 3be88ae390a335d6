//! Listing a collection by pages, counted by offset or continued by token.
//!
//! A page borrows its records: listing many of them copies none.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{Collection, Record, UnknownPageToken};

/// Some of a collection's records, in the order of the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a, T> {
    /// The records.
    pub records: &'a [Arc<Record<T>>],
    /// How many records the whole collection has.
    pub total: usize,
    /// Continues the listing after this page; `None` where this page is the last.
    pub next: Option<String>,
}

/// What a page token begins with; the rest is the sequence of the last record shown.
const TOKEN_PREFIX: &str = "after-";

impl<T> Collection<T> {
    /// At most `limit` records, without the first `offset`.
    ///
    /// Whatever is inserted or removed between two calls may move records across the edge of a page.
    pub fn page_at(&self, offset: usize, limit: NonZeroUsize) -> Page<'_, T> {
        let start = offset.min(self.records.len());
        self.page_from(start, limit)
    }

    /// At most `limit` records after those that the page with this token showed, or from the start without one.
    ///
    /// No record that exists all the while is shown twice or left out, whatever happens to others.
    ///
    /// # Errors
    ///
    /// [`UnknownPageToken`] if the token is not one that [`Page::next`] held.
    pub fn page_after(
        &self,
        token: Option<&str>,
        limit: NonZeroUsize,
    ) -> Result<Page<'_, T>, UnknownPageToken> {
        let start = match token {
            None => 0,
            Some(token) => {
                let shown = self.parse(token).ok_or(UnknownPageToken)?;
                self.records
                    .partition_point(|record| record.sequence <= shown)
            }
        };
        Ok(self.page_from(start, limit))
    }

    fn page_from(&self, start: usize, limit: NonZeroUsize) -> Page<'_, T> {
        let end = start.saturating_add(limit.get()).min(self.records.len());
        let records = &self.records[start..end];
        let more = end < self.records.len();
        let next = records
            .last()
            .filter(|_| more)
            .map(|last| format!("{TOKEN_PREFIX}{}", last.sequence));
        Page {
            records,
            total: self.records.len(),
            next,
        }
    }

    fn parse(&self, token: &str) -> Option<u64> {
        let digits = token.strip_prefix(TOKEN_PREFIX)?;
        let sequence = digits.parse().ok()?;
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit());
        (canonical && (1..=self.writes).contains(&sequence)).then_some(sequence)
    }
}
