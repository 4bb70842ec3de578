//! Checks and pairings of rows that every layer needs.

use crate::scalar::{Matrix, Scalar};

/// `m` in row-major layout, if it has `width` columns, of which there must be some.
#[track_caller]
pub(crate) fn checked<T: Scalar>(name: &str, m: Matrix<T>, width: usize) -> Matrix<T> {
    if m.ncols() != width || width == 0 {
        wrong_width(name, m.ncols(), width);
    }
    if m.is_standard_layout() { m } else { m.as_standard_layout().into_owned() }
}

#[cold]
#[inline(never)]
#[track_caller]
fn wrong_width(name: &str, found: usize, expected: usize) -> ! {
    match expected {
        0 => panic!("{name}: expected a layer of at least 1 feature, found 0"),
        _ => panic!("{name}: expected rows of {expected} features, found {found}"),
    }
}

/// The numbers of a matrix that [`checked`] made row-major.
pub(crate) fn values<T: Scalar>(m: &Matrix<T>) -> &[T] {
    m.as_slice().expect("checked() made it row-major")
}

/// The numbers of a matrix that [`checked`] made row-major, to be changed.
pub(crate) fn values_mut<T: Scalar>(m: &mut Matrix<T>) -> &mut [T] {
    m.as_slice_mut().expect("checked() made it row-major")
}

/// Whether one record serves `rows` rows, however many: where there is only one, and no gradient is
/// wanted. Otherwise each row must have its own.
#[track_caller]
pub(super) fn broadcasts(name: &str, recorded: usize, rows: usize, with_gradient: bool) -> bool {
    let broadcast = (recorded == 1 || rows == 0) && !with_gradient;
    if recorded != rows && !broadcast {
        panic!("{name}: expected {recorded} rows, as recorded, found {rows}");
    }
    broadcast
}

/// For each of `rows` rows, the record that belongs to it: its own, or the only one there is.
#[track_caller]
pub(super) fn records<'a, T: Scalar>(
    name: &str,
    record: &'a Matrix<T>,
    rows: usize,
    with_gradient: bool,
) -> impl Iterator<Item = &'a [T]> {
    let broadcast = broadcasts(name, record.nrows(), rows, with_gradient);
    let width = record.ncols();
    let values = values(record);
    (0..rows).map(move |row| {
        let row = if broadcast { 0 } else { row };
        &values[row * width..][..width]
    })
}

/// `m` with each row multiplied by the record that belongs to it.
#[track_caller]
pub(super) fn scaled<T: Scalar>(name: &str, mut m: Matrix<T>, record: &Matrix<T>) -> Matrix<T> {
    let (rows, width) = m.dim();
    let records = records(name, record, rows, false);
    for (row, record) in values_mut(&mut m).chunks_exact_mut(width).zip(records) {
        for (v, &d) in row.iter_mut().zip(record) {
            *v *= d;
        }
    }
    m
}
