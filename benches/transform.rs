//! The transforms, rows in cache, one thread, `f32`. (`switchnet speed` with the feature `opponents` has those that
//! rest on the Fourier transform beside other crates.)

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform, TransformKind};

/// Sixteen rows of length `n`.
fn rows(n: usize) -> Vec<f32> {
    (0..16 * n).map(|i| (i as f32).sin()).collect()
}

fn transform(c: &mut Criterion) {
    let mut group = c.benchmark_group("transform");
    for kind in
        [TransformKind::Hadamard, TransformKind::Hartley, TransformKind::Dct2, TransformKind::Dct3]
    {
        for n in [28, 48, 64, 256, 1024, 4096] {
            let transform = kind.plan::<f32>(n, &mut generator(1, 0)).expect("a size");
            let mut rows = rows(n);
            group.throughput(Throughput::Elements(rows.len() as u64));
            group.bench_with_input(BenchmarkId::new(transform.describe().name, n), &n, |b, _| {
                b.iter(|| transform.apply(black_box(&mut rows)));
            });
        }
    }
    group.finish();
}

/// Sizes with other factors than two, each beside the power of two that padding would lead to.
fn kronecker(c: &mut Criterion) {
    let mut group = c.benchmark_group("kronecker");
    for n in [12usize, 20, 28, 48, 96, 784, 768, 1280, 3072] {
        for (name, len) in [("exact", n), ("padded", n.next_power_of_two())] {
            let hadamard = Hadamard::new(len).expect("a size");
            let mut rows = rows(len);
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| hadamard.apply(black_box(&mut rows)));
            });
        }
    }
    group.finish();
}

/// The same rows, begun at a cache line and sixteen bytes behind one, where the allocator would put them.
fn alignment(c: &mut Criterion) {
    let mut group = c.benchmark_group("alignment");
    for n in [64, 256, 1024, 4096] {
        let hadamard = Hadamard::new(n).expect("a power of two");
        let mut room = rows(n + 2);
        let line = room.as_ptr().align_offset(64);
        for (name, from) in [("at a line", line), ("16 bytes behind", line + 4)] {
            let rows = &mut room[from..][..16 * n];
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| hadamard.apply(black_box(&mut *rows)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, transform, kronecker, alignment);
criterion_main!(benches);
