//! From rows to answers: many rows through a net, probabilities, classes.

use super::{chunk_rows, join_chunks};
use crate::aligned;
use crate::layer::{Layer, softmax_row};
use crate::scalar::{Matrix, Scalar};
use ndarray::ArrayView2;

/// `f(x)` for each row of `x`, on all threads.
///
/// # Panics
/// If `x` has another width than the net takes.
pub fn forward<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Matrix<T> {
    join_chunks((x.nrows(), net.outputs()), chunk_rows(net), |rows| {
        net.forward(aligned::rows(x, rows))
    })
}

/// `p_k = e^{y_k} / Σ_j e^{y_j}` for each row: positive numbers that add up to one.
pub fn softmax<T: Scalar>(mut y: Matrix<T>) -> Matrix<T> {
    for mut row in y.rows_mut() {
        softmax_row(&mut row);
    }
    y
}

/// The softmax of the net's outputs for each row of `x`.
///
/// # Panics
/// If `x` has another width than the net takes.
pub fn probabilities<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Matrix<T> {
    softmax(forward(net, x))
}

/// The place of the largest number of each row; the first of equal ones. Softmax does not change it.
pub fn argmax<T: Scalar>(y: ArrayView2<'_, T>) -> Vec<usize> {
    let largest = |row: ndarray::ArrayView1<'_, T>| {
        let mut best = 0;
        for (i, v) in row.iter().enumerate() {
            if *v > row[best] {
                best = i;
            }
        }
        best
    };
    y.rows().into_iter().map(largest).collect()
}

/// The class of each row of `x`: the largest output.
///
/// # Panics
/// If `x` has another width than the net takes.
pub fn predict<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Vec<usize> {
    argmax(forward(net, x).view())
}
