//! A plan without changes: decode, judge, resolve, read the tenant, compare. Files and network are left out.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark may stop at the first surprise and arranges its own files"
)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxda_adapters_memory::audit::MemoryAudit;
use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::SequentialIds;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::progress::MemoryProgress;
use cxda_adapters_memory::secrets::MemorySecrets;
use cxda_adapters_memory::stop::NeverStops;
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::audit::Compliance;
use cxda_domain::instant::UtcMillis;
use cxda_domain::key::RunId;
use cxda_domain::plan::PlanScope;
use cxda_ports::manifests::SourceDocument;
use cxda_usecases::apply::{ApplyOptions, OnError, apply};
use cxda_usecases::plan::{Planned, plan};
use cxda_usecases::ports::{ApplyPorts, PlanPorts, TenantPorts};

#[allow(dead_code, reason = "each benchmark uses a part of the workload")]
mod workload;

struct Bench {
    manifests: MemoryManifests,
    tenant: MemoryTenant,
    secrets: MemorySecrets,
    journal: Arc<MemoryJournal>,
    progress: MemoryProgress,
}

impl Bench {
    fn new(actions: usize) -> Self {
        let action = |number| {
            (
                format!("action_{number:05}.cxda.yaml"),
                workload::action(number),
            )
        };
        let view = |number| {
            (
                format!("view_{number:05}.cxda.yaml"),
                workload::view(number),
            )
        };
        let files = (0..actions).map(action).chain((0..actions / 10).map(view));
        let documents = files.map(|(file, text)| SourceDocument {
            file: Arc::from(file),
            root: workload::document(&text),
        });
        let page_size = NonZeroUsize::new(100).unwrap();
        Self {
            manifests: MemoryManifests::new(documents),
            tenant: MemoryTenant::new()
                .paged_by(page_size)
                .with_table(workload::TABLE.parse().unwrap()),
            secrets: MemorySecrets::new(),
            journal: Arc::new(MemoryJournal::new()),
            progress: MemoryProgress::new(),
        }
    }

    fn tenant(&self) -> TenantPorts<'_> {
        let tenant = &self.tenant;
        TenantPorts {
            actions: tenant,
            views: tenant,
            tables: tenant,
            relay: tenant,
        }
    }

    async fn plan(&self) -> Planned {
        let ports = PlanPorts {
            manifests: &self.manifests,
            checker: &MemoryChecker::new(),
            secrets: &self.secrets,
            tenant: self.tenant(),
            journal: &*self.journal,
            progress: &self.progress,
        };
        plan(ports, &PlanScope::default()).await.unwrap()
    }

    async fn apply(&self) {
        let planned = self.plan().await;
        let audit = MemoryAudit::beside(Arc::clone(&self.journal));
        let ids = SequentialIds::new();
        let clock = ManualClock::starting_at(UtcMillis::UNIX_EPOCH);
        let ports = ApplyPorts {
            tenant: self.tenant(),
            journal: &*self.journal,
            audit: &audit,
            clock: &clock,
            ids: &ids,
            stop: &NeverStops,
            courier: None,
            progress: &self.progress,
        };
        let options = ApplyOptions {
            run: RunId::new("bench"),
            actor: "bench".into(),
            tenant: "memory".into(),
            parallelism: 8,
            on_error: OnError::Stop,
            compliance: Compliance::default(),
            subscriptions: Vec::new(),
            passed_here: [].into(),
            tests_there: false,
        };
        apply(ports, &options, &planned).await.unwrap();
    }
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    for actions in [100, 1_000, 10_000] {
        let work = Bench::new(actions);
        runtime.block_on(work.apply());
        group.throughput(Throughput::Elements(u64::try_from(actions).unwrap()));
        group.bench_function(BenchmarkId::new("unchanged", actions), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let planned = work.plan().await;
                assert!(planned.plan.changes.is_empty());
                black_box(planned)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
