//! The transport over the HTTP client: with [`failure`](super::failure) the only module that knows it.
//!
//! It goes through no proxy, follows no redirect, and sends nothing a second time, save what a closed connection of the
//! pool gave back unwritten.
//!
//! What the HTTP client cannot be told, and what holds instead:
//!
//! - Interim answers (1xx) are not counted. They are dropped one by one, and all of them together have to end within the
//!   idle timeout, which runs on until the head of the final answer is there.
//! - Over HTTP/1 a head may have some 400 KB in memory before it is refused for having more than 64 KB.
//! - Whether a request that timed out had a connection is not known, so it counts as sent, unless the timeout was that
//!   of connecting.

use std::future::ready;
use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Version};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, retry};

use crate::config::{ConfigError, Timeouts};
use crate::transport::failure::{Stage, innermost, lost};
use crate::transport::{BodySize, Lost, Outgoing, Reply, Transport};

/// The most bytes that an answer's headers may have.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How much room for a body is made at once, on the word of a header.
const MAX_BYTES_AT_ONCE: usize = 64 * 1024;
/// The most headers that an answer may have.
const MAX_HEADERS: usize = 256;

/// Whom a server's certificate has to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// One of the CAs that the machine trusts.
    Machine,
    /// One of these CAs, each a certificate in DER. None at all is enough for plain http, and no https is possible then.
    Only(Vec<Vec<u8>>),
}

/// Makes connections and keeps them.
#[derive(Clone, Debug)]
pub struct HttpClient(Client);

impl HttpClient {
    /// A client that makes no connection yet.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::Client`] where the machine trusts no CA, or a certificate is none.
    /// - [`ConfigError::UserAgent`] where no header can hold `user_agent`.
    pub fn new(user_agent: &str, trust: &Trust, timeouts: Timeouts) -> Result<Self, ConfigError> {
        Self::built(prepared(user_agent, trust, timeouts)?)
    }

    /// The same for one origin, whose host has these `addresses` whatever its name is. No name is ever resolved.
    ///
    /// # Errors
    ///
    /// Those of [`HttpClient::new`].
    pub fn to(
        addresses: Vec<SocketAddr>,
        user_agent: &str,
        trust: &Trust,
        timeouts: Timeouts,
    ) -> Result<Self, ConfigError> {
        let prepared = prepared(user_agent, trust, timeouts)?;
        Self::built(prepared.dns_resolver(Known(addresses)))
    }

    fn built(prepared: ClientBuilder) -> Result<Self, ConfigError> {
        prepared.build().map(Self).map_err(|error| unusable(&error))
    }
}

/// Gives each name the same addresses.
struct Known(Vec<SocketAddr>);

impl Resolve for Known {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(ready(Ok(addresses)))
    }
}

/// What makes a client, with every limit set.
fn prepared(
    user_agent: &str,
    trust: &Trust,
    timeouts: Timeouts,
) -> Result<ClientBuilder, ConfigError> {
    let user_agent = HeaderValue::from_str(user_agent).map_err(|_| ConfigError::UserAgent)?;
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let part_of_idle = timeouts.idle / 3;
    let mut builder = Client::builder()
        .user_agent(user_agent)
        .default_headers(headers)
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.idle)
        // A request that times out leaves its HTTP/2 connection in the pool: one that is dead has to be found out
        // before, or every further attempt goes the same way.
        .http2_keep_alive_interval(part_of_idle)
        .http2_keep_alive_timeout(part_of_idle)
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX));
    if let Trust::Only(authorities) = trust {
        let authorities = authorities.iter().map(|der| Certificate::from_der(der));
        let authorities: Result<Vec<_>, _> = authorities.collect();
        builder = builder.tls_certs_only(authorities.map_err(|error| unusable(&error))?);
    }
    Ok(builder)
}

/// The error of a client that cannot be made.
fn unusable(error: &reqwest::Error) -> ConfigError {
    let reason = innermost(error);
    ConfigError::Client { reason }
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
        let mut response = request
            .send()
            .await
            .map_err(|error| lost(&error, Stage::Asking))?;
        let status = response.status();
        // All others are skipped, but a switch of protocols is handed on, and the final answer will never come.
        if status.is_informational() {
            return Err(Lost::Unanswered(
                "the server switched to another protocol".into(),
            ));
        }
        let headers = std::mem::take(response.headers_mut());
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
            status: status.as_u16(),
            headers,
            body,
            size,
        })
    }
}

/// The body, decompressed, as long as it has at most `limit` bytes.
///
/// A body that a server broke off without an error over HTTP/2 counts as ended with the HTTP client, so it is measured.
async fn read(
    mut response: Response,
    headers: &HeaderMap,
    limit: usize,
) -> Result<(Bytes, BodySize), Lost> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .filter(|_| !headers.contains_key(CONTENT_ENCODING))
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if announced.is_some_and(|bytes| bytes > limit) {
        return Ok((Bytes::new(), BodySize::TooLarge));
    }
    let measured = announced.filter(|_| response.version() == Version::HTTP_2);
    let mut chunk = next(&mut response).await?;
    if let Some(whole) = chunk.take_if(|chunk| announced == Some(chunk.len())) {
        return match next(&mut response).await? {
            None => Ok((whole, BodySize::Whole)),
            Some(_) => Err(Lost::Unanswered(
                "the answer is longer than it announced".into(),
            )),
        };
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(MAX_BYTES_AT_ONCE));
    while let Some(part) = chunk {
        if body.len() + part.len() > limit {
            return Ok((Bytes::new(), BodySize::TooLarge));
        }
        body.extend_from_slice(&part);
        chunk = next(&mut response).await?;
    }
    if measured.is_some_and(|bytes| bytes > body.len()) {
        return Err(Lost::Unanswered("the answer was cut off".into()));
    }
    Ok((body.freeze(), BodySize::Whole))
}

/// The next part of the body; `None` behind the last one.
async fn next(response: &mut Response) -> Result<Option<Bytes>, Lost> {
    let chunk = response.chunk().await;
    chunk.map_err(|error| lost(&error, Stage::Reading))
}
