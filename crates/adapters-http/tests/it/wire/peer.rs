//! A server on loopback that does with each connection what the test says, and a tenant that asks it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::ProfileOverrides;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::ApiError;
use cxda_ports::webhook::WebhookRelay;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::bench::{START, action_body, config, id, key};

/// Long enough for anything on loopback, short enough to be waited for.
pub(crate) const SOON: Duration = Duration::from_millis(100);
/// Stands in for the secret in every request.
pub(crate) const CANARY: &str = "canary-token";
/// The action `a`.
pub(crate) const ACTION: &str = r#"{"id":"a","name":"n"}"#;

/// What a server saw.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    connections: usize,
    requests: Vec<String>,
    bytes: usize,
}

/// A server; dropped, it serves no longer.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
    serving: JoinHandle<()>,
}

/// One connection, as its server has it.
pub(crate) struct Line<S> {
    pub(crate) stream: S,
    /// Which of the server's connections it is, from 1 on.
    pub(crate) nth: usize,
    ledger: Arc<Mutex<Ledger>>,
    unread: Vec<u8>,
}

impl Peer {
    /// A server that does `serve` with every connection.
    pub(crate) async fn start<F>(serve: impl Fn(Line<TcpStream>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, serve)
    }

    /// The same where the kernel holds few bytes that were not read.
    pub(crate) fn start_narrow<F>(serve: impl Fn(Line<TcpStream>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2_048).unwrap();
        socket.set_send_buffer_size(16_384).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self::on(socket.listen(64).unwrap(), serve)
    }

    fn on<F>(listener: TcpListener, serve: impl Fn(Line<TcpStream>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let kept = Arc::clone(&ledger);
        let serving = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            for nth in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                kept.lock().unwrap().connections = nth;
                let line = Line {
                    stream,
                    nth,
                    ledger: Arc::clone(&kept),
                    unread: Vec::new(),
                };
                lines.spawn(serve(line));
            }
        });
        Self {
            address,
            ledger,
            serving,
        }
    }

    /// A server that answers every request with `answer` and then closes the connection.
    pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut line| {
            let answer = answer.clone();
            async move {
                line.request().await;
                line.say(answer).await;
            }
        })
        .await
    }

    /// A server that should never hear of anything.
    pub(crate) async fn canary() -> Self {
        Self::start(|mut line| async move { drop(line.rest().await) }).await
    }

    /// Its base URL over plain http.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, each with its body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.ledger.lock().unwrap().requests.clone()
    }

    /// How many requests there were by the method of `ask`.
    pub(crate) fn requests_of(&self, ask: Ask) -> usize {
        let method = match ask {
            Ask::Read => "GET ",
            Ask::Create | Ask::Relay => "POST ",
            Ask::Delete => "DELETE ",
        };
        let requests = self.requests();
        let asked = requests.iter().filter(|text| text.starts_with(method));
        asked.count()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.ledger.lock().unwrap().connections
    }

    /// How many bytes it was sent, as far as it read, or how many it sent where it poured them.
    pub(crate) fn bytes(&self) -> usize {
        self.ledger.lock().unwrap().bytes
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// The same connection over what `layer` makes of its stream; `None` where it makes nothing of it.
    pub(crate) async fn through<T, E>(
        self,
        layer: impl AsyncFnOnce(S) -> Result<T, E>,
    ) -> Option<Line<T>> {
        Some(Line {
            stream: layer(self.stream).await.ok()?,
            nth: self.nth,
            ledger: self.ledger,
            unread: self.unread,
        })
    }

    /// The next request with its body; `None` where the client hung up.
    pub(crate) async fn request(&mut self) -> Option<String> {
        self.read_until(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let head = text.find("\r\n\r\n")? + 4;
            let length = text[..head]
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            Some(head + length.map_or(0, |length| length.parse().unwrap()))
        })
        .await
    }

    /// The head of the next request; its body is left unread.
    pub(crate) async fn head(&mut self) -> Option<String> {
        let end = |bytes: &[u8]| bytes.windows(4).position(|at| at == b"\r\n\r\n");
        self.read_until(|bytes| Some(end(bytes)? + 4)).await
    }

    async fn read_until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> Option<String> {
        loop {
            if let Some(end) = end(&self.unread).filter(|end| *end <= self.unread.len()) {
                let request: Vec<u8> = self.unread.drain(..end).collect();
                let request = String::from_utf8(request).unwrap();
                self.note(&request);
                return Some(request);
            }
            let mut part = [0; 1_024];
            let length = self.stream.read(&mut part).await.unwrap_or(0);
            if length == 0 {
                return None;
            }
            self.ledger.lock().unwrap().bytes += length;
            self.unread.extend_from_slice(&part[..length]);
        }
    }

    /// Puts a request on record.
    pub(crate) fn note(&self, request: &str) {
        self.ledger
            .lock()
            .unwrap()
            .requests
            .push(request.to_owned());
    }

    /// Sends `bytes`; the client may hang up before it has them all.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()).await);
    }

    /// Sends `part` again and again until the client hangs up, and counts the bytes.
    pub(crate) async fn pour(&mut self, part: &[u8]) {
        while self.stream.write_all(part).await.is_ok() {
            self.ledger.lock().unwrap().bytes += part.len();
            // So that the client, on the same thread, has its turn.
            tokio::task::yield_now().await;
        }
    }

    /// Everything that comes until the client hangs up.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.unread);
        let mut part = [0; 1_024];
        while let Ok(length @ 1..) = self.stream.read(&mut part).await {
            self.ledger.lock().unwrap().bytes += length;
            rest.extend_from_slice(&part[..length]);
        }
        rest
    }
}

impl Line<TcpStream> {
    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }
}

/// An answer of status 200 with this JSON, on a connection that stays open.
pub(crate) fn ok(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn ready_token() -> Credentials {
    Credentials::Bearer {
        token: SecretText::new(CANARY),
    }
}

/// A tenant at `base` with time enough for whatever ends by itself, on a busy machine too.
pub(crate) fn tenant(base: &str) -> HttpTenant {
    tenant_with(base, ready_token(), |timeouts| {
        timeouts.request = Duration::from_mins(1);
    })
}

pub(crate) fn tenant_with(
    base: &str,
    credentials: Credentials,
    change: impl Fn(&mut Timeouts),
) -> HttpTenant {
    let config = config_with(base, credentials, change);
    HttpTenant::new(
        config,
        clock(),
        Arc::new(FixedJitter::NONE),
        Arc::new(NeverStops),
    )
    .unwrap()
}

pub(crate) fn config_with(
    base: &str,
    credentials: Credentials,
    change: impl Fn(&mut Timeouts),
) -> HttpConfig {
    let auth = AuthConfig::new(credentials);
    let mut config = config(base, &ProfileOverrides::default(), auth);
    change(&mut config.timeouts);
    config
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(START))
}

/// What is asked of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A GET.
    Read,
    /// A POST under an idempotency key.
    Create,
    /// A DELETE.
    Delete,
    /// A POST that is never sent again once it may have arrived.
    Relay,
}

impl Ask {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Create, Self::Delete, Self::Relay];

    /// How many attempts it took.
    pub(crate) async fn of(self, tenant: &HttpTenant) -> Result<u32, ApiError> {
        let cost = match self {
            Self::Read => ActionsApi::read(tenant, &id("a")).await?.cost,
            Self::Create => {
                let body = action_body("score");
                ActionsApi::create(tenant, &body, &key("k")).await?.cost
            }
            Self::Delete => ActionsApi::delete(tenant, &id("a")).await?.cost,
            Self::Relay => tenant.relay("https://a.example", "{}").await?.cost,
        };
        Ok(cost.attempts)
    }

    /// The error that it ends with, which shows no secret.
    pub(crate) async fn fails(self, tenant: &HttpTenant) -> ApiError {
        let error = self.of(tenant).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        error
    }
}

/// The name of the action `a`, as the tenant shows it.
pub(crate) async fn name_of(tenant: &HttpTenant) -> Result<String, ApiError> {
    let read = ActionsApi::read(tenant, &id("a")).await;
    read.map(|answer| answer.value.value.name)
}
