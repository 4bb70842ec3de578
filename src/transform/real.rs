//! The Fourier transform of a real row, turned into a real orthonormal map: what the Hartley and the
//! cosine transforms have in common.

use super::places::each;
use super::untangle::{Tangle, Turns, Untangle};
use crate::scalar::Scalar;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftDirection};
use std::f64::consts::TAU;
use std::slice::ChunksExactMut;
use std::sync::Arc;

/// From the spectrum `F` of a row to `y_k = Re(t_k F_k)`, `y_{n−k} = −Im(t_k F_k)` for `0 < k < n/2`,
/// where `t_k = √(2/n)·exp(2πi(s·(k/n − ½) − ⅛))` with a slope `s`. The `⅛` makes the ends alike:
/// `y_0 = F_0/√n` and `y_{n/2} = F_{n/2}/√n`.
///
/// A row of even length is transformed as half as many complex numbers.
#[derive(Clone)]
pub(super) struct RealFourier<T> {
    fft: Arc<dyn Fft<T>>,
    n: usize,
    turns: Arc<Turns<T>>,
    /// `1/√n`.
    scale: T,
}

impl<T> std::fmt::Debug for RealFourier<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealFourier").field("n", &self.n).finish_non_exhaustive()
    }
}

impl<T: Scalar> RealFourier<T> {
    /// The map of length `n > 0`. The direction is the sign in the exponent of `F`.
    pub(super) fn new(n: usize, direction: FftDirection, slope: f64) -> Self {
        let even = n.is_multiple_of(2);
        let (length, pairs) = if even { (n / 2, n / 4) } else { (n, n / 2) };
        let scale = 1.0 / (n as f64).sqrt();
        let weight = scale * if even { 0.5_f64.sqrt() } else { 2_f64.sqrt() }; // half, for the mean of two
        let sign = if direction == FftDirection::Forward { -1.0 } else { 1.0 };
        let mut factors = [const { Vec::new() }; 4];
        for share in (1..=pairs).map(|k| k as f64 / n as f64) {
            let turn = slope * (share - 0.5) - 0.125;
            let t = Complex::from_polar(weight, TAU * turn);
            let u = Complex::from_polar(weight, TAU * (turn + sign * share - 0.25));
            for (list, part) in factors.iter_mut().zip([t.re, t.im, u.re, u.im]) {
                list.push(T::of(part));
            }
        }
        let mirror = Complex::from_polar(1.0, TAU * (0.25 + 0.5 * slope));
        let mirror = Complex::new(T::of(mirror.re), T::of(mirror.im));
        Self {
            fft: T::fourier(length, direction),
            n,
            turns: Arc::new(Turns { factors, mirror }),
            scale: T::of(scale),
        }
    }

    /// The length of a row.
    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// `y` of each row, after `fold` made it complex.
    pub(super) fn apply(&self, rows: ChunksExactMut<T>, fold: impl Fn(&[T], &mut [Complex<T>])) {
        let mut buffer = self.buffer();
        let (z, scratch) = buffer.split_at_mut(self.fft.len());
        for row in rows {
            fold(row, z);
            self.fft.process_with_scratch(z, scratch);
            self.untangle(z, row);
        }
    }

    /// The transpose of [`apply`](Self::apply), if `unfold` is that of `fold`.
    ///
    /// The transpose of a Fourier transform is the one with the other sign, which is the same one on
    /// numbers with real and imaginary parts exchanged. So `unfold` is given them exchanged.
    pub(super) fn transpose(
        &self,
        rows: ChunksExactMut<T>,
        unfold: impl Fn(&[Complex<T>], &mut [T]),
    ) {
        let mut buffer = self.buffer();
        let (z, scratch) = buffer.split_at_mut(self.fft.len());
        for row in rows {
            self.tangle(row, z);
            self.fft.process_with_scratch(z, scratch);
            unfold(z, row);
        }
    }

    fn buffer(&self) -> Vec<Complex<T>> {
        let zero = Complex::new(T::zero(), T::zero());
        vec![zero; self.fft.len() + self.fft.get_inplace_scratch_len()]
    }

    fn untangle(&self, z: &[Complex<T>], row: &mut [T]) {
        let turns = &*self.turns;
        if self.n.is_multiple_of(2) {
            let m = z.len();
            row[0] = (z[0].re + z[0].im) * self.scale;
            row[m] = (z[0].re - z[0].im) * self.scale;
            each::<16>(m / 2, Untangle { turns, z, row });
        } else {
            row[0] = z[0].re * self.scale;
            let [tr, ti, ..] = &turns.factors;
            let (low, high) = row[1..].split_at_mut(tr.len());
            let entries = low.iter_mut().zip(high.iter_mut().rev());
            for (((y, mirrored), z), (tr, ti)) in entries.zip(&z[1..]).zip(tr.iter().zip(ti)) {
                *y = z.re * *tr - z.im * *ti;
                *mirrored = -(z.re * *ti + z.im * *tr);
            }
        }
    }

    fn tangle(&self, row: &[T], z: &mut [Complex<T>]) {
        let turns = &*self.turns;
        if self.n.is_multiple_of(2) {
            let m = z.len();
            z[0] = Complex::new((row[0] - row[m]) * self.scale, (row[0] + row[m]) * self.scale);
            each::<16>(m / 2, Tangle { turns, row, z });
        } else {
            z[0] = Complex::new(T::zero(), row[0] * self.scale);
            let [tr, ti, ..] = &turns.factors;
            let (low, high) = row[1..].split_at(tr.len());
            let entries = low.iter().zip(high.iter().rev());
            for ((z, (y, mirrored)), (tr, ti)) in
                z[1..].iter_mut().zip(entries).zip(tr.iter().zip(ti))
            {
                *z = Complex::new(-(*y * *ti + *mirrored * *tr), *y * *tr - *mirrored * *ti);
            }
            z[1 + tr.len()..].fill(Complex::new(T::zero(), T::zero()));
        }
    }
}
