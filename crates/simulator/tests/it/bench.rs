//! A simulator on loopback with a clock that moves when told to, and a client for it.

use std::sync::Arc;

use cxda_adapters_memory::clock::{Advance, ManualClock};
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::instant::UtcMillis;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, Running, SimState, Simulator};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::yield_now;

pub(crate) const VIEWS: &str = "/api/v2/data/actions/views";
pub(crate) const ACTIONS: &str = "/api/v2/dataactions";
pub(crate) const NEW_ACTION: &str = "/api/v2/dataactions/actions";

/// Where every test begins: 2023-11-14T22:13:20Z.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// A running simulator, its clock, and a client with a token.
pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) client: Client,
    pub(crate) token: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn tag(&self) -> String {
        self.header("etag").to_owned()
    }
}

/// A clock that stands at [`START_MS`] until it is moved by hand.
pub(crate) fn clock() -> ManualClock {
    ManualClock::new(UtcMillis::from_epoch_millis(START_MS), Advance::ByHand)
}

pub(crate) fn config() -> SimConfig {
    SimConfig::new(SimProfile::named(ProfileName::CxoneV2))
}

pub(crate) fn fresh() -> SimState {
    SimState::fresh(NameRule::Unique)
}

/// A client that goes straight to loopback.
pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

impl Bench {
    /// A well-behaved fresh tenant.
    pub(crate) async fn fresh() -> Self {
        Self::of(config(), fresh()).await
    }

    pub(crate) async fn of(config: SimConfig, state: SimState) -> Self {
        Self::with(config, state, |simulator| simulator).await
    }

    /// A tenant whose simulator `arranged` has put in order.
    pub(crate) async fn with(
        config: SimConfig,
        state: SimState,
        arranged: impl FnOnce(Simulator) -> Simulator,
    ) -> Self {
        Self::running(config, state, MemoryScripts::new(), arranged).await
    }

    /// A well-behaved fresh tenant whose sandbox `scripts` is.
    pub(crate) async fn with_scripts(scripts: MemoryScripts) -> Self {
        Self::running(config(), fresh(), scripts, |simulator| simulator).await
    }

    async fn running(
        config: SimConfig,
        state: SimState,
        scripts: MemoryScripts,
        arranged: impl FnOnce(Simulator) -> Simulator,
    ) -> Self {
        let clock = Arc::new(clock());
        let ids = Arc::new(SequentialIds::new());
        let simulator = Simulator::new(
            config,
            state,
            Arc::clone(&clock) as _,
            ids,
            Arc::new(scripts),
        );
        let running = arranged(simulator)
            .start(([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let mut bench = Self {
            running,
            clock,
            client: client(),
            token: String::new(),
        };
        bench.token = bench.fetch_token("/oauth/token").await;
        bench
    }

    pub(crate) async fn fetch_token(&self, path: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "me"),
            ("client_secret", "hunter2"),
        ];
        let answer = self
            .client
            .post(self.url(path))
            .form(&form)
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, self.url(path))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Got {
        self.try_send(request).await.unwrap()
    }

    /// Sends, and reads the answer to its end.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Got> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await?;
        Ok(Got {
            status,
            headers,
            text,
        })
    }

    /// Returns once the simulator has begun to wait for the clock.
    pub(crate) async fn waiting(&self) {
        while self.clock.waits().is_empty() {
            yield_now().await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Got {
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, tag: &str, body: &Value) -> Got {
        let request = self.request(Method::PUT, path).header("if-match", tag);
        self.send(request.json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        self.send(self.request(Method::DELETE, path)).await
    }
}

pub(crate) fn view(name: &str) -> Value {
    json!({
        "name": name,
        "description": "Calls by customer",
        "sourceTableId": SimState::FRESH_TABLE_ID,
        "columnProjections": [{"name": "customer_id", "alias": "cust_id"}],
        "refreshConfig": {"intervalMinutes": 15, "autoRefreshEnabled": true},
        "indexConfig": {"autoCreateIndexes": true, "customIndexes": []},
    })
}

pub(crate) fn action(name: &str) -> Value {
    json!({
        "name": name,
        "description": "Scores",
        "type": "SCRIPT",
        "trigger": {"type": "MANUAL"},
        "script": {"language": "JavaScript", "content": "function main() { return 1; }"},
        "enabled": true,
        "dependencies": [],
        "cacheEnabled": false,
        "variables": [
            {"name": "limit", "type": "integer", "value": "3", "encrypted": false, "scope": "action"},
            {"name": "token", "type": "string", "value": "hunter3", "encrypted": true, "scope": "action"},
        ],
    })
}
