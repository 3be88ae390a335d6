//! Cache lookups and their hit rate.

use crate::metrics::rate;

/// How often a cache held what was asked for, and how often not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Lookups that found their entry.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
}

impl Lookups {
    /// The part of lookups that found their entry, from 0 to 1; `None` where there were none.
    pub fn hit_rate(self) -> Option<f64> {
        rate(self.hits, self.hits.saturating_add(self.misses))
    }

    /// Both together, at most the largest number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits.saturating_add(other.hits),
            misses: self.misses.saturating_add(other.misses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hit_rate_is_the_part_of_lookups_that_found_their_entry() {
        let rate = |hits, misses| Lookups { hits, misses }.hit_rate();
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(0, 3), Some(0.0));
        assert_eq!(rate(3, 1), Some(0.75));
        assert_eq!(rate(u64::MAX, 0), Some(1.0));
    }
}
