//! The transport over the HTTP client: the only module that knows it.
//!
//! It goes through no proxy and follows no redirect.

use std::error::Error as _;
use std::io;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::config::{ConfigError, Timeouts};
use crate::transport::{BodySize, Lost, Outgoing, Reply, Transport};

/// The most bytes that an answer's headers may have.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// The most headers that an answer may have.
const MAX_HEADERS: usize = 256;

/// Whether TLS can be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any https origin, judged by the machine's CA certificates.
    Anywhere,
    /// Plain http on loopback alone, so no CA certificates are looked for.
    Loopback,
}

/// Makes connections and keeps them.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client);

impl HttpClient {
    /// A transport that goes through no proxy and follows no redirect.
    pub(crate) fn new(
        user_agent: &str,
        reach: Reach,
        timeouts: Timeouts,
    ) -> Result<Self, ConfigError> {
        let user_agent = HeaderValue::from_str(user_agent).map_err(|_| ConfigError::UserAgent)?;
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let mut builder = Client::builder()
            .user_agent(user_agent)
            .default_headers(headers)
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.idle)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX));
        if reach == Reach::Loopback {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| ConfigError::Client {
            reason: reason(&error),
        })?;
        Ok(Self(client))
    }
}

#[async_trait]
impl Transport for HttpClient {
    async fn send(&self, outgoing: Outgoing) -> Result<Reply, Lost> {
        let mut request = self
            .0
            .request(outgoing.method, outgoing.url)
            .headers(outgoing.headers)
            .timeout(outgoing.timeout);
        if let Some(body) = outgoing.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let header_bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if header_bytes > MAX_HEADER_BYTES {
            return Err(Lost::Unanswered(
                "the answer's headers are too large".into(),
            ));
        }
        let (body, size) = read(response, &headers, outgoing.body_limit).await?;
        Ok(Reply {
            status,
            headers,
            body,
            size,
        })
    }
}

/// The body, decompressed, as long as it has at most `limit` bytes.
async fn read(
    mut response: Response,
    headers: &HeaderMap,
    limit: usize,
) -> Result<(Bytes, BodySize), Lost> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .filter(|_| !headers.contains_key(CONTENT_ENCODING))
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > limit)) {
        return Ok((Bytes::new(), BodySize::TooLarge));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > limit {
            return Ok((Bytes::new(), BodySize::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body.freeze(), BodySize::Whole))
}

fn lost(error: &reqwest::Error) -> Lost {
    let reason = reason(error);
    if !(error.is_connect() || error.is_builder()) {
        return Lost::Unanswered(reason);
    }
    if is_tls(error) {
        Lost::Tls(reason)
    } else {
        Lost::NotSent(reason)
    }
}

/// Whether a connection failed over TLS: while connecting, only its errors are about invalid data or an early end.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref().is_some_and(is_invalid) {
            return true;
        }
        source = cause.source();
    }
    false
}

/// An I/O error that wraps another one hides it from the chain of sources.
fn is_invalid(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let of_handshake = matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    );
    of_handshake || inner.is_some_and(is_invalid)
}

/// The innermost cause, which says most; the outer ones would quote the URL.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "nothing came in time".into();
    }
    let mut innermost: &dyn std::error::Error = match error.source() {
        Some(source) => source,
        None => return "the request could not be made".into(),
    };
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
