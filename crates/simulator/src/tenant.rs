//! The simulated tenant: what it answers to one request after another.
//!
//! It knows neither sockets nor waiting; time comes in with each request.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use cxda_adapters_memory::collection::NameRule;
use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_ports::ids::IdSource;
use cxda_ports::script::ScriptRun;

use crate::auth::Tokens;
use crate::config::{KeyHabit, SimConfig};
use crate::faults::{Call, FaultScript, Mishap};
use crate::keys::KeyBook;
use crate::limit::SlidingWindow;
use crate::log::{IDEMPOTENCY_KEY, RequestLog};
use crate::message::{Answer, Request};
use crate::receiver::Receivers;
use crate::router::{Found, Router};
use crate::routes;
use crate::state::SimState;
use crate::subject;

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
    /// How it behaves now.
    pub(crate) config: SimConfig,
    /// How it behaves where the fault script says nothing else.
    configured: SimConfig,
    configured_names: NameRule,
    pub(crate) state: SimState,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) tokens: Tokens,
    pub(crate) keys: KeyBook,
    pub(crate) log: RequestLog,
    pub(crate) receivers: Receivers,
    faults: FaultScript,
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

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It is answered so.
    Answer(Answer),
    /// A script must run first, and the answer is what comes of it. No tenant waits for that.
    Script(ScriptRun),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Whether a request must still show a token and keep to the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It must.
    Asked,
    /// It did so before.
    Granted,
}

impl Tenant {
    /// A tenant that holds `state`.
    pub(crate) fn new(config: SimConfig, state: SimState, ids: Arc<dyn IdSource>) -> Self {
        Self {
            router: Router::new(&config.profile.paths),
            window: config.rate_limit.map(SlidingWindow::new),
            log: RequestLog::new(config.log_entries),
            receivers: Receivers::default(),
            tokens: Tokens::default(),
            keys: KeyBook::default(),
            faults: FaultScript::none(),
            changes: 0,
            configured: config.clone(),
            configured_names: state.name_rule(),
            config,
            state,
            ids,
        }
    }

    /// Puts another fault script in place, and the habits that it gives.
    pub(crate) fn set_faults(&mut self, faults: FaultScript) {
        let config = faults.tenant().applied_to(&self.configured);
        if config.rate_limit != self.config.rate_limit {
            self.window = config.rate_limit.map(SlidingWindow::new);
        }
        self.router = Router::new(&config.profile.paths);
        let names = faults.tenant().name_rule().unwrap_or(self.configured_names);
        self.state.set_name_rule(names);
        self.config = config;
        self.faults = faults;
    }

    /// How often the state was changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Notes that the state was changed.
    pub(crate) fn changed(&mut self) {
        self.changes += 1;
    }

    /// The answer to what is no part of the API and not limited: a look inside, or a delivery to a receiver of webhooks; `None`
    /// where `request` is neither.
    pub(crate) fn answer_aside(&mut self, request: &Request, at: UtcMillis) -> Option<Answer> {
        routes::receivers::answer(self, request, at)
            .or_else(|| routes::inspect::answer(self, request))
    }

    /// Logs a request and says what goes wrong with it.
    pub(crate) fn receive(&mut self, request: &Request, at: UtcMillis) -> Reception {
        let found = self.operation_of(request);
        let operation = found.as_ref().map(|(operation, _)| *operation);
        let subject = self.subject(found, request);
        let subject = &subject;
        Reception {
            number: self.log.note(request, operation, at),
            mishap: self.faults.strike(Call { operation, subject }),
        }
    }

    /// Whether a fault may answer a request before its body is read.
    pub(crate) fn may_answer_early(&self) -> bool {
        self.faults.may_answer_early()
    }

    /// Looks at a request without its body; logs it where a fault answers it, and gives its number and the status.
    pub(crate) fn receive_early(
        &mut self,
        head: &Request,
        at: UtcMillis,
    ) -> Option<(u64, StatusCode)> {
        let found = self.operation_of(head);
        let operation = found.as_ref().map(|(operation, _)| *operation);
        let subject = self.subject(found, head);
        let subject = &subject;
        let status = self.faults.strike_early(Call { operation, subject })?;
        Some((self.log.note(head, operation, at), status))
    }

    /// What a request asks for, and the decoded `{id}` of its path; `None` where no path matches.
    pub(crate) fn operation_of(&self, request: &Request) -> Option<(Operation, String)> {
        match self.router.find(&request.method, &request.path) {
            Found::Operation(operation, id) => Some((operation, id)),
            Found::OtherMethod | Found::Nothing => None,
        }
    }

    /// What a request is about, where a fault asks for it.
    fn subject(&self, found: Option<(Operation, String)>, request: &Request) -> Vec<String> {
        match found.filter(|_| self.faults.asks_for_names()) {
            Some((operation, id)) => subject::names(&self.state, operation, &id, request),
            None => Vec::new(),
        }
    }

    /// Carries out a request.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        admission: Admission,
        moment: Moment,
    ) -> Reply {
        self.state.sweep(moment.now);
        let (operation, id) = match self.router.find(&request.method, &request.path) {
            Found::Operation(operation, id) => (operation, id),
            Found::OtherMethod => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                return Answer::problem(status, "method is not allowed here").into();
            }
            Found::Nothing => return Answer::not_found("path").into(),
        };
        if operation == Operation::Token {
            let fresh = self.ids.fresh();
            return self
                .tokens
                .issue(request, &self.config, &fresh, moment.elapsed)
                .into();
        }
        if admission == Admission::Asked
            && let Err(refusal) = self.admit(request, operation, moment)
        {
            return refusal.into();
        }
        if let Some(saved) = self.saved_error(request) {
            return saved.into();
        }
        if operation == Operation::TestAction {
            return routes::actions::test(self, &id, request, moment)
                .map_or_else(Reply::Answer, Reply::Script);
        }
        self.carry_out(operation, &id, request, moment).into()
    }

    /// Whether a request may be carried out, later and without being asked again.
    pub(crate) fn admits(&mut self, request: &Request, moment: Moment) -> bool {
        match self.operation_of(request) {
            Some((Operation::Token, _)) | None => false,
            Some((operation, _)) => self.admit(request, operation, moment).is_ok(),
        }
    }

    /// The first page of the listing that `request` asks a page of; `None` where it asks for no listing.
    pub(crate) fn first_page(&mut self, request: &Request, moment: Moment) -> Option<Answer> {
        let (operation, id) = self.operation_of(request)?;
        let lists = matches!(
            operation,
            Operation::ListTables | Operation::ListViews | Operation::ListActions
        );
        let first = request.without_parameters(&["page", "pageToken"]);
        lists.then(|| self.carry_out(operation, &id, &first, moment))
    }

    /// Has the key of `request` be answered with `error` from now on, where that is this tenant's habit.
    pub(crate) fn save_error(&mut self, request: &Request, error: &Answer) {
        if self.config.idempotency == KeyHabit::ReplayingErrors
            && error.status.is_server_error()
            && let Some(key) = request.header(IDEMPOTENCY_KEY)
        {
            self.keys.save_error(key, error.clone());
        }
    }

    fn saved_error(&self, request: &Request) -> Option<Answer> {
        if self.config.idempotency != KeyHabit::ReplayingErrors {
            return None;
        }
        let key = request.header(IDEMPOTENCY_KEY)?;
        self.keys.saved_error(key).cloned()
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
            // These two are dealt with before.
            Operation::Token | Operation::TestAction => Answer::not_found("path"),
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
        }
    }
}
