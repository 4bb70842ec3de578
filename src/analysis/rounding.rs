//! What rounding leaves of a number that should be zero.

use crate::scalar::Scalar;

/// The part of the largest value of a layer below which a value of it is rounding alone. A switch is a sum of
/// up to thousands of rounded terms, whose errors grow with the root of their number; the rest is margin.
pub(super) const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Slopes or gradients that differ by less than this part of the larger are the same: the rounding of a pass
/// through layers of thousands, with margin.
pub(super) const SAME: f64 = 1e-12;

/// Two ways to one answer agree that differ by at most this part of the numbers on the way. Rounding leaves a
/// part of 1e-12 of deep nets; the rest is margin.
pub(super) const AGREES: f64 = 1e-9;

/// The largest finite `|v|`, zero if there is none. In lanes that do not wait for one another, so
/// that it takes vector registers, and several of them.
#[inline(always)]
pub(super) fn largest<T: Scalar>(values: &[T]) -> T {
    let larger = |most: T, v: T| {
        let size = v.abs();
        if (size > most) & (size < T::infinity()) { size } else { most }
    };
    let mut lanes = [T::zero(); 32];
    let (groups, rest) = values.as_chunks::<32>();
    for group in groups {
        for (lane, &v) in lanes.iter_mut().zip(group) {
            *lane = larger(*lane, v);
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, v);
    }
    for half in [16, 8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] = larger(lanes[i], lanes[i + half]);
        }
    }
    lanes[0]
}
