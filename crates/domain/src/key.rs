//! Names of things that pass between runs and servers: ids, tags, keys, digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::secret::SecretText;

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes `text` as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

opaque! {
    /// An opaque version from the server, sent back in `If-Match` exactly as received.
    EntityTag
}
opaque! {
    /// Names one intended write; the same in every attempt and later run until it is resolved.
    IdempotencyKey
}
opaque! {
    /// Names one apply.
    RunId
}
opaque! {
    /// A keyed hash of a secret: it tells whether the secret changed, and nothing else.
    Fingerprint
}

/// The server's id of a resource: 1 to 128 characters, each an ASCII letter, a digit, `_` or `-`.
///
/// Nothing else is taken from a server as an id, so an id can never change the path of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId(String);

/// A server's id that is empty, too long, or holds a character that no id has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("id is not 1 to {} letters, digits, `_` or `-`", ResourceId::MAX_CHARS)]
pub struct ResourceIdError;

impl ResourceId {
    /// The longest id, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResourceId {
    type Err = ResourceIdError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (1..=Self::MAX_CHARS).contains(&raw.len()) && raw.bytes().all(allowed);
        fits.then(|| Self(raw.to_owned())).ok_or(ResourceIdError)
    }
}

impl TryFrom<String> for ResourceId {
    type Error = ResourceIdError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A SHA-256, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self::from(Sha256::new_with_prefix(bytes))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Sha256> for Digest {
    fn from(state: Sha256) -> Self {
        let mut text = String::with_capacity(64);
        for byte in state.finalize() {
            for nibble in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self(text)
    }
}

/// The key of digests that tell nothing to who lacks it, however few values there are to be tried.
#[derive(Clone)]
pub struct DigestKey(Sha256);

impl DigestKey {
    /// What it is made from; no value of a variable can hold that character.
    const LABEL: &str = "\0key of the digests of fields";

    /// The key that belongs to the key of `fingerprint`.
    pub fn new(fingerprint: impl FnOnce(&SecretText) -> Fingerprint) -> Self {
        let key = fingerprint(&SecretText::new(Self::LABEL));
        Self(Sha256::new_with_prefix(key.as_str()))
    }

    /// The keyed digest of `bytes`: the hash under the key of a hash under the key.
    pub fn digest(&self, bytes: impl AsRef<[u8]>) -> Digest {
        let inner = self.0.clone().chain_update(bytes).finalize();
        Digest::from(self.0.clone().chain_update(inner))
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DigestKey").finish_non_exhaustive()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_ids_cannot_leave_their_path_segment() {
        let long = "a".repeat(ResourceId::MAX_CHARS + 1);
        for (raw, fits) in [
            ("a", true),
            (&long[1..], true),
            (long.as_str(), false),
            ("", false),
            ("../x", false),
            ("a\r\nb", false),
            ("a%2e", false),
            ("é", false),
        ] {
            assert_eq!(raw.parse::<ResourceId>().is_ok(), fits, "case: {raw:?}");
        }
    }

    #[test]
    fn digest_is_lower_case_hex() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of("").as_str(), empty);
    }

    #[test]
    fn t_13_a_keyed_digest_is_another_one_under_another_key() {
        let key = |text: &'static str| DigestKey::new(move |_| Fingerprint::new(text));
        let digest = key("one").digest("true");
        assert_eq!(digest, key("one").digest("true"));
        assert_ne!(digest, key("other").digest("true"));
        assert_ne!(digest, key("one").digest("false"));
        assert_ne!(digest, Digest::of("true"));
        assert_eq!(format!("{:?}", key("one")), "DigestKey { .. }");
    }

    #[test]
    fn names_are_taken_and_given_back_as_they_are() {
        let tag = EntityTag::new("W/\"a b\"");
        assert_eq!(tag.as_str(), "W/\"a b\"");
        assert_eq!(tag.to_string(), tag.as_str());
        assert_eq!(serde_json::to_value(&tag).unwrap(), tag.as_str());
        let id: ResourceId = serde_json::from_str(r#""v-1""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""v-1""#);
        let error = serde_json::from_str::<ResourceId>(r#""../v""#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "id is not 1 to 128 letters, digits, `_` or `-`"
        );
        assert_eq!(Digest::of("").to_string(), Digest::of([]).as_str());
    }
}
