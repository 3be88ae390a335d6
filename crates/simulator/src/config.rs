//! How a simulated tenant behaves where servers differ; each habit is one setting.
//!
//! Nothing here is read from a file or the environment: whoever starts the simulator fills it in.

use std::fmt;
use std::time::Duration;

use cxda_domain::request::RateLimit;

use crate::profile::SimProfile;
use crate::receiver::WebhookSecret;

/// Every habit of a simulated tenant.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Which dialect it speaks.
    pub profile: SimProfile,
    /// On which addresses it may listen.
    pub exposure: Exposure,
    /// Which client id and secret it takes.
    pub credentials: Credentials,
    /// How long a token lives; `expires_in` is this in whole seconds.
    pub token_lifetime: Duration,
    /// Whether a token's scopes matter.
    pub scopes: ScopePolicy,
    /// How fast it may be asked; `None` means as fast as one likes. The token endpoint is not counted.
    pub rate_limit: Option<RateLimit>,
    /// How the value of an encrypted variable comes back.
    pub secret_values: SecretDisplay,
    /// What it does with an idempotency key.
    pub idempotency: KeyHabit,
    /// What it makes of `filter=name=X`.
    pub filter: FilterHabit,
    /// Members of an action that a create ignores, such as `variables`; a replace takes them.
    pub ignored_on_create: Vec<String>,
    /// How long an action is `PUBLISHING` after a write; zero means `PUBLISHED` at once.
    pub publishing: Duration,
    /// How long an action is `DELETING` after a delete; zero means that it is gone at once.
    pub deleting: Duration,
    /// How long a new view is `PENDING` before it is `ACTIVE`.
    pub view_pending: Duration,
    /// How long a view is `BUILDING` after its indexes were ordered.
    pub index_build: Duration,
    /// How long a new view or action is missing in listings, also by its name; by its id it is there at once.
    pub list_lag: Duration,
    /// By how many seconds the `Date` of its answers is ahead of the clock; negative is behind.
    pub clock_skew_seconds: i64,
    /// The longest page, in resources; a larger `pageSize` is cut to it.
    pub page_size_limit: u32,
    /// How many requests the log keeps; older ones are dropped first.
    pub log_entries: usize,
    /// What its receivers of webhooks verify signatures with; `None` means that they look at none.
    pub webhook_secret: Option<WebhookSecret>,
}

impl SimConfig {
    /// The longest page unless set otherwise, in resources.
    pub const PAGE_SIZE_LIMIT: u32 = 1_000;
    /// How many requests the log keeps unless set otherwise.
    pub const LOG_ENTRIES: usize = 10_000;

    /// A well-behaved tenant that speaks `profile`: loopback only, any credentials, tokens for an hour, scopes
    /// not looked at, a hundred requests a minute, keys honoured, views active after a second.
    pub fn new(profile: SimProfile) -> Self {
        Self {
            profile,
            exposure: Exposure::LoopbackOnly,
            credentials: Credentials::Any,
            token_lifetime: Duration::from_hours(1),
            scopes: ScopePolicy::Ignored,
            rate_limit: Some(RateLimit::DEFAULT),
            secret_values: SecretDisplay::Masked,
            idempotency: KeyHabit::Honoured,
            filter: FilterHabit::Exact,
            ignored_on_create: Vec::new(),
            publishing: Duration::ZERO,
            deleting: Duration::ZERO,
            view_pending: Duration::from_secs(1),
            index_build: Duration::from_secs(1),
            list_lag: Duration::ZERO,
            clock_skew_seconds: 0,
            page_size_limit: Self::PAGE_SIZE_LIMIT,
            log_entries: Self::LOG_ENTRIES,
            webhook_secret: None,
        }
    }
}

/// On which addresses the simulator may listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// On loopback addresses only; any other is refused.
    LoopbackOnly,
    /// On any address: everybody who reaches it may read and write.
    AnyAddress,
}

/// Which client id and secret the token endpoint takes.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Any pair, as long as both are there and not empty.
    Any,
    /// This pair only.
    Exactly {
        /// The client id.
        id: String,
        /// The client secret.
        secret: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("Any"),
            Self::Exactly { id, .. } => formatter
                .debug_struct("Exactly")
                .field("id", id)
                .finish_non_exhaustive(),
        }
    }
}

/// Whether a token's scopes matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopePolicy {
    /// Any token may do anything; the token endpoint echoes what was asked for.
    Ignored,
    /// A token has those of these scopes that were asked for, or all of them where none was; a request
    /// beyond them is answered 403.
    Granted(Vec<String>),
}

/// How the value of an encrypted variable comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretDisplay {
    /// As [`SecretDisplay::MASK`].
    Masked,
    /// As empty text.
    Empty,
    /// Not at all: the member is left out.
    Absent,
}

impl SecretDisplay {
    /// What stands in the place of a secret value.
    pub const MASK: &'static str = "********";
}

/// What a server does with an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHabit {
    /// A key sent again gets the first answer again.
    Honoured,
    /// Keys are not looked at.
    Ignored,
    /// Keys are honoured for so long after they were first seen; then they are new again.
    Expiring(Duration),
    /// Keys are honoured, and a scripted answer of 500 or more is given again to the same key, whatever became of the deed.
    ReplayingErrors,
}

/// What a server makes of `filter=name=X`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterHabit {
    /// It lists the actions named exactly so.
    Exact,
    /// It lists the actions whose names contain it.
    Contains,
    /// It lists every action.
    Ignored,
}
