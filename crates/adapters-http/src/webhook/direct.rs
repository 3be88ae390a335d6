//! A delivery from here: one POST to a checked address.
//!
//! The receiver's name is resolved once, every address is checked, and only what was checked is dialed. Nothing of the tenant's goes
//! along: neither its token nor its HTTP client.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cxda_domain::instant::UtcMillis;
use cxda_domain::network::{AllowedHost, not_public};
use cxda_domain::secret::SecretText;
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, CallCost};
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::{DeliveryError, DeliveryErrorKind, Message};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::timeout;

use super::reach::{Dialer, HttpDialer, Resolver, SystemResolver};
use super::receiver_url::{Reach, ReceiverHost, ReceiverUrl};
use super::signature::{SigningSecret, signatures};
use super::{stopped, unsent};
use crate::config::Timeouts;
use crate::retry_after::retry_after;
use crate::sanitize::Screen;
use crate::transport::{Lost, Outgoing, Reply, Trust};

/// The most bytes of an answer's body that are read; none of them is looked at.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Posts messages to URLs with the headers of Standard Webhooks.
#[derive(Debug)]
pub struct Direct {
    allowed: Vec<AllowedHost>,
    resolver: Arc<dyn Resolver>,
    dialer: Arc<dyn Dialer>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

impl Direct {
    /// Posts to receivers on the public internet, and to the hosts in `allowed`, within `timeouts.webhook` each.
    pub fn new(
        allowed: Vec<AllowedHost>,
        user_agent: &str,
        timeouts: Timeouts,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let dialer = HttpDialer::new(user_agent, Trust::Machine, timeouts);
        let resolver = Arc::new(SystemResolver);
        Self::over(resolver, Arc::new(dialer), allowed, timeouts, clock)
    }

    /// The same, with names resolved by `resolver` and connections made by `dialer`.
    pub fn over(
        resolver: Arc<dyn Resolver>,
        dialer: Arc<dyn Dialer>,
        allowed: Vec<AllowedHost>,
        timeouts: Timeouts,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            allowed,
            resolver,
            dialer,
            clock,
            timeout: timeouts.webhook,
        }
    }

    /// Makes one attempt. Once `stop` is raised nothing new is begun; a request on its way is waited for.
    pub(super) async fn deliver(
        &self,
        url: &SecretText,
        secrets: &[SigningSecret],
        message: &Message,
        stop: &dyn StopSignal,
    ) -> Result<Answer<()>, DeliveryError> {
        let began = self.clock.elapsed();
        let cost = || CallCost {
            attempts: 1,
            latency: self.clock.elapsed().saturating_sub(began),
        };
        let not_taken = |why: String| DeliveryError {
            kind: DeliveryErrorKind::NotTaken,
            detail: Screen::default().clean(&why),
            retry_after: None,
            cost: cost(),
        };
        let to = ReceiverUrl::parse(url.expose(), &self.allowed)
            .map_err(|error| unsent(DeliveryErrorKind::Forbidden, error))?;
        let headers = self
            .headers(secrets, message)
            .ok_or_else(|| not_taken("its id is none that a header can hold".into()))?;
        let found = tokio::select! {
            biased;
            () = stop.raised() => return Err(stopped()),
            found = timeout(self.timeout, self.addresses(&to.host)) => found,
        };
        let found = found
            .map_err(|_| not_taken("resolving the receiver's host name takes too long".into()))?
            .map_err(|why| not_taken(why.into()))?;
        let addresses = checked(&found, &to)?;
        let transport = self.dialer.dial(addresses);
        let transport = transport.map_err(|error| not_taken(error.to_string()))?;
        let outgoing = Outgoing {
            method: Method::POST,
            url: to.url,
            headers,
            body: Some(Bytes::from(message.payload.clone())),
            timeout: self.timeout.saturating_sub(cost().latency),
            body_limit: MAX_ANSWER_BYTES,
        };
        let reply = transport.send(outgoing).await;
        let reply = reply.map_err(|lost| DeliveryError {
            kind: match lost {
                Lost::NotSent(_) | Lost::Tls(_) => DeliveryErrorKind::NotTaken,
                Lost::Unanswered(_) => DeliveryErrorKind::Unanswered,
            },
            ..not_taken(lost.to_string())
        })?;
        judged(&reply, self.clock.now(), cost())
    }

    async fn addresses(&self, host: &ReceiverHost) -> Result<Vec<IpAddr>, &'static str> {
        let name = match host {
            ReceiverHost::Address(address) => return Ok(vec![*address]),
            ReceiverHost::Name(name) => name,
        };
        match self.resolver.resolve(name).await {
            Ok(found) if found.is_empty() => Err("the receiver's host name has no address"),
            Ok(found) => Ok(found),
            Err(_) => Err("the receiver's host name cannot be resolved"),
        }
    }

    /// The headers of an attempt that is made now; `None` where the message's id fits in none.
    fn headers(&self, secrets: &[SigningSecret], message: &Message) -> Option<HeaderMap> {
        let seconds = self.clock.now().epoch_millis().div_euclid(1_000);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ID, HeaderValue::from_str(&message.id).ok()?);
        headers.insert(TIMESTAMP, HeaderValue::from(seconds));
        if !secrets.is_empty() {
            let signatures = signatures(secrets, message, seconds);
            headers.insert(SIGNATURE, HeaderValue::from_str(&signatures).ok()?);
        }
        Some(headers)
    }
}

/// Where to connect to: all of `found`, or nothing where one of them is no place for the receiver.
fn checked(found: &[IpAddr], to: &ReceiverUrl) -> Result<Vec<SocketAddr>, DeliveryError> {
    if to.reach == Reach::Public {
        for address in found {
            if let Some(words) = not_public(*address) {
                let why = format!(
                    "the receiver's address {address} is not public ({words}), and network.allow_hosts does not name its host and port"
                );
                return Err(unsent(DeliveryErrorKind::Forbidden, why));
            }
        }
    }
    let place = |address: &IpAddr| SocketAddr::new(*address, to.port);
    Ok(found.iter().map(place).collect())
}

/// What an answer means.
fn judged(reply: &Reply, now: UtcMillis, cost: CallCost) -> Result<Answer<()>, DeliveryError> {
    let status = reply.status;
    let (kind, detail) = match status {
        200..=299 => return Ok(Answer { value: (), cost }),
        410 => (
            DeliveryErrorKind::Gone,
            "the receiver is gone (HTTP 410)".to_owned(),
        ),
        300..=399 => (
            DeliveryErrorKind::NotTaken,
            format!("the receiver answered with a redirect, which is not followed (HTTP {status})"),
        ),
        _ => (
            DeliveryErrorKind::NotTaken,
            format!("the receiver did not take it (HTTP {status})"),
        ),
    };
    Err(DeliveryError {
        kind,
        detail,
        retry_after: retry_after(&reply.headers, now),
        cost,
    })
}
