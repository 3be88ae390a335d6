//! The simulated tenant: what it answers to one request after another.
//!
//! It knows neither sockets nor waiting; time comes in with each request.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_ports::ids::IdSource;

use crate::auth::Tokens;
use crate::config::SimConfig;
use crate::faults::{FaultScript, Mishap};
use crate::limit::SlidingWindow;
use crate::log::RequestLog;
use crate::message::{Answer, Request};
use crate::router::{Found, Router};
use crate::routes;
use crate::state::SimState;

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The wall clock, for what is stored and shown.
    pub(crate) now: UtcMillis,
    /// The clock that never goes back, for tokens and the rate limit.
    pub(crate) elapsed: Duration,
}

/// A simulated tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) config: SimConfig,
    pub(crate) state: SimState,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) tokens: Tokens,
    pub(crate) faults: FaultScript,
    pub(crate) log: RequestLog,
    router: Router,
    window: Option<SlidingWindow>,
    changes: u64,
}

/// What is decided about a request before the tenant carries it out.
#[derive(Debug)]
pub(crate) struct Reception {
    /// Its number in the log.
    pub(crate) number: u64,
    /// What goes wrong with it.
    pub(crate) mishap: Mishap,
}

impl Tenant {
    /// A tenant that holds `state`.
    pub(crate) fn new(config: SimConfig, state: SimState, ids: Arc<dyn IdSource>) -> Self {
        Self {
            router: Router::new(&config.profile.paths),
            window: config.rate_limit.map(SlidingWindow::new),
            log: RequestLog::new(config.log_entries),
            tokens: Tokens::default(),
            faults: FaultScript::none(),
            changes: 0,
            config,
            state,
            ids,
        }
    }

    /// How often the state was changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Notes that the state was changed.
    pub(crate) fn changed(&mut self) {
        self.changes += 1;
    }

    /// The answer to a look inside, which is neither logged nor limited; `None` where `request` is no such look.
    pub(crate) fn inspect(&self, request: &Request) -> Option<Answer> {
        routes::inspect::answer(self, request)
    }

    /// Logs a request and says what goes wrong with it.
    pub(crate) fn receive(&mut self, request: &Request, at: UtcMillis) -> Reception {
        let operation = match self.router.find(&request.method, &request.path) {
            Found::Operation(operation, _) => Some(operation),
            Found::OtherMethod | Found::Nothing => None,
        };
        Reception {
            number: self.log.note(request, operation, at),
            mishap: self.faults.strike(operation),
        }
    }

    /// Carries out a request.
    pub(crate) fn answer(&mut self, request: &Request, moment: Moment) -> Answer {
        self.state.sweep(moment.now);
        let (operation, id) = match self.router.find(&request.method, &request.path) {
            Found::Operation(operation, id) => (operation, id),
            Found::OtherMethod => {
                return Answer::problem(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method is not allowed here",
                );
            }
            Found::Nothing => return Answer::not_found("path"),
        };
        if operation == Operation::Token {
            let fresh = self.ids.fresh();
            return self
                .tokens
                .issue(request, &self.config, &fresh, moment.elapsed);
        }
        if let Err(refusal) = self.admit(request, operation, moment) {
            return refusal;
        }
        self.carry_out(operation, &id, request, moment)
    }

    fn admit(
        &mut self,
        request: &Request,
        operation: Operation,
        moment: Moment,
    ) -> Result<(), Answer> {
        let scope = self.config.profile.scopes.needed_by(operation);
        self.tokens.check(request, scope, moment.elapsed)?;
        let Some(window) = &mut self.window else {
            return Ok(());
        };
        window.admit(moment.elapsed).map_err(|wait| {
            Answer::problem(StatusCode::TOO_MANY_REQUESTS, "too many requests").retry_after(wait)
        })
    }

    fn carry_out(
        &mut self,
        operation: Operation,
        id: &str,
        request: &Request,
        moment: Moment,
    ) -> Answer {
        use routes::{actions, tables, views, webhooks};
        match operation {
            // Answered before a token is asked for.
            Operation::Token => Answer::not_found("path"),
            Operation::ListTables => tables::list(self, request),
            Operation::GetTable => tables::get(self, id),
            Operation::ListViews => views::list(self, request, moment),
            Operation::GetView => views::get(self, id, moment),
            Operation::CreateView => views::create(self, request, moment),
            Operation::ReplaceView => views::replace(self, id, request, moment),
            Operation::DeleteView => views::delete(self, id),
            Operation::BuildIndexes => views::build_indexes(self, id, moment),
            Operation::RelayWebhook => webhooks::relay(self, request, moment),
            Operation::ListActions => actions::list(self, request, moment),
            Operation::GetAction => actions::get(self, id, moment),
            Operation::CreateAction => actions::create(self, request, moment),
            Operation::ReplaceAction => actions::replace(self, id, request, moment),
            Operation::DeleteAction => actions::delete(self, id, moment),
            Operation::TestAction => actions::test(self, id, request),
        }
    }
}
