//! The two steps from a host's name to a connection, apart, so that what lies between them can be checked.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;

use crate::config::{ConfigError, Timeouts};
use crate::transport::{HttpClient, Transport, Trust};

/// Tells which addresses a name has.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of `host`, asked for once.
    ///
    /// # Errors
    ///
    /// That of the system where nobody knows the name.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Makes connections to addresses that were checked.
pub trait Dialer: fmt::Debug + Send + Sync {
    /// What carries a request to one of `addresses` and to nothing else, whatever name the request's URL holds.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where it cannot be made.
    fn dial(&self, addresses: Vec<SocketAddr>) -> Result<Box<dyn Transport>, ConfigError>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A new HTTP client for each delivery.
#[derive(Clone, Debug)]
pub struct HttpDialer {
    user_agent: Arc<str>,
    trust: Trust,
    timeouts: Timeouts,
}

impl HttpDialer {
    /// Clients that call themselves `user_agent` and want certificates of `trust`.
    pub fn new(user_agent: &str, trust: Trust, timeouts: Timeouts) -> Self {
        Self {
            user_agent: user_agent.into(),
            trust,
            timeouts,
        }
    }
}

impl Dialer for HttpDialer {
    fn dial(&self, addresses: Vec<SocketAddr>) -> Result<Box<dyn Transport>, ConfigError> {
        let client = HttpClient::to(addresses, &self.user_agent, &self.trust, self.timeouts)?;
        Ok(Box::new(client))
    }
}
