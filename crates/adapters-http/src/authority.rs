//! Who says where a request goes and with what token.

use std::fmt;

use async_trait::async_trait;
use cxda_ports::error::ApiError;
use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderName};
use url::Url;

use crate::base_url::{BaseUrl, Origin};

/// A token bound to the tenant and the origin that it was got for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessToken {
    tenant: String,
    origin: Origin,
    header: HeaderValue,
}

impl AccessToken {
    /// `header` for `tenant` at `origin`.
    pub(crate) fn new(tenant: &str, origin: Origin, mut header: HeaderValue) -> Self {
        header.set_sensitive(true);
        Self {
            tenant: tenant.to_owned(),
            origin,
            header,
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessToken")
            .field("tenant", &self.tenant)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Leave to send a request to one base URL, and nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    base: BaseUrl,
    authorization: Option<(HeaderName, HeaderValue)>,
    /// Which of its authority's tokens it is.
    pub(crate) serial: u64,
}

impl Grant {
    /// Leave without a token.
    pub(crate) fn anonymous(base: BaseUrl) -> Self {
        Self {
            base,
            authorization: None,
            serial: 0,
        }
    }

    /// Leave for `tenant` at `base` with `token`; `None` where the token belongs to another tenant or origin.
    pub(crate) fn bearer(
        tenant: &str,
        base: BaseUrl,
        token: &AccessToken,
        serial: u64,
    ) -> Option<Self> {
        let own = token.tenant == tenant && token.origin == base.origin();
        own.then(|| Self {
            base,
            authorization: Some((AUTHORIZATION, token.header.clone())),
            serial,
        })
    }

    /// Scheme, host and port of where requests go.
    pub(crate) fn origin(&self) -> Origin {
        self.base.origin()
    }

    /// Where the request `target` goes; `None` where that would be elsewhere.
    pub(crate) fn url(&self, target: &str) -> Option<Url> {
        self.base.below(target)
    }

    /// The header that goes with it.
    pub(crate) fn authorization(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.authorization.as_ref()
    }
}

/// Whether a refused token can be replaced by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Possible,
    Impossible,
}

/// Gives leave for requests.
#[async_trait]
pub(crate) trait Authority: fmt::Debug + Send + Sync {
    /// Where requests go, as far as that is known without a token.
    fn origin(&self) -> Origin;

    /// Leave that holds now, got if need be.
    ///
    /// # Errors
    ///
    /// Those of the token call.
    async fn grant(&self) -> Result<Grant, ApiError>;

    /// Leave that holds now; `None` where it would have to be got.
    fn current(&self) -> Option<Grant>;

    /// Takes note that the tenant refused `grant`.
    fn refused(&self, grant: &Grant) -> Renewal;
}

/// An authority that sends no token: for the token call itself.
#[derive(Debug)]
pub(crate) struct Anonymous(pub(crate) BaseUrl);

#[async_trait]
impl Authority for Anonymous {
    fn origin(&self) -> Origin {
        self.0.origin()
    }

    async fn grant(&self) -> Result<Grant, ApiError> {
        Ok(Grant::anonymous(self.0.clone()))
    }

    fn current(&self) -> Option<Grant> {
        Some(Grant::anonymous(self.0.clone()))
    }

    fn refused(&self, _grant: &Grant) -> Renewal {
        Renewal::Impossible
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::PlainHttp;

    #[test]
    fn t_03_a_token_goes_to_its_own_tenant_and_origin_alone() {
        let base = |text: &str| BaseUrl::parse(text, PlainHttp::Refused).unwrap();
        let own = base("https://a.example/api");
        let header = HeaderValue::from_static("Bearer canary");
        let token = AccessToken::new("a", own.origin(), header);
        for (tenant, url, fits) in [
            ("a", "https://a.example/api", true),
            ("a", "https://a.example", true),
            ("b", "https://a.example/api", false),
            ("a", "https://b.example/api", false),
            ("a", "https://a.example:8443/api", false),
        ] {
            let grant = Grant::bearer(tenant, base(url), &token, 1);
            assert_eq!(grant.is_some(), fits, "case: {tenant} {url}");
        }
        let grant = Grant::bearer("a", own, &token, 1).unwrap();
        assert!(!format!("{token:?} {grant:?}").contains("canary"));
        assert_eq!(grant.url("/../../x"), None);
    }
}
