//! One tenant being served, whatever carries the requests: it takes each one in, has it carried out and kept, and makes go wrong what
//! the fault script says.
//!
//! It knows no socket and decides nothing about the API itself: that is the tenant's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use cxda_ports::clock::Clock;
use cxda_ports::script::{ScriptRun, ScriptRunner};
use tokio::sync::watch;

use crate::faults::FaultScript;
use crate::keys::KeyBook;
use crate::log::LogEntry;
use crate::message::{Answer, Request};
use crate::routes::actions;
use crate::sink::StateSink;
use crate::state::SimState;
use crate::tenant::{Admission, Moment, Reply, Tenant};

mod delivery;
mod turn;

pub(crate) use self::delivery::{Delivery, Ending, body_refused, response};

/// The header that marks every answer of the simulator; its value is `1`.
pub const MARKER_HEADER: &str = "x-cxda-simulator";
/// The longest request body, in bytes.
pub(crate) const BODY_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// A tenant, and what its requests share.
#[derive(Debug)]
pub(crate) struct Serving {
    tenant: Mutex<Tenant>,
    clock: Arc<dyn Clock>,
    scripts: Arc<dyn ScriptRunner>,
    sink: Option<Arc<dyn StateSink>>,
    /// How many changes the sink has; held while it is at work, so what waits together is kept together.
    kept: tokio::sync::Mutex<u64>,
    closed: AtomicBool,
    /// Until when nobody is listening, by the clock that never goes back.
    outage: watch::Sender<Option<Duration>>,
}

impl Serving {
    /// Serves `tenant`, whose present state needs no keeping.
    pub(crate) fn new(
        tenant: Tenant,
        clock: Arc<dyn Clock>,
        scripts: Arc<dyn ScriptRunner>,
        sink: Option<Arc<dyn StateSink>>,
    ) -> Self {
        let kept = tenant.changes();
        Self {
            tenant: Mutex::new(tenant),
            clock,
            scripts,
            sink,
            kept: tokio::sync::Mutex::new(kept),
            closed: AtomicBool::new(false),
            outage: watch::Sender::new(None),
        }
    }

    /// The tenant, for one step.
    pub(crate) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        // The tenant is whole between any two of its statements that could panic.
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests so far, the oldest first.
    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.tenant().log.entries()
    }

    /// What the tenant holds now.
    pub(crate) fn state(&self) -> SimState {
        self.tenant().state.clone()
    }

    /// Puts another fault script in place.
    pub(crate) fn set_faults(&self, faults: FaultScript) {
        self.tenant().set_faults(faults);
    }

    /// Makes every token invalid that is out.
    pub(crate) fn revoke_tokens(&self) {
        self.tenant().tokens.revoke_all();
    }

    /// Forgets every idempotency key.
    pub(crate) fn forget_keys(&self) {
        let mut tenant = self.tenant();
        tenant.state.views.forget_keys();
        tenant.state.actions.forget_keys();
        tenant.keys = KeyBook::default();
    }

    /// Has nothing more be carried out.
    pub(crate) fn close(&self) {
        // Under the lock, so that whoever holds the tenant sees it either before or after.
        let _tenant = self.tenant();
        self.closed.store(true, Ordering::Release);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.clock.now(),
            elapsed: self.clock.elapsed(),
        }
    }

    /// Has nobody be listening for so long.
    fn begin_outage(&self, lasting: Duration) {
        let end = self.clock.elapsed().saturating_add(lasting);
        self.outage
            .send_modify(|until| *until = (*until).max(Some(end)));
    }

    /// Whether nobody is listening.
    pub(crate) fn is_out(&self) -> bool {
        let until = *self.outage.borrow();
        until.is_some_and(|until| self.clock.elapsed() < until)
    }

    /// Until when nobody is listening, by the clock that never goes back.
    pub(crate) fn outage(&self) -> watch::Receiver<Option<Duration>> {
        self.outage.subscribe()
    }

    /// Time and waiting.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Has the tenant carry out a request, and its changes kept.
    async fn carry_out(&self, request: &Request, admission: Admission) -> Answer {
        let (reply, changes) = {
            let mut tenant = self.tenant();
            if self.is_closed() {
                let message = "the simulator is stopping";
                return Answer::problem(StatusCode::SERVICE_UNAVAILABLE, message);
            }
            let reply = tenant.answer(request, admission, self.moment());
            (reply, tenant.changes())
        };
        let answer = match reply {
            Reply::Answer(answer) => answer,
            Reply::Script(run) => self.run_script(&run).await,
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

    /// The answer to a sandbox test that comes down to this run.
    async fn run_script(&self, run: &ScriptRun) -> Answer {
        match self.scripts.run(run).await {
            Ok(outcome) => actions::tested(outcome.end),
            Err(error) => {
                let source = &*error.source;
                tracing::error!(source, "{error}");
                Answer::problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
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
