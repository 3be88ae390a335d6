//! A simulated tenant that is put together, and then served over HTTP.
//!
//! It decides nothing about the API itself: that is the tenant's. What goes wrong is decided where a request is dealt with.

mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use cxda_ports::clock::Clock;
use cxda_ports::ids::IdSource;
use cxda_ports::script::ScriptRunner;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{Exposure, SimConfig};
use crate::connection::{Grip, OutageListener};
use crate::faults::FaultScript;
use crate::in_process::InProcess;
use crate::log::LogEntry;
use crate::serving::Serving;
use crate::sink::StateSink;
use crate::state::SimState;
use crate::tenant::Tenant;

/// A simulated tenant that is not served yet.
#[derive(Debug)]
pub struct Simulator {
    tenant: Tenant,
    clock: Arc<dyn Clock>,
    scripts: Arc<dyn ScriptRunner>,
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
    serving: Arc<Serving>,
    server: JoinHandle<()>,
    /// Dropped, it ends the connections that are idle.
    _open: oneshot::Sender<()>,
}

impl Simulator {
    /// A tenant that behaves as `config` says and holds `state`; time, ids and what runs scripts come from outside.
    ///
    /// `ids` must not repeat an id that `state` holds: a state that is kept needs random ones.
    pub fn new(
        config: SimConfig,
        state: SimState,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        scripts: Arc<dyn ScriptRunner>,
    ) -> Self {
        Self {
            tenant: Tenant::new(config, state, ids),
            clock,
            scripts,
            sink: None,
        }
    }

    /// The same, with every change kept in `sink` before it is answered.
    #[must_use]
    pub fn with_sink(mut self, sink: Arc<dyn StateSink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// The same, with faults, and with the habits that the script gives the tenant.
    #[must_use]
    pub fn with_faults(mut self, faults: FaultScript) -> Self {
        self.tenant.set_faults(faults);
        self
    }

    /// Serves without a socket: requests and answers are values.
    ///
    /// It needs a runtime to be asked in, and no thread of its own unless it has a sink.
    pub fn in_process(self) -> InProcess {
        InProcess::new(Arc::new(self.serving()))
    }

    fn serving(self) -> Serving {
        Serving::new(self.tenant, self.clock, self.scripts, self.sink)
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
        let serving = Arc::new(self.serving());
        let clock = Arc::clone(serving.clock());
        let listener = OutageListener::bind(address, clock, serving.outage())
            .await
            .map_err(bind)?;
        let address = listener.address();
        let service = Router::new()
            .fallback(socket::respond)
            .with_state(Arc::clone(&serving))
            .into_make_service_with_connect_info::<Grip>();
        let (open, closed) = oneshot::channel::<()>();
        let serve = axum::serve(listener, service)
            // The other end is never used, only dropped.
            .with_graceful_shutdown(async { drop(closed.await) });
        let server = tokio::spawn(async {
            // Serving ends by being aborted, never by itself.
            drop(serve.await);
        });
        Ok(Running {
            address,
            serving,
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
        self.serving.log()
    }

    /// What the tenant holds now.
    pub fn state(&self) -> SimState {
        self.serving.state()
    }

    /// Puts another fault script in place; its rules count from here, and of the habits of the former none is left.
    pub fn set_faults(&self, faults: FaultScript) {
        self.serving.set_faults(faults);
    }

    /// Makes every token invalid that is out.
    pub fn revoke_tokens(&self) {
        self.serving.revoke_tokens();
    }

    /// Forgets every idempotency key, as a server does when their time is over.
    pub fn forget_keys(&self) {
        self.serving.forget_keys();
    }

    /// Stops and returns what the tenant holds; what was answered is in it, and nothing is added to it later.
    ///
    /// Requests under way are not waited for.
    pub async fn stop(mut self) -> SimState {
        self.serving.close();
        self.server.abort();
        // The task ends by being aborted; there is nothing to learn from that.
        drop((&mut self.server).await);
        self.state()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.close();
        self.server.abort();
    }
}
