//! The binary as a whole: start-up, validate and plan of a large project, and an apply end to end, over loopback to a simulated
//! tenant without a rate limit, with the store and the audit log on disk.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark may stop at the first surprise and arranges its own files"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::instant::UtcMillis;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, Running, SimState, Simulator};

#[allow(dead_code, reason = "each benchmark uses a part of the workload")]
mod workload;

async fn tenant() -> Running {
    let mut config = SimConfig::new(SimProfile::named(ProfileName::CxoneV2));
    config.rate_limit = None;
    let clock = Arc::new(ManualClock::starting_at(UtcMillis::UNIX_EPOCH));
    let ids = Arc::new(SequentialIds::new());
    let simulator = Simulator::new(
        config,
        SimState::fresh(NameRule::Unique),
        clock,
        ids,
        Arc::new(MemoryScripts::new()),
    );
    simulator.start(([127, 0, 0, 1], 0).into()).await.unwrap()
}

fn write_project(folder: &Path, actions: usize, base_url: &str) {
    let settings = format!(
        "[tenant.bench]\nbase_url = \"{base_url}\"\nallow_http = true\n[tenant.bench.api]\nrate_limit = {{requests = 1000000, per = \"1s\"}}\n"
    );
    std::fs::write(folder.join("cxda.toml"), settings).unwrap();
    for number in 0..actions {
        let path = folder.join(format!("action_{number:05}.cxda.yaml"));
        std::fs::write(path, workload::action(number)).unwrap();
    }
}

fn run(folder: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_cxda"))
        .args(["-C", folder.to_str().unwrap(), "-q"])
        .args(arguments)
        .env("CXONE_CLIENT_ID", "bench")
        .env("CXONE_CLIENT_SECRET", "bench")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("apply");
    group.sample_size(10);
    for actions in [10, 100, 1_000] {
        group.throughput(Throughput::Elements(u64::try_from(actions).unwrap()));
        group.bench_function(BenchmarkId::new("create", actions), |bencher| {
            bencher.iter_batched(
                || {
                    let running = runtime.block_on(tenant());
                    let folder = tempfile::tempdir().unwrap();
                    write_project(folder.path(), actions, &running.base_url());
                    (running, folder)
                },
                |(running, folder)| {
                    run(folder.path(), &["apply", "--yes"]);
                    (running, folder)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// 10,000 actions with scripts of 1 KB and 1,000 views, applied once.
fn large(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(tenant());
    let folder = tempfile::tempdir().unwrap();
    write_project(folder.path(), 10_000, &running.base_url());
    for number in 0..1_000 {
        let path = folder.path().join(format!("view_{number:05}.cxda.yaml"));
        std::fs::write(path, workload::view(number)).unwrap();
    }
    run(folder.path(), &["apply", "--yes"]);
    let mut group = criterion.benchmark_group("large");
    group.sample_size(10);
    for (name, arguments) in [
        ("start", &["--version"][..]),
        ("validate", &["validate"]),
        ("plan", &["plan", "--detailed-exitcode"]),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| run(folder.path(), arguments));
        });
    }
    group.finish();
}

criterion_group!(benches, bench, large);
criterion_main!(benches);
