//! One tenant, spoken to over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cxda_domain::key::EntityTag;
use cxda_domain::reconcile::CreateGuard;
use cxda_domain::request::Operation;
use cxda_domain::retry::RetryQuota;
use cxda_domain::secret::SecretText;
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind};
use cxda_ports::ids::Jitter;
use cxda_ports::progress::Progress;
use cxda_ports::stop::StopSignal;
use http::header::{ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method};

use crate::base_url::Origin;
use crate::breaker::Breakers;
use crate::call::{AnswerForm, Call, IDEMPOTENCY_KEY, Permission, Resend};
use crate::config::{ConfigError, HttpConfig, Timeouts};
use crate::credentials::AuthKind;
use crate::look::Look;
use crate::profile::{ApiProfile, Idempotency};
use crate::retry::Link;
use crate::sanitize::Screen;
use crate::seen::{Notes, Seen};
use crate::throttle::Throttle;
use crate::token::TokenSource;
use crate::traffic::{Traffic, TrafficCount};
use crate::transport::{HttpClient, Reply, Transport, Trust};
use crate::wire::WireError;

/// The longest entity tag that is sent back.
const MAX_TAG_BYTES: usize = 1_024;
/// The length in bytes from which on a secret in a text is no ordinary word.
const TELLING_BYTES: usize = 12;

/// The API of one tenant: data actions, views, tables and the webhook relay.
///
/// All of them share one token, one rate limit and one quota of retries.
#[derive(Debug)]
pub struct HttpTenant {
    link: Arc<Link>,
    tokens: TokenSource,
    profile: ApiProfile,
    timeouts: Timeouts,
    kind: AuthKind,
    origin: Origin,
}

impl HttpTenant {
    /// The tenant that `config` describes, which is asked for nothing more once `stop` is raised. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::Client`] where the HTTP client cannot be made, above all for lack of CA certificates.
    /// - [`ConfigError::UserAgent`] and [`ConfigError::Token`] where no header can hold them.
    /// - [`ConfigError::Timeout`] where one is zero.
    pub fn new(
        config: HttpConfig,
        clock: Arc<dyn Clock>,
        jitter: Arc<dyn Jitter>,
        stop: Arc<dyn StopSignal>,
    ) -> Result<Self, ConfigError> {
        let auth_url = config.auth.auth_url.as_ref().unwrap_or(&config.base_url);
        let plain = [auth_url, &config.base_url]
            .iter()
            .all(|url| url.is_plain_http());
        // Where no https is spoken, a machine without CA certificates will do.
        let trust = if plain {
            Trust::Only(Vec::new())
        } else {
            Trust::Machine
        };
        let client = HttpClient::new(&config.user_agent, &trust, config.timeouts)?;
        Self::over(Arc::new(client), config, clock, jitter, stop)
    }

    /// The same over a transport of one's own; the timeouts of connecting and of silence are its business then.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::Token`] where no header can hold a ready token.
    /// - [`ConfigError::Timeout`] where one is zero.
    pub fn over(
        transport: Arc<dyn Transport>,
        config: HttpConfig,
        clock: Arc<dyn Clock>,
        jitter: Arc<dyn Jitter>,
        stop: Arc<dyn StopSignal>,
    ) -> Result<Self, ConfigError> {
        let timeouts = config.timeouts;
        let all = [
            timeouts.request,
            timeouts.test,
            timeouts.webhook,
            timeouts.token,
            timeouts.connect,
            timeouts.idle,
        ];
        if all.iter().any(std::time::Duration::is_zero) {
            return Err(ConfigError::Timeout);
        }
        let link = Arc::new(Link {
            transport,
            breakers: Breakers::new(Arc::clone(&clock), Arc::clone(&jitter)),
            throttle: Throttle::new(config.profile.rate_limit(), Arc::clone(&clock)),
            quota: Mutex::new(RetryQuota::full()),
            clock,
            jitter,
            stop,
            screen: Screen::default(),
            traffic: Traffic::default(),
            simulated: AtomicBool::new(false),
            notes: Notes::default(),
        });
        Ok(Self {
            tokens: TokenSource::new(Arc::clone(&link), &config)?,
            link,
            timeouts,
            kind: config.auth.credentials.kind(),
            origin: config.base_url.origin(),
            profile: config.profile,
        })
    }

    /// Tells `progress` from now on when requests are held back; who is named first stays.
    pub fn report_to(&self, progress: Arc<dyn Progress>) {
        self.link.throttle.report_to(progress);
    }

    /// Where the tenant is, as configured.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its dialect.
    pub fn profile(&self) -> &ApiProfile {
        &self.profile
    }

    /// How many requests were sent so far, token calls included.
    pub fn traffic(&self) -> TrafficCount {
        self.link.traffic.snapshot()
    }

    /// Whether any answer so far carried the header `X-Cxda-Simulator`, by which a simulator tells itself from a tenant.
    pub fn is_simulated(&self) -> bool {
        self.link.simulated.load(Ordering::Relaxed)
    }

    /// What was seen of the tenant so far beside its answers.
    pub fn seen(&self) -> Seen {
        self.link.notes.snapshot()
    }

    /// Takes `secrets` out of whatever the tenant says from now on, as the tenant's credentials always are.
    pub fn redact_also(&self, secrets: impl IntoIterator<Item = SecretText>) {
        self.link.screen.hide(secrets);
    }

    /// `text` without any of the secrets in use; else as it is.
    pub fn redact(&self, text: &str) -> String {
        self.link.screen.redact(text)
    }

    /// Whether a secret in use stands in `text` that is long enough to be no ordinary word.
    pub fn shows_secret(&self, text: &str) -> bool {
        self.link.screen.finds(text, TELLING_BYTES)
    }

    pub(crate) fn screen(&self) -> &Screen {
        &self.link.screen
    }

    /// The call of `operation` on the resource `id`, which is empty where there is none.
    pub(crate) fn request(
        &self,
        operation: Operation,
        method: Method,
        id: &str,
        answer: (u16, AnswerForm),
    ) -> Call {
        let timeout = match operation {
            Operation::TestAction => self.timeouts.test,
            Operation::RelayWebhook => self.timeouts.webhook,
            _ => self.timeouts.request,
        };
        let permission = match (self.kind, self.profile.scope_of(operation)) {
            (AuthKind::ClientCredentials | AuthKind::Bearer, Some(scope)) => {
                Permission::Scope(scope)
            }
            _ => Permission::Role,
        };
        let path = self.profile.path_of(operation, id);
        Call::new(operation, method, path, answer, permission, timeout)
    }

    /// A call that reads JSON.
    pub(crate) fn get(&self, operation: Operation, id: &str) -> Call {
        self.request(operation, Method::GET, id, (200, AnswerForm::Json))
    }

    /// What the profile offers against a create that is carried out twice.
    pub(crate) fn guard_of_creates(&self) -> CreateGuard {
        match self.profile.idempotency() {
            Idempotency::Header => CreateGuard::Key,
            Idempotency::None => CreateGuard::Nothing,
        }
    }

    /// A call that creates something from `body` under `key`.
    pub(crate) fn create(
        &self,
        operation: Operation,
        body: String,
        key: &str,
    ) -> Result<Call, ApiError> {
        let call = self
            .request(operation, Method::POST, "", (201, AnswerForm::Json))
            .json(body);
        match self.profile.idempotency() {
            Idempotency::None => Ok(call),
            Idempotency::Header => {
                let key = header(operation, key, "the idempotency key")?;
                Ok(call.header(IDEMPOTENCY_KEY, key).resend(Resend::AfterLook))
            }
        }
    }

    /// A call that replaces the resource `id` by `body`, under the precondition `tag` where there is one.
    pub(crate) fn replacement(
        &self,
        operation: Operation,
        id: &str,
        body: String,
        tag: Option<&EntityTag>,
    ) -> Result<Call, ApiError> {
        let call = self
            .request(operation, Method::PUT, id, (200, AnswerForm::Json))
            .json(body);
        match tag {
            None => Ok(call),
            Some(tag) => {
                let tag = header(operation, tag.as_str(), "the entity tag")?;
                Ok(call.header(IF_MATCH, tag).resend(Resend::Safe))
            }
        }
    }

    /// Carries out `call` with the tenant's token.
    pub(crate) async fn send<T>(
        &self,
        call: &Call,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        self.link.call(call, &self.tokens, None, read).await
    }

    /// Carries out the create `call`, which is sent again only where `look` shows nothing yet.
    pub(crate) async fn send_looking<T>(
        &self,
        call: &Call,
        look: &dyn Look,
        read: impl Fn(&Reply) -> Result<T, WireError>,
    ) -> Result<Answer<T>, ApiError> {
        self.link.call(call, &self.tokens, Some(look), read).await
    }
}

/// The one entity tag of an answer; `None` where there is none, more than one, or one that is malformed.
pub(crate) fn received_tag(headers: &HeaderMap) -> Option<EntityTag> {
    let mut tags = headers.get_all(ETAG).iter();
    match (tags.next(), tags.next()) {
        (Some(tag), None) => {
            let text = tag.to_str().ok().filter(|text| is_one_tag(text))?;
            Some(EntityTag::new(text))
        }
        _ => None,
    }
}

/// Whether `text`, sent as `If-Match`, stands for one version: quoted, weak or not, or without the quotes that some
/// servers forget, but neither `*`, which every version matches, nor a list.
fn is_one_tag(text: &str) -> bool {
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let quoted = tag
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let fits = text.len() <= MAX_TAG_BYTES;
    fits && match quoted {
        Some(inner) => !inner.contains('"'),
        None => !tag.is_empty() && tag != "*" && !tag.contains(['"', ',', ' ', '\t']),
    }
}

/// The error of a call that is not sent, because it cannot be made.
pub(crate) fn unsendable(operation: Operation, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(operation, ApiErrorKind::Refused, why.to_string())
}

fn header(operation: Operation, text: &str, what: &str) -> Result<HeaderValue, ApiError> {
    let unusable = || {
        unsendable(
            operation,
            format!("{what} holds characters that no header holds"),
        )
    };
    HeaderValue::from_str(text).map_err(|_| unusable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_31_a_tag_that_stands_for_more_than_one_version_is_none() {
        let longest = format!("\"{}\"", "x".repeat(MAX_TAG_BYTES - 2));
        let too_long = format!("\"{}\"", "x".repeat(MAX_TAG_BYTES - 1));
        for (tag, fits) in [
            (r#""abc""#, true),
            (r#"W/"abc""#, true),
            (r#""""#, true),
            (r#""a, b""#, true),
            ("abc", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("*", false),
            ("W/*", false),
            (r#""a", "b""#, false),
            ("a,b", false),
            (r#""a"#, false),
            (r#"a""#, false),
            ("\u{e9}", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ETAG, HeaderValue::from_bytes(tag.as_bytes()).unwrap());
            let received = received_tag(&headers);
            assert_eq!(received.is_some(), fits, "case: {tag}");
            if let Some(received) = received {
                assert_eq!(received.as_str(), tag, "it goes back as it came");
            }
        }
        let twice = [(ETAG, "\"a\""), (ETAG, "\"b\"")];
        let mut headers = HeaderMap::new();
        for (name, tag) in twice {
            headers.append(name, HeaderValue::from_static(tag));
        }
        assert_eq!(received_tag(&headers), None);
        assert_eq!(received_tag(&HeaderMap::new()), None);
    }
}
