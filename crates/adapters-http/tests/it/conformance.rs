//! The adapter against the promises of its ports, for every dialect and both kinds of precondition.

use cxda_adapters_http::profile::Concurrency;
use cxda_simulator::profile::Concurrency as SimConcurrency;
use cxda_testkit::{conformance, samples};

use crate::bench::Setup;

fn setup() -> Setup {
    let mut setup = Setup::new();
    setup.overrides.page_size = Some(2);
    for digit in 0..4 {
        let id = format!("{digit}0000000-1234-1234-1234-123456789012");
        setup.state.seed_table(&id, "another").unwrap();
    }
    // Fails where the table is the one that a fresh tenant holds, which is as good.
    drop(
        setup
            .state
            .seed_table(&samples::table().to_string(), "sample"),
    );
    setup
}

#[tokio::test]
async fn every_port_keeps_its_promises() {
    let bench = setup().start().await;
    conformance::actions::keeps_its_promises(bench.actions()).await;
    conformance::views::keeps_its_promises(bench.views()).await;
    conformance::tables::keeps_its_promises(bench.tables()).await;
    conformance::relay::keeps_its_promises(&*bench.tenant, "https://bi.example/hook").await;
}

#[tokio::test]
async fn content_hashes_keep_the_promises_as_well() {
    let mut setup = setup();
    setup.sim.profile.concurrency = SimConcurrency::ContentHash;
    setup.overrides.concurrency = Some(Concurrency::ContentHash);
    let bench = setup.start().await;
    conformance::actions::keeps_its_promises(bench.actions()).await;
    conformance::views::keeps_its_promises(bench.views()).await;
}
