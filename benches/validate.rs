//! `validate` over a folder: find, read, decode and judge every manifest.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark may stop at the first surprise and arranges its own files"
)]

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxda_adapters_fs::manifests::FsManifests;
use cxda_adapters_fs::project::{Patterns, Project};
use cxda_adapters_script::check::OxcChecker;
use cxda_usecases::validate::validate;

#[allow(dead_code, reason = "each benchmark uses a part of the workload")]
mod workload;

fn write_project(folder: &Path, actions: usize) {
    for number in 0..actions {
        let path = folder.join(format!("action_{number:05}.cxda.yaml"));
        std::fs::write(path, workload::action(number)).unwrap();
    }
    for number in 0..actions / 10 {
        let path = folder.join(format!("view_{number:05}.cxda.yaml"));
        std::fs::write(path, workload::view(number)).unwrap();
    }
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("validate");
    group.sample_size(10);
    for actions in [100, 1_000, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        write_project(folder.path(), actions);
        group.throughput(Throughput::Elements(u64::try_from(actions).unwrap()));
        group.bench_function(BenchmarkId::from_parameter(actions), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let project = Project::open(folder.path()).unwrap();
                let patterns = Patterns::new(Patterns::STANDARD).unwrap();
                let found = validate(&FsManifests::new(project, patterns), &OxcChecker)
                    .await
                    .unwrap();
                assert!(!found.violations.has_errors(), "{:?}", found.violations);
                black_box(found)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
