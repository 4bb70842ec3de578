//! A row as the complex numbers that are transformed.
//!
//! A row of even length goes as pairs, one number real and the next imaginary: half as many complex
//! numbers. A row of odd length goes as real parts.

use super::places::{Step, block, block_mut, each};
use crate::scalar::Scalar;
use rustfft::num_complex::Complex;
use std::array::from_fn;

/// The row in its own order.
pub(super) fn pack<T: Scalar>(row: &[T], z: &mut [Complex<T>]) {
    if row.len().is_multiple_of(2) {
        for (z, [re, im]) in z.iter_mut().zip(row.as_chunks().0) {
            *z = Complex::new(*re, *im);
        }
    } else {
        for (z, v) in z.iter_mut().zip(row) {
            *z = Complex::new(*v, T::zero());
        }
    }
}

/// The entries 0, 2, 4 … forwards, then … 5, 3, 1 backwards.
pub(super) fn fold<T: Scalar>(row: &[T], z: &mut [Complex<T>]) {
    if row.len().is_multiple_of(2) {
        let (quads, rest) = row.as_chunks();
        if let [re, im] = rest {
            z[quads.len()] = Complex::new(*re, *im);
        }
        each::<8>(quads.len(), Fold { quads, z });
    } else {
        let (front, back) = z.split_at_mut(row.len().div_ceil(2));
        for (z, v) in front.iter_mut().zip(row.iter().step_by(2)) {
            *z = Complex::new(*v, T::zero());
        }
        for (z, v) in back.iter_mut().rev().zip(row.iter().skip(1).step_by(2)) {
            *z = Complex::new(*v, T::zero());
        }
    }
}

/// Undoes [`fold`], and takes real and imaginary parts as exchanged.
pub(super) fn unfold<T: Scalar>(z: &[Complex<T>], row: &mut [T]) {
    if row.len().is_multiple_of(2) {
        let (quads, rest) = row.as_chunks_mut();
        if let [first, second] = rest {
            (*first, *second) = (z[quads.len()].im, z[quads.len()].re);
        }
        each::<4>(quads.len(), Unfold { z, quads });
    } else {
        let (front, back) = z.split_at(row.len().div_ceil(2));
        for (z, v) in front.iter().zip(row.iter_mut().step_by(2)) {
            *v = z.im;
        }
        for (z, v) in back.iter().rev().zip(row.iter_mut().skip(1).step_by(2)) {
            *v = z.im;
        }
    }
}

/// Four entries of a row make a pair at the front and, in reverse, a pair at the back.
struct Fold<'a, T> {
    quads: &'a [[T; 4]],
    z: &'a mut [Complex<T>],
}

impl<T: Scalar> Step for Fold<'_, T> {
    #[inline(always)]
    fn take<const W: usize>(&mut self, at: usize) {
        let quads: &[_; W] = block(self.quads, at);
        let mirrored = self.z.len() - W - at;
        *block_mut::<_, W>(self.z, at) = from_fn(|i| Complex::new(quads[i][0], quads[i][2]));
        *block_mut::<_, W>(self.z, mirrored) =
            from_fn(|i| Complex::new(quads[W - 1 - i][3], quads[W - 1 - i][1]));
    }
}

struct Unfold<'a, T> {
    z: &'a [Complex<T>],
    quads: &'a mut [[T; 4]],
}

impl<T: Scalar> Step for Unfold<'_, T> {
    #[inline(always)]
    fn take<const W: usize>(&mut self, at: usize) {
        let front: &[_; W] = block(self.z, at);
        let back: &[_; W] = block(self.z, self.z.len() - W - at);
        *block_mut::<_, W>(self.quads, at) = from_fn(|i| {
            let (front, back) = (front[i], back[W - 1 - i]);
            [front.im, back.re, front.re, back.im]
        });
    }
}
