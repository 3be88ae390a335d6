//! How one request gets to its origin and its answer back: a seam below everything that decides.
//!
//! A transport decides nothing about retries, tokens or the rate limit, and knows no operation.

mod client;
mod failure;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

pub use self::client::{HttpClient, Trust};

/// Carries single requests.
///
/// What it must never do: follow a redirect, send a request twice, add credentials, or hold more of a body than
/// [`Outgoing::body_limit`].
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the answer to its end, all within [`Outgoing::timeout`].
    ///
    /// # Errors
    ///
    /// - [`Lost::NotSent`] and [`Lost::Tls`] only where it is certain that the server did nothing: no byte of the request
    ///   was sent, or the server said that it did not look at it.
    /// - [`Lost::Unanswered`] in every other case.
    async fn send(&self, request: Outgoing) -> Result<Reply, Lost>;
}

/// One request on its way. It holds credentials: its `Debug` shows method and origin alone.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Where it goes; the query may hold a secret.
    pub url: Url,
    /// Its headers, the token among them.
    pub headers: HeaderMap,
    /// Its body, where it has one.
    pub body: Option<Bytes>,
    /// How long it may take, from its first byte to the answer's last.
    pub timeout: Duration,
    /// The most bytes of the answer's body, decompressed, that are kept.
    pub body_limit: usize,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outgoing")
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; empty where it was too large.
    pub body: Bytes,
    /// Whether the body was read whole.
    pub size: BodySize,
}

/// Whether a body was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// It was.
    Whole,
    /// It is longer than [`Outgoing::body_limit`], and was dropped.
    TooLarge,
}

/// Why there is no answer; the text says why, without the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No connection, so nothing was sent, or one that took no more requests.
    #[error("{0}")]
    NotSent(String),
    /// TLS was refused, so nothing was sent.
    #[error("TLS: {0}")]
    Tls(String),
    /// It was sent, or a part of it; what became of it is not known.
    #[error("{0}")]
    Unanswered(String),
}
