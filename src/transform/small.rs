//! Short transforms by their matrix: up to some length a product in registers is faster than a fast algorithm.

use crate::product::product;
use crate::scalar::Scalar;
use ndarray::{ArrayView2, ArrayViewMut2};
use std::sync::Arc;

/// An orthonormal matrix `Q` of `n` rows.
#[derive(Clone)]
pub(super) struct Small<T> {
    n: usize,
    matrix: Arc<[T]>,
}

impl<T> std::fmt::Debug for Small<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Small").field("n", &self.n).finish_non_exhaustive()
    }
}

/// The longest that are multiplied: from 64 numbers on the Fourier transform has kernels that are faster (a cosine
/// transform of 48 numbers by its matrix takes 0.4 of the time that the Fourier transform takes, one of 64 takes 1.8).
pub(super) const LONGEST: usize = 63;

/// The fewest rows that are multiplied at once: with fewer the product sums in another order, and a row would have
/// other bits by itself than among others.
const FEWEST: usize = 9;

/// How many numbers are multiplied at once, so that they are read again from the nearest cache.
const TILE: usize = 4096;

impl<T: Scalar> Small<T> {
    /// The matrix of these entries.
    pub(super) fn new(n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let matrix = (0..n * n).map(|at| T::of(entry(at / n, at % n))).collect();
        Self { n, matrix }
    }

    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// Multiply-adds for one row.
    pub(super) fn operations(&self) -> usize {
        self.n * self.n
    }

    /// `Q`, or its transpose.
    fn view(&self, transposed: bool) -> ArrayView2<'_, T> {
        let matrix = ArrayView2::from_shape((self.n, self.n), &self.matrix[..]).expect("n rows");
        if transposed { matrix.reversed_axes() } else { matrix }
    }

    /// `x ← Q x` for each row, or with the transpose.
    pub(super) fn rows(&self, rows: &mut [T], transposed: bool) {
        let n = self.n;
        let most = (TILE / n).max(FEWEST);
        let mut old = vec![T::zero(); most.min((rows.len() / n).max(FEWEST)) * n];
        let mut few = Vec::new();
        for tile in rows.chunks_mut(most * n) {
            old[..tile.len()].copy_from_slice(tile);
            let count = (tile.len() / n).max(FEWEST);
            let x = ArrayView2::from_shape((count, n), &old[..count * n]).expect("whole rows");
            let matrix = self.view(!transposed); // a row times the transpose
            if count * n == tile.len() {
                let y = ArrayViewMut2::from_shape((count, n), &mut *tile).expect("whole rows");
                product(y, false, x, matrix);
            } else {
                few.resize(count * n, T::zero());
                let y = ArrayViewMut2::from_shape((count, n), &mut few[..]).expect("whole rows");
                product(y, false, x, matrix);
                tile.copy_from_slice(&few[..tile.len()]);
            }
        }
    }

    /// `X ← Q X` for each image of `n` rows of `width` numbers, or with the transpose.
    pub(super) fn columns(&self, images: &mut [T], width: usize, transposed: bool) {
        if width == 1 {
            return self.rows(images, transposed); // a column is a row, and a product of one column sums otherwise
        }
        let mut old = vec![T::zero(); self.n * width];
        for image in images.chunks_exact_mut(self.n * width) {
            old.copy_from_slice(image);
            let x = ArrayView2::from_shape((self.n, width), &old[..]).expect("n rows");
            let y = ArrayViewMut2::from_shape((self.n, width), image).expect("n rows");
            product(y, false, self.view(transposed), x);
        }
    }
}
