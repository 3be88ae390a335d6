//! A URL to which something may be sent, as far as its text alone tells.

use std::net::IpAddr;

use cxda_domain::network::AllowedHost;
use url::{Host, Url};

/// An https URL, or one of plain http to an allowed host; without user, password and fragment, its host plainly spelled.
pub(super) struct ReceiverUrl {
    pub(super) url: Url,
    pub(super) host: ReceiverHost,
    pub(super) port: u16,
    pub(super) reach: Reach,
}

/// Whose addresses are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReceiverHost {
    Name(String),
    Address(IpAddr),
}

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those of the public internet.
    Public,
    /// Any: the settings allow the host.
    Anywhere,
}

/// Why nothing may be sent to a URL. It quotes nothing, for the URL may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReceiverUrlError {
    #[error("the receiver's URL is not one")]
    Syntax,
    #[error("the receiver's URL is not https")]
    Scheme,
    #[error(
        "the receiver's URL is plain http, and network.allow_hosts does not name its host and port"
    )]
    PlainHttp,
    #[error("the receiver's URL holds a user or a password")]
    UserInfo,
    #[error("the receiver's URL holds a fragment")]
    Fragment,
    #[error("the host in the receiver's URL is not spelled plainly")]
    Host,
    #[error("the port in the receiver's URL is 0")]
    Port,
}

impl ReceiverUrl {
    pub(super) fn parse(text: &str, allowed: &[AllowedHost]) -> Result<Self, ReceiverUrlError> {
        // The URL library drops line breaks and turns backslashes.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
            return Err(ReceiverUrlError::Syntax);
        }
        let url = Url::parse(text).map_err(|_| ReceiverUrlError::Syntax)?;
        let own_port = match url.scheme() {
            "https" => 443,
            "http" => 80,
            _ => return Err(ReceiverUrlError::Scheme),
        };
        let (_, rest) = text.split_once("://").ok_or(ReceiverUrlError::Syntax)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(ReceiverUrlError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(ReceiverUrlError::Fragment);
        }
        let (host, spelled) = match url.host().ok_or(ReceiverUrlError::Host)? {
            Host::Domain(name) => (ReceiverHost::Name(name.to_owned()), name.to_owned()),
            Host::Ipv4(ip) => (ReceiverHost::Address(ip.into()), ip.to_string()),
            Host::Ipv6(ip) => (ReceiverHost::Address(ip.into()), format!("[{ip}]")),
        };
        let authority = authority.to_ascii_lowercase();
        let tail = authority.strip_prefix(&spelled);
        if !tail.is_some_and(|tail| tail.is_empty() || tail.starts_with(':')) {
            return Err(ReceiverUrlError::Host);
        }
        let port = url.port().unwrap_or(own_port);
        if port == 0 {
            return Err(ReceiverUrlError::Port);
        }
        let permits = |allowed: &AllowedHost| allowed.permits(&spelled, port, own_port);
        let reach = match allowed.iter().any(permits) {
            true => Reach::Anywhere,
            false if url.scheme() == "http" => return Err(ReceiverUrlError::PlainHttp),
            false => Reach::Public,
        };
        Ok(Self {
            url,
            host,
            port,
            reach,
        })
    }
}

#[cfg(test)]
mod tests;
