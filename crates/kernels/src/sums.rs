//! Sums over the rows of a batch.

use crate::number::Number;
use crate::path::{Loop, run};

/// `sum_j += Σ_i rows_ij`, for rows as long as `sum`: four rows at a time as `(a + b) + (c + d)`, and those that are
/// left over one after the other. Nothing if `sum` is empty.
///
/// ```
/// let mut sum = [1.0, 0.0];
/// switchnet_kernels::add_rows(&mut sum, &[1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(sum, [5.0, 6.0]);
/// ```
pub fn add_rows<T: Number>(sum: &mut [T], rows: &[T]) {
    T::add_rows(sum, rows);
}

/// [`add_rows`].
pub(crate) fn rows<T: Number>(sum: &mut [T], rows: &[T]) {
    run(Rows { sum, rows });
}

struct Rows<'a, T> {
    sum: &'a mut [T],
    rows: &'a [T],
}

impl<T: Number> Loop for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.sum.len();
        if n == 0 {
            return;
        }
        let mut groups = self.rows.chunks_exact(4 * n);
        for group in &mut groups {
            let (ab, cd) = group.split_at(2 * n);
            let ((a, b), (c, d)) = (ab.split_at(n), cd.split_at(n));
            for ((((sum, &a), &b), &c), &d) in self.sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (a + b) + (c + d);
            }
        }
        for row in groups.remainder().chunks_exact(n) {
            for (sum, &v) in self.sum.iter_mut().zip(row) {
                *sum += v;
            }
        }
    }
}

/// `sum_j += Σ_i rows_ij·x_ij`, one row after the other. Nothing if `sum` is empty.
///
/// ```
/// let mut sum = [1.0, 0.0];
/// switchnet_kernels::add_products(&mut sum, &[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 0.5]);
/// assert_eq!(sum, [8.0, 4.0]);
/// ```
pub fn add_products<T: Number>(sum: &mut [T], rows: &[T], x: &[T]) {
    T::add_products(sum, rows, x);
}

/// [`add_products`].
pub(crate) fn products<T: Number>(sum: &mut [T], rows: &[T], x: &[T]) {
    run(Products { sum, rows, x });
}

struct Products<'a, T> {
    sum: &'a mut [T],
    rows: &'a [T],
    x: &'a [T],
}

impl<T: Number> Loop for Products<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.sum.len();
        if n == 0 {
            return;
        }
        for (row, x) in self.rows.chunks_exact(n).zip(self.x.chunks_exact(n)) {
            for ((sum, &v), &x) in self.sum.iter_mut().zip(row).zip(x) {
                *sum += v * x;
            }
        }
    }
}
