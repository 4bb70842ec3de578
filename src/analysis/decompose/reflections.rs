//! Orthonormal rows by Householder's reflections.

use super::{Dot, dot, unit};
use crate::kernel::{Loop, run};
use crate::scalar::Matrix;
use ndarray::{ArrayView2, s};
use rayon::prelude::*;

/// As many orthonormal rows as `a` has, that span the rows of `a` or, where those depend on each other,
/// more than them.
///
/// # Panics
/// If `a` has more rows than columns.
pub fn orthonormal(a: ArrayView2<'_, f64>) -> Matrix<f64> {
    assert!(a.nrows() <= a.ncols(), "more orthonormal rows than dimensions");
    let mut rows = a.as_standard_layout().into_owned();
    for mut row in rows.rows_mut() {
        let unit = unit(row.iter());
        row /= unit; // no other span, and no square overflows
    }
    let mut q = Matrix::from_shape_fn(rows.dim(), |(i, j)| f64::from(u8::from(i == j)));
    Triangle::new(rows, false).times_q(&mut q);
    q
}

/// `A = L·Q` with `L` lower triangular and the rows of `Q` orthonormal; the rows of `A` may be in another order.
pub(super) struct Triangle {
    /// Row `j` begins with what `L` has before its diagonal. From column `j` on there is, if `L` has that column,
    /// the vector of the reflection `H_j = I − f_j v_j v_jᵀ`: `Q = H_{r−1} ⋯ H_0`.
    rows: Matrix<f64>,
    /// `f`.
    factors: Vec<f64>,
    /// Of `L`.
    diagonal: Vec<f64>,
    /// Which row of `A` each row belongs to.
    pub order: Vec<usize>,
}

/// The squares of a row that is shorter than this are lost beside rows of length 1: it counts as zero.
const SHORT: f64 = 1e-140;
/// So many numbers are worth another thread.
const WORK: usize = 1 << 15;
/// Rows that are reflected together: a vector is read once for all of them.
const TOGETHER: usize = 8;

impl Triangle {
    /// Of a matrix in standard layout with at most as many rows as columns. With `longest_first` the next row is
    /// the one of which the rows before leave most, and none follows where they leave nothing: the diagonal
    /// falls, and its length is the rank.
    pub fn new(mut a: Matrix<f64>, longest_first: bool) -> Self {
        let (count, columns) = a.dim();
        let mut order: Vec<usize> = (0..count).collect();
        let (mut factors, mut diagonal) = (Vec::new(), Vec::new());
        let mut squares: Vec<f64> = a.rows().into_iter().map(|row| row.dot(&row)).collect();
        let rows = a.as_slice_mut().expect("in standard layout");
        for j in 0..count {
            if longest_first {
                let longest = (j..count).max_by(|&i, &k| squares[i].total_cmp(&squares[k]));
                let longest = longest.expect("row j is left");
                if squares[longest] <= SHORT * SHORT {
                    break;
                }
                if longest > j {
                    let (before, from) = rows.split_at_mut(longest * columns);
                    before[j * columns..][..columns].swap_with_slice(&mut from[..columns]);
                    order.swap(j, longest);
                    squares.swap(j, longest);
                }
            }
            let (v, rest) = rows[j * columns..].split_at_mut(columns);
            let v = &mut v[j..];
            let (place, factor) = reflection(v);
            diagonal.push(place);
            factors.push(factor);
            rest.par_chunks_exact_mut(columns)
                .zip(&mut squares[j + 1..])
                .with_min_len(WORK / columns)
                .for_each(|(row, square)| {
                    run(Reflect { v, factor, row: &mut row[j..] });
                    if longest_first {
                        *square = run(Dot(&row[j + 1..], &row[j + 1..]));
                    }
                });
        }
        Self { rows: a, factors, diagonal, order }
    }

    /// How many columns `L` has, and rows `Q`.
    pub fn rank(&self) -> usize {
        self.diagonal.len()
    }

    /// `Lᵀ`.
    pub fn upper(&self) -> Matrix<f64> {
        Matrix::from_shape_fn((self.rank(), self.rows.nrows()), |(j, i)| match i.cmp(&j) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => self.diagonal[j],
            std::cmp::Ordering::Greater => self.rows[[i, j]],
        })
    }

    /// Each of the `rows`, in standard layout, times `Q`, which further reflected unit vectors make square.
    pub fn times_q(&self, rows: &mut Matrix<f64>) {
        let columns = self.rows.ncols();
        let rows = rows.as_slice_mut().expect("in standard layout");
        if rows.is_empty() {
            return;
        }
        rows.par_chunks_mut(TOGETHER * columns).with_min_len(WORK / TOGETHER / columns).for_each(
            |rows| {
                for (j, &factor) in self.factors.iter().enumerate().rev() {
                    let v = self.rows.slice(s![j, j..]);
                    let v = v.to_slice().expect("in standard layout");
                    for row in rows.chunks_exact_mut(columns) {
                        run(Reflect { v, factor, row: &mut row[j..] });
                    }
                }
            },
        );
    }
}

/// Makes of `x` the vector of the reflection that turns it onto the first axis, and gives its place there and the
/// factor. The vector begins with one, so a row along an axis is turned without rounding.
fn reflection(x: &mut [f64]) -> (f64, f64) {
    let length = run(Dot(x, x)).sqrt();
    if length == 0.0 {
        return (0.0, 0.0); // zero, or too small for a square
    }
    // Of the two directions the far one: nothing cancels.
    let (place, factor) = (-length.copysign(x[0]), 1.0 + x[0].abs() / length);
    x[0] -= place;
    let first = x[0];
    x.iter_mut().for_each(|x| *x /= first);
    (place, factor)
}

/// `row −= f·v (v·row)`.
struct Reflect<'a> {
    v: &'a [f64],
    factor: f64,
    row: &'a mut [f64],
}

impl Loop for Reflect<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let part = self.factor * dot(self.v, self.row);
        if part == 0.0 {
            return; // as for most unit vectors
        }
        self.row.iter_mut().zip(self.v).for_each(|(row, v)| *row -= part * v);
    }
}
