//! A tenant served by the simulator, and the adapter that speaks to it; both on one virtual clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::{ApiProfile, ProfileOverrides};
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::{FixedJitter, SequentialIds};
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::body::{ActionBody, SourceBody, ViewBody};
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::{IdempotencyKey, ResourceId};
use cxda_domain::request::Operation;
use cxda_domain::secret::SecretText;
use cxda_domain::view::ColumnProjection;
use cxda_ports::actions::ActionsApi;
use cxda_ports::views::{TablesApi, ViewsApi};
use cxda_simulator::config::SimConfig;
use cxda_simulator::faults::FaultScript;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{LogEntry, NameRule, Running, SimState, Simulator};

/// 2024-01-01T00:00:00Z.
pub(crate) const START: UtcMillis = UtcMillis::from_epoch_millis(1_704_067_200_000);
pub(crate) const CLIENT_SECRET: &str = "canary-client-secret";

/// What a test changes about tenant and adapter before both begin.
pub(crate) struct Setup {
    pub(crate) sim: SimConfig,
    pub(crate) state: SimState,
    pub(crate) faults: String,
    pub(crate) overrides: ProfileOverrides,
    pub(crate) auth: AuthConfig,
}

pub(crate) struct Bench {
    pub(crate) sim: Running,
    pub(crate) tenant: Arc<HttpTenant>,
    pub(crate) clock: Arc<ManualClock>,
}

pub(crate) fn client_credentials() -> AuthConfig {
    AuthConfig::new(Credentials::ClientCredentials {
        client_id: SecretText::new("client"),
        client_secret: SecretText::new(CLIENT_SECRET),
        style: None,
    })
}

impl Setup {
    pub(crate) fn new() -> Self {
        let mut sim = SimConfig::new(SimProfile::named(ProfileName::CxoneV2));
        sim.rate_limit = None;
        Self {
            sim,
            state: SimState::fresh(NameRule::Unique),
            faults: String::new(),
            overrides: ProfileOverrides::default(),
            auth: client_credentials(),
        }
    }

    /// With these rules of a fault script.
    pub(crate) fn faults(mut self, rules: &str) -> Self {
        self.faults = format!(r#"{{"formatVersion":"1.0","rules":[{rules}]}}"#);
        self
    }

    /// With so many actions, `action-0` and so on, whose ids are their names.
    pub(crate) fn actions(mut self, count: usize) -> Self {
        for index in 0..count {
            let name = format!("action-{index}");
            let members = format!(r#"{{"name":"{name}","extra":1.10}}"#);
            self.state.seed_action(&name, &members, START).unwrap();
        }
        self
    }

    /// With so many views, `view-0` and so on, whose ids are their names.
    pub(crate) fn views(mut self, count: usize) -> Self {
        for index in 0..count {
            let name = format!("view-{index}");
            let members = format!(r#"{{"name":"{name}","extra":1.10}}"#);
            self.state.seed_view(&name, &members, START).unwrap();
        }
        self
    }

    pub(crate) async fn start(self) -> Bench {
        let clock = Arc::new(ManualClock::starting_at(START));
        let faults = match self.faults.as_str() {
            "" => FaultScript::none(),
            text => FaultScript::from_json(text).unwrap(),
        };
        let ids = Arc::new(SequentialIds::new());
        let sim = Simulator::new(
            self.sim,
            self.state,
            Arc::<ManualClock>::clone(&clock),
            ids,
            Arc::new(MemoryScripts::new()),
        )
        .with_faults(faults);
        let sim = sim
            .start(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let config = config(&sim.base_url(), &self.overrides, self.auth);
        let tenant = HttpTenant::new(
            config,
            Arc::<ManualClock>::clone(&clock),
            Arc::new(FixedJitter::HALF),
            Arc::new(NeverStops),
        )
        .unwrap();
        Bench {
            sim,
            tenant: Arc::new(tenant),
            clock,
        }
    }
}

pub(crate) fn config(base: &str, overrides: &ProfileOverrides, auth: AuthConfig) -> HttpConfig {
    HttpConfig {
        tenant: "test".into(),
        base_url: BaseUrl::parse(base, PlainHttp::Loopback).unwrap(),
        auth,
        profile: ApiProfile::named("cxone-v2")
            .unwrap()
            .with(overrides)
            .unwrap(),
        timeouts: Timeouts {
            request: Duration::from_secs(5),
            ..Timeouts::DEFAULT
        },
        user_agent: "cxda-test".into(),
    }
}

impl Bench {
    pub(crate) fn actions(&self) -> &dyn ActionsApi {
        &*self.tenant
    }

    pub(crate) fn views(&self) -> &dyn ViewsApi {
        &*self.tenant
    }

    pub(crate) fn tables(&self) -> &dyn TablesApi {
        &*self.tenant
    }

    /// What the tenant was sent of `operation`.
    pub(crate) fn sent(&self, operation: Operation) -> Vec<LogEntry> {
        let entries = self.sim.log().into_iter();
        entries
            .filter(|entry| entry.operation == Some(operation))
            .collect()
    }

    /// The values of one header of what was sent of `operation`; `-` where it is missing.
    pub(crate) fn header(&self, operation: Operation, name: &str) -> Vec<String> {
        let value = |entry: &LogEntry| entry.headers.get(name).cloned().unwrap_or("-".into());
        self.sent(operation).iter().map(value).collect()
    }
}

pub(crate) fn action_body(name: &str) -> ActionBody {
    ActionBody {
        name: name.parse().unwrap(),
        description: "Scores customers".into(),
        script: SecretText::new("function main(context) { return 1; }"),
        enabled: None,
        dependencies: Vec::new(),
        cache: None,
        variables: None,
        dates: None,
    }
}

pub(crate) fn view_body(name: &str) -> ViewBody {
    ViewBody {
        name: name.parse().unwrap(),
        description: "Summarizes interactions".into(),
        source: SourceBody::Table(SimState::FRESH_TABLE_ID.parse().unwrap()),
        columns: vec![ColumnProjection {
            name: "customer_id".into(),
            alias: None,
            aggregation: None,
        }],
        interval_minutes: 15,
        auto_refresh: true,
        auto_indexes: false,
        custom_indexes: Vec::new(),
    }
}

pub(crate) fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text)
}
