//! A thousand small scripts, each in a child process of its own, as many at once as there are processors.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cxda_adapters_script::run::{CHILD_ARGUMENT, ChildRunner};
use cxda_domain::script::ScriptEnd;
use cxda_ports::script::{ScriptRun, ScriptRunner};
use serde_json::json;
use tokio::task::JoinSet;

const RUNS: u64 = 1_000;

async fn run_one(runner: Arc<ChildRunner>, number: u64) {
    let run = ScriptRun {
        source: "function main(context) { return { score: context.input.score + 2 }; }".to_owned(),
        input: json!({"score": number}).to_string(),
        now: None,
        random_seed: None,
    };
    let outcome = runner.run(&run).await.unwrap();
    let want = json!({"score": number + 2});
    assert_eq!(outcome.end, ScriptEnd::Returned(want));
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let at_once = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let program = env!("CARGO_BIN_EXE_cxda").into();
    let runner = Arc::new(ChildRunner::new(program, CHILD_ARGUMENT.into(), at_once));
    let mut group = criterion.benchmark_group("scripts");
    group.sample_size(10);
    group.throughput(Throughput::Elements(RUNS));
    group.bench_function("thousand", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut runs = JoinSet::new();
            for number in 0..RUNS {
                runs.spawn(run_one(Arc::clone(&runner), number));
            }
            while let Some(ended) = runs.join_next().await {
                ended.unwrap();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
