//! The bare products that dense layers and steps are measured against: faer's with the feature `opponents`, and
//! otherwise the library's own.

use ndarray::{ArrayView2, ArrayViewMut2};

/// Whose product it is, in the rows.
#[cfg(feature = "opponents")]
pub(super) const WHOSE: &str = "in faer";

/// Whose product it is, in the rows.
#[cfg(not(feature = "opponents"))]
pub(super) const WHOSE: &str = "of our own";

/// `out = a·b`, or `out += a·b` if `accumulate`.
#[cfg(not(feature = "opponents"))]
pub(super) fn product(
    out: ArrayViewMut2<'_, f32>,
    accumulate: bool,
    a: ArrayView2<'_, f32>,
    b: ArrayView2<'_, f32>,
) {
    switchnet::internal::product(out, accumulate, a, b);
}

/// `out = a·b`, or `out += a·b` if `accumulate`.
#[cfg(feature = "opponents")]
pub(super) fn product(
    mut out: ArrayViewMut2<'_, f32>,
    accumulate: bool,
    a: ArrayView2<'_, f32>,
    b: ArrayView2<'_, f32>,
) {
    use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
    fn factor<'a>(m: &'a ArrayView2<'_, f32>) -> MatRef<'a, f32> {
        let (rows, columns) = m.dim();
        let values = m.as_slice_memory_order().expect("contiguous");
        if m.is_standard_layout() {
            MatRef::from_row_major_slice(values, rows, columns)
        } else {
            MatRef::from_column_major_slice(values, rows, columns)
        }
    }
    let (rows, columns) = out.dim();
    let out = out.as_slice_mut().expect("row-major");
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    let how = if accumulate { Accum::Add } else { Accum::Replace };
    matmul(out, how, factor(&a), factor(&b), 1.0, Par::Seq);
}
