//! Runs a case: all its calls through the adapter, on virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::{ApiProfile, Idempotency, ProfileOverrides};
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::address::ResourceKind;
use cxda_domain::key::EntityTag;
use cxda_domain::observed::{Document, ObservedResource, Versioned};
use cxda_domain::projection::Projection;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::{ActionsApi, Deleted};
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::ids::Jitter;
use cxda_ports::views::{TablesApi, ViewsApi};
use cxda_ports::webhook::WebhookRelay;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bench::{START, action_body, id, key, view_body};
use crate::laws::case::{Case, Keys, Kind};
use crate::laws::ledger::{Ended, Ledger, Outcome};
use crate::laws::tenant::{CALL, CANARY, Tenant, name, table};

/// After how much virtual time a case is taken to hang.
const ENDLESS: Duration = Duration::from_hours(1);

/// Fractions that repeat.
#[derive(Debug)]
struct Cycle {
    fractions: Vec<f64>,
    next: AtomicUsize,
}

impl Jitter for Cycle {
    fn fraction(&self) -> f64 {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.fractions[next % self.fractions.len()]
    }
}

/// Runs `case` to its end.
pub(crate) fn run(case: &Arc<Case>) -> Ledger<'_> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let clock = runtime.block_on(async { Arc::new(RuntimeClock::starting_at(START)) });
    let model = Arc::new(Tenant::new(Arc::clone(case), Arc::clone(&clock)));
    let http = Arc::new(adapter(case, &model, &clock));
    let (ended, complete) = runtime.block_on(async {
        let mut calls = JoinSet::new();
        for number in 0..case.calls.len() {
            let (case, http, clock) = (Arc::clone(case), Arc::clone(&http), Arc::clone(&clock));
            calls.spawn(CALL.scope(number, async move {
                (number, carry_out(&case, number, &http, &*clock).await)
            }));
        }
        let mut ended = Vec::new();
        let all = timeout(ENDLESS, async {
            while let Some(one) = calls.join_next().await {
                ended.push(one.unwrap());
            }
        });
        let complete = all.await.is_ok();
        ended.sort_by_key(|(number, _)| *number);
        let ended: Vec<Ended> = ended.into_iter().map(|(_, ended)| ended).collect();
        (ended, complete)
    });
    drop(runtime);
    let (sent, resources) = model.into_ledger();
    Ledger {
        case,
        sent,
        ended,
        resources,
        complete,
    }
}

fn adapter(case: &Case, model: &Arc<Tenant>, clock: &Arc<RuntimeClock>) -> HttpTenant {
    let overrides = ProfileOverrides {
        rate_limit: Some(case.limit),
        idempotency: (case.keys == Keys::Absent).then_some(Idempotency::None),
        ..ProfileOverrides::default()
    };
    let config = HttpConfig {
        tenant: "model".into(),
        base_url: BaseUrl::parse("https://tenant.example", PlainHttp::Refused).unwrap(),
        auth: AuthConfig::new(Credentials::ClientCredentials {
            client_id: SecretText::new("client"),
            client_secret: SecretText::new(CANARY),
            style: None,
        }),
        profile: ApiProfile::named("cxone-v2")
            .unwrap()
            .with(&overrides)
            .unwrap(),
        timeouts: Timeouts::DEFAULT,
        user_agent: "cxda-test".into(),
    };
    let jitter = Cycle {
        fractions: case.jitter.clone(),
        next: AtomicUsize::new(0),
    };
    let (model, clock) = (Arc::clone(model), Arc::clone(clock));
    HttpTenant::over(model, config, clock, Arc::new(jitter), Arc::new(NeverStops)).unwrap()
}

async fn carry_out(case: &Case, number: usize, http: &HttpTenant, clock: &dyn Clock) -> Ended {
    let call = &case.calls[number];
    clock.wait(Duration::from_secs(call.begins)).await;
    let began = clock.elapsed();
    let patience = call.dropped_after.map_or(ENDLESS, Duration::from_secs);
    let (attempts, outcome) = match timeout(patience, perform(http, call.kind, number)).await {
        Ok(Ok(answer)) => (answer.cost.attempts, answer.value),
        Ok(Err(error)) => (error.cost.attempts, Outcome::Failed(error)),
        Err(_) => (0, Outcome::Dropped),
    };
    Ended {
        began,
        attempts,
        outcome,
    }
}

/// One call of a port.
async fn perform(
    http: &HttpTenant,
    kind: Kind,
    number: usize,
) -> Result<Answer<Outcome>, ApiError> {
    let own = id(&format!("r{number}"));
    let name = name(number);
    let key = key(&format!("k{number}"));
    let (actions, views): (&dyn ActionsApi, &dyn ViewsApi) = (http, http);
    match kind {
        Kind::GetAction => done(actions.read(&own).await),
        Kind::GetView => done(views.read(&own).await),
        Kind::GetTable => done(TablesApi::read(http, table(number).parse().unwrap()).await),
        Kind::ListActions => done(actions.list(None).await),
        Kind::ListViews => done(views.list(None).await),
        Kind::ListTables => done(TablesApi::list(http, None).await),
        Kind::CreateAction => done(actions.create(&action_body(&name), &key).await),
        Kind::CreateView => done(views.create(&view_body(&name), &key).await),
        Kind::ReplaceAction | Kind::OverwriteAction => {
            let current = shown(number, ResourceKind::Action, kind);
            done(actions.replace(&current, &action_body(&name)).await)
        }
        Kind::ReplaceView | Kind::OverwriteView => {
            let current = shown(number, ResourceKind::View, kind);
            done(views.replace(&current, &view_body(&name)).await)
        }
        Kind::DeleteAction => deleted(actions.delete(&own).await),
        Kind::DeleteView => deleted(views.delete(&own).await),
        Kind::BuildIndexes => done(views.build_indexes(&own).await),
        Kind::Relay => {
            let url = format!("https://receiver.example/{number}");
            done(http.relay(&url, "{}").await)
        }
        Kind::Test => done(actions.test(&own, "{}").await),
    }
}

fn done<T>(answer: Result<Answer<T>, ApiError>) -> Result<Answer<Outcome>, ApiError> {
    answer.map(|answer| Answer {
        value: Outcome::Done,
        cost: answer.cost,
    })
}

fn deleted(answer: Result<Answer<Deleted>, ApiError>) -> Result<Answer<Outcome>, ApiError> {
    answer.map(|answer| Answer {
        value: match answer.value {
            Deleted::Gone => Outcome::Done,
            Deleted::AlreadyAbsent => Outcome::AlreadyAbsent,
        },
        cost: answer.cost,
    })
}

/// The resource of a call as it was read before.
fn shown(number: usize, kind: ResourceKind, call: Kind) -> Versioned<ObservedResource> {
    let conditional = matches!(call, Kind::ReplaceAction | Kind::ReplaceView);
    let name = format!("n{number}");
    let document = format!(r#"{{"id":"r{number}","name":"{name}"}}"#);
    Versioned {
        value: ObservedResource {
            kind,
            id: id(&format!("r{number}")),
            name,
            status: None,
            fields: Projection::new(serde_json::Map::new()),
            document: Document::new(document),
        },
        tag: conditional.then(|| EntityTag::new("\"read\"")),
    }
}
