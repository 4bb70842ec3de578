//! Block-diagonal matrices, against their formula.

use super::{Scalar, numbers};
use crate::compiled::Kernels;
use crate::{BlockDiagonal, Path};

/// Groups, rows, columns and stride: every way, whole registers and parts of them, square and not.
const SHAPES: &[[usize; 4]] = &[
    [1, 1, 1, 1],
    [8, 2, 2, 1],
    [16, 2, 2, 2],
    [5, 2, 2, 4],
    [2, 2, 2, 8],
    [3, 2, 2, 16],
    [1, 2, 2, 64],
    [4, 4, 4, 1],
    [8, 4, 4, 2],
    [2, 4, 4, 8],
    [2, 8, 8, 1],
    [3, 8, 8, 4],
    [1, 8, 8, 8],
    [2, 8, 8, 16],
    [3, 3, 3, 5],
    [2, 5, 3, 1],
    [2, 3, 7, 20],
    [1, 9, 6, 33],
    [7, 16, 16, 1],
    [2, 1, 4, 3],
];

fn shapes() -> impl Iterator<Item = [usize; 4]> {
    SHAPES.iter().copied().step_by(if cfg!(miri) { 4 } else { 1 })
}

/// `y`, `dx` and the sums by the formula; the numbers are such that sums are exact in any order.
fn by_formula<T: Scalar>(d: BlockDiagonal<'_, T>, x: &[T], dy: &[T], m: usize) -> [Vec<T>; 3] {
    let BlockDiagonal { weights, groups, rows, columns, stride } = d;
    let (n, to) = (groups * columns * stride, groups * rows * stride);
    let mut answer = [vec![T::ZERO; m * to], vec![T::ZERO; m * n], vec![T::ZERO; weights.len()]];
    for row in 0..m {
        for g in 0..groups {
            for (a, b, i) in (0..rows)
                .flat_map(|a| (0..columns).flat_map(move |b| (0..stride).map(move |i| (a, b, i))))
            {
                let w = (((g * rows + a) * columns + b) * stride + i) % weights.len();
                let input = row * n + (g * columns + b) * stride + i;
                let output = row * to + (g * rows + a) * stride + i;
                answer[0][output] += weights[w] * x[input];
                answer[1][input] += weights[w] * dy[output];
                answer[2][w] += dy[output] * x[input];
            }
        }
    }
    answer
}

fn is_the_formula<T: Scalar>() {
    for [groups, rows, columns, stride] in shapes() {
        let (n, to) = (groups * columns * stride, groups * rows * stride);
        for m in [0, 1, 3, 9] {
            let one = rows * columns * stride;
            let all = numbers::<T>(one * groups + m * (n + to));
            let (weights, all) = all.split_at(one * groups);
            let (x, dy) = all.split_at(m * n);
            for weights in [weights, &weights[..one]] {
                let d = BlockDiagonal { weights, groups, rows, columns, stride };
                let expected = by_formula(d, x, dy, m);
                for path in Path::all() {
                    let mut found = [vec![T::ONE], vec![T::ONE], vec![T::ONE; weights.len()]];
                    let [y, dx, sums] = &mut found;
                    T::block_diagonal(path, d, false, x, y);
                    T::block_diagonal(path, d, true, dy, dx);
                    T::block_diagonal_outer(path, d, x, dy, sums);
                    // What is there stays: outputs come behind it, and sums are added to it.
                    assert_eq!([y.remove(0), dx.remove(0)], [T::ONE; 2]);
                    assert_eq!([y.len(), dx.len()], [m * to, m * n]);
                    sums.iter_mut().for_each(|sum| *sum -= T::ONE);
                    // Numbers are in steps of 2⁻¹⁰, so products in steps of 2⁻²⁰, and single precision rounds sums above 8.
                    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                        let error = (found.double() - expected.double()).abs();
                        let bound = 64.0 * T::EPSILON * (1.0 + expected.double().abs());
                        assert!(
                            error <= bound,
                            "{found} for {expected}: {path:?}, {d:?}, {m} rows"
                        );
                    }
                }
            }
        }
    }
}

/// What a row becomes does not depend on those beside it.
fn rows_are_on_their_own<T: Scalar>() {
    for [groups, rows, columns, stride] in shapes().filter(|shape| shape[2] < 32) {
        let (n, to) = (groups * columns * stride, groups * rows * stride);
        let third = T::of(1.0 / 3.0);
        let all = numbers::<T>(rows * columns * stride * groups + 11 * n);
        let all: Vec<T> = all.into_iter().map(|v| v * third).collect();
        let (weights, x) = all.split_at(rows * columns * stride * groups);
        let d = BlockDiagonal { weights, groups, rows, columns, stride };
        for path in Path::all() {
            let mut y = Vec::new();
            T::block_diagonal(path, d, false, x, &mut y);
            for (x, y) in x.chunks(n).zip(y.chunks(to)) {
                let mut alone = Vec::new();
                T::block_diagonal(path, d, false, x, &mut alone);
                assert_eq!(alone, y, "{path:?}, {d:?}");
            }
        }
    }
}

#[test]
fn block_diagonal_is_the_formula() {
    is_the_formula::<f32>();
    is_the_formula::<f64>();
}

#[test]
fn rows_through_a_block_diagonal_matrix_are_on_their_own() {
    rows_are_on_their_own::<f32>();
    rows_are_on_their_own::<f64>();
}

#[test]
#[should_panic(
    expected = "block-diagonal: expected rows of 4 numbers and 2 times 4 weights, found 6 numbers"
)]
fn block_diagonal_refuses_other_lengths() {
    let d = BlockDiagonal { weights: &[1.0; 8], groups: 2, rows: 2, columns: 2, stride: 1 };
    d.apply_to(&[1.0; 6], &mut Vec::new());
}

/// Every lane finds its partner, near and far.
#[test]
fn a_flip_of_pairs_is_a_flip() {
    for stride in [1, 2, 4, 8, 16, 32] {
        // ((0, 1), (1, 0)) for each pair.
        let one: Vec<f32> = [0.0, 1.0, 1.0, 0.0].iter().flat_map(|&w| vec![w; stride]).collect();
        let d = BlockDiagonal { weights: &one, groups: 64 / stride, rows: 2, columns: 2, stride };
        let x: Vec<f32> = (0..2 * 64).map(|i| i as f32).collect();
        for path in Path::all() {
            let mut y = Vec::new();
            f32::block_diagonal(path, d, false, &x, &mut y);
            assert!(y.iter().enumerate().all(|(i, &y)| y == (i ^ stride) as f32), "{path:?}");
        }
    }
}
