//! The dense product of the baselines beside matrixmultiply's, which ndarray calls. One thread, `f32`, `y = x·Wᵀ`
//! for a batch of 128. (`switchnet speed` with the feature `opponents` has faer's.)

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use std::hint::black_box;
use switchnet::layer::{Dense, Layer};

fn product(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    for n in [64, 256, 1024] {
        let x = Array2::from_shape_fn((128, n), |(i, j)| ((i * n + j) as f32).sin());
        let weight = Array2::from_shape_fn((n, n), |(i, j)| ((i + j * n) as f32).cos());
        let layer = Dense::new(weight.clone(), None);
        group.throughput(Throughput::Elements((128 * n * n) as u64));
        group.bench_with_input(BenchmarkId::new("a dense layer", n), &n, |b, _| {
            b.iter(|| layer.forward(black_box(x.clone())));
        });
        group.bench_with_input(BenchmarkId::new("matrixmultiply", n), &n, |b, _| {
            b.iter(|| black_box(&x).dot(&weight.t()));
        });
    }
    group.finish();
}

criterion_group!(benches, product);
criterion_main!(benches);
