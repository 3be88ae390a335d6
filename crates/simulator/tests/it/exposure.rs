//! The simulator cannot be mistaken for a tenant, nor reached by others unless it is told so.

use std::net::SocketAddr;
use std::sync::Arc;

use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_simulator::config::{Exposure, SimConfig};
use cxda_simulator::{Running, Simulator, StartError};

use crate::bench::{Bench, client, clock, config, fresh};

async fn start(config: SimConfig, address: &str) -> Result<Running, StartError> {
    let (clock, ids) = (Arc::new(clock()), Arc::new(SequentialIds::new()));
    let address: SocketAddr = address.parse().unwrap();
    Simulator::new(config, fresh(), clock, ids, Arc::new(MemoryScripts::new()))
        .start(address)
        .await
}

#[tokio::test]
async fn t_15_only_loopback_is_listened_on_unless_told_otherwise() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = start(config(), address).await;
        assert!(
            matches!(refused, Err(StartError::NotLoopback { .. })),
            "{address}"
        );
    }
    let running = start(config(), "127.0.0.1:0").await.unwrap();
    assert!(running.address().ip().is_loopback());
    let mut open = config();
    open.exposure = Exposure::AnyAddress;
    assert!(start(open, "0.0.0.0:0").await.is_ok());
}

#[tokio::test]
async fn t_15_every_answer_is_marked() {
    let bench = Bench::fresh().await;
    for path in [
        "/nowhere",
        "/__sim/state",
        "/__sim/log",
        "/api/v2/dataactions",
        "/oauth/token",
    ] {
        let answer = bench.client.get(bench.url(path)).send().await.unwrap();
        assert_eq!(answer.headers()["x-cxda-simulator"], "1", "{path}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let running = start(config(), "127.0.0.1:0").await.unwrap();
    let taken = start(config(), &running.address().to_string()).await;
    assert!(matches!(taken, Err(StartError::Bind { address, .. }) if address == running.address()));
}

#[tokio::test]
async fn once_stopped_it_answers_nobody() {
    let running = start(config(), "127.0.0.1:0").await.unwrap();
    let url = format!("{}/__sim/state", running.base_url());
    let client = client();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    running.stop().await;
    let fresh_connection = crate::bench::client();
    assert!(fresh_connection.get(&url).send().await.is_err());
}
