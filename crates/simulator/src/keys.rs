//! What a tenant remembers of idempotency keys besides the answers that its resources keep: their age, and saved errors.
//!
//! It is not kept across a restart of the simulator.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::message::Answer;

/// The keys seen so far.
#[derive(Debug, Default)]
pub(crate) struct KeyBook {
    seen: BTreeMap<String, Seen>,
    errors: BTreeMap<String, Answer>,
}

#[derive(Debug)]
struct Seen {
    first: Duration,
    /// How often the key's time was over so far.
    expired: u64,
}

impl KeyBook {
    /// The name under which answers to `key` are kept at `now`, where keys are forgotten after `window`.
    pub(crate) fn name_of(&mut self, key: &str, window: Duration, now: Duration) -> String {
        let seen = self.seen.entry(key.to_owned()).or_insert(Seen {
            first: now,
            expired: 0,
        });
        if now >= seen.first.saturating_add(window) {
            seen.first = now;
            seen.expired += 1;
        }
        match seen.expired {
            0 => key.to_owned(),
            // No header holds a line break, so this is no other key.
            expired => format!("{key}\n{expired}"),
        }
    }

    /// Has `key` be answered with `error` from now on.
    pub(crate) fn save_error(&mut self, key: &str, error: Answer) {
        self.errors.insert(key.to_owned(), error);
    }

    /// The error that `key` is answered with.
    pub(crate) fn saved_error(&self, key: &str) -> Option<&Answer> {
        self.errors.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_again_when_its_time_is_over() {
        let mut book = KeyBook::default();
        let window = Duration::from_millis(10);
        let mut at = |millis| book.name_of("k", window, Duration::from_millis(millis));
        assert_eq!([at(5), at(14)], ["k", "k"]);
        assert_eq!([at(15), at(24)], ["k\n1", "k\n1"]);
        assert_eq!(at(25), "k\n2");
    }
}
