//! Singular values by Jacobi's rotations.

use super::reflections::Triangle;
use super::{Dot, dot, unit};
use crate::error::{Error, Result};
use crate::kernel::{Loop, run};
use crate::scalar::Matrix;
use ndarray::{ArrayView2, s};
use rayon::prelude::*;

/// `A = Σ σ_i u_i v_iᵀ` with the `min(rows, columns)` values in descending order.
#[derive(Debug)]
#[non_exhaustive]
pub struct Svd {
    /// `σ`.
    pub values: Vec<f64>,
    /// Row `i` is `u_i`.
    pub left: Matrix<f64>,
    /// Row `i` is `v_i`.
    pub right: Matrix<f64>,
}

/// The singular values and vectors of `a`.
///
/// Jacobi's rotations make the rows of a triangle orthogonal, in the form of Hestenes; two triangles, the first of
/// which takes the longest rows first, leave them little to do (Drmač, Veselić, SIAM J. Matrix Anal. Appl. 29,
/// 2008). Rows of a wide matrix, or columns of a tall one, may be of very different lengths: small values that come
/// of that are as exact as large ones.
///
/// # Errors
/// If a number is not finite, or the iteration does not converge.
pub fn svd(a: ArrayView2<'_, f64>) -> Result<Svd> {
    let refused = || Error::new("singular values", "a matrix of finite numbers", "no convergence");
    if !a.iter().all(|v| v.is_finite()) {
        return Err(refused());
    }
    let wide = a.nrows() <= a.ncols();
    let rows = if wide { a } else { a.reversed_axes() };
    let (count, columns) = rows.dim();
    let unit = unit(rows.iter());
    // P·rows/unit = L₁ Q₁ and L₁ᵀ = L₂ Q₂. With J L₂ᵀ = Σ W, where J and W are orthogonal, the left vectors are
    // J Q₂ P and the right ones W Q₁.
    let outer = Triangle::new(rows.as_standard_layout().mapv(|v| v / unit), true);
    let inner = Triangle::new(outer.upper(), false);
    let rank = outer.rank();
    let mut both = Matrix::zeros((rank, 2 * rank));
    both.slice_mut(s![.., ..rank]).assign(&inner.upper());
    both.slice_mut(s![.., rank..]).diag_mut().fill(1.0);
    if !orthogonalize(both.as_slice_mut().expect("in standard layout"), rank) {
        return Err(refused());
    }
    let length = |row: ndarray::ArrayView1<'_, f64>| {
        let image = row.slice_move(s![..rank]);
        let image = image.to_slice().expect("in standard layout");
        run(Dot(image, image)).sqrt()
    };
    let mut found: Vec<(usize, f64)> = both.rows().into_iter().map(length).enumerate().collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    // Unit vectors complete the rows, and stay what they are or become what Q lacks.
    let start = |columns| {
        Matrix::from_shape_fn((count, columns), |(i, j)| f64::from(u8::from(i == j && i >= rank)))
    };
    let (mut left, mut right) = (start(count), start(columns));
    for (place, (i, value)) in found.iter().enumerate() {
        let (image, turn) = (both.slice(s![*i, ..rank]), both.slice(s![*i, rank..]));
        left.slice_mut(s![place, ..rank]).assign(&turn);
        right.slice_mut(s![place, ..rank]).assign(&(&image / *value));
    }
    inner.times_q(&mut left);
    outer.times_q(&mut right);
    let mut ordered = Matrix::zeros(left.dim());
    for (column, &to) in left.columns().into_iter().zip(&outer.order) {
        ordered.column_mut(to).assign(&column);
    }
    let mut values: Vec<f64> = found.into_iter().map(|(_, value)| value * unit).collect();
    values.resize(count, 0.0);
    let (left, right) = if wide { (ordered, right) } else { (right, ordered) };
    Ok(Svd { values, left, right })
}

/// The most sweeps over all pairs; about ten are enough.
const SWEEPS: usize = 60;
/// Rows that are turned together, so that they stay in the cache.
const BLOCK: usize = 16;
/// So many pairs of blocks are worth another thread.
const PAIRS: usize = 2;

/// Turns the first `rank` numbers of rows of twice as many orthogonal to each other, and all numbers with them.
/// False if that does not end.
///
/// Blocks that are neighbors meet and change places until their order is reversed: each has met each other then,
/// and what is turned when does not depend on the threads.
fn orthogonalize(rows: &mut [f64], rank: usize) -> bool {
    let width = 2 * rank;
    let pair = Pair { rank, tolerance: f64::EPSILON * (rank as f64).sqrt() };
    let any = |one: bool, other: bool| one | other;
    let mut blocks: Vec<&mut [f64]> = rows.chunks_mut((BLOCK * width).max(1)).collect();
    for _ in 0..SWEEPS {
        let within = blocks.par_iter_mut().with_min_len(2 * PAIRS).map(|block| {
            let each = (1..block.len() / width).map(|i| {
                let (before, row) = block[..(i + 1) * width].split_at_mut(i * width);
                pair.all(before, row)
            });
            each.fold(false, any)
        });
        let mut turned = within.reduce(|| false, any);
        for round in 0..blocks.len() {
            let neighbors = blocks[round % 2..].par_chunks_exact_mut(2).with_min_len(PAIRS);
            let between = neighbors.map(|two| {
                let [one, other] = &mut *two else { unreachable!("chunks of two") };
                let turned = pair.all(one, other);
                two.swap(0, 1);
                turned
            });
            turned |= between.reduce(|| false, any);
        }
        if !turned {
            return true;
        }
        blocks.reverse();
    }
    false
}

/// How two rows are turned.
#[derive(Clone, Copy)]
struct Pair {
    rank: usize,
    /// The largest cosine between rows that counts as none.
    tolerance: f64,
}

impl Pair {
    /// Turns each of the rows `one` with each of `other`. Whether that was needed.
    fn all(self, one: &mut [f64], other: &mut [f64]) -> bool {
        let mut turned = false;
        for x in one.chunks_exact_mut(2 * self.rank) {
            for y in other.chunks_exact_mut(2 * self.rank) {
                turned |= run(Turn { x, y, pair: self });
            }
        }
        turned
    }
}

/// Turns `x` and `y`, if needed, until the first numbers of both are orthogonal. The longer row comes first: fewer
/// sweeps are needed then (de Rijk, SIAM J. Sci. Stat. Comput. 10, 1989).
struct Turn<'a> {
    x: &'a mut [f64],
    y: &'a mut [f64],
    pair: Pair,
}

impl Loop for Turn<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { x, y, pair: Pair { rank, tolerance } } = self;
        let (first, second) = (&x[..rank], &y[..rank]);
        let (xx, yy, xy) = (dot(first, first), dot(second, second), dot(first, second));
        // Not by the product of the squares, which may underflow.
        if xy.abs() <= tolerance * xx.sqrt() * yy.sqrt() {
            return false;
        }
        let cotangent = (yy - xx) / (2.0 * xy); // of twice the angle
        let tangent = 1.0_f64.copysign(cotangent) / (cotangent.abs() + cotangent.hypot(1.0));
        let cosine = 1.0 / tangent.hypot(1.0);
        let sine = tangent * cosine;
        // Small turns change little, so they add little rounding (Rutishauser).
        let half = sine / (1.0 + cosine);
        let exchange = yy > xx;
        for (x, y) in x.iter_mut().zip(y) {
            let turned = (*x - sine * (*y + half * *x), *y + sine * (*x - half * *y));
            (*x, *y) = if exchange { (turned.1, turned.0) } else { turned };
        }
        true
    }
}
