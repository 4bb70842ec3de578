//! Sums over the rows of a batch.

use super::{Loop, run};
use crate::scalar::Scalar;

/// `sum_j += Σ rows_ij`.
pub(crate) fn add_rows<T: Scalar>(sum: &mut [T], rows: &[T]) {
    run(Rows { sum, rows });
}

struct Rows<'a, T> {
    sum: &'a mut [T],
    rows: &'a [T],
}

impl<T: Scalar> Loop for Rows<'_, T> {
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

/// `sum_j += Σ rows_ij·x_ij`.
#[cfg(test)] // what the kernels are held against
pub(crate) fn add_products<T: Scalar>(sum: &mut [T], rows: &[T], x: &[T]) {
    run(Products { sum, rows, x });
}

#[cfg(test)] // what the kernels are held against
struct Products<'a, T> {
    sum: &'a mut [T],
    rows: &'a [T],
    x: &'a [T],
}

#[cfg(test)] // what the kernels are held against
impl<T: Scalar> Loop for Products<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.sum.len();
        for (row, x) in self.rows.chunks_exact(n).zip(self.x.chunks_exact(n)) {
            for ((sum, &v), &x) in self.sum.iter_mut().zip(row).zip(x) {
                *sum += v * x;
            }
        }
    }
}
