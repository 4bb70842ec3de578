//! The discrete cosine transform, through a real Fourier transform of the same length.

use super::fold::{fold, unfold};
use super::real::RealFourier;
use super::{Description, Transform, fourier_operations, rows_of};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use rustfft::FftDirection;

/// The orthonormal DCT-II, `C[k][j] = w_k·cos(π k (j + ½)/n)` with `w_0 = √(1/n)`, `w_k = √(2/n)`;
/// or its inverse and transpose, the DCT-III.
///
/// Any length; even lengths with small prime factors are fastest. Source: J. Makhoul, *A fast cosine
/// transform in one and two dimensions*, IEEE Trans. ASSP-28 (1980): even-indexed numbers forwards
/// then odd-indexed ones backwards, one real Fourier transform of the same length, one rotation. The
/// DCT-III takes the transposes of these steps in reverse order.
#[derive(Clone, Debug)]
pub struct Dct<T: Scalar> {
    fourier: RealFourier<T>,
    third: bool,
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
        // The rotation is by −k/4n of a full turn.
        Ok(Self { fourier: RealFourier::new(n, FftDirection::Forward, -0.25), third: false })
    }

    /// The DCT-III of length `n`; its adjoint is the DCT-II.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn third(n: usize) -> Result<Self> {
        Ok(Self { third: true, ..Self::second(n)? })
    }

    fn second_rows(&self, rows: &mut [T]) {
        self.fourier.apply(rows_of("dct", rows, self.len()), fold);
    }

    fn third_rows(&self, rows: &mut [T]) {
        self.fourier.transpose(rows_of("dct", rows, self.len()), unfold);
    }
}

impl<T: Scalar> Transform<T> for Dct<T> {
    fn len(&self) -> usize {
        self.fourier.len()
    }

    fn apply(&self, rows: &mut [T]) {
        if self.third { self.third_rows(rows) } else { self.second_rows(rows) }
    }

    fn adjoint(&self, rows: &mut [T]) {
        if self.third { self.second_rows(rows) } else { self.third_rows(rows) }
    }

    fn describe(&self) -> Description<'_, T> {
        let name = if self.third { "dct3" } else { "dct2" };
        Description::new(name, fourier_operations(self.len()) + 2 * self.len())
    }
}
