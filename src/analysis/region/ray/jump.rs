//! By how much the whole effective map jumps at a breakpoint.

use super::Ray;
use crate::analysis::checks;
use crate::analysis::decompose::svd;
use crate::analysis::map::matrix;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::map_chunks;
use crate::scalar::Matrix;
use serde::Serialize;

/// The jump `ΔA` of the effective map at a breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Jump {
    /// The numeric rank of `ΔA`.
    pub rank: usize,
    /// The rank of one jump is at most this: the number of switches that flip.
    pub flips: usize,
    /// The largest entry of `ΔA`, as a size.
    pub largest: f64,
}

/// Singular values below this part of the larger map's largest entry are rounding.
const ZERO: f64 = 1e-11;

/// The jump of the effective map at breakpoint `index` of `ray`, by writing out the maps on its two sides.
///
/// Cost: two whole effective maps of outputs × inputs, and the singular values of their
/// difference: for small nets, or few breakpoints.
///
/// # Errors
/// If the net is not piecewise linear or has other numbers of inputs or outputs, or if there is no such breakpoint.
pub fn jump(net: &dyn Layer<f64>, ray: &Ray, index: usize) -> Result<Jump> {
    checks::piecewise_linear(net)?;
    super::check_ray("ray of a jump", net, ray)?;
    let Some(breakpoint) = ray.breakpoints.get(index) else {
        let expected = format!("less than the {} breakpoints", ray.breakpoints.len());
        return Err(Error::new("breakpoint", expected, index));
    };
    let side = |segment: usize| {
        let t = ray.segments[segment].middle();
        let x = Matrix::from_shape_fn((1, net.inputs()), |(_, i)| ray.at(t, i));
        matrix(net.linearize(x).1.as_ref())
    };
    let (left, right) = (side(index), side(index + 1));
    let size = |m: &Matrix<f64>| m.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
    let zero = ZERO * size(&left).max(size(&right));
    let difference = right - left;
    Ok(Jump {
        largest: size(&difference),
        rank: svd(difference.view())?.values.into_iter().filter(|&value| value > zero).count(),
        flips: breakpoint.flips.len(),
    })
}

/// The [`jump`] at each breakpoint of `ray`, on all threads.
///
/// # Errors
/// As [`jump`].
pub fn jumps(net: &dyn Layer<f64>, ray: &Ray) -> Result<Vec<Jump>> {
    let all = map_chunks(ray.breakpoints.len(), 1, |index| jump(net, ray, index.start));
    all.into_iter().collect()
}
