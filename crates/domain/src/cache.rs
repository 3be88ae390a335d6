//! Cache policies: keys, times to live, footprint, invalidation directives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod source;

pub use source::is_directive_source;

/// A cache key, with `{placeholders}` that the platform fills.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CacheKey(String);

/// Why a string is not a [`CacheKey`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheKeyError {
    /// Neither a letter nor a digit.
    #[error("cache key holds no letter and no digit")]
    NoAlphanumeric,
    /// A control character.
    #[error("cache key has the control character {found:?} at character {at}")]
    Control {
        /// The character.
        found: char,
        /// Its place, from 1.
        at: usize,
    },
    /// `{` without `}`, `}` without `{`, or one placeholder inside another.
    #[error("cache key has an unbalanced brace at character {at}")]
    Unbalanced {
        /// The brace's place, from 1.
        at: usize,
    },
    /// `{}` or only spaces inside.
    #[error("cache key has an empty placeholder at character {at}")]
    EmptyPlaceholder {
        /// The opening brace's place, from 1.
        at: usize,
    },
}

impl CacheKey {
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two actions must not share: the key trimmed and in lower case.
    pub fn collision_form(&self) -> String {
        collision_form(&self.0)
    }
}

/// What two actions must not share of any key, also one that no manifest could hold: trimmed, in lower case.
pub fn collision_form(key: &str) -> String {
    key.trim().to_lowercase()
}

impl FromStr for CacheKey {
    type Err = CacheKeyError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let mut open: Option<usize> = None;
        let mut filled = false;
        for (index, found) in raw.chars().enumerate() {
            let at = index + 1;
            match (found, open) {
                (c, _) if c.is_control() => return Err(CacheKeyError::Control { found, at }),
                ('{', Some(_)) | ('}', None) => return Err(CacheKeyError::Unbalanced { at }),
                ('{', None) => (open, filled) = (Some(at), false),
                ('}', Some(start)) if !filled => {
                    return Err(CacheKeyError::EmptyPlaceholder { at: start });
                }
                ('}', Some(_)) => open = None,
                (c, _) => filled |= !c.is_whitespace(),
            }
        }
        match open {
            Some(at) => Err(CacheKeyError::Unbalanced { at }),
            None if raw.chars().any(char::is_alphanumeric) => Ok(Self(raw.to_owned())),
            None => Err(CacheKeyError::NoAlphanumeric),
        }
    }
}

impl TryFrom<String> for CacheKey {
    type Error = CacheKeyError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<CacheKey> for String {
    fn from(key: CacheKey) -> Self {
        key.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How urgent freshness is; picks a TTL from the [`TtlMatrix`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The ordinary case.
    #[default]
    Default,
    /// Short-lived entries.
    HighPriority,
    /// Entries that hardly ever change.
    StaticReference,
}

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 3] = [Self::Default, Self::HighPriority, Self::StaticReference];

    /// Its word in manifests, also the key in a `ttlMatrix`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::HighPriority => "highPriority",
            Self::StaticReference => "staticReference",
        }
    }

    /// The priority that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }

    /// The longest TTL of this priority.
    pub fn max_ttl(self) -> Ttl {
        match self {
            Self::HighPriority => Ttl(Ttl::MAX_HIGH_PRIORITY_SECONDS),
            Self::Default | Self::StaticReference => Ttl(Ttl::MAX_SECONDS),
        }
    }
}

/// Time to live of a cache entry: 0 to 86,400 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(u32);

/// Seconds that are outside a TTL's range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TTL is {seconds} seconds, expected 0 to {max}")]
pub struct TtlError {
    /// What was given.
    pub seconds: i128,
    /// The most that is allowed here.
    pub max: u32,
}

impl Ttl {
    /// The longest of all, in seconds: one day.
    pub const MAX_SECONDS: u32 = 86_400;
    /// The longest of the priority `highPriority`, in seconds: one hour.
    pub const MAX_HIGH_PRIORITY_SECONDS: u32 = 3_600;

    /// A TTL of `seconds`, at most `max`.
    ///
    /// # Errors
    ///
    /// [`TtlError`] where it is negative or longer than `max`.
    pub fn within(seconds: i128, max: Self) -> Result<Self, TtlError> {
        u32::try_from(seconds)
            .ok()
            .map(Self)
            .filter(|ttl| *ttl <= max)
            .ok_or(TtlError {
                seconds,
                max: max.0,
            })
    }

    /// An explicit `ttl` of `seconds`.
    ///
    /// # Errors
    ///
    /// [`TtlError`] outside 0 to 86,400.
    pub fn explicit(seconds: i128) -> Result<Self, TtlError> {
        Self::within(seconds, Self(Self::MAX_SECONDS))
    }

    /// The TTL in seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// A TTL for each priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlMatrix {
    /// Of [`Priority::Default`].
    pub default: Ttl,
    /// Of [`Priority::HighPriority`].
    pub high_priority: Ttl,
    /// Of [`Priority::StaticReference`].
    pub static_reference: Ttl,
}

impl TtlMatrix {
    /// What stands where a manifest names no matrix: 300, 60 and 3,600 seconds.
    pub const DEFAULT: Self = Self {
        default: Ttl(300),
        high_priority: Ttl(60),
        static_reference: Ttl(3_600),
    };

    /// The TTL of `priority`.
    pub fn ttl(self, priority: Priority) -> Ttl {
        match priority {
            Priority::Default => self.default,
            Priority::HighPriority => self.high_priority,
            Priority::StaticReference => self.static_reference,
        }
    }

    /// The TTL of `priority`, to be set.
    pub fn ttl_mut(&mut self, priority: Priority) -> &mut Ttl {
        match priority {
            Priority::Default => &mut self.default,
            Priority::HighPriority => &mut self.high_priority,
            Priority::StaticReference => &mut self.static_reference,
        }
    }
}

/// The estimated size of one cache entry, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Footprint(u64);

impl Footprint {
    /// The most: 10 MiB.
    pub const MAX_BYTES: u64 = 10 * 1024 * 1024;
    /// The payload assumed where a manifest says nothing, in KiB.
    pub const DEFAULT_PAYLOAD_KB: u64 = 12;
    /// What every entry costs besides key and payload.
    const OVERHEAD_BYTES: u64 = 256;
    /// The largest payload that fits beside an empty key, in KiB.
    pub const MAX_PAYLOAD_KB: u64 =
        (((Self::MAX_BYTES + 1) * 10 - 1) / 11 - Self::OVERHEAD_BYTES) / 1024;

    /// `floor((256 + key bytes + payload_kb * 1024) * 1.1)`, in whole numbers; saturates far beyond the limit.
    pub fn estimate(key: &str, payload_kb: u64) -> Self {
        let key_bytes = u64::try_from(key.len()).unwrap_or(u64::MAX);
        let plain = payload_kb
            .saturating_mul(1024)
            .saturating_add(Self::OVERHEAD_BYTES)
            .saturating_add(key_bytes);
        Self(plain.saturating_mul(11) / 10)
    }

    /// The estimate in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Whether it is at most [`Footprint::MAX_BYTES`].
    pub fn fits(self) -> bool {
        self.0 <= Self::MAX_BYTES
    }
}

/// What happens to a cache entry when an event arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InvalidationAction {
    /// The entry is dropped.
    Invalidate,
    /// The entry is computed anew.
    Refresh,
    /// Nothing, and nothing is sent.
    Noop,
}

impl InvalidationAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Invalidate, Self::Refresh, Self::Noop];

    /// Its word in manifests and bodies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Refresh => "refresh",
            Self::Noop => "noop",
        }
    }

    /// The action that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// Tells a source that cache entries are stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidationDirective {
    /// Where the event is sent: an http or https URL.
    pub source: String,
    /// The event that it is about; not empty.
    pub event_type: String,
    /// What happens to the entry.
    pub action: InvalidationAction,
}

/// How an action's output is cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// Whether anything is cached.
    pub enabled: bool,
    /// The key; there wherever caching is enabled.
    pub key: Option<CacheKey>,
    /// The effective TTL: the explicit one, else the priority's of the matrix.
    pub ttl: Ttl,
    /// Expected payload of an entry, in KiB.
    pub payload_kb: u64,
    /// Who is told when entries are stale.
    pub invalidation: Vec<InvalidationDirective>,
}

impl CachePolicy {
    /// The directives by which somebody is told that entries are stale: of the event `event_type`, or of any.
    pub fn to_send<'a>(
        &'a self,
        event_type: Option<&'a str>,
    ) -> impl Iterator<Item = &'a InvalidationDirective> {
        let all = self.invalidation.iter();
        all.filter(move |directive| {
            directive.action != InvalidationAction::Noop
                && event_type.is_none_or(|wanted| directive.event_type == wanted)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_key_forms() {
        use CacheKeyError::{Control, EmptyPlaceholder, NoAlphanumeric, Unbalanced};
        for (raw, want) in [
            ("k", Ok(())),
            ("customer_{contactId}_v2", Ok(())),
            ("{a}{b}", Ok(())),
            ("é", Ok(())),
            ("", Err(NoAlphanumeric)),
            ("_-_", Err(NoAlphanumeric)),
            ("a{b", Err(Unbalanced { at: 2 })),
            ("a}b", Err(Unbalanced { at: 2 })),
            ("a{b{c}}", Err(Unbalanced { at: 4 })),
            ("a{}", Err(EmptyPlaceholder { at: 2 })),
            ("a{ }", Err(EmptyPlaceholder { at: 2 })),
            (
                "a\u{7}b",
                Err(Control {
                    found: '\u{7}',
                    at: 2,
                }),
            ),
            ("ab\n", Err(Control { found: '\n', at: 3 })),
        ] {
            assert_eq!(raw.parse::<CacheKey>().map(drop), want, "case: {raw:?}");
        }
    }

    #[test]
    fn colliding_keys_differ_in_case_and_outer_space_only() {
        let key: CacheKey = " Customer_{Id} ".parse().unwrap();
        assert_eq!(key.collision_form(), collision_form("customer_{id}"));
    }

    #[test]
    fn ttl_bounds_by_priority() {
        for (priority, max) in [
            (Priority::Default, 86_400),
            (Priority::HighPriority, 3_600),
            (Priority::StaticReference, 86_400),
        ] {
            for (seconds, fits) in [
                (-1, false),
                (0, true),
                (max - 1, true),
                (max, true),
                (max + 1, false),
            ] {
                let found = Ttl::within(seconds, priority.max_ttl());
                assert_eq!(found.is_ok(), fits, "{priority:?} {seconds}");
            }
        }
        assert!(Ttl::explicit(86_400).is_ok());
        assert!(Ttl::explicit(86_401).is_err());
    }

    #[test]
    fn matrix_gives_the_ttl_of_each_priority() {
        let seconds = Priority::ALL.map(|each| TtlMatrix::DEFAULT.ttl(each).seconds());
        assert_eq!(seconds, [300, 60, 3_600]);
        let mut matrix = TtlMatrix::DEFAULT;
        *matrix.ttl_mut(Priority::HighPriority) = Ttl(5);
        assert_eq!(matrix.ttl(Priority::HighPriority), Ttl(5));
    }

    #[test]
    fn footprint_is_floored_and_bounded_at_ten_mebibytes() {
        assert_eq!(
            Footprint::estimate("abc", 12).bytes(),
            (256 + 3 + 12 * 1024) * 11 / 10
        );
        // (256 + key + payload * 1024) * 1.1 <= 10,485,760 means at most 9,532,509 bytes before the factor.
        let payload_kb = 9_308;
        let room = 9_532_509 - 256 - payload_kb * 1024;
        let key = "k".repeat(usize::try_from(room).unwrap());
        assert!(Footprint::estimate(&key, payload_kb).fits());
        assert_eq!(Footprint::estimate(&key, payload_kb).bytes(), 10_485_759);
        assert!(!Footprint::estimate(&format!("{key}k"), payload_kb).fits());
        assert!(!Footprint::estimate("k", u64::MAX).fits());
        assert!(Footprint::estimate("", Footprint::MAX_PAYLOAD_KB).fits());
        assert!(!Footprint::estimate("", Footprint::MAX_PAYLOAD_KB + 1).fits());
    }

    #[test]
    fn words_name_what_they_print() {
        for each in Priority::ALL {
            assert_eq!(Priority::from_word(each.as_str()), Some(each));
        }
        for each in InvalidationAction::ALL {
            assert_eq!(InvalidationAction::from_word(each.as_str()), Some(each));
        }
        assert_eq!(Priority::from_word("highpriority"), None);
    }
}
