//! The walls of a region: the values of all switches at an input, and how fast they change along a direction.
//!
//! On the region around `x` the value of each switch is affine in the input, so `z(x + t·d) = z(x) + t·ż`,
//! and the region ends where one of them is zero. This is all that rays, slices and margins are made of.

use crate::aligned;
use crate::layer::LinearMap;
use crate::scalar::{Matrix, Scalar};

/// The values of the switches, a matrix for each layer that has some, one row for each recorded row.
pub(super) fn values<T: Scalar>(map: &dyn LinearMap<T>) -> Vec<Matrix<T>> {
    let mut all = Vec::new();
    map.switches(&mut |values| all.push(copy(values)));
    all
}

/// `J d` for each row `d` of `directions`, and the rates of the switches along them.
///
/// # Panics
/// If a layer shows switches and not their rates.
pub(super) fn rates<T: Scalar>(
    map: &dyn LinearMap<T>,
    directions: Matrix<T>,
) -> (Matrix<T>, Vec<Matrix<T>>) {
    let mut all = Vec::new();
    let pushed = map.rates(directions, &mut |rates| all.push(copy(rates)));
    let mut layers = 0;
    map.switches(&mut |_| layers += 1);
    assert_eq!(all.len(), layers, "rates: a layer with switches does not show their rates");
    (pushed, all)
}

/// A copy, in memory that was used before if there is some.
fn copy<T: Scalar>(m: &Matrix<T>) -> Matrix<T> {
    aligned::rows(m.view(), 0..m.nrows())
}
