//! Plain blocks as dense products of parts of the rows.

use super::BlockDiagonal;
use crate::number::Number;
use crate::path::Path;
use crate::product::{Factor, rows_apart, rows_apart_to};

/// # Safety
/// At `y` there is room for the outputs of all rows of `x`.
pub(super) unsafe fn on<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    back: bool,
    x: &[T],
    y: *mut T,
) {
    let BlockDiagonal { weights, groups, rows, columns, .. } = matrix.rows_for_groups();
    let (outputs, inputs) = if back { (columns, rows) } else { (rows, columns) };
    let m = x.len() / (groups * inputs);
    let to = groups * outputs;
    for (group, values) in weights.chunks_exact(rows * columns).enumerate() {
        let x = &x[group * inputs..];
        let x = Factor { values: x, shape: [m, inputs], strides: [groups * inputs, 1] };
        let strides = if back { [columns, 1] } else { [1, columns] };
        let w = Factor { values, shape: [inputs, outputs], strides };
        let first = group * outputs;
        // SAFETY: the rows are there, and each but the last ends where the next begins.
        unsafe { rows_apart_to(path, y.add(first), m * to - first, to, false, x, w) };
    }
}

pub(super) fn sums<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    x: &[T],
    dy: &[T],
    sums: &mut [T],
) {
    let BlockDiagonal { groups, rows, columns, .. } = matrix.rows_for_groups();
    let m = x.len() / (groups * columns);
    for (group, sums) in sums.chunks_exact_mut(rows * columns).enumerate() {
        let (x, dy) = (&x[group * columns..], &dy[group * rows..]);
        let x = Factor { values: x, shape: [m, columns], strides: [groups * columns, 1] };
        let dy = Factor { values: dy, shape: [rows, m], strides: [1, groups * rows] };
        rows_apart(path, sums, columns, true, dy, x);
    }
}
