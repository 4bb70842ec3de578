//! Every path that this processor has, against the matrix.

use super::path::Path;
use super::pointwise::Pointwise;
use super::runs::{BLOCK, Runs, STEP};
use super::switch::Thrown;
use crate::scalar::Scalar;

/// Numbers between −1 and 1 without a pattern, in steps of 2⁻¹⁰, so that sums of them are exact.
fn numbers<T: Scalar>(count: usize) -> Vec<T> {
    let wave = |i: usize| (i as f64 * 0.7371 + (i * i % 101) as f64).sin();
    (0..count).map(|i| T::of((1024.0 * wave(i)).round() / 1024.0)).collect()
}

/// Output `i` of the matrix `(−1)^popcount(i AND j) / √n`, in double precision.
fn output<T: Scalar>(i: usize, row: &[T]) -> f64 {
    let sign = |j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    let sum: f64 = row.iter().enumerate().map(|(j, v)| sign(j) * v.double()).sum();
    sum / (row.len() as f64).sqrt()
}

/// The rows transformed on each path, started `offset` numbers behind an aligned address.
fn on_every_path<T: Scalar>(rows: &[T], n: usize, offset: usize) -> Vec<(Path, Vec<T>)> {
    let transformed = |path| {
        let mut room = vec![T::zero(); rows.len() + 128];
        let start = room.as_ptr().align_offset(64) + offset;
        let part = &mut room[start..][..rows.len()];
        part.copy_from_slice(rows);
        T::hadamard(path, part, n);
        let after = part.to_vec();
        assert!(room[..start].iter().chain(&room[start + rows.len()..]).all(|v| v.is_zero()));
        (path, after)
    };
    Path::all().into_iter().map(transformed).collect()
}

/// Miri is slow, and the loops of short rows are those of long ones.
const LARGEST: u32 = if cfg!(miri) { 6 } else { 12 };

fn is_the_matrix<T: Scalar>() {
    for bits in 0..=LARGEST {
        let n = 1usize << bits;
        let rows = [3, 1, 5, 2][bits as usize % 4];
        let x = numbers::<T>(rows * n);
        let expected: Vec<f64> =
            x.chunks(n).flat_map(|row| (0..n).map(|i| output(i, row))).collect();
        for offset in [0, 1, 7] {
            for (path, y) in on_every_path(&x, n, offset) {
                // Rounding adds up over the log2 n levels; the numbers themselves are about one.
                let bound = 2.0 * T::epsilon().double() * f64::from(bits + 1);
                for (i, (y, e)) in y.iter().zip(&expected).enumerate() {
                    let error = (y.double() - e).abs();
                    assert!(error <= bound, "{path:?}, n = {n}, offset {offset}, {i}: {error}");
                }
            }
        }
    }
}

/// Beyond the sizes where the whole matrix can be afforded: a few outputs of each.
fn is_the_matrix_for_long_rows<T: Scalar>() {
    for bits in if cfg!(miri) { 8..9 } else { 13..20 } {
        let n = 1usize << bits;
        let x = numbers::<T>(n);
        for (path, y) in on_every_path(&x, n, 3) {
            for i in [0, 1, 15, 16, n / 3, n / 2, n - 2, n - 1] {
                let error = (y[i].double() - output(i, &x)).abs();
                let bound = 4.0 * T::epsilon().double() * f64::from(bits);
                assert!(error <= bound, "{path:?}, n = {n}, output {i}: {error}");
            }
        }
    }
}

/// The levels are taken in one order on every path, and a product with ±1 rounds nothing.
fn gives_the_same_bits_on_every_path<T: Scalar>() {
    for bits in (0..=LARGEST).chain([13, 16].into_iter().filter(|_| !cfg!(miri))) {
        let x = numbers::<T>(2 << bits);
        let all = on_every_path(&x, 1 << bits, 1);
        for (path, y) in &all[1..] {
            assert!(*y == all[0].1, "{path:?} differs from {:?} at n = 2^{bits}", all[0].0);
        }
    }
}

/// Infinities of one sign in a sum give that infinity, of both signs NaN; one NaN makes all outputs NaN.
fn passes_what_is_not_finite<T: Scalar>() {
    for bits in 0..=LARGEST.min(10) {
        let n = 1usize << bits;
        let infinity = T::infinity();
        for special in
            [&[(0, infinity)][..], &[(0, infinity), (n - 1, infinity)], &[(n / 2, T::nan())]]
        {
            let mut x = numbers::<T>(n);
            for &(i, v) in special {
                x[i] = v;
            }
            for (path, y) in on_every_path(&x, n, 0) {
                for (i, y) in y.iter().enumerate() {
                    let (y, expected) = (y.double(), output(i, &x));
                    let same = y == expected || (y.is_nan() && expected.is_nan());
                    let finite = expected.is_finite();
                    assert!(same && !finite, "{path:?}, n = {n}: {y} for {expected}");
                }
            }
        }
    }
}

/// The switch in front of the transform gives the bits of one after the other.
fn takes_the_switch_along<T: Scalar>() {
    for bits in 0..=LARGEST {
        let n = 1usize << bits;
        let x = numbers::<T>(5 * n);
        let vectors = numbers::<T>(4 * n);
        let [d, b, open, closed] = [0, 1, 2, 3].map(|i| &vectors[i * n..][..n]);
        for (scale, bias) in [(None, None), (Some(d), None), (None, Some(b)), (Some(d), Some(b))] {
            let switch = Some([open, closed]);
            let pointwise = Pointwise { scale, bias, switch, ..Pointwise::default() };
            for path in Path::all() {
                let mut expected = x.clone();
                for row in expected.chunks_exact_mut(n) {
                    for (i, v) in row.iter_mut().enumerate() {
                        let z = *v * scale.map_or(T::one(), |d| d[i]);
                        let z = if let Some(bias) = bias { z + bias[i] } else { z };
                        *v = z * if z > T::zero() { open[i] } else { closed[i] };
                    }
                }
                T::hadamard(path, &mut expected, n);
                let mut y = x.clone();
                T::hadamard_after(path, pointwise, &mut y, n);
                assert!(y == expected, "{path:?}, n = {n}");
                if let (None, Some(bias)) = (scale, bias) {
                    let (mut z, mut out) = (x.clone(), vec![T::one()]);
                    T::hadamard_of(path, bias, [open, closed], &mut z, &mut out);
                    assert!(out[1..] == expected && out[0] == T::one(), "{path:?}, n = {n}, apart");
                    let sums = x.iter().enumerate().map(|(i, &x)| x + bias[i % n]);
                    assert!(sums.eq(z), "{path:?}, n = {n}: the inputs of the switch are kept");
                }
            }
        }
    }
}

/// Forwards and backwards, whatever is left of a register and of a group of rows, whichever sums are wanted.
/// Sums of a few products of these numbers are exact.
fn switches_and_pulls_back<T: Scalar>() {
    for (n, rows) in [(1, 3), (5, 1), (16, 2), (37, 5)] {
        let vectors = numbers::<T>(2 * (rows + 1) * n);
        let [open, closed] = [0, 1].map(|i| &vectors[i * n..][..n]);
        let (z, dy) = vectors[2 * n..].split_at(rows * n);
        let slope = |i: usize| if z[i] > T::zero() { open[i % n] } else { closed[i % n] };
        let mut out = vec![T::one()];
        T::switch(z, [open, closed], &mut out);
        assert!(out[0] == T::one() && (0..z.len()).all(|i| out[1 + i] == z[i] * slope(i)), "{n}");
        for wanted in 0..8 {
            let len = |k: usize| if wanted >> k & 1 == 1 { n } else { 0 };
            let mut sums = [0, 1, 2].map(|k| vec![T::zero(); len(k)]);
            let mut pulled = dy.to_vec();
            let sums_of = sums.each_mut().map(|sum| &mut sum[..]);
            T::pull(Thrown { slopes: [open, closed], z, sums: sums_of }, &mut pulled);
            assert!((0..z.len()).all(|i| pulled[i] == dy[i] * slope(i)), "{n}: pulled");
            let mut expected = [0, 1, 2].map(|k| vec![T::zero(); len(k)]);
            for i in 0..z.len() {
                let side = usize::from(z[i] <= T::zero());
                for (k, term) in [(side, dy[i] * z[i]), (2, pulled[i])] {
                    if let Some(sum) = expected[k].get_mut(i % n) {
                        *sum += term;
                    }
                }
            }
            assert!(sums == expected, "{n}: sums {wanted:03b}");
        }
    }
}

/// Any number of runs, of sums and of steps, and runs that overlap.
fn adds_products_of_runs<T: Scalar>() {
    let all = [(STEP, 1, 8), (4 * STEP, 9, 1), (5 * STEP, 4, 5), (7 * STEP, 25, 3)];
    for &(len, count, filters) in if cfg!(miri) { &all[..3] } else { &all[..] } {
        let values = numbers::<T>(len + 5 * count + BLOCK);
        let offsets: Vec<usize> = (0..count).map(|k| 5 * k + k % 3).collect();
        let others: [usize; BLOCK] = std::array::from_fn(|f| f);
        let (weights, start) = (numbers::<T>(BLOCK * count), numbers::<T>(filters));
        let runs = Runs { values: &values, offsets: &offsets };
        let x = |k: usize, q: usize| values[offsets[k] + q].double();
        // Sums of numbers no larger than one.
        let bound = |terms: usize| 2.0 * T::epsilon().double() * (terms * terms) as f64;
        for path in Path::all() {
            let mut out = vec![T::nan(); BLOCK * len];
            runs.combine_on(path, &weights, &start, &mut out);
            for (i, y) in out[..filters * len].iter().enumerate() {
                let (f, q) = (i / len, i % len);
                let sum: f64 = (0..count).map(|k| weights[k * BLOCK + f].double() * x(k, q)).sum();
                let error = (y.double() - sum - start[f].double()).abs();
                assert!(error <= bound(count + 1), "{path:?}, {count} runs of {len}, {f}: {error}");
            }
            let mut sums = vec![T::zero(); count * BLOCK * STEP];
            let others = Runs { values: &values, offsets: &others };
            runs.correlate_on(path, others, len, &mut sums);
            runs.correlate_on(path, others, len, &mut sums);
            for (i, parts) in sums.chunks_exact(STEP).enumerate() {
                let (k, f) = (i / BLOCK, i % BLOCK);
                let sum: f64 = (0..len).map(|q| x(k, q) * values[f + q].double()).sum();
                let parts: f64 = parts.iter().map(|v| v.double()).sum();
                let error = (parts - 2.0 * sum).abs();
                assert!(error <= bound(2 * len), "{path:?}, {count} runs of {len}, {i}: {error}");
            }
        }
    }
}

macro_rules! in_both_precisions {
    ($($name:ident),+ $(,)?) => {
        mod single { $(#[test] fn $name() { super::$name::<f32>(); })+ }
        mod double { $(#[test] fn $name() { super::$name::<f64>(); })+ }
    };
}

in_both_precisions!(
    is_the_matrix,
    is_the_matrix_for_long_rows,
    gives_the_same_bits_on_every_path,
    passes_what_is_not_finite,
    takes_the_switch_along,
    switches_and_pulls_back,
    adds_products_of_runs,
);
