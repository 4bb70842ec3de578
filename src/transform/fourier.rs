//! The real Fourier transform as a real orthonormal matrix: the discrete Hartley transform.

use super::fold::pack;
use super::real::RealFourier;
use super::small::{self, Small};
use super::{Description, Transform, check_rows, each_column, fourier_operations};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use rustfft::FftDirection;
use std::f64::consts::TAU;

/// The discrete Hartley transform, `M[i][j] = (cos(2πij/n) + sin(2πij/n)) / √n`.
///
/// It holds the same numbers as the Fourier transform of a real row, `Re F + Im F` where
/// `F_i = Σ x_j·exp(2πi·ij/n)`, in a matrix that is real, symmetric and orthonormal, and so its own
/// inverse. Any length; below 64 a product with the matrix, from there on even lengths with small prime factors are
/// fastest.
///
/// Source: R. N. Bracewell, *Discrete Hartley transform*, J. Opt. Soc. Am. 73 (1983).
#[derive(Clone, Debug)]
pub struct Hartley<T: Scalar> {
    by: By<T>,
}

#[derive(Clone, Debug)]
enum By<T: Scalar> {
    Matrix(Small<T>),
    Fourier(RealFourier<T>),
}

impl<T: Scalar> Hartley<T> {
    /// The transform of length `n`.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn new(n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::new("length of a Hartley transform", "at least 1", n));
        }
        if n <= small::LONGEST {
            let entry = |i: usize, j: usize| {
                let turn = TAU * (i * j % n) as f64 / n as f64;
                (turn.cos() + turn.sin()) / (n as f64).sqrt()
            };
            return Ok(Self { by: By::Matrix(Small::new(n, entry)) });
        }
        // Re((1 − i)·F) = Re F + Im F, and −Im((1 − i)·F) = Re F − Im F is the mirrored entry: every
        // turn is the same.
        Ok(Self { by: By::Fourier(RealFourier::new(n, FftDirection::Inverse, 0.0)) })
    }
}

impl<T: Scalar> Transform<T> for Hartley<T> {
    fn len(&self) -> usize {
        match &self.by {
            By::Matrix(matrix) => matrix.len(),
            By::Fourier(fourier) => fourier.len(),
        }
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("hartley", rows.len(), self.len());
        match &self.by {
            By::Matrix(matrix) => matrix.rows(rows, false),
            By::Fourier(fourier) => fourier.apply(rows.chunks_exact_mut(fourier.len()), pack),
        }
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.apply(rows); // the matrix is symmetric
    }

    fn apply_columns(&self, images: &mut [T], width: usize) {
        check_rows("images", images.len(), self.len() * width);
        match &self.by {
            By::Matrix(matrix) => matrix.columns(images, width, false),
            By::Fourier(_) => each_column(images, self.len(), width, |rows| self.apply(rows)),
        }
    }

    fn adjoint_columns(&self, images: &mut [T], width: usize) {
        self.apply_columns(images, width);
    }

    fn describe(&self) -> Description<'_, T> {
        let operations = match &self.by {
            By::Matrix(matrix) => matrix.operations(),
            By::Fourier(fourier) => fourier_operations(fourier.len()),
        };
        Description::new("hartley", operations)
    }
}
