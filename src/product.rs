//! The dense matrix product, one thread at a time: the work of the dense baselines.
//!
//! faer's product is used: beside matrixmultiply, which ndarray calls, it was a sixth faster at widths
//! 64 and 256 and level at 1024 (`benches/product.rs`, batch 128, `f32`, one thread, AVX-512). A slow
//! baseline would make every ratio in our tables worthless.

use crate::scalar::Scalar;
use faer::{MatMut, MatRef};
use ndarray::{ArrayView2, ArrayViewMut2, CowArray, Ix2};

/// `out = a·b`, or `out += a·b` if `accumulate`.
///
/// # Panics
/// If the shapes do not fit or `out` is not in standard (row-major) layout.
#[track_caller]
pub fn product<T: Scalar>(
    mut out: ArrayViewMut2<T>,
    accumulate: bool,
    a: ArrayView2<T>,
    b: ArrayView2<T>,
) {
    let (rows, columns) = out.dim();
    assert!(
        a.nrows() == rows && b.ncols() == columns && a.ncols() == b.nrows(),
        "product: expected {rows}×k · k×{columns}, found {:?} · {:?}",
        a.dim(),
        b.dim()
    );
    let (a, b) = (dense(a), dense(b));
    let out = out.as_slice_mut().expect("the product is written to a matrix in standard layout");
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    T::matmul(out, accumulate, borrow(&a), borrow(&b));
}

/// `m` itself where it is contiguous by rows or by columns, otherwise a copy that is.
fn dense<T: Scalar>(m: ArrayView2<'_, T>) -> CowArray<'_, T, Ix2> {
    if m.is_standard_layout() || m.t().is_standard_layout() {
        m.into()
    } else {
        m.as_standard_layout().into_owned().into()
    }
}

fn borrow<'a, T: Scalar>(m: &'a CowArray<'_, T, Ix2>) -> MatRef<'a, T> {
    let (rows, columns) = m.dim();
    match m.as_slice() {
        Some(values) => MatRef::from_row_major_slice(values, rows, columns),
        None => {
            let values = m.as_slice_memory_order().expect("dense() made it contiguous");
            MatRef::from_column_major_slice(values, rows, columns)
        }
    }
}
