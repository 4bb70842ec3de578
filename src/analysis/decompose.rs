//! Decompositions of dense matrices whose rows are the vectors.

use crate::error::{Error, Result};
use crate::scalar::Matrix;
use faer::{Mat, MatRef};
use ndarray::ArrayView2;

/// `A = Σ σ_i u_i v_iᵀ` with the `min(rows, columns)` values in descending order.
pub(super) struct Svd {
    /// `σ`.
    pub values: Vec<f64>,
    /// Row `i` is `u_i`.
    pub left: Matrix<f64>,
    /// Row `i` is `v_i`.
    pub right: Matrix<f64>,
}

/// The singular values and vectors of `a`.
///
/// # Errors
/// If the iteration does not converge, as on numbers that are not finite.
pub(super) fn svd(a: ArrayView2<'_, f64>) -> Result<Svd> {
    let a = a.as_standard_layout();
    let decomposed = borrow(&a).thin_svd().map_err(|_| {
        Error::new("singular values", "a matrix of finite numbers", "no convergence")
    })?;
    let values = decomposed.S().column_vector().iter().copied().collect();
    Ok(Svd { values, left: columns(decomposed.U()), right: columns(decomposed.V()) })
}

/// As many orthonormal rows as `a` has, that span the rows of `a` or, where those depend on each other,
/// more than them.
///
/// # Panics
/// If `a` has more rows than columns.
pub(super) fn orthonormal(a: ArrayView2<'_, f64>) -> Matrix<f64> {
    assert!(a.nrows() <= a.ncols(), "more orthonormal rows than dimensions");
    let a = a.as_standard_layout();
    let q: Mat<f64> = borrow(&a).transpose().qr().compute_thin_Q();
    columns(q.as_ref())
}

/// Orthonormal rows that span the rows of `a`: the right singular vectors whose values are above
/// [`tolerance`].
pub(super) fn span(a: ArrayView2<'_, f64>) -> Result<Matrix<f64>> {
    let (rows, columns) = a.dim();
    let found = svd(a)?;
    let least = tolerance(rows, columns, found.values.first().copied().unwrap_or(0.0));
    let rank = found.values.iter().filter(|&&value| value > least).count();
    Ok(found.right.slice_move(ndarray::s![..rank, ..]))
}

/// `max(rows, columns)·ε·σ₁`: below this a singular value cannot be told from zero.
pub(super) fn tolerance(rows: usize, columns: usize, largest: f64) -> f64 {
    rows.max(columns) as f64 * f64::EPSILON * largest
}

fn borrow<'a>(a: &'a ndarray::CowArray<'_, f64, ndarray::Ix2>) -> MatRef<'a, f64> {
    let values = a.as_slice().expect("in standard layout");
    MatRef::from_row_major_slice(values, a.nrows(), a.ncols())
}

/// The columns of `m` as rows.
fn columns(m: MatRef<'_, f64>) -> Matrix<f64> {
    let mut rows = Matrix::zeros((m.ncols(), m.nrows()));
    for (mut row, column) in rows.rows_mut().into_iter().zip(m.col_iter()) {
        row.iter_mut().zip(column.iter()).for_each(|(to, from)| *to = *from);
    }
    rows
}
