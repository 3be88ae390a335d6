//! Serves a simulated tenant over HTTP, and makes go wrong what the fault script says.
//!
//! It decides nothing about the API itself: that is the tenant's.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use cxda_ports::clock::Clock;
use cxda_ports::ids::IdSource;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{Exposure, SimConfig};
use crate::connection::{CuttableListener, Cutter};
use crate::faults::{Break, Commitment, FaultScript};
use crate::log::LogEntry;
use crate::message::{Answer, Request};
use crate::sink::StateSink;
use crate::state::SimState;
use crate::tenant::{Moment, Tenant};

/// The header that marks every answer of the simulator; its value is `1`.
pub const MARKER_HEADER: &str = "x-cxda-simulator";
/// The header that names a request; its value is the request's number in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request body, in bytes.
const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// A simulated tenant that is not served yet.
#[derive(Debug)]
pub struct Simulator {
    tenant: Tenant,
    clock: Arc<dyn Clock>,
    sink: Option<Arc<dyn StateSink>>,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address, and no other is allowed.
    #[error("{address} is not a loopback address")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The operating system refused the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A simulated tenant that is being served.
///
/// Dropped, it is no longer served, as by [`Running::stop`].
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
    /// Dropped, it ends the connections that are idle.
    _open: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    tenant: Mutex<Tenant>,
    clock: Arc<dyn Clock>,
    sink: Option<Arc<dyn StateSink>>,
    /// How many changes the sink has; held while it is at work, so what waits together is kept together.
    kept: tokio::sync::Mutex<u64>,
    closed: AtomicBool,
}

/// What the client gets.
enum Reply {
    Whole(Answer),
    CutAfter(Answer, usize),
    Nothing,
}

impl Simulator {
    /// A tenant that behaves as `config` says and holds `state`; time and ids come from outside.
    ///
    /// `ids` must not repeat an id that `state` holds: a state that is kept needs random ones.
    pub fn new(
        config: SimConfig,
        state: SimState,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            tenant: Tenant::new(config, state, ids),
            clock,
            sink: None,
        }
    }

    /// The same, with every change kept in `sink` before it is answered.
    #[must_use]
    pub fn with_sink(mut self, sink: Arc<dyn StateSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// The same, with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: FaultScript) -> Self {
        self.tenant.faults = faults;
        self
    }

    /// Listens on `address`; port 0 lets the operating system pick one.
    ///
    /// # Errors
    ///
    /// - [`StartError::NotLoopback`] if the address is none, unless the exposure allows any.
    /// - [`StartError::Bind`] if the operating system refuses the address.
    pub async fn start(self, address: SocketAddr) -> Result<Running, StartError> {
        let exposure = self.tenant.config.exposure;
        if exposure == Exposure::LoopbackOnly && !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        let bind = |source| StartError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let kept = self.tenant.changes();
        let shared = Arc::new(Shared {
            tenant: Mutex::new(self.tenant),
            clock: self.clock,
            sink: self.sink,
            kept: tokio::sync::Mutex::new(kept),
            closed: AtomicBool::new(false),
        });
        let service = Router::new()
            .fallback(respond)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Cutter>();
        let (open, closed) = oneshot::channel::<()>();
        let serving = axum::serve(CuttableListener::new(listener), service)
            // The other end is never used, only dropped.
            .with_graceful_shutdown(async { drop(closed.await) });
        let server = tokio::spawn(async {
            // Serving ends by being aborted, never by itself.
            drop(serving.await);
        });
        Ok(Running {
            address,
            shared,
            server,
            _open: open,
        })
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the tenant, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, the oldest first, as far as the log keeps them.
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.tenant().log.entries()
    }

    /// What the tenant holds now.
    pub fn state(&self) -> SimState {
        self.shared.tenant().state.clone()
    }

    /// Puts another fault script in place; its rules count from here.
    pub fn set_faults(&self, faults: FaultScript) {
        self.shared.tenant().faults = faults;
    }

    /// Makes every token invalid that is out.
    pub fn revoke_tokens(&self) {
        self.shared.tenant().tokens.revoke_all();
    }

    /// Forgets every idempotency key, as a server does when their time is over.
    pub fn forget_keys(&self) {
        let mut tenant = self.shared.tenant();
        tenant.state.views.forget_keys();
        tenant.state.actions.forget_keys();
    }

    /// Stops and returns what the tenant holds; what was answered is in it, and nothing is added to it later.
    ///
    /// Requests under way are not waited for.
    pub async fn stop(mut self) -> SimState {
        self.shared.close();
        self.server.abort();
        // The task ends by being aborted; there is nothing to learn from that.
        drop((&mut self.server).await);
        self.state()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.close();
        self.server.abort();
    }
}

impl Shared {
    fn tenant(&self) -> MutexGuard<'_, Tenant> {
        // The tenant is whole between any two of its statements that could panic.
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        // Under the lock, so that whoever holds the tenant sees it either before or after.
        let _tenant = self.tenant();
        self.closed.store(true, Ordering::Release);
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.clock.now(),
            elapsed: self.clock.elapsed(),
        }
    }

    async fn reply(&self, request: &Request) -> Reply {
        let inspected = self.tenant().inspect(request);
        if let Some(answer) = inspected {
            return Reply::Whole(answer);
        }
        let reception = self.tenant().receive(request, self.clock.now());
        let mishap = reception.mishap;
        if !mishap.before.is_zero() {
            self.clock.wait(mishap.before).await;
        }
        let commitment = mishap
            .broken
            .as_ref()
            .map_or(Commitment::Committed, Break::commitment);
        let answer = match commitment {
            Commitment::Committed => self.carry_out(request).await,
            Commitment::Refused => Answer::empty(StatusCode::SERVICE_UNAVAILABLE),
        };
        if !mishap.after.is_zero() {
            self.clock.wait(mishap.after).await;
        }
        let mut reply = match mishap.broken {
            None => Reply::Whole(answer),
            Some(Break::Drop { .. }) => Reply::Nothing,
            Some(Break::Truncate { bytes }) => Reply::CutAfter(answer, bytes),
            Some(Break::Answer { scripted, .. }) => {
                let mut headers = scripted.headers;
                if !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
                    headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
                }
                let body = Bytes::from(scripted.body);
                Reply::Whole(Answer {
                    status: scripted.status,
                    headers,
                    body,
                })
            }
        };
        if let Reply::Whole(answer) | Reply::CutAfter(answer, _) = &mut reply {
            if answer.headers.iter().all(|(name, _)| name != REQUEST_ID) {
                let id = HeaderValue::from(reception.number);
                answer.headers.push((REQUEST_ID, id));
            }
            self.tenant().log.answered(reception.number, answer.status);
        }
        reply
    }

    /// Has the tenant carry out a request, and its changes kept.
    async fn carry_out(&self, request: &Request) -> Answer {
        let (answer, changes) = {
            let mut tenant = self.tenant();
            if self.closed.load(Ordering::Acquire) {
                let message = "the simulator is stopping";
                return Answer::problem(StatusCode::SERVICE_UNAVAILABLE, message);
            }
            let answer = tenant.answer(request, self.moment());
            (answer, tenant.changes())
        };
        if request.method == Method::GET {
            return answer;
        }
        match self.keep(changes).await {
            Ok(()) => answer,
            Err(error) => {
                tracing::error!(error, "the simulator's state could not be kept");
                let message = "the simulator's state could not be kept";
                Answer::problem(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        }
    }

    /// Returns when the sink has at least so many changes.
    async fn keep(&self, changes: u64) -> Result<(), String> {
        let Some(sink) = &self.sink else {
            return Ok(());
        };
        let mut kept = self.kept.lock().await;
        if *kept >= changes {
            return Ok(());
        }
        let (image, present) = {
            let tenant = self.tenant();
            (tenant.state.image(), tenant.changes())
        };
        let sink = Arc::clone(sink);
        let save = move || {
            sink.save(&image.to_json())
                .map_err(|error| error.to_string())
        };
        let saved = tokio::task::spawn_blocking(save).await;
        saved.map_err(|error| error.to_string())??;
        *kept = present;
        Ok(())
    }
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: HttpRequest,
) -> Response {
    let request = match read(request).await {
        Ok(request) => request,
        Err(answer) => return response(answer, Body::from),
    };
    // A task of its own: what a tenant was sent it carries out, also when the client hangs up meanwhile.
    let reply = tokio::spawn(async move { shared.reply(&request).await }).await;
    match reply {
        Ok(Reply::Whole(answer)) => response(answer, Body::from),
        Ok(Reply::CutAfter(answer, bytes)) => response(answer, |body| cut_after(&body, bytes)),
        Ok(Reply::Nothing) => {
            cutter.cut();
            Response::new(Body::empty())
        }
        Err(_) => {
            let message = "the simulator failed";
            response(
                Answer::problem(StatusCode::INTERNAL_SERVER_ERROR, message),
                Body::from,
            )
        }
    }
}

async fn read(request: HttpRequest) -> Result<Request, Answer> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT_BYTES).await.map_err(|_| {
        let message = "the body is longer than 8 MiB or broke off";
        Answer::problem(StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    Ok(Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    })
}

fn response(answer: Answer, send: impl FnOnce(Bytes) -> Body) -> Response {
    let length = answer.body.len();
    let mut response = Response::new(send(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        response.headers_mut().append(name, value);
    }
    let marker = HeaderName::from_static(MARKER_HEADER);
    response
        .headers_mut()
        .insert(marker, HeaderValue::from_static("1"));
    if length > 0 {
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// The first bytes of `body`, and then the end of the connection.
fn cut_after(body: &Bytes, bytes: usize) -> Body {
    let start = body.slice(..bytes.min(body.len()));
    Body::from_stream(stream::unfold(Some(start), |start| async {
        match start {
            Some(start) if !start.is_empty() => Some((Ok(start), None)),
            _ => {
                // Lets what came before be sent first.
                tokio::task::yield_now().await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
            }
        }
    }))
}
