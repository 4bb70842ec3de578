//! The transforms, rows in cache, one thread, `f32`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Instant;
use switchnet::random::generator;
use switchnet::transform::{Hadamard, Transform, TransformKind};

fn transform(c: &mut Criterion) {
    let mut group = c.benchmark_group("transform");
    for kind in [TransformKind::Hadamard, TransformKind::Hartley, TransformKind::Dct2] {
        for n in [64, 256, 1024, 4096] {
            let transform = kind.plan::<f32>(n, &mut generator(1, 0)).expect("a power of two");
            let mut rows = rows(16, n);
            group.throughput(Throughput::Elements(rows.len() as u64));
            group.bench_with_input(BenchmarkId::new(transform.name(), n), &n, |b, _| {
                b.iter(|| transform.apply(black_box(&mut rows)));
            });
        }
    }
    group.finish();
}

/// Sizes with other factors than two, each beside the power of two that padding would lead to.
fn kronecker(c: &mut Criterion) {
    let mut group = c.benchmark_group("kronecker");
    let mut table = String::new();
    for n in [12, 20, 28, 48, 96, 784, 768, 1280, 3072] {
        let padded = usize::next_power_of_two(n);
        let count = 32768 / padded;
        let (h, p) = (Hadamard::new(n).expect("a size"), Hadamard::new(padded).expect("a size"));
        let (mut x, mut y) = (rows(count, n), rows(count, padded));
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("hadamard", n), &n, |b, _| {
            b.iter(|| h.apply(black_box(&mut x)));
        });
        // The best of many, turn by turn: what else the machine does hits both alike.
        let [mut own, mut other] = [f64::INFINITY; 2];
        for _ in 0..500 {
            own = own.min(seconds(&h, &mut x));
            other = other.min(seconds(&p, &mut y));
        }
        let nanoseconds = 1e9 / count as f64;
        table += &format!(
            "| {n} | {:.1} | {padded} | {:.1} | {:.2} |\n",
            own * nanoseconds,
            other * nanoseconds,
            own / other
        );
    }
    group.finish();
    println!("| size | ns a row | padded to | ns a row | ratio |\n|--:|--:|--:|--:|--:|\n{table}");
}

fn seconds(transform: &Hadamard, rows: &mut [f32]) -> f64 {
    let begun = Instant::now();
    transform.apply(black_box(rows));
    begun.elapsed().as_secs_f64()
}

fn rows(count: usize, n: usize) -> Vec<f32> {
    (0..count * n).map(|i| (i as f32).sin()).collect()
}

criterion_group!(benches, transform, kronecker);
criterion_main!(benches);
