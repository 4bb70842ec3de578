//! The discrete cosine transform: by its matrix if it is short, else through a real Fourier transform of the same
//! length.

use super::fold::{fold, unfold};
use super::real::RealFourier;
use super::small::{self, Small};
use super::{Description, Transform, check_rows, each_column, fourier_operations};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use rustfft::FftDirection;
use std::f64::consts::PI;

/// The orthonormal DCT-II, `C[k][j] = w_k·cos(π k (j + ½)/n)` with `w_0 = √(1/n)`, `w_k = √(2/n)`;
/// or its inverse and transpose, the DCT-III.
///
/// Any length; below 64 a product with the matrix, from there on even lengths with small prime factors are fastest. Source: J. Makhoul, *A fast cosine
/// transform in one and two dimensions*, IEEE Trans. ASSP-28 (1980): even-indexed numbers forwards
/// then odd-indexed ones backwards, one real Fourier transform of the same length, one rotation. The
/// DCT-III takes the transposes of these steps in reverse order.
#[derive(Clone, Debug)]
pub struct Dct<T: Scalar> {
    by: By<T>,
    third: bool,
}

#[derive(Clone, Debug)]
enum By<T: Scalar> {
    Matrix(Small<T>),
    Fourier(RealFourier<T>),
}

impl<T: Scalar> Dct<T> {
    /// The DCT-II of length `n`; its adjoint is the DCT-III.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn second(n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::new("length of a cosine transform", "at least 1", n));
        }
        let by = if n <= small::LONGEST {
            let weight = |k: usize| if k == 0 { 1.0 } else { 2.0 };
            By::Matrix(Small::new(n, |k, j| {
                // Reduced before the cosine is taken, which would lose digits far out.
                let turn = k * (2 * j + 1) % (4 * n);
                (weight(k) / n as f64).sqrt() * (PI * turn as f64 / (2 * n) as f64).cos()
            }))
        } else {
            // The rotation is by −k/4n of a full turn.
            By::Fourier(RealFourier::new(n, FftDirection::Forward, -0.25))
        };
        Ok(Self { by, third: false })
    }

    /// The DCT-III of length `n`; its adjoint is the DCT-II.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn third(n: usize) -> Result<Self> {
        Ok(Self { third: true, ..Self::second(n)? })
    }

    fn rows(&self, rows: &mut [T], third: bool) {
        check_rows("dct", rows.len(), self.len());
        match &self.by {
            By::Matrix(matrix) => matrix.rows(rows, third),
            By::Fourier(fourier) => match third {
                true => fourier.transpose(rows.chunks_exact_mut(fourier.len()), unfold),
                false => fourier.apply(rows.chunks_exact_mut(fourier.len()), fold),
            },
        }
    }

    fn columns(&self, images: &mut [T], width: usize, third: bool) {
        match &self.by {
            By::Matrix(matrix) => {
                check_rows("images", images.len(), matrix.len() * width);
                matrix.columns(images, width, third);
            }
            By::Fourier(_) => each_column(images, self.len(), width, |rows| self.rows(rows, third)),
        }
    }
}

impl<T: Scalar> Transform<T> for Dct<T> {
    fn len(&self) -> usize {
        match &self.by {
            By::Matrix(matrix) => matrix.len(),
            By::Fourier(fourier) => fourier.len(),
        }
    }

    fn apply(&self, rows: &mut [T]) {
        self.rows(rows, self.third);
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.rows(rows, !self.third);
    }

    fn apply_columns(&self, images: &mut [T], width: usize) {
        self.columns(images, width, self.third);
    }

    fn adjoint_columns(&self, images: &mut [T], width: usize) {
        self.columns(images, width, !self.third);
    }

    fn describe(&self) -> Description<'_, T> {
        let name = if self.third { "dct3" } else { "dct2" };
        let operations = match &self.by {
            By::Matrix(matrix) => matrix.operations(),
            By::Fourier(fourier) => fourier_operations(fourier.len()) + 2 * fourier.len(),
        };
        Description::new(name, operations)
    }
}
