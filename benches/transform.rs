//! The transforms, rows in cache, one thread, `f32`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use switchnet::random::generator;
use switchnet::transform::TransformKind;

fn transform(c: &mut Criterion) {
    let mut group = c.benchmark_group("transform");
    for kind in [TransformKind::Hadamard, TransformKind::Hartley, TransformKind::Dct2] {
        for n in [64, 256, 1024, 4096] {
            let transform = kind.plan::<f32>(n, &mut generator(1, 0)).expect("a power of two");
            let mut rows: Vec<f32> = (0..16 * n).map(|i| (i as f32).sin()).collect();
            group.throughput(Throughput::Elements(rows.len() as u64));
            group.bench_with_input(BenchmarkId::new(transform.name(), n), &n, |b, _| {
                b.iter(|| transform.apply(black_box(&mut rows)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, transform);
criterion_main!(benches);
