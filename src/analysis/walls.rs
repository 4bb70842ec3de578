//! Reading the switches of a linear map: their values where it was recorded, and how fast these change along a
//! direction. No other file of the analysis asks a map for them.
//!
//! On the region around `x` the value of each switch is affine in the input, so `z(x + t·d) = z(x) + t·ż`,
//! and the region ends where one of them is zero. This is all that rays, slices and margins are made of.
//! What is read here is as the arithmetic left it; [`settle`](super::settle) says which of it is rounding.

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
/// As [`each_rate`].
pub(super) fn rates<T: Scalar>(
    map: &dyn LinearMap<T>,
    directions: Matrix<T>,
) -> (Matrix<T>, Vec<Matrix<T>>) {
    let mut all = Vec::new();
    let pushed = each_rate(map, directions, |_, rates| all.push(copy(rates)));
    (pushed, all)
}

/// The same; the rates are shown with the number of their layer and not kept.
///
/// # Panics
/// If a layer shows switches and not their rates.
pub(super) fn each_rate<T: Scalar>(
    map: &dyn LinearMap<T>,
    directions: Matrix<T>,
    mut f: impl FnMut(usize, &Matrix<T>),
) -> Matrix<T> {
    let (mut layers, mut shown) = (0, 0);
    map.switches(&mut |_| layers += 1);
    let pushed = map.rates(directions, &mut |rates| {
        f(shown, rates);
        shown += 1;
    });
    assert_eq!(shown, layers, "rates: a layer with switches does not show their rates");
    pushed
}

/// What the layers make of zero with their switches held: the constant of the map, one row.
pub(super) fn constant<T: Scalar>(map: &dyn LinearMap<T>, inputs: usize) -> Matrix<T> {
    map.affine(Matrix::zeros((1, inputs)))
}

/// A copy, in memory that was used before if there is some.
fn copy<T: Scalar>(m: &Matrix<T>) -> Matrix<T> {
    aligned::rows(m.view(), 0..m.nrows())
}
