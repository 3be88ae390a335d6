//! Speaks to a CXone tenant over HTTP: [`HttpTenant`] implements `ActionsApi`, `ViewsApi`, `TablesApi` and
//! `WebhookRelay` for the API profile `cxone-v2` and its five dialects.
//!
//! Everything in which tenants differ is an [`ApiProfile`](profile::ApiProfile), which is data. No public
//! specification of the API exists, so the profiles were checked against the simulator alone.
//!
//! Every request goes one way: the breaker of its origin, the token, the rate limit, and then a
//! [`Transport`](transport::Transport). [`HttpTenant::new`] brings the HTTP client, [`HttpTenant::over`] takes any other. When to
//! wait and when to give up is decided by `cxda_domain` (`retry`, `breaker`, `throttle`); here it is carried out. Once a
//! [`StopSignal`](cxda_ports::stop::StopSignal) is raised, nothing is waited for but answers, and these for [`STOP_GRACE`].
//!
//! Messages to webhooks go through [`webhook::Webhooks`]: by way of the tenant, or straight to their receivers.
//!
//! Deliberately absent: proxies, redirects, cookies, netrc, a token on disk, parsed numbers of unmanaged members.

mod actions;
mod authority;
pub mod base_url;
mod breaker;
mod call;
mod classify;
pub mod config;
pub mod credentials;
mod look;
mod paging;
pub mod profile;
mod relay;
mod retry;
mod retry_after;
mod sanitize;
pub mod seen;
mod tables;
mod tenant;
mod throttle;
mod token;
mod traffic;
pub mod transport;
mod versions;
mod views;
pub mod webhook;
mod wire;

pub use retry::STOP_GRACE;
pub use tenant::HttpTenant;
pub use traffic::TrafficCount;
