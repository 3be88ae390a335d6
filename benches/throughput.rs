//! What the adapter costs beside its HTTP client: the same requests through `HttpTenant` and through a bare loop, over loopback
//! to a simulated tenant without a rate limit. The tenant has a thread of its own, so that it is the same for both.
//!
//! Last it prints the ratio of the two, from rounds that take turns, so that what else the machine does meets both.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark may stop at the first surprise and arranges its own files"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::{ApiProfile, ProfileOverrides};
use cxda_adapters_memory::clock::{ManualClock, RuntimeClock};
use cxda_adapters_memory::ids::{FixedJitter, SequentialIds};
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::body::ActionBody;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::EntityTag;
use cxda_domain::observed::{ObservedResource, Versioned};
use cxda_domain::request::RateLimit;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, Running, SimState, Simulator};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// How many requests one measurement makes.
const REQUESTS: usize = 200;
/// How many of them are under way at once.
const AT_ONCE: usize = 8;
const ID: &str = "action_00000";
const PATH: &str = "/api/v2/dataactions/action_00000";
const USER_AGENT: &str = "cxda-bench";
/// How many rounds of each the ratio is taken from.
const ROUNDS: usize = 101;
/// A script of a kilobyte.
const SCRIPT_LINE: &str = "  // one line of a script that does nothing of note\n";
const SCRIPT_LINES: usize = 20;

/// What is measured.
#[derive(Clone, Copy)]
enum Work {
    Get,
    Put,
}

impl Work {
    const ALL: [Self; 2] = [Self::Get, Self::Put];

    fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
        }
    }
}

fn script() -> String {
    format!(
        "function main(context) {{\n{}}}",
        SCRIPT_LINE.repeat(SCRIPT_LINES)
    )
}

fn simulator(runtime: &Runtime) -> Running {
    let mut config = SimConfig::new(SimProfile::named(ProfileName::CxoneV2));
    config.rate_limit = None;
    config.log_entries = 10;
    let mut state = SimState::fresh(NameRule::Unique);
    let script = serde_json::json!({"language": "javascript", "content": script()});
    let members = format!(r#"{{"name":"{ID}","description":"d","script":{script},"extra":1.10}}"#);
    state
        .seed_action(ID, &members, UtcMillis::UNIX_EPOCH)
        .unwrap();
    let clock = Arc::new(ManualClock::starting_at(UtcMillis::UNIX_EPOCH));
    let simulator = Simulator::new(
        config,
        state,
        clock,
        Arc::new(SequentialIds::new()),
        Arc::new(MemoryScripts::new()),
    );
    runtime
        .block_on(simulator.start(([127, 0, 0, 1], 0).into()))
        .unwrap()
}

/// The adapter, with what it replaces and by what.
struct Adapter {
    tenant: HttpTenant,
    current: Versioned<ObservedResource>,
    body: ActionBody,
}

impl Adapter {
    async fn new(base: &str) -> Self {
        let limit = RateLimit {
            requests: 1_000_000,
            per: Duration::from_mins(1),
        };
        let overrides = ProfileOverrides {
            rate_limit: Some(limit),
            ..ProfileOverrides::default()
        };
        let credentials = Credentials::ClientCredentials {
            client_id: SecretText::new("bench"),
            client_secret: SecretText::new("bench"),
            style: None,
        };
        let config = HttpConfig {
            tenant: "bench".into(),
            base_url: BaseUrl::parse(base, PlainHttp::Loopback).unwrap(),
            auth: AuthConfig::new(credentials),
            profile: ApiProfile::named("cxone-v2")
                .unwrap()
                .with(&overrides)
                .unwrap(),
            timeouts: Timeouts::DEFAULT,
            user_agent: USER_AGENT.into(),
        };
        let clock = Arc::new(RuntimeClock::starting_at(UtcMillis::UNIX_EPOCH));
        let tenant = HttpTenant::new(
            config,
            clock,
            Arc::new(FixedJitter::HALF),
            Arc::new(NeverStops),
        )
        .unwrap();
        let mut current = ActionsApi::read(&tenant, &ID.parse().unwrap())
            .await
            .unwrap()
            .value;
        // Any version, so that the same request can be sent again and again.
        current.tag = Some(EntityTag::new("*"));
        let body = ActionBody {
            name: ID.parse().unwrap(),
            description: "replaced".into(),
            script: SecretText::new(script()),
            enabled: None,
            dependencies: Vec::new(),
            cache: None,
            variables: None,
            dates: None,
        };
        let adapter = Self {
            tenant,
            current,
            body,
        };
        // From here on every replace sends what is there already, as the bare client's does.
        adapter.once(Work::Put).await;
        adapter
    }

    async fn once(&self, work: Work) {
        match work {
            Work::Get => {
                let id = &self.current.value.id;
                black_box(ActionsApi::read(&self.tenant, id).await.unwrap());
            }
            Work::Put => {
                let replaced = ActionsApi::replace(&self.tenant, &self.current, &self.body);
                black_box(replaced.await.unwrap());
            }
        }
    }
}

/// The bare HTTP client, with the settings of the adapter's.
struct Bare {
    client: Client,
    url: String,
    authorization: HeaderValue,
    body: String,
}

impl Bare {
    async fn new(origin: &str) -> Self {
        let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let timeouts = Timeouts::DEFAULT;
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(accept)
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.idle)
            .http1_max_headers(256)
            .http2_max_header_list_size(64 * 1024)
            .tls_certs_only([])
            .build()
            .unwrap();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", "bench"),
            ("client_secret", "bench"),
        ];
        let granted = client
            .post(format!("{origin}/oauth/token"))
            .form(&fields)
            .send();
        let granted: Value = granted.await.unwrap().json().await.unwrap();
        let authorization = format!("Bearer {}", granted["access_token"].as_str().unwrap());
        let mut own = Self {
            client,
            url: format!("{origin}{PATH}"),
            authorization: authorization.try_into().unwrap(),
            body: String::new(),
        };
        own.body = own.answer(own.client.get(&own.url)).await.to_string();
        own
    }

    async fn answer(&self, request: RequestBuilder) -> Value {
        let request = request
            .header(AUTHORIZATION, self.authorization.clone())
            .timeout(Timeouts::DEFAULT.request);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    async fn once(&self, work: Work) {
        let request = match work {
            Work::Get => self.client.get(&self.url),
            Work::Put => self
                .client
                .put(&self.url)
                .header(CONTENT_TYPE, "application/json")
                .header(IF_MATCH, "*")
                .body(self.body.clone()),
        };
        black_box(self.answer(request).await);
    }
}

/// Does `once` so often as a measurement wants it, so many at once as it wants.
async fn all<F: Future<Output = ()> + Send + 'static>(once: impl Fn() -> F) {
    let mut under_way = JoinSet::new();
    for number in 0..REQUESTS {
        if number >= AT_ONCE {
            under_way.join_next().await.unwrap().unwrap();
        }
        under_way.spawn(once());
    }
    under_way.join_all().await;
}

/// The two, beside the tenant that answers them.
struct Bench {
    client: Runtime,
    adapter: Arc<Adapter>,
    bare: Arc<Bare>,
    _tenant: (Running, Runtime),
}

impl Bench {
    fn new() -> Self {
        let servers = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let client = Builder::new_current_thread().enable_all().build().unwrap();
        let running = simulator(&servers);
        let base = running.base_url();
        Self {
            adapter: Arc::new(client.block_on(Adapter::new(&base))),
            bare: Arc::new(client.block_on(Bare::new(&base))),
            client,
            _tenant: (running, servers),
        }
    }

    async fn through_adapter(&self, work: Work) {
        all(|| {
            let adapter = Arc::clone(&self.adapter);
            async move { adapter.once(work).await }
        })
        .await;
    }

    async fn bare(&self, work: Work) {
        all(|| {
            let bare = Arc::clone(&self.bare);
            async move { bare.once(work).await }
        })
        .await;
    }

    /// How many times as long the adapter takes.
    fn ratio(&self, work: Work) -> f64 {
        let (mut adapter, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let began = Instant::now();
            self.client.block_on(self.bare(work));
            let between = Instant::now();
            self.client.block_on(self.through_adapter(work));
            bare.push(between - began);
            adapter.push(between.elapsed());
        }
        median(adapter).as_secs_f64() / median(bare).as_secs_f64()
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn bench(criterion: &mut Criterion) {
    let bench = Bench::new();
    let mut group = criterion.benchmark_group("throughput");
    group.sample_size(30);
    group.throughput(Throughput::Elements(REQUESTS.try_into().unwrap()));
    for work in Work::ALL {
        group.bench_function(BenchmarkId::new(work.word(), "bare client"), |bencher| {
            bencher.to_async(&bench.client).iter(|| bench.bare(work));
        });
        group.bench_function(BenchmarkId::new(work.word(), "adapter"), |bencher| {
            bencher
                .to_async(&bench.client)
                .iter(|| bench.through_adapter(work));
        });
    }
    group.finish();
    for work in Work::ALL {
        let ratio = bench.ratio(work);
        println!(
            "throughput/{}: adapter / bare client = {ratio:.2}",
            work.word()
        );
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
