//! A tenant in memory on exact virtual time: whatever is sent is answered as a test says, and written down.
//!
//! It is no server and knows no API; for that there is the simulator.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::ProfileOverrides;
use cxda_adapters_http::transport::{BodySize, Lost, Outgoing, Reply, Transport};
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::ManualStop;
use cxda_domain::secret::SecretText;
use cxda_ports::clock::Clock;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::bench::{START, config};

/// One request, as the tenant received it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// When, on the clock of the stage.
    pub(crate) at: Duration,
    pub(crate) origin: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    /// How many of its path came before it.
    pub(crate) earlier: usize,
}

impl Sent {
    /// A header's value; `-` where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("-", |value| value.to_str().unwrap())
    }

    pub(crate) fn asks_for_a_token(&self) -> bool {
        self.path == "/oauth/token"
    }
}

/// How a request is answered, and how long that takes.
pub(crate) type Said = (Duration, Result<Reply, Lost>);

type Script = dyn Fn(&Sent) -> Said + Send + Sync;

pub(crate) struct Stage {
    pub(crate) clock: Arc<RuntimeClock>,
    pub(crate) stop: Arc<ManualStop>,
    script: Box<Script>,
    sent: Mutex<Vec<Sent>>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stage").finish_non_exhaustive()
    }
}

/// The token that [`Stage::ready`] sends.
pub(crate) const READY_TOKEN: &str = "canary-ready-token";

impl Stage {
    /// A stage on which requests are answered by `script`.
    pub(crate) fn new(script: impl Fn(&Sent) -> Said + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(RuntimeClock::starting_at(START)),
            stop: Arc::new(ManualStop::new()),
            script: Box::new(script),
            sent: Mutex::default(),
        })
    }

    /// A tenant on it with a token that needs no call.
    pub(crate) fn ready(self: &Arc<Self>) -> Arc<HttpTenant> {
        let token = SecretText::new(READY_TOKEN);
        self.tenant(AuthConfig::new(Credentials::Bearer { token }))
    }

    /// A tenant on it with these credentials.
    pub(crate) fn tenant(self: &Arc<Self>, auth: AuthConfig) -> Arc<HttpTenant> {
        self.tenant_with(auth, &ProfileOverrides::default())
    }

    pub(crate) fn tenant_with(
        self: &Arc<Self>,
        auth: AuthConfig,
        overrides: &ProfileOverrides,
    ) -> Arc<HttpTenant> {
        let config = config("http://127.0.0.1:8080", overrides, auth);
        let transport = Arc::<Self>::clone(self);
        let clock = Arc::<RuntimeClock>::clone(&self.clock);
        let stop = Arc::<ManualStop>::clone(&self.stop);
        let tenant = HttpTenant::over(transport, config, clock, Arc::new(FixedJitter::HALF), stop);
        Arc::new(tenant.unwrap())
    }

    /// All that was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) async fn wait_until(&self, instant: Duration) {
        self.clock
            .wait(instant.saturating_sub(self.clock.elapsed()))
            .await;
    }
}

#[async_trait]
impl Transport for Stage {
    async fn send(&self, request: Outgoing) -> Result<Reply, Lost> {
        let (takes, outcome) = {
            let mut all = self.sent.lock().unwrap();
            let path = request.url.path().to_owned();
            let sent = Sent {
                at: self.clock.elapsed(),
                origin: request.url.origin().ascii_serialization(),
                earlier: all.iter().filter(|sent| sent.path == path).count(),
                path,
                headers: request.headers,
                timeout: request.timeout,
            };
            all.push(sent.clone());
            (self.script)(&sent)
        };
        if takes >= request.timeout {
            self.clock.wait(request.timeout).await;
            return Err(Lost::Unanswered("nothing came in time".into()));
        }
        if !takes.is_zero() {
            self.clock.wait(takes).await;
        }
        outcome
    }
}

/// An answer with a JSON body.
pub(crate) fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
    let json = [("content-type", "application/json")];
    let headers = json.iter().chain(headers).map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    Reply {
        status,
        headers: headers.collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        size: BodySize::Whole,
    }
}

/// An answer with a status alone, at once.
pub(crate) fn status(status: u16) -> Said {
    (Duration::ZERO, Ok(reply(status, &[], "")))
}

/// What a read of the resource at this path is answered with, at once.
pub(crate) fn shown(sent: &Sent) -> Said {
    let id = sent.path.rsplit('/').next().unwrap();
    let body = format!(r#"{{"id":"{id}","name":"n"}}"#);
    (Duration::ZERO, Ok(reply(200, &[], &body)))
}

/// The `n`th token, which lives so many seconds.
pub(crate) fn token(n: usize, seconds: u64) -> Said {
    let body = format!(r#"{{"access_token":"t{n}","expires_in":{seconds}}}"#);
    (Duration::ZERO, Ok(reply(200, &[], &body)))
}
