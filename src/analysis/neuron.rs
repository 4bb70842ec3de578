//! What an output neuron does with its input: angle, length, noise gain.

use super::EffectiveMap;
use crate::scalar::Scalar;
use serde::Serialize;

/// One output of an effective map, read as a weighted sum `y = a·x + c`.
///
/// A small angle means that `a` is a matched filter for `x`: it averages over the input, is short
/// and lets little noise through. A right angle with a large output means a long `a` and an output
/// that small changes of the input overturn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Neuron {
    /// Which output.
    pub output: usize,
    /// The output `y`.
    pub y: f64,
    /// The weighted sum `a·x`.
    pub sum: f64,
    /// The constant `c`.
    pub c: f64,
    /// `‖a‖₂`. Also the noise gain: independent noise of deviation σ on every input becomes noise
    /// of deviation σ·‖a‖ on the output, as long as no switch flips.
    pub length: f64,
    /// `cos∠(a, x) = a·x / (‖a‖·‖x‖)`; zero where either is zero.
    pub cosine: f64,
}

impl Neuron {
    /// The angle between effective weights and input, in degrees, 0 to 180.
    pub fn angle(&self) -> f64 {
        self.cosine.clamp(-1.0, 1.0).acos().to_degrees()
    }
}

/// The neurons of an effective map, one for each output, in double precision.
pub fn neurons<T: Scalar>(map: &EffectiveMap<T>) -> Vec<Neuron> {
    let size = |v: ndarray::ArrayView1<'_, T>| {
        v.iter().map(|v| v.double() * v.double()).sum::<f64>().sqrt()
    };
    let x = size(map.x.view());
    let neuron = |(output, a): (usize, ndarray::ArrayView1<'_, T>)| {
        let sum: f64 = a.iter().zip(&map.x).map(|(a, x)| a.double() * x.double()).sum();
        let length = size(a);
        let cosine = if length * x > 0.0 { sum / (length * x) } else { 0.0 };
        Neuron { output, y: map.y[output].double(), sum, c: map.c[output].double(), length, cosine }
    };
    map.a.rows().into_iter().enumerate().map(neuron).collect()
}
