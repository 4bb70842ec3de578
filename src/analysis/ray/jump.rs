//! By how much the whole effective map jumps at a breakpoint.

use super::Ray;
use crate::analysis::matrix;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Matrix;
use serde::Serialize;

/// The jump `ΔA` of the effective map at a breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Jump {
    /// The numeric rank of `ΔA`.
    pub rank: usize,
    /// The rank of one jump is at most this: the number of switches that flip.
    pub flips: usize,
    /// The largest entry of `ΔA`, as a size.
    pub largest: f64,
}

/// Remainders below this part of the larger map's largest entry are rounding.
const ZERO: f64 = 1e-11;

/// The jump of the effective map at breakpoint `index` of `ray`, by writing out the maps on its two sides.
///
/// Cost: two whole effective maps of outputs × inputs, and their difference eliminated with complete
/// pivoting, `O(rank · outputs · inputs)`: for small nets, or few breakpoints.
///
/// # Errors
/// If the net is not piecewise linear or has other numbers of inputs or outputs, or if there is no such breakpoint.
pub fn jump(net: &dyn Layer<f64>, ray: &Ray, index: usize) -> Result<Jump> {
    super::check_net(net)?;
    super::check_ray("ray of a jump", net, ray)?;
    let Some(breakpoint) = ray.breakpoints.get(index) else {
        let expected = format!("less than the {} breakpoints", ray.breakpoints.len());
        return Err(Error::new("breakpoint", expected, index));
    };
    let side = |segment: usize| {
        let t = ray.segments[segment].middle();
        let x = Matrix::from_shape_fn((1, net.inputs()), |(_, i)| ray.at(t, i));
        matrix(net.linearize(x).1.as_ref(), net)
    };
    let (left, right) = (side(index), side(index + 1));
    let size = |m: &Matrix<f64>| m.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
    let zero = ZERO * size(&left).max(size(&right));
    let difference = right - left;
    Ok(Jump {
        largest: size(&difference),
        rank: rank(difference, zero),
        flips: breakpoint.flips.len(),
    })
}

/// How many pivots larger than `zero` an elimination with complete pivoting finds.
fn rank(mut m: Matrix<f64>, zero: f64) -> usize {
    let (rows, columns) = m.dim();
    for done in 0..rows.min(columns) {
        let places = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
        let Some((i, j)) = places.reduce(|a, b| if m[b].abs() > m[a].abs() { b } else { a }) else {
            return done;
        };
        let pivot = m[[i, j]];
        if pivot.abs() <= zero {
            return done;
        }
        let row = m.row(i).to_owned();
        for mut other in m.rows_mut() {
            let factor = other[j] / pivot;
            other.scaled_add(-factor, &row);
            other[j] = 0.0;
        }
    }
    rows.min(columns)
}
