//! Decompositions of dense matrices whose rows are the vectors.

mod reflections;
mod rotations;
#[cfg(test)]
mod tests;

pub(super) use reflections::orthonormal;
pub(super) use rotations::{Svd, svd};

use crate::error::Result;
use crate::kernel::Loop;
use crate::scalar::Matrix;
use ndarray::{ArrayView2, s};

/// Orthonormal rows that span the rows of `a`: the right singular vectors whose values are above
/// [`tolerance`].
pub(super) fn span(a: ArrayView2<'_, f64>) -> Result<Matrix<f64>> {
    let (rows, columns) = a.dim();
    let found = svd(a)?;
    let least = tolerance(rows, columns, found.values.first().copied().unwrap_or(0.0));
    let rank = found.values.iter().filter(|&&value| value > least).count();
    Ok(found.right.slice_move(s![..rank, ..]))
}

/// `max(rows, columns)·ε·σ₁`: below this a singular value cannot be told from zero.
pub(super) fn tolerance(rows: usize, columns: usize, largest: f64) -> f64 {
    rows.max(columns) as f64 * f64::EPSILON * largest
}

/// The power of two below the largest of the numbers' sizes: to divide by it is exact, and no square overflows then.
fn unit<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    let largest = values.fold(0.0_f64, |largest, v| largest.max(v.abs()));
    f64::from_bits(largest.to_bits() & EXPONENT).max(f64::MIN_POSITIVE)
}

/// [`dot`] for wide registers.
struct Dot<'a>(&'a [f64], &'a [f64]);

impl Loop for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        dot(self.0, self.1)
    }
}

/// `Σ a_i·b_i`, in as many sums as registers have room for.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const SUMS: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        for i in 0..SUMS {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
