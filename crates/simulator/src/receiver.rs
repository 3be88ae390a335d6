//! A receiver of webhooks, as somebody else would write it: it checks the headers of Standard Webhooks and drops repeats.
//!
//! It keeps ids, not what it took: that is in the log.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxda_domain::instant::UtcMillis;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::message::Request;

pub(crate) const ID: &str = "webhook-id";
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// How far a timestamp may be from now, both ways, the bound included.
const TOLERANCE: Duration = Duration::from_mins(5);
/// How many ids are known again; the oldest are forgotten first.
const IDS_KEPT: usize = 10_000;

/// What the simulator's receivers verify signatures with: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// A text is not a [`WebhookSecret`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` and 24 to 64 bytes in base64")]
pub struct WebhookSecretError;

impl WebhookSecret {
    /// The secret that `text` is.
    ///
    /// # Errors
    ///
    /// [`WebhookSecretError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretError> {
        let key = text
            .strip_prefix("whsec_")
            .map(|rest| STANDARD.decode(rest));
        match key {
            Some(Ok(key)) if (24..=64).contains(&key.len()) => Ok(Self(key)),
            _ => Err(WebhookSecretError),
        }
    }

    /// Whether `signature` is that of `content`. How long it takes says nothing about how much of it is right.
    fn verifies(&self, content: &[&[u8]], signature: &str) -> bool {
        let Some(("v1", code)) = signature.split_once(',') else {
            return false;
        };
        let (Ok(code), Ok(mut mac)) = (
            STANDARD.decode(code),
            Hmac::<Sha256>::new_from_slice(&self.0),
        ) else {
            return false;
        };
        for part in content {
            mac.update(part);
        }
        mac.verify_slice(&code).is_ok()
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret(<redacted>)")
    }
}

/// Receivers, each with a name.
#[derive(Debug, Default)]
pub(crate) struct Receivers {
    /// Name and id of what was taken.
    taken: BTreeSet<(String, String)>,
    /// The same in order.
    order: VecDeque<(String, String)>,
}

/// What became of a delivery that is genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It was taken.
    Taken,
    /// It was taken before, and is dropped.
    Repeated,
}

/// Why a delivery is not genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// A header that every delivery has is missing or malformed.
    Header(&'static str),
    /// Its timestamp is too far from now.
    Stale,
    /// No signature in it is right.
    Signature,
}

impl Receivers {
    /// Takes a delivery to the receiver `name`, at `now`. Without a secret, signatures are not looked at.
    pub(crate) fn take(
        &mut self,
        name: &str,
        request: &Request,
        secret: Option<&WebhookSecret>,
        now: UtcMillis,
    ) -> Result<Delivered, Forgery> {
        let header = |name| request.header(name).ok_or(Forgery::Header(name));
        let id = header(ID)?;
        if id.is_empty() {
            return Err(Forgery::Header(ID));
        }
        let timestamp = header(TIMESTAMP)?;
        let seconds = timestamp.parse().map_err(|_| Forgery::Header(TIMESTAMP))?;
        if now.epoch_millis().div_euclid(1_000).abs_diff(seconds) > TOLERANCE.as_secs() {
            return Err(Forgery::Stale);
        }
        if let Some(secret) = secret {
            let content = [id, ".", timestamp, "."].map(str::as_bytes);
            let content = [&content[..], &[&request.body[..]]].concat();
            let mut signatures = header(SIGNATURE)?.split(' ');
            if !signatures.any(|signature| secret.verifies(&content, signature)) {
                return Err(Forgery::Signature);
            }
        }
        Ok(self.note((name.to_owned(), id.to_owned())))
    }

    fn note(&mut self, delivery: (String, String)) -> Delivered {
        if !self.taken.insert(delivery.clone()) {
            return Delivered::Repeated;
        }
        self.order.push_back(delivery);
        if self.order.len() > IDS_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.taken.remove(&oldest);
        }
        Delivered::Taken
    }
}

#[cfg(test)]
mod tests;
