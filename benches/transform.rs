//! The transforms, rows in cache, one thread, `f32`; and those that rest on the Fourier transform
//! beside other crates.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use realfft::RealFftPlanner;
use rustdct::DctPlanner;
use std::hint::black_box;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform, TransformKind};

/// Sixteen rows of length `n`.
fn rows(n: usize) -> Vec<f32> {
    (0..16 * n).map(|i| (i as f32).sin()).collect()
}

fn transform(c: &mut Criterion) {
    let mut group = c.benchmark_group("transform");
    for kind in [TransformKind::Hadamard, TransformKind::Hartley, TransformKind::Dct2] {
        for n in [64, 256, 1024, 4096] {
            let transform = kind.plan::<f32>(n, &mut generator(1, 0)).expect("a power of two");
            let mut rows = rows(n);
            group.throughput(Throughput::Elements(rows.len() as u64));
            group.bench_with_input(BenchmarkId::new(transform.describe().name, n), &n, |b, _| {
                b.iter(|| transform.apply(black_box(&mut rows)));
            });
        }
    }
    group.finish();
}

/// The plain spectrum by `realfft`, and the cosine transform by `rustdct`, neither of them scaled.
fn fourier(c: &mut Criterion) {
    let mut group = c.benchmark_group("fourier");
    for n in [256, 1024, 4096, 16384] {
        let mut rows = rows(n);
        group.throughput(Throughput::Elements(rows.len() as u64));

        let spectrum = RealFftPlanner::<f32>::new().plan_fft_forward(n);
        let mut out = spectrum.make_output_vec();
        let mut scratch = spectrum.make_scratch_vec();
        group.bench_function(BenchmarkId::new("realfft", n), |b| {
            b.iter(|| {
                for row in black_box(&mut rows).chunks_exact_mut(n) {
                    spectrum
                        .process_with_scratch(row, black_box(&mut out), &mut scratch)
                        .expect("lists of this length");
                }
            });
        });
        for kind in [TransformKind::Hartley, TransformKind::Dct2, TransformKind::Dct3] {
            let transform = kind.plan::<f32>(n, &mut generator(1, 0)).expect("any length");
            group.bench_function(BenchmarkId::new(transform.describe().name, n), |b| {
                b.iter(|| transform.apply(black_box(&mut rows)));
            });
        }
        rows.fill(0.0); // it is not orthonormal, and zeros do not grow
        let cosine = DctPlanner::<f32>::new().plan_dct2(n);
        let mut scratch = vec![0.0; cosine.get_scratch_len()];
        group.bench_function(BenchmarkId::new("rustdct", n), |b| {
            b.iter(|| {
                for row in black_box(&mut rows).chunks_exact_mut(n) {
                    cosine.process_dct2_with_scratch(row, &mut scratch);
                }
            });
        });
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

criterion_group!(benches, transform, fourier, kronecker, alignment);
criterion_main!(benches);
