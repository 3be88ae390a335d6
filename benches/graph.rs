//! The cycle check and the dependencies-first order, on chains and on cycles.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark may stop at the first surprise and arranges its own files"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxda_domain::graph::DependencyGraph;

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("action_{number:06}"))
        .collect()
}

/// Each name needs the next; where `closed`, the last needs the first.
fn chain(names: &[String], closed: bool) -> Vec<(&str, Vec<&str>)> {
    let next = |index: usize| {
        names
            .get(index + 1)
            .or(if closed { names.first() } else { None })
    };
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            (
                name.as_str(),
                next(index).into_iter().map(String::as_str).collect(),
            )
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graph");
    group.sample_size(20);
    for count in [100, 1_000, 10_000, 100_000] {
        let names = names(count);
        group.throughput(Throughput::Elements(u64::try_from(count).unwrap()));
        for (shape, closed) in [("chain", false), ("cycle", true)] {
            let edges = chain(&names, closed);
            group.bench_function(BenchmarkId::new(shape, count), |bencher| {
                bencher.iter(|| {
                    let edges = edges
                        .iter()
                        .map(|(name, needs)| (*name, needs.iter().copied()));
                    let graph = DependencyGraph::build(edges);
                    black_box((graph.cycles(), graph.dependencies_first().len()))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
