//! Signatures of Standard Webhooks: symmetric ones, version 1.
//!
//! Verifying them is the receivers' work.

use std::fmt;
use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxda_domain::secret::SecretText;
use cxda_ports::webhook::Message;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What messages to one receiver are signed with: 24 to 64 bytes, written as `whsec_` and base64.
#[derive(Clone)]
pub struct SigningSecret(
    /// The key, filled up with zeros, as HMAC would do.
    [u8; Self::MAX_BYTES],
);

/// Why a text is not a [`SigningSecret`]. It quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningSecretError {
    /// It begins otherwise.
    #[error("a signing secret begins with {}", SigningSecret::PREFIX)]
    Prefix,
    /// What follows is no base64 with its padding.
    #[error("a signing secret is base64 behind {}", SigningSecret::PREFIX)]
    Base64,
    /// Too short or too long a key.
    #[error(
        "a signing secret has {} to {} bytes, and this one {found}",
        SigningSecret::MIN_BYTES,
        SigningSecret::MAX_BYTES
    )]
    Length {
        /// How many bytes it has.
        found: usize,
    },
}

impl SigningSecret {
    /// What it begins with.
    pub const PREFIX: &str = "whsec_";
    /// The shortest key.
    pub const MIN_BYTES: usize = 24;
    /// The longest key, and the size of a block of SHA-256.
    pub const MAX_BYTES: usize = 64;

    /// The secret that `text` is.
    ///
    /// # Errors
    ///
    /// [`SigningSecretError`] says what is wrong with it.
    pub fn parse(text: &SecretText) -> Result<Self, SigningSecretError> {
        let encoded = text.expose().strip_prefix(Self::PREFIX);
        let mut key = STANDARD
            .decode(encoded.ok_or(SigningSecretError::Prefix)?)
            .map_err(|_| SigningSecretError::Base64)?;
        let found = key.len();
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&found) {
            return Err(SigningSecretError::Length { found });
        }
        let mut block = [0; Self::MAX_BYTES];
        block[..found].copy_from_slice(&key);
        key.fill(0);
        black_box(&key);
        Ok(Self(block))
    }

    fn sign(&self, message: &Message, seconds: i64) -> String {
        let mut code = Hmac::<Sha256>::new(&self.0.into());
        code.update(format!("{}.{seconds}.", message.id).as_bytes());
        code.update(message.payload.as_bytes());
        format!("v1,{}", STANDARD.encode(code.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(<redacted>)")
    }
}

impl Drop for SigningSecret {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}

/// The signatures of `message`, sent at `seconds` after 1970 began: one by each secret, separated by spaces.
pub(super) fn signatures(secrets: &[SigningSecret], message: &Message, seconds: i64) -> String {
    let signatures = secrets.iter().map(|secret| secret.sign(message, seconds));
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
