//! Everything that an [`HttpTenant`](crate::HttpTenant) must be told.
//!
//! Nothing here is read from a file or the environment, and only the timeouts know defaults.

use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::credentials::AuthConfig;
use crate::profile::ApiProfile;

/// How long one request may take in total, from its first byte to the answer's last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Of every request that has none of its own.
    pub request: Duration,
    /// Of a sandbox test.
    pub test: Duration,
    /// Of handing a webhook to the tenant.
    pub webhook: Duration,
    /// Of a token call.
    pub token: Duration,
    /// How long making a connection may take.
    pub connect: Duration,
    /// How long nothing may come in.
    pub idle: Duration,
}

impl Timeouts {
    /// What holds where settings say nothing.
    pub const DEFAULT: Self = Self {
        request: Duration::from_secs(30),
        test: Duration::from_secs(15),
        webhook: Duration::from_secs(5),
        token: Duration::from_secs(10),
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(15),
    };
}

/// One tenant, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Its name in the settings; a token got for it is used for no other.
    pub tenant: String,
    /// Where its API is.
    pub base_url: BaseUrl,
    /// How its token is got.
    pub auth: AuthConfig,
    /// Its dialect.
    pub profile: ApiProfile,
    /// How long requests may take.
    pub timeouts: Timeouts,
    /// The header `User-Agent`.
    pub user_agent: String,
}

/// Why no [`HttpTenant`](crate::HttpTenant) can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The HTTP client cannot be made; without CA certificates on the machine, https is impossible.
    #[error("no HTTP client: {reason} (are CA certificates installed?)")]
    Client {
        /// What it said.
        reason: String,
    },
    /// The user agent holds characters that no header holds.
    #[error("the user agent holds characters that no header holds")]
    UserAgent,
    /// A timeout of no time.
    #[error("a timeout is zero")]
    Timeout,
    /// A ready token that no header can hold.
    #[error("the token holds characters that no header holds")]
    Token,
}
