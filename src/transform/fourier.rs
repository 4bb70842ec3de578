//! The real Fourier transform as a real orthonormal matrix: the discrete Hartley transform.

use super::{Transform, fourier_operations, rows_of};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use realfft::RealToComplex;
use std::sync::Arc;

/// The discrete Hartley transform, `M[i][j] = (cos(2πij/n) + sin(2πij/n)) / √n`.
///
/// It holds the same numbers as the Fourier transform of a real row, `Re F − Im F`, in a matrix
/// that is real, symmetric and orthonormal, and so its own inverse. Any length; lengths with small
/// prime factors are fastest.
///
/// Source: R. N. Bracewell, *Discrete Hartley transform*, J. Opt. Soc. Am. 73 (1983).
#[derive(Clone)]
pub struct Hartley<T: Scalar> {
    fft: Arc<dyn RealToComplex<T>>,
    scale: T,
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
        let (fft, _) = T::fourier(n);
        Ok(Self { fft, scale: T::of(1.0 / (n as f64).sqrt()) })
    }
}

impl<T: Scalar> Transform<T> for Hartley<T> {
    fn len(&self) -> usize {
        self.fft.len()
    }

    fn apply(&self, rows: &mut [T]) {
        let n = self.fft.len();
        let mut spectrum = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        for row in rows_of("hartley", rows, n) {
            self.fft
                .process_with_scratch(row, &mut spectrum, &mut scratch)
                .expect("row, spectrum and scratch were made for this length");
            // F[n−k] is the conjugate of F[k], so half of the spectrum fills both ends of the row.
            for (k, f) in spectrum.iter().enumerate() {
                row[k] = (f.re - f.im) * self.scale;
                if k > 0 {
                    row[n - k] = (f.re + f.im) * self.scale;
                }
            }
            if n.is_multiple_of(2) {
                let f = spectrum[n / 2]; // its own mirror image, with no imaginary part
                row[n / 2] = f.re * self.scale;
            }
        }
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.apply(rows); // the matrix is symmetric
    }

    fn name(&self) -> String {
        "hartley".into()
    }

    fn operations(&self) -> usize {
        fourier_operations(self.fft.len())
    }
}
