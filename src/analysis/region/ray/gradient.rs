//! Integrated gradients along a ray, without a step size.

use super::Ray;
use crate::analysis::checks;
use crate::analysis::rounding::AGREES;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::map_chunks;
use crate::scalar::Matrix;
use ndarray::Array1;
use serde::Serialize;

/// How much each input contributes to the change of an output along a ray.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IntegratedGradients {
    /// The output `k`.
    pub output: usize,
    /// `∫ ∂y_k/∂x_i dt · d_i` for each input `i`, in units of the output.
    pub attributions: Vec<f64>,
    /// Their sum.
    pub sum: f64,
    /// `y_k(to) − y_k(from)`, from the forward pass alone.
    pub difference: f64,
    /// `|sum − difference|`: rounding, if no region was missed and the output jumps nowhere (as one behind
    /// [`GatedSwitch`](crate::layer::GatedSwitch) switches does).
    pub error: f64,
    /// Whether the error is rounding: at most a part of 1e-9 of the sizes of the attributions and of the output
    /// at both ends.
    pub consistent: bool,
}

/// The integrated gradients of `output` along `ray`: the effective row of each segment times its length,
/// summed, times `d = to − from`. The rows are constant on a segment, so this is the integral and no sum
/// that approaches it.
///
/// Cost: one pass and one pull for each segment.
///
/// Source: Sundararajan, Taly, Yan, *Axiomatic attribution for deep networks*, arXiv 1703.01365.
///
/// # Errors
/// If the ray is not one of this net's by its numbers of inputs and outputs, if there is no such output, or
/// if the net is not piecewise linear.
pub fn integrated_gradients(
    net: &dyn Layer<f64>,
    ray: &Ray,
    output: usize,
) -> Result<IntegratedGradients> {
    checks::piecewise_linear(net)?;
    super::check_ray("ray of integrated gradients", net, ray)?;
    if output >= net.outputs() {
        let expected = format!("less than the {} outputs", net.outputs());
        return Err(Error::new("output of integrated gradients", expected, output));
    }
    let n = net.inputs();
    let parts = map_chunks(ray.segments.len(), 16, |range| {
        let segments = &ray.segments[range];
        let x = Matrix::from_shape_fn((segments.len(), n), |(row, i)| {
            ray.at(segments[row].middle(), i)
        });
        let unit = Matrix::from_shape_fn((segments.len(), net.outputs()), |(row, k)| {
            if k == output { segments[row].end - segments[row].start } else { 0.0 }
        });
        let (_, map) = net.linearize(x);
        map.pull(unit, &mut []).sum_axis(ndarray::Axis(0))
    });
    let integral = parts.iter().fold(Array1::zeros(n), |sum: Array1<f64>, part| sum + part);
    let direction = ray.to.iter().zip(&ray.from).map(|(to, from)| to - from);
    let attributions: Vec<f64> = integral.iter().zip(direction).map(|(a, d)| a * d).collect();
    let ends = [&ray.from, &ray.to]
        .map(|x| net.forward(Matrix::from_shape_fn((1, n), |(_, i)| x[i]))[[0, output]]);
    let (sum, difference) = (attributions.iter().sum::<f64>(), ends[1] - ends[0]);
    let error = (sum - difference).abs();
    let size: f64 = attributions.iter().chain(&ends).map(|v| v.abs()).sum();
    let consistent = error <= AGREES * size;
    Ok(IntegratedGradients { output, attributions, sum, difference, error, consistent })
}
