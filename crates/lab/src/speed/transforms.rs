//! The transforms: against the adders, against memory, against padding.

use super::{Bench, Goal};
use std::hint::black_box;
use switchnet::Matrix;
use switchnet::Scalar;
use switchnet::internal::aligned;
use switchnet::transform::{Hadamard, Transform};
use switchnet_kernels::{Path, additions, hadamard_on, scale};

pub(super) fn measure(bench: &mut Bench<'_>) {
    resident::<f32>(bench);
    resident::<f64>(bench);
    streamed::<f32>(bench);
    other_paths(bench);
    other_sizes(bench);
}

/// `rows` rows of `n` numbers that are not zero.
pub(super) fn waves<T: Scalar>(rows: usize, n: usize) -> Matrix<T> {
    aligned::matrix((rows, n), |all| all.extend((0..rows * n).map(|i| T::of((i as f64).sin()))))
}

pub(super) fn slice<T: Scalar>(x: &mut Matrix<T>) -> &mut [T] {
    x.as_slice_mut().expect("row-major")
}

/// The rounds of a measurement of the adders.
const ROUNDS: usize = 4000;

/// Rows that stay in the second cache, and long single rows, beside as many additions in registers.
fn resident<T: Scalar>(bench: &mut Bench<'_>) {
    let goals = [
        (64, 1.25),
        (256, 1.10),
        (1024, 1.10),
        (4096, 1.10),
        (16384, 1.25),
        (1 << 16, 1.15),
        (1 << 20, 1.15),
    ];
    for (n, goal) in goals {
        let rows = ((1 << 18) / (n * size_of::<T>())).max(1);
        let mut x = waves::<T>(rows, n);
        let path = Path::chosen();
        let each = bound::<T>(bench, path, &mut || hadamard_on(path, black_box(slice(&mut x)), n));
        let additions = n as f64 * f64::from(n.trailing_zeros());
        let what = if rows == 1 { "one row" } else { "rows in L2" };
        bench.row(
            format!("Walsh–Hadamard {}, n = {n}, {what}", T::NAME),
            "its additions in registers",
            (each[0] / rows as f64, each[1] * additions),
            Goal::AtMost(goal),
        );
    }
}

/// The time of `work`, and of one addition.
fn bound<T: Scalar>(bench: &Bench<'_>, path: Path, work: &mut dyn FnMut()) -> [f64; 2] {
    let mut count = 0;
    let best = bench.best(&mut [work, &mut || count = additions::<T>(path, ROUNDS)]);
    [best[0], best[1] / count as f64]
}

/// A batch that only memory can hold.
fn streamed<T: Scalar>(bench: &mut Bench<'_>) {
    let bytes = 64 << 20;
    let sizes: &[usize] = if bench.quick { &[1024] } else { &[64, 256, 1024, 4096, 16384] };
    for &n in sizes {
        let path = Path::chosen();
        let mut small = waves::<T>(((1 << 18) / (n * size_of::<T>())).max(1), n);
        let resident =
            bench.best(&mut [&mut || hadamard_on(path, black_box(slice(&mut small)), n)]);
        let rows = bytes / (n * size_of::<T>());
        let resident = resident[0] / small.nrows() as f64 * rows as f64;
        let (mut x, mut y) = (waves::<T>(rows, n), waves::<T>(rows, n));
        let times = bench
            .best(&mut [&mut || hadamard_on(path, black_box(slice(&mut x)), n), &mut || {
                scale(black_box(slice(&mut y)), black_box(T::one()))
            }]);
        let against = if times[1] > resident { "an in-place scaling of it" } else { "rows in L2" };
        let work = format!("Walsh–Hadamard {}, n = {n}, batch of 64 MiB", T::NAME);
        bench.row(work, against, (times[0], times[1].max(resident)), Goal::AtMost(1.25));
    }
}

/// What processors without AVX-512, or without any of it, run.
fn other_paths(bench: &mut Bench<'_>) {
    for path in Path::all() {
        for n in [256, 1024, 4096] {
            let mut x = waves::<f32>(65536 / n, n);
            let rows = x.nrows() as f64;
            if path == Path::PORTABLE {
                let mut y = x.clone();
                let times = bench.best(&mut [
                    &mut || hadamard_on(path, black_box(slice(&mut x)), n),
                    &mut || black_box(slice(&mut y)).chunks_exact_mut(n).for_each(textbook),
                ]);
                let work = format!("portable Walsh–Hadamard f32, n = {n}");
                let goal = Goal::AtLeast(3.0);
                bench.row(
                    work,
                    "a textbook radix-2 loop",
                    (times[0] / rows, times[1] / rows),
                    goal,
                );
            } else if path != Path::chosen() {
                let each = bound::<f32>(bench, path, &mut || {
                    hadamard_on(path, black_box(slice(&mut x)), n);
                });
                let additions = n as f64 * f64::from(n.trailing_zeros());
                let work = format!("{} Walsh–Hadamard f32, n = {n}", path.name());
                let times = (each[0] / rows, each[1] * additions);
                bench.row(work, "its additions in registers", times, Goal::AtMost(1.4));
            }
        }
    }
}

/// The transform as textbooks write it.
fn textbook(x: &mut [f32]) {
    let n = x.len();
    let mut half = 1;
    while half < n {
        for start in (0..n).step_by(2 * half) {
            for i in start..start + half {
                let (a, b) = (x[i], x[i + half]);
                x[i] = a + b;
                x[i + half] = a - b;
            }
        }
        half *= 2;
    }
    let scale = 1.0 / (n as f32).sqrt();
    x.iter_mut().for_each(|v| *v *= scale);
}

/// Sizes with a factor 12, 20 or 28 beside padding to the next power of two. No goal was set: the gain
/// is parameters, and padding being faster is no failure, so the limit is only what is accepted.
fn other_sizes(bench: &mut Bench<'_>) {
    for n in [12usize, 20, 28, 48, 96, 768, 784, 1280, 3072] {
        let padded = n.next_power_of_two();
        let (exact, power) =
            (Hadamard::new(n).expect("a size"), Hadamard::new(padded).expect("one"));
        let rows = (65536 / padded).max(1);
        let (mut x, mut y) = (waves::<f32>(rows, n), waves::<f32>(rows, padded));
        let times = bench.best(&mut [&mut || exact.apply(black_box(slice(&mut x))), &mut || {
            power.apply(black_box(slice(&mut y)))
        }]);
        let times = (times[0] / rows as f64, times[1] / rows as f64);
        let work = format!("Hadamard f32, n = {n}");
        bench.row(work, format!("padded to {padded}"), times, Goal::AtMost(4.0));
    }
}
