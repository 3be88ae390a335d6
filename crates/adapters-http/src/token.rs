//! The tenant's token: fetched once however many calls wait, kept in memory, renewed before it ends and after a 401.
//!
//! How a token is asked for is the business of [`request`].

mod flight;
mod request;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_ports::error::{ApiError, ApiErrorKind};
use http::HeaderValue;
use tracing::Instrument as _;

use self::flight::{Flight, Pilot};
use self::request::TokenRequest;
use crate::authority::{AccessToken, Anonymous, Authority, Grant, Renewal};
use crate::base_url::{BaseUrl, Origin, PlainHttp};
use crate::config::{ConfigError, HttpConfig};
use crate::credentials::Credentials;
use crate::retry::Link;
use crate::wire::token::{GrantedToken, api_endpoint, granted, tenant_of};

/// What a lifetime is taken to be where the answer does not say.
const UNSAID_LIFETIME: Duration = Duration::from_mins(5);
/// The shortest lifetime that is believed.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(30);
/// The longest lifetime that is believed: a day.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// Gives out the token of one tenant.
#[derive(Clone, Debug)]
pub(crate) struct TokenSource(Arc<Shared>);

struct Shared {
    link: Arc<Link>,
    tenant: String,
    base: BaseUrl,
    expiry_margin: Duration,
    how: How,
    state: Mutex<State>,
}

/// How a token comes to be.
#[derive(Debug)]
enum How {
    /// By asking.
    Ask(Box<TokenRequest>),
    /// It is there, and there is no other.
    Given,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    /// The call that is under way, for all who wait for it.
    flight: Option<Arc<Flight>>,
    /// The API host that was discovered, where the credentials' kind asks for that.
    discovered: Option<BaseUrl>,
    last_serial: u64,
}

type Landing = Result<Arc<Token>, ApiError>;

#[derive(Debug)]
struct Token {
    access: AccessToken,
    base: BaseUrl,
    serial: u64,
    fresh: Freshness,
}

/// Until when a token is used: the earlier of two clocks, for one may jump and the other may stand still.
#[derive(Clone, Copy, Debug)]
enum Freshness {
    Until { elapsed: Duration, wall: UtcMillis },
    Always,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenSource")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl TokenSource {
    /// The source of the tokens of the tenant that `config` describes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Token`] where a ready token does not fit into a header.
    pub(crate) fn new(link: Arc<Link>, config: &HttpConfig) -> Result<Self, ConfigError> {
        link.screen.hide(config.auth.credentials.secrets());
        let mut state = State::default();
        let how = if let Credentials::Bearer { token } = &config.auth.credentials {
            let header = bearer(token).ok_or(ConfigError::Token)?;
            let base = config.base_url.clone();
            state.current = Some(Arc::new(Token {
                access: AccessToken::new(&config.tenant, base.origin(), header),
                base,
                serial: 1,
                fresh: Freshness::Always,
            }));
            How::Given
        } else {
            let request = TokenRequest::new(config);
            link.screen.hide(request.secrets());
            How::Ask(Box::new(request))
        };
        Ok(Self(Arc::new(Shared {
            link,
            tenant: config.tenant.clone(),
            base: config.base_url.clone(),
            expiry_margin: config.auth.expiry_margin,
            how,
            state: Mutex::new(state),
        })))
    }

    /// A token that is fresh, or the call that will bring one.
    fn current_or_flight(&self) -> Result<Arc<Token>, Arc<Flight>> {
        let mut state = self.0.lock();
        if let Some(token) = state
            .current
            .as_ref()
            .filter(|token| self.0.is_fresh(token))
        {
            return Ok(Arc::clone(token));
        }
        // One that broke off landed and is still there.
        if let Some(flight) = state.flight.as_ref().filter(|flight| !flight.is_over()) {
            return Err(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::default());
        state.flight = Some(Arc::clone(&flight));
        let shared = Arc::clone(&self.0);
        let pilot = Pilot(Arc::clone(&flight));
        // A task of its own, so that the others do not lose it when the call that began it is dropped.
        tokio::spawn(
            async move {
                let landing = shared.fetch().await;
                shared.landed(&landing);
                pilot.land(landing);
            }
            .in_current_span(),
        );
        Err(flight)
    }
}

#[async_trait]
impl Authority for TokenSource {
    fn origin(&self) -> Origin {
        let discovered = self.0.lock().discovered.clone();
        discovered.as_ref().unwrap_or(&self.0.base).origin()
    }

    async fn grant(&self) -> Result<Grant, ApiError> {
        let token = match self.current_or_flight() {
            Ok(token) => token,
            Err(flight) => flight.landing().await?,
        };
        self.0
            .granted(&token)
            .ok_or_else(|| failed("the token belongs to another tenant or origin"))
    }

    fn current(&self) -> Option<Grant> {
        let token = self.0.lock().current.clone();
        let token = token.filter(|token| self.0.is_fresh(token))?;
        self.0.granted(&token)
    }

    fn refused(&self, grant: &Grant) -> Renewal {
        if matches!(self.0.how, How::Given) {
            return Renewal::Impossible;
        }
        let mut state = self.0.lock();
        // Another call may have replaced it already; a newer token is not to blame.
        if state
            .current
            .as_ref()
            .is_some_and(|token| token.serial == grant.serial)
        {
            state.current = None;
        }
        Renewal::Possible
    }
}

impl Shared {
    async fn fetch(&self) -> Landing {
        let How::Ask(request) = &self.how else {
            return Err(failed("the token cannot be renewed"));
        };
        // A lifetime counts from the moment of asking, for the answer may have been long under way.
        let asked_elapsed = self.link.clock.elapsed();
        let asked_wall = self.link.clock.now();
        let authority = Anonymous(request.origin.clone());
        let token = self
            .link
            .call(&request.call(), &authority, None, |reply| {
                granted(&reply.body)
            })
            .await?
            .value;
        let secrets = [Some(&token.access_token), token.id_token.as_ref()];
        self.link
            .screen
            .hide(secrets.into_iter().flatten().cloned());
        let header = bearer(&token.access_token)
            .ok_or_else(|| failed("the token holds characters that no header holds"))?;
        let base = self.api_base(request, &token).await?;
        let life = lifetime(token.expires_in);
        let link = &self.link;
        link.notes
            .granted(token.scope.as_deref(), life, &link.screen);
        let fresh = life.saturating_sub(self.expiry_margin.min(life / 2));
        let fresh_ms = i64::try_from(fresh.as_millis()).unwrap_or(i64::MAX);
        let wall_ms = asked_wall.epoch_millis().saturating_add(fresh_ms);
        let serial = {
            let mut state = self.lock();
            state.last_serial += 1;
            state.last_serial
        };
        Ok(Arc::new(Token {
            access: AccessToken::new(&self.tenant, base.origin(), header),
            base,
            serial,
            fresh: Freshness::Until {
                elapsed: asked_elapsed.saturating_add(fresh),
                wall: UtcMillis::from_epoch_millis(wall_ms),
            },
        }))
    }

    /// Where the API is: at the base URL, or where the tenant's configuration says, asked once.
    async fn api_base(
        &self,
        request: &TokenRequest,
        token: &GrantedToken,
    ) -> Result<BaseUrl, ApiError> {
        if !request.discovers() {
            return Ok(self.base.clone());
        }
        if let Some(known) = self.lock().discovered.clone() {
            return Ok(known);
        }
        let id_token = token.id_token.as_ref();
        let id_token = id_token.ok_or_else(|| failed("the token answer holds no id token"))?;
        let tenant = tenant_of(id_token).map_err(|error| failed(&error.to_string()))?;
        let authority = Anonymous(request.origin.clone());
        let call = request.discovery(&tenant);
        let found = self
            .link
            .call(&call, &authority, None, |reply| api_endpoint(&reply.body))
            .await?
            .value;
        let plain = if request.origin.is_loopback() {
            PlainHttp::Loopback
        } else {
            PlainHttp::Refused
        };
        let base = BaseUrl::parse(&found, plain)
            .ok()
            .filter(|base| request.origin.vouches_for(base))
            .ok_or_else(|| failed("the API host that was discovered is not one of the tenant's"))?;
        self.lock().discovered = Some(base.clone());
        Ok(base)
    }

    fn landed(&self, landing: &Landing) {
        let mut state = self.lock();
        state.flight = None;
        if let Ok(token) = landing {
            state.current = Some(Arc::clone(token));
        }
    }

    fn granted(&self, token: &Token) -> Option<Grant> {
        Grant::bearer(
            &self.tenant,
            token.base.clone(),
            &token.access,
            token.serial,
        )
    }

    fn is_fresh(&self, token: &Token) -> bool {
        match token.fresh {
            Freshness::Always => true,
            Freshness::Until { elapsed, wall } => {
                self.link.clock.elapsed() < elapsed && self.link.clock.now() < wall
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header that carries `token`; `None` where no header can.
fn bearer(token: &SecretText) -> Option<HeaderValue> {
    let usable = !token.expose().is_empty() && token.expose().bytes().all(|b| b.is_ascii_graphic());
    let text = format!("Bearer {}", token.expose());
    usable.then(|| HeaderValue::try_from(text).ok()).flatten()
}

/// How long a token lives that is said to live `expires_in` seconds.
fn lifetime(expires_in: Option<f64>) -> Duration {
    let said = match expires_in {
        None => UNSAID_LIFETIME,
        // Neither negative numbers nor those beyond all measure fit.
        Some(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 {
            LONGEST_LIFETIME
        } else {
            SHORTEST_LIFETIME
        }),
    };
    said.clamp(SHORTEST_LIFETIME, LONGEST_LIFETIME)
}

fn failed(why: &str) -> ApiError {
    ApiError::new(Operation::Token, ApiErrorKind::Unauthenticated, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_13_lifetimes_are_clamped() {
        for (said, seconds) in [
            (None, 300.0),
            (Some(3_600.0), 3_600.0),
            (Some(59.9), 59.9),
            (Some(0.0), 30.0),
            (Some(-5.0), 30.0),
            (Some(29.9), 30.0),
            (Some(1e12), 86_400.0),
            (Some(f64::INFINITY), 86_400.0),
            (Some(f64::NEG_INFINITY), 30.0),
            (Some(f64::NAN), 30.0),
        ] {
            assert_eq!(lifetime(said), Duration::from_secs_f64(seconds), "{said:?}");
        }
    }

    #[test]
    fn t_07_tokens_that_would_break_a_header_are_refused() {
        for (token, fits) in [
            ("abc.DEF-1_2~+/=", true),
            ("", false),
            ("a b", false),
            ("a\r\nX: y", false),
            ("é", false),
        ] {
            assert_eq!(bearer(&SecretText::new(token)).is_some(), fits, "{token:?}");
        }
    }
}
