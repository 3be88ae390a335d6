//! A request and an answer as plain values, so that the tenant can be asked without a socket.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HOST, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use url::form_urlencoded;

/// One request, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent, still percent-encoded.
    pub(crate) path: String,
    /// The query as sent, without its question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The origin that it was sent to, as far as it says so.
    pub(crate) origin: Option<String>,
    pub(crate) body: Bytes,
}

impl Request {
    /// The request with this head and this body.
    pub(crate) fn of(head: Parts, body: Bytes) -> Self {
        let said = || head.headers.get(HOST)?.to_str().ok();
        let origin = match (head.uri.scheme_str(), head.uri.authority()) {
            (Some(scheme), Some(authority)) => Some(format!("{scheme}://{authority}")),
            (_, None) | (None, _) => said().map(|host| format!("http://{host}")),
        };
        Self {
            origin,
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        }
    }

    /// The same without these query parameters.
    pub(crate) fn without_parameters(&self, names: &[&str]) -> Self {
        let kept = form_urlencoded::parse(self.query.as_bytes())
            .filter(|(name, _)| !names.contains(&name.as_ref()));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        Self {
            query: query.finish(),
            ..self.clone()
        }
    }

    /// The first query parameter of this name, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The header of this name; `None` where it is absent or not visible ASCII.
    pub(crate) fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers.get(name.as_ref())?.to_str().ok()
    }
}

/// One answer, before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// In the order in which they are sent; a name may come more than once.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// What is wrong with one member of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// The path of the member, such as `columnProjections[0].name`.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// `value` as JSON.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        // Everything that is shown has text keys and finite numbers, so it has a JSON form.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::json_text(status, body)
    }

    /// Text that is JSON already.
    pub(crate) fn json_text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: text.into(),
        }
        .with(CONTENT_TYPE, "application/json")
    }

    /// `{message}`.
    pub(crate) fn problem(status: StatusCode, message: &str) -> Self {
        Self::json(
            status,
            &Problem {
                message,
                errors: &[],
            },
        )
    }

    /// `{message, errors: [{field, message}]}`.
    pub(crate) fn field_errors(status: StatusCode, message: &str, errors: &[FieldError]) -> Self {
        Self::json(status, &Problem { message, errors })
    }

    /// 404 `{message}`.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::problem(StatusCode::NOT_FOUND, &format!("{what} does not exist"))
    }

    /// The value of a header, for tests.
    #[cfg(test)]
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(own, _)| own == name)?;
        value.to_str().ok()
    }

    /// The same with one more header; a value that no header may hold is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The same with `Retry-After` in whole seconds, at least one.
    pub(crate) fn retry_after(self, wait: std::time::Duration) -> Self {
        let seconds = whole_seconds(wait).max(1);
        self.with(RETRY_AFTER, &seconds.to_string())
    }
}

/// `duration` in seconds, rounded up.
pub(crate) fn whole_seconds(duration: std::time::Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_parameter_is_decoded_and_the_first_of_its_name_counts() {
        let request = Request {
            method: Method::GET,
            path: "/".to_owned(),
            query: "filter=name=a%2Fb&page=1&page=2".to_owned(),
            headers: HeaderMap::new(),
            origin: None,
            body: Bytes::new(),
        };
        let bare = request.without_parameters(&["page"]);
        assert_eq!(bare.query, "filter=name%3Da%2Fb");
        assert_eq!(request.parameter("filter").as_deref(), Some("name=a/b"));
        assert_eq!(request.parameter("page").as_deref(), Some("1"));
        assert_eq!(request.parameter("pageSize"), None);
    }

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2")] {
            let answer = Answer::empty(StatusCode::TOO_MANY_REQUESTS)
                .retry_after(Duration::from_millis(millis));
            let want = (RETRY_AFTER, HeaderValue::from_static(seconds));
            assert_eq!(answer.headers, [want], "{millis} ms");
        }
    }
}
