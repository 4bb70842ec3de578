//! The discrete cosine transform, through a real Fourier transform of the same length.

use super::{Transform, fourier_operations, rows_of};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use realfft::{ComplexToReal, RealToComplex};
use rustfft::num_complex::Complex;
use std::f64::consts::PI;
use std::sync::Arc;

/// The orthonormal DCT-II, `C[k][j] = w_k·cos(π k (j + ½)/n)` with `w_0 = √(1/n)`, `w_k = √(2/n)`;
/// or its inverse and transpose, the DCT-III.
///
/// Any length. Source: J. Makhoul, *A fast cosine transform in one and two dimensions*, IEEE Trans.
/// ASSP-28 (1980): even-indexed numbers forwards then odd-indexed ones backwards, one real Fourier
/// transform of the same length, one rotation.
#[derive(Clone)]
pub struct Dct<T: Scalar> {
    forward: Arc<dyn RealToComplex<T>>,
    inverse: Arc<dyn ComplexToReal<T>>,
    /// `exp(−iπk/2n)·w_k` for `k ≤ n/2`, with the orthonormal weight already in it.
    twiddle: Vec<Complex<T>>,
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
        let twiddle = (0..n / 2 + 1)
            .map(|k| {
                let weight = if k == 0 { 1.0 } else { 2.0 } / n as f64;
                let turn = Complex::from_polar(weight.sqrt(), -PI * k as f64 / (2 * n) as f64);
                Complex::new(T::of(turn.re), T::of(turn.im))
            })
            .collect();
        let (forward, inverse) = T::fourier(n);
        Ok(Self { forward, inverse, twiddle, third: false })
    }

    /// The DCT-III of length `n`; its adjoint is the DCT-II.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn third(n: usize) -> Result<Self> {
        Ok(Self { third: true, ..Self::second(n)? })
    }

    fn second_rows(&self, rows: &mut [T]) {
        let n = self.forward.len();
        let mut folded = vec![T::zero(); n];
        let mut spectrum = self.forward.make_output_vec();
        let mut scratch = self.forward.make_scratch_vec();
        for row in rows_of("dct", rows, n) {
            for (i, &v) in row.iter().enumerate() {
                folded[fold(i, n)] = v;
            }
            self.forward
                .process_with_scratch(&mut folded, &mut spectrum, &mut scratch)
                .expect("row, spectrum and scratch were made for this length");
            for (k, (f, t)) in spectrum.iter().zip(&self.twiddle).enumerate() {
                let z = f * t;
                row[k] = z.re;
                // The mirrored entry; at n/2 both are the same number.
                if k > 0 && k < n - k {
                    row[n - k] = -z.im;
                }
            }
        }
    }

    fn third_rows(&self, rows: &mut [T]) {
        let n = self.forward.len();
        let mut folded = vec![T::zero(); n];
        let mut spectrum = self.inverse.make_input_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        let half = T::of(0.5);
        for row in rows_of("dct", rows, n) {
            for (k, (f, t)) in spectrum.iter_mut().zip(&self.twiddle).enumerate() {
                // Undo z = f·t: dividing by t is multiplying by conj(t)/|t|², and 1/|t|² is n for
                // k = 0 and n/2 elsewhere; the unnormalised inverse transform wants f/n.
                let z = Complex::new(row[k], if k == 0 { T::zero() } else { -row[n - k] });
                let weight = if k == 0 { T::one() } else { half };
                *f = t.conj() * z * weight;
            }
            // Rounding leaves a trace where the spectrum of a real row must be real.
            spectrum[0].im = T::zero();
            if n.is_multiple_of(2) {
                spectrum[n / 2].im = T::zero();
            }
            self.inverse
                .process_with_scratch(&mut spectrum, &mut folded, &mut scratch)
                .expect("row, spectrum and scratch were made for this length");
            for (i, v) in row.iter_mut().enumerate() {
                *v = folded[fold(i, n)];
            }
        }
    }
}

/// Where entry `i` of a row goes before the Fourier transform.
fn fold(i: usize, n: usize) -> usize {
    if i.is_multiple_of(2) { i / 2 } else { n - 1 - i / 2 }
}

impl<T: Scalar> Transform<T> for Dct<T> {
    fn len(&self) -> usize {
        self.forward.len()
    }

    fn apply(&self, rows: &mut [T]) {
        if self.third { self.third_rows(rows) } else { self.second_rows(rows) }
    }

    fn adjoint(&self, rows: &mut [T]) {
        if self.third { self.second_rows(rows) } else { self.third_rows(rows) }
    }

    fn name(&self) -> String {
        if self.third { "dct3".into() } else { "dct2".into() }
    }

    fn operations(&self) -> usize {
        fourier_operations(self.forward.len()) + 2 * self.forward.len()
    }
}
