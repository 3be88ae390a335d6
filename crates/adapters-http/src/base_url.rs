//! Where a tenant is: base URLs, their parts, and origins.
//!
//! A value can fill a part of a host and never move it elsewhere.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use url::{Host, Url};

/// What fills `{region}` or `{site}`: 1 to 40 characters, each a lower-case ASCII letter, a digit or `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPart(String);

impl UrlPart {
    /// The most characters.
    pub const MAX_CHARS: usize = 40;
}

impl FromStr for UrlPart {
    type Err = BaseUrlError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_CHARS).contains(&raw.len()) && raw.bytes().all(allowed);
        fits.then(|| Self(raw.to_owned())).ok_or(BaseUrlError::Part)
    }
}

/// What fills the parts of a base URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlParts {
    /// What fills `{region}`.
    pub region: Option<UrlPart>,
    /// What fills `{site}`.
    pub site: Option<UrlPart>,
}

/// Whether plain http is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// For loopback addresses and `localhost`.
    Loopback,
}

/// Why a text is not a [`BaseUrl`]. It quotes nothing, for a URL may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// A region or site of another form.
    #[error(
        "region and site are 1 to {} lower-case letters, digits or `-`",
        UrlPart::MAX_CHARS
    )]
    Part,
    /// A part that nothing fills.
    #[error("the URL holds {{{name}}}, and no {name} is set (CXONE_{})", name.to_ascii_uppercase())]
    Missing {
        /// `region` or `site`.
        name: &'static str,
    },
    /// Braces around something else.
    #[error("the URL holds a placeholder other than {{region}} and {{site}}")]
    Placeholder,
    /// No absolute URL, or characters that no URL holds.
    #[error("not a URL")]
    Syntax,
    /// A scheme other than https and http.
    #[error("the URL is not https")]
    Scheme,
    /// Plain http where it is not taken.
    #[error(
        "the URL is plain http, which is taken for loopback addresses alone and only with allow_http = true"
    )]
    PlainHttp,
    /// User or password in the URL.
    #[error("the URL holds a user or a password")]
    UserInfo,
    /// `?` or `#`.
    #[error("the URL holds a query or a fragment")]
    Tail,
    /// A host that is spelled otherwise than it is read, such as an address in octal.
    #[error("the URL's host is not spelled plainly")]
    Host,
    /// Port 0.
    #[error("the URL's port is 0")]
    Port,
    /// A path with `..` or empty segments.
    #[error("the URL's path has empty or dotted segments")]
    Path,
}

/// An absolute URL without user, query and fragment: https, or http on loopback. Its path ends without `/`.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Arc<Url>,
    /// Made once, for every request is bound to it.
    origin: Origin,
}

impl BaseUrl {
    /// The base URL that `text` is.
    ///
    /// # Errors
    ///
    /// [`BaseUrlError`] says what is wrong with it.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, BaseUrlError> {
        let text = text.trim_end_matches('/');
        let usable = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>' | '`');
        if !text.chars().all(usable) {
            return Err(BaseUrlError::Syntax);
        }
        if text.contains(['{', '}']) {
            return Err(BaseUrlError::Placeholder);
        }
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::Tail);
        }
        let url = Url::parse(text).map_err(|_| BaseUrlError::Syntax)?;
        let host = url.host().ok_or(BaseUrlError::Syntax)?;
        match url.scheme() {
            "https" => {}
            "http" if plain == PlainHttp::Loopback && is_loopback(&host) => {}
            "http" => return Err(BaseUrlError::PlainHttp),
            _ => return Err(BaseUrlError::Scheme),
        }
        let (_, rest) = text.split_once("://").ok_or(BaseUrlError::Syntax)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let spelled = authority.to_ascii_lowercase();
        let host = host.to_string();
        let port = spelled.strip_prefix(&host).ok_or(BaseUrlError::Host)?;
        if !(port.is_empty() || port.starts_with(':')) {
            return Err(BaseUrlError::Host);
        }
        if url.port() == Some(0) {
            return Err(BaseUrlError::Port);
        }
        let dotted = |segment: &str| matches!(segment, "" | "." | "..") || segment.contains('%');
        if !path.is_empty() && path.split('/').any(dotted) {
            return Err(BaseUrlError::Path);
        }
        let origin = Origin(url.origin().ascii_serialization().into());
        Ok(Self {
            url: Arc::new(url),
            origin,
        })
    }

    /// The base URL that `template` becomes when `parts` fill `{region}` and `{site}`.
    ///
    /// # Errors
    ///
    /// As [`BaseUrl::parse`], and [`BaseUrlError::Missing`] where nothing fills a part.
    pub fn fill(template: &str, parts: &UrlParts, plain: PlainHttp) -> Result<Self, BaseUrlError> {
        let mut text = template.to_owned();
        for (name, part) in [("region", &parts.region), ("site", &parts.site)] {
            let place = format!("{{{name}}}");
            if text.contains(&place) {
                let part = part.as_ref().ok_or(BaseUrlError::Missing { name })?;
                text = text.replace(&place, &part.0);
            }
        }
        Self::parse(&text, plain)
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Whether it names this machine.
    pub fn is_loopback(&self) -> bool {
        self.url.host().is_some_and(|host| is_loopback(&host))
    }

    /// Whether it is plain http, and so on loopback.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether `other`, which a server named, may be trusted with what belongs to this one: both on loopback,
    /// or both with the same last two labels.
    pub(crate) fn vouches_for(&self, other: &Self) -> bool {
        match (self.url.host(), other.url.host()) {
            (Some(Host::Domain(own)), Some(Host::Domain(found))) if !self.is_loopback() => {
                last_labels(own) == last_labels(found)
            }
            _ => self.is_loopback() && other.is_loopback(),
        }
    }

    /// The URL of `path_and_query` below this one; `None` where that would be elsewhere.
    pub(crate) fn below(&self, path_and_query: &str) -> Option<Url> {
        if !path_and_query.starts_with('/') {
            return None;
        }
        let base = self.url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path_and_query}")).ok()?;
        // The base holds scheme, host and port whole, and what follows them is a path.
        let below = url.as_str().strip_prefix(base)?.starts_with('/');
        below.then_some(url)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BaseUrl({self})")
    }
}

/// Scheme, host and port: what credentials and tokens are bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(Arc<str>);

impl Origin {
    /// The origin as text, such as `https://na1.api.nicecxone.com`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

/// The last two labels of `host`; `None` where it has fewer.
fn last_labels(host: &str) -> Option<(&str, &str)> {
    let mut labels = host.rsplit('.');
    let last = labels.next().filter(|label| !label.is_empty())?;
    Some((labels.next()?, last))
}

#[cfg(test)]
mod tests;
