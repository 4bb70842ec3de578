//! The real Fourier transform as a real orthonormal matrix: the discrete Hartley transform.

use super::fold::pack;
use super::real::RealFourier;
use super::{Description, Transform, fourier_operations, rows_of};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use rustfft::FftDirection;

/// The discrete Hartley transform, `M[i][j] = (cos(2πij/n) + sin(2πij/n)) / √n`.
///
/// It holds the same numbers as the Fourier transform of a real row, `Re F + Im F` where
/// `F_i = Σ x_j·exp(2πi·ij/n)`, in a matrix that is real, symmetric and orthonormal, and so its own
/// inverse. Any length; even lengths with small prime factors are fastest.
///
/// Source: R. N. Bracewell, *Discrete Hartley transform*, J. Opt. Soc. Am. 73 (1983).
#[derive(Clone, Debug)]
pub struct Hartley<T: Scalar> {
    fourier: RealFourier<T>,
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
        // Re((1 − i)·F) = Re F + Im F, and −Im((1 − i)·F) = Re F − Im F is the mirrored entry: every
        // turn is the same.
        Ok(Self { fourier: RealFourier::new(n, FftDirection::Inverse, 0.0) })
    }
}

impl<T: Scalar> Transform<T> for Hartley<T> {
    fn len(&self) -> usize {
        self.fourier.len()
    }

    fn apply(&self, rows: &mut [T]) {
        self.fourier.apply(rows_of("hartley", rows, self.len()), pack);
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.apply(rows); // the matrix is symmetric
    }

    fn describe(&self) -> Description<'_, T> {
        Description::new("hartley", fourier_operations(self.len()))
    }
}
