//! From the spectrum `Z` of a row that was transformed as pairs to the turned spectrum of the row,
//! and back.
//!
//! With `m = n/2` pairs, `(Z_k + Z*_{m−k})/2` is the spectrum of the even-indexed entries and
//! `(Z_k − Z*_{m−k})/2i` that of the odd-indexed ones. The first times `t_k` and the second times
//! `t_k·exp(∓2πik/n)`, call them `p` and `q`, give four entries of the row: `t_k F_k = p + q` holds
//! `y_k` and `y_{n−k}`, and `p − q`, but for a constant turn, is the conjugate of
//! `t_{m−k} F_{m−k}`, which holds `y_{m−k}` and `y_{m+k}`. Here is all of that in one pass, `k` from the front
//! and `m − k` from the back.

use super::places::{Step, block, block_mut};
use crate::scalar::Scalar;
use rustfft::num_complex::Complex;

/// The constants of the pass.
pub(super) struct Turns<T> {
    /// What makes `p`, real and imaginary parts, then what makes `q`, for `0 < k ≤ m/2`.
    pub(super) factors: [Vec<T>; 4],
    /// What turns `p − q`.
    pub(super) mirror: Complex<T>,
}

/// Writes the row, but for entries 0 and `m`.
pub(super) struct Untangle<'a, T> {
    pub(super) turns: &'a Turns<T>,
    pub(super) z: &'a [Complex<T>],
    pub(super) row: &'a mut [T],
}

impl<T: Scalar> Step for Untangle<'_, T> {
    #[inline(always)]
    fn take<const W: usize>(&mut self, at: usize) {
        let (m, k, r) = (self.z.len(), at + 1, self.turns.mirror);
        let back = m - at - W;
        let [tr, ti, ur, ui] = self.turns.factors.each_ref().map(|list| block::<_, W>(list, at));
        let (z, mirrored) = (block::<_, W>(self.z, k), block::<_, W>(self.z, back));
        let mut out = [[T::zero(); W]; 4];
        for i in 0..W {
            let (a, b) = (z[i], mirrored[W - 1 - i]);
            let (er, ei) = (a.re + b.re, a.im - b.im);
            let (or, oi) = (a.re - b.re, a.im + b.im);
            let (pr, pi) = (er * tr[i] - ei * ti[i], er * ti[i] + ei * tr[i]);
            let (qr, qi) = (or * ur[i] - oi * ui[i], or * ui[i] + oi * ur[i]);
            let (dr, di) = (pr - qr, pi - qi);
            out[0][i] = pr + qr;
            out[1][W - 1 - i] = dr * r.re - di * r.im;
            out[2][i] = dr * r.im + di * r.re;
            out[3][W - 1 - i] = -(pi + qi);
        }
        *block_mut(self.row, k) = out[0];
        *block_mut(self.row, back) = out[1];
        *block_mut(self.row, m + k) = out[2];
        *block_mut(self.row, m + back) = out[3];
    }
}

/// The transpose of [`Untangle`], with real and imaginary parts of `z` exchanged.
pub(super) struct Tangle<'a, T> {
    pub(super) turns: &'a Turns<T>,
    pub(super) row: &'a [T],
    pub(super) z: &'a mut [Complex<T>],
}

impl<T: Scalar> Step for Tangle<'_, T> {
    #[inline(always)]
    fn take<const W: usize>(&mut self, at: usize) {
        let (m, k, r) = (self.z.len(), at + 1, self.turns.mirror);
        let back = m - at - W;
        let [tr, ti, ur, ui] = self.turns.factors.each_ref().map(|list| block::<_, W>(list, at));
        let [a, b, c, d] = [k, back, m + k, m + back].map(|at| block::<_, W>(self.row, at));
        let mut out = [[Complex::new(T::zero(), T::zero()); W]; 2];
        for i in 0..W {
            let (sr, si) = (a[i], -d[W - 1 - i]);
            let (br, bi) = (b[W - 1 - i], c[i]);
            let (dr, di) = (br * r.re + bi * r.im, bi * r.re - br * r.im);
            let (pr, pi, qr, qi) = (sr + dr, si + di, sr - dr, si - di);
            let (er, ei) = (pr * tr[i] + pi * ti[i], pi * tr[i] - pr * ti[i]);
            let (or, oi) = (qr * ur[i] + qi * ui[i], qi * ur[i] - qr * ui[i]);
            out[0][i] = Complex::new(ei + oi, er + or);
            out[1][W - 1 - i] = Complex::new(oi - ei, er - or);
        }
        *block_mut(self.z, k) = out[0];
        *block_mut(self.z, back) = out[1];
    }
}
