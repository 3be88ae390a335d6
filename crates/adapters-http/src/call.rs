//! One operation as a request, before it is sent.
//!
//! It knows neither host nor token: whoever grants the token names the host.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use cxda_domain::request::Operation;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::transport::Outgoing;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `text` percent-encoded, so that it can stand in one segment or one value.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The header that names an intended write.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Whether a request may be sent again although an earlier one may have been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resend {
    /// It changes nothing, or carries a key or a precondition, or means the same twice.
    Safe,
    /// It carries a key, but not every tenant honours one: only after a look that shows that it has not happened.
    AfterLook,
    /// Sent twice it might happen twice.
    Never,
}

/// What a 403 lacks where it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// This scope of the token.
    Scope(&'static str),
    /// A permission of the access key's role.
    Role,
}

/// Whether an answer's body matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerForm {
    /// It is JSON.
    Json,
    /// It is not looked at.
    Ignored,
}

/// How much of an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLimit {
    /// Of one resource: 8 MB.
    Resource,
    /// Of a page of a listing: 32 MB, for it may hold 100 scripts of 64 KB.
    Listing,
}

impl BodyLimit {
    /// The limit in bytes, after decompression.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Resource => 8_000_000,
            Self::Listing => 32_000_000,
        }
    }
}

/// One request; the same in every attempt.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    /// Path and query below the base URL; the query may hold a secret.
    target: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Bytes>,
    /// The status that says that it is done.
    pub(crate) done: u16,
    form: AnswerForm,
    pub(crate) permission: Permission,
    pub(crate) resend: Resend,
    pub(crate) timeout: Duration,
    pub(crate) limit: BodyLimit,
}

impl Call {
    pub(crate) fn new(
        operation: Operation,
        method: Method,
        path: String,
        (done, form): (u16, AnswerForm),
        permission: Permission,
        timeout: Duration,
    ) -> Self {
        let safe = matches!(method, Method::GET | Method::DELETE);
        Self {
            operation,
            method,
            target: path,
            headers: Vec::new(),
            body: None,
            done,
            form,
            permission,
            resend: if safe { Resend::Safe } else { Resend::Never },
            timeout,
            limit: BodyLimit::Resource,
        }
    }

    /// With one more parameter of the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        let mark = if self.target.contains('?') { '&' } else { '?' };
        self.target = format!("{}{mark}{name}={}", self.target, encoded(value));
        self
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With a body.
    pub(crate) fn body(mut self, kind: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.header(http::header::CONTENT_TYPE, HeaderValue::from_static(kind))
    }

    /// With a body of JSON.
    pub(crate) fn json(self, body: String) -> Self {
        self.body("application/json", body)
    }

    pub(crate) fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    pub(crate) fn limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn reads_json(&self) -> bool {
        self.form == AnswerForm::Json
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// The request to `url` with `authorization`.
    pub(crate) fn outgoing(
        &self,
        url: Url,
        authorization: Option<&(HeaderName, HeaderValue)>,
    ) -> Outgoing {
        Outgoing {
            method: self.method.clone(),
            url,
            headers: self.headers.iter().chain(authorization).cloned().collect(),
            body: self.body.clone(),
            timeout: self.timeout,
            body_limit: self.limit.bytes(),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
