//! The dense matrix product, one thread at a time: the work of the dense baselines.
//!
//! A slow baseline would make every ratio in our tables worthless: `benches/product.rs` has ours beside
//! matrixmultiply's, which ndarray calls, and `switchnet speed` beside faer's.

use crate::kernel::{self, Factor};
use crate::scalar::Scalar;
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
    kernel::product(out, accumulate, factor(&a), factor(&b));
}

/// `m` itself where it is contiguous by rows or by columns, otherwise a copy that is.
fn dense<T: Scalar>(m: ArrayView2<'_, T>) -> CowArray<'_, T, Ix2> {
    if m.is_standard_layout() || m.t().is_standard_layout() {
        m.into()
    } else {
        m.as_standard_layout().into_owned().into()
    }
}

fn factor<'a, T: Scalar>(m: &'a CowArray<'_, T, Ix2>) -> Factor<'a, T> {
    let (rows, columns) = m.dim();
    let values = m.as_slice_memory_order().expect("dense() made it contiguous");
    let strides = if m.is_standard_layout() { [columns, 1] } else { [1, rows] };
    Factor { values, shape: [rows, columns], strides }
}
