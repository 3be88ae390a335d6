//! Messages to webhooks: where they go, where they never go, and what is made of the answers.

mod answers;
mod corpus;
mod forbidden;
mod signed;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxda_adapters_http::config::Timeouts;
use cxda_adapters_http::transport::Trust;
use cxda_adapters_http::webhook::{Dialer, Direct, HttpDialer, Resolver, Route, Webhooks};
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::receiver::Receiver;
use cxda_domain::secret::SecretText;
use cxda_ports::stop::StopSignal;
use cxda_ports::webhook::Message;
use tokio::sync::watch;

use super::peer::clock;

/// Stands for a token in the URL of a receiver.
const TOKEN: &str = "canary-path";

/// A resolver that gives one answer after the other, and begins again after the last.
#[derive(Debug)]
struct Answers {
    all: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Answers {
    /// Answers of addresses with spaces between them.
    fn of(all: &[&str]) -> Arc<Self> {
        let addresses = |answer: &&str| {
            let addresses = answer.split_whitespace();
            addresses.map(|address| address.parse().unwrap()).collect()
        };
        Arc::new(Self {
            all: all.iter().map(addresses).collect(),
            asked: Mutex::default(),
        })
    }

    /// The names that were asked for.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Resolver for Answers {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.all.get(asked.len() % self.all.len().max(1)).cloned();
        asked.push(host.to_owned());
        answer.ok_or_else(|| io::Error::other("nobody knows the name"))
    }
}

/// The wish to stop, under a test's control.
#[derive(Debug)]
struct Stop(watch::Sender<bool>);

#[async_trait]
impl StopSignal for Stop {
    fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    async fn raised(&self) {
        drop(self.0.subscribe().wait_for(|raised| *raised).await);
    }
}

/// A sender, put together bit by bit.
pub(super) struct Setup {
    routes: BTreeMap<String, Route>,
    resolver: Arc<Answers>,
    dialer: Arc<dyn Dialer>,
    allowed: Vec<String>,
    timeouts: Timeouts,
    tenant: Arc<MemoryTenant>,
    clock: Arc<ManualClock>,
    stop: Arc<Stop>,
}

impl Setup {
    /// No webhook, no name that resolves, no host allowed, and real connections over plain http.
    pub(super) fn new() -> Self {
        Self {
            routes: BTreeMap::new(),
            resolver: Answers::of(&[]),
            dialer: dialer(Trust::Only(Vec::new())),
            allowed: Vec::new(),
            timeouts: Timeouts::DEFAULT,
            tenant: Arc::default(),
            clock: clock(),
            stop: Arc::new(Stop(watch::Sender::new(false))),
        }
    }

    fn route(mut self, name: &str, route: Route) -> Self {
        self.routes.insert(name.to_owned(), route);
        self
    }

    fn relay(self, name: &str, url: &str) -> Self {
        let route = Route::Relay {
            url: SecretText::new(url),
            tenant: Arc::clone(&self.tenant) as _,
        };
        self.route(name, route)
    }

    fn resolver(mut self, resolver: &Arc<Answers>) -> Self {
        self.resolver = Arc::clone(resolver);
        self
    }

    pub(super) fn allowed(mut self, host: impl Into<String>) -> Self {
        self.allowed.push(host.into());
        self
    }

    pub(super) fn sender(&self) -> Webhooks {
        let allowed = self.allowed.iter().map(|host| host.parse().unwrap());
        let direct = Direct::over(
            Arc::clone(&self.resolver) as _,
            Arc::clone(&self.dialer),
            allowed.collect(),
            self.timeouts,
            Arc::clone(&self.clock) as _,
        );
        let stop = Arc::clone(&self.stop);
        Webhooks::new(self.routes.clone(), direct, stop)
    }
}

fn dialer(trust: Trust) -> Arc<dyn Dialer> {
    Arc::new(HttpDialer::new("cxda-test", trust, Timeouts::DEFAULT))
}

fn direct(url: impl Into<String>) -> Route {
    Route::Direct {
        url: SecretText::new(url),
        secrets: Vec::new(),
    }
}

fn webhook(name: &str) -> Receiver {
    Receiver::Webhook(name.to_owned())
}

pub(super) fn message() -> Message {
    Message {
        id: "msg-1".into(),
        payload: r#"{"event":"VIEW_CREATED", "latency":1.10}"#.into(),
    }
}

/// The URL of `address` over plain http, with a token in its path.
fn plain(address: SocketAddr) -> String {
    format!("http://{address}/{TOKEN}?k={TOKEN}")
}
