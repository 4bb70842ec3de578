//! Rows that are sent through maps.

use crate::aligned;
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, Axis};
use std::ops::Range;

/// One input as a batch.
pub(super) fn one_row<T: Scalar>(x: ArrayView1<'_, T>) -> Matrix<T> {
    aligned::vector(x.iter().copied()).insert_axis(Axis(0))
}

/// Rows that go through a linear map together: so few that they stay in the cache through all layers.
pub(super) const ROWS: usize = 32;

/// Rows `range` of the identity of `n` numbers.
pub(super) fn identity<T: Scalar>(range: Range<usize>, n: usize) -> Matrix<T> {
    let mut unit = aligned::zeros(range.len(), n);
    for (row, i) in range.enumerate() {
        unit[[row, i]] = T::one();
    }
    unit
}
