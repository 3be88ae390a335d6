//! All of `cxda` below its commands, in memory and on virtual time: the use cases, the HTTP adapter, and the simulated tenant
//! asked without a socket.
//!
//! Time passes only while everybody waits, so an hour of waiting is over at once and every duration is exact.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cxda_adapters_fs::reader::{Format, read};
use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::{ApiProfile, ProfileOverrides};
use cxda_adapters_http::transport::{BodySize, Lost, Outgoing, Reply, Transport};
use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_adapters_memory::ids::{FixedJitter, SequentialIds};
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::progress::{MemoryProgress, Noted};
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_adapters_memory::secrets::MemorySecrets;
use cxda_adapters_memory::stop::ManualStop;
use cxda_domain::audit::Compliance;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::plan::PlanScope;
use cxda_domain::request::{Operation, RateLimit};
use cxda_domain::secret::SecretText;
use cxda_ports::clock::Clock;
use cxda_ports::manifests::SourceDocument;
use cxda_ports::progress::Hold;
use cxda_simulator::config::SimConfig;
use cxda_simulator::faults::FaultScript;
use cxda_simulator::{Exchanged, InProcess, SimState, Simulator};
use cxda_usecases::apply::{Applied, ApplyOptions, OnError, apply};
use cxda_usecases::plan::{PlanError, Planned, plan};
use cxda_usecases::ports::{ApplyPorts, PlanPorts, TenantPorts};
use serde_json::{Value, json};

/// 2026-01-05T00:00:00Z.
const START: UtcMillis = UtcMillis::from_epoch_millis(1_767_571_200_000);

/// The simulated tenant as a transport reaches it, with the time of every request.
#[derive(Debug)]
struct Wire {
    sim: InProcess,
    clock: Arc<RuntimeClock>,
    sent: Mutex<Vec<Duration>>,
}

/// One project, one tenant, and what a run leaves behind.
#[derive(Debug)]
pub(crate) struct Stack {
    wire: Arc<Wire>,
    tenant: HttpTenant,
    clock: Arc<RuntimeClock>,
    journal: Arc<MemoryJournal>,
    audit: MemoryAudit,
    ids: SequentialIds,
    stop: Arc<ManualStop>,
    secrets: MemorySecrets,
    progress: Arc<MemoryProgress>,
    pub(crate) scope: PlanScope,
}

impl Stack {
    /// A client with a full quota and no token, at a tenant that has been there for a while.
    pub(crate) fn new(config: SimConfig, state: SimState) -> Self {
        let clock = Arc::new(RuntimeClock::starting_at(START));
        let ids = Arc::new(SequentialIds::new());
        let simulator = Simulator::new(
            config,
            state,
            Arc::<RuntimeClock>::clone(&clock),
            ids,
            Arc::new(MemoryScripts::new()),
        );
        let wire = Arc::new(Wire {
            sim: simulator.in_process(),
            clock: Arc::clone(&clock),
            sent: Mutex::default(),
        });
        let journal = Arc::new(MemoryJournal::new());
        let stop = Arc::new(ManualStop::new());
        let progress = Arc::new(MemoryProgress::new());
        Self {
            tenant: client(&wire, &clock, &stop, &progress),
            wire,
            clock,
            audit: MemoryAudit::beside(Arc::clone(&journal)),
            journal,
            ids: SequentialIds::new(),
            stop,
            secrets: MemorySecrets::new(),
            progress,
            scope: PlanScope::default(),
        }
    }

    /// Lets go wrong what these rules say, from here on.
    pub(crate) fn faults(&self, rules: &Value) {
        self.script(&json!({"formatVersion": "1.0", "rules": rules}));
    }

    /// Lets hold what this script says, from here on.
    pub(crate) fn script(&self, script: &Value) {
        let script = FaultScript::from_json(&script.to_string());
        let script = script.unwrap_or_else(|error| panic!("{error:?}"));
        self.wire.sim.set_faults(script);
    }

    /// Ends the process, as it were: what was in memory is gone, journal and audit log stay.
    pub(crate) fn restart(&mut self) {
        self.stop = Arc::new(ManualStop::new());
        self.tenant = client(&self.wire, &self.clock, &self.stop, &self.progress);
    }

    pub(crate) async fn plan(&self, manifests: &str) -> Result<Planned, PlanError> {
        let documents = read(Format::Yaml, manifests.as_bytes());
        assert!(documents.errors.is_empty(), "{:?}", documents.errors);
        let documents = documents.documents.into_iter().map(|root| SourceDocument {
            file: Arc::from("project.cxda.yaml"),
            root,
        });
        let manifests = MemoryManifests::new(documents);
        let ports = PlanPorts {
            manifests: &manifests,
            checker: &MemoryChecker::new(),
            secrets: &self.secrets,
            tenant: self.ports(),
            journal: &*self.journal,
            progress: &*self.progress,
        };
        let planned = plan(ports, &self.scope).await?;
        let violations = &planned.plan.violations;
        assert!(!violations.has_errors(), "{violations:?}");
        Ok(planned)
    }

    pub(crate) async fn apply(&self, planned: &Planned, parallelism: usize) -> Applied {
        let ports = ApplyPorts {
            tenant: self.ports(),
            journal: &*self.journal,
            audit: &self.audit,
            clock: &*self.clock,
            ids: &self.ids,
            stop: &*self.stop,
            courier: None,
            progress: &*self.progress,
        };
        let options = ApplyOptions {
            run: RunId::new("run"),
            actor: "tester".into(),
            tenant: "virtual".into(),
            parallelism,
            on_error: OnError::Continue,
            compliance: Compliance::default(),
            subscriptions: Vec::new(),
            passed_here: [].into(),
            tests_there: false,
        };
        apply(ports, &options, planned).await.unwrap()
    }

    fn ports(&self) -> TenantPorts<'_> {
        TenantPorts {
            actions: &self.tenant,
            views: &self.tenant,
            tables: &self.tenant,
            relay: &self.tenant,
        }
    }

    /// Asks the run to stop.
    pub(crate) fn stop(&self) {
        self.stop.raise();
    }

    /// The records of the audit log.
    pub(crate) fn audited(&self) -> Vec<Value> {
        let lines = self.audit.lines().into_iter();
        lines
            .map(|line| serde_json::from_str(&line).unwrap())
            .collect()
    }

    /// Lets time pass.
    pub(crate) async fn wait(&self, duration: Duration) {
        self.clock.wait(duration).await;
    }

    /// How much time has passed since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// When each request was sent, since the beginning.
    pub(crate) fn sent(&self) -> Vec<Duration> {
        self.wire.sent.lock().unwrap().clone()
    }

    /// What held requests back, and for how long each time.
    pub(crate) fn held_back(&self) -> Vec<(Hold, Duration)> {
        let noted = self.progress.noted().into_iter();
        noted
            .filter_map(|step| match step {
                Noted::Held(by, wait) => Some((by, wait)),
                _ => None,
            })
            .collect()
    }

    /// How often the tenant was asked for `operation`.
    pub(crate) fn count(&self, operation: Operation) -> usize {
        let entries = self.wire.sim.log();
        entries
            .iter()
            .filter(|entry| entry.operation == Some(operation))
            .count()
    }

    /// The statuses of the tenant's answers.
    pub(crate) fn statuses(&self) -> Vec<Option<u16>> {
        let entries = self.wire.sim.log();
        entries.iter().map(|entry| entry.status).collect()
    }

    /// What the tenant holds of `kind`, which is `views` or `actions`, by name, each as it came first.
    pub(crate) fn held(&self, kind: &str) -> Vec<(String, Value)> {
        let state: Value = serde_json::from_str(&self.wire.sim.state().to_json()).unwrap();
        let records = state[kind]["records"].as_array().unwrap().clone();
        let entry = |record: Value| {
            let name = record["name"].as_str().unwrap().to_owned();
            (name, record["value"].clone())
        };
        records.into_iter().map(entry).collect()
    }
}

fn client(
    wire: &Arc<Wire>,
    clock: &Arc<RuntimeClock>,
    stop: &Arc<ManualStop>,
    progress: &Arc<MemoryProgress>,
) -> HttpTenant {
    let credentials = Credentials::ClientCredentials {
        client_id: SecretText::new("client"),
        client_secret: SecretText::new("canary-client-secret"),
        style: None,
    };
    let config = HttpConfig {
        tenant: "virtual".into(),
        base_url: BaseUrl::parse("http://127.0.0.1:9", PlainHttp::Loopback).unwrap(),
        auth: AuthConfig::new(credentials),
        profile: ApiProfile::named("cxone-v2")
            .unwrap()
            .with(&ProfileOverrides::default())
            .unwrap(),
        timeouts: Timeouts::DEFAULT,
        user_agent: "cxda-test".into(),
    };
    let tenant = HttpTenant::over(
        Arc::<Wire>::clone(wire),
        config,
        Arc::<RuntimeClock>::clone(clock),
        Arc::new(FixedJitter::HALF),
        Arc::<ManualStop>::clone(stop),
    );
    let tenant = tenant.unwrap();
    tenant.report_to(Arc::<MemoryProgress>::clone(progress));
    tenant
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, outgoing: Outgoing) -> Result<Reply, Lost> {
        self.sent.lock().unwrap().push(self.clock.elapsed());
        let mut request = http::Request::builder()
            .method(outgoing.method)
            .uri(outgoing.url.as_str())
            .body(outgoing.body.unwrap_or_default())
            .unwrap();
        *request.headers_mut() = outgoing.headers;
        let silent = || Lost::Unanswered("nothing came in time".to_owned());
        let exchanged = tokio::time::timeout(outgoing.timeout, async {
            match self.sim.exchange(request).await {
                Exchanged::Silent => std::future::pending().await,
                exchanged => exchanged,
            }
        });
        match exchanged.await {
            Err(_) | Ok(Exchanged::Silent) => Err(silent()),
            Ok(Exchanged::NotConnected) => Err(Lost::NotSent("connection refused".to_owned())),
            Ok(Exchanged::Broken) => Err(Lost::Unanswered("connection reset".to_owned())),
            Ok(Exchanged::Answered(response)) => {
                let (parts, body) = response.into_parts();
                let whole = body.len() <= outgoing.body_limit;
                let (body, size) = if whole {
                    (body, BodySize::Whole)
                } else {
                    (bytes::Bytes::new(), BodySize::TooLarge)
                };
                Ok(Reply {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body,
                    size,
                })
            }
        }
    }
}

/// The rate limit that both sides keep unless a test says otherwise.
pub(crate) const LIMIT: RateLimit = RateLimit::DEFAULT;
