//! What an output neuron does with its input: angle, norm, noise gain.

use crate::analysis::map::EffectiveMap;
use crate::analysis::norm::euclidean;
use crate::scalar::Scalar;
use serde::Serialize;
use std::fmt;

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
    pub norm: f64,
    /// `cos∠(a, x) = a·x / (‖a‖·‖x‖)`; zero where either is zero.
    pub cosine: f64,
}

impl Neuron {
    /// The angle between effective weights and input, in degrees, 0 to 180.
    pub fn angle(&self) -> f64 {
        self.cosine.clamp(-1.0, 1.0).acos().to_degrees()
    }
}

/// What a weighted sum does with its input, in words. See [`Thresholds`] for the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Along the input and short: it averages, and corrects errors.
    AlignedShort,
    /// Along the input and long: it amplifies the input, and noise with it, but noise no more than needed.
    AlignedLong,
    /// Across the input and short: a small sum, little noise.
    OrthogonalShort,
    /// Across the input and long: what it says of the input, small changes of the input overturn.
    OrthogonalLong,
    /// No weights: a sum of zero whatever the input.
    Silent,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlignedShort => "aligned and short",
            Self::AlignedLong => "aligned and long",
            Self::OrthogonalShort => "orthogonal and short",
            Self::OrthogonalLong => "orthogonal and long",
            Self::Silent => "silent",
        })
    }
}

/// Where the words of a [`Reading`] change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Aligned from this `|cos∠(a, x)|` on. Weights against the input count as along it.
    pub cosine: f64,
    /// Long above this `‖a‖`.
    pub norm: f64,
}

/// Aligned within 60° of the input's line, where the signal-to-noise ratio is at least half of what any
/// weights can have; long above 1, where the output has more noise than an input.
impl Default for Thresholds {
    fn default() -> Self {
        Self { cosine: 0.5, norm: 1.0 }
    }
}

impl Neuron {
    /// `|a·x| / ‖a‖`: what the weighted sum makes of the input, over the deviation of what it makes of
    /// independent noise of deviation 1 on every input; for deviation σ, divide by σ. Zero where `a` is.
    ///
    /// It is `‖x‖·|cos∠(a, x)|`, so the most is `‖x‖`, of weights along the input: the matched filter.
    pub fn signal_to_noise(&self) -> f64 {
        if self.norm > 0.0 { self.sum.abs() / self.norm } else { 0.0 }
    }

    /// The neuron in words.
    pub fn reading(&self, thresholds: Thresholds) -> Reading {
        let aligned = self.cosine.abs() >= thresholds.cosine;
        match (aligned, self.norm > thresholds.norm) {
            _ if self.norm == 0.0 => Reading::Silent,
            (true, false) => Reading::AlignedShort,
            (true, true) => Reading::AlignedLong,
            (false, false) => Reading::OrthogonalShort,
            (false, true) => Reading::OrthogonalLong,
        }
    }
}

/// The neurons of an effective map, one for each output, in double precision.
pub fn neurons<T: Scalar>(map: &EffectiveMap<T>) -> Vec<Neuron> {
    let x = euclidean(&map.x);
    let neuron = |(output, a): (usize, ndarray::ArrayView1<'_, T>)| {
        let sum: f64 = a.iter().zip(&map.x).map(|(a, x)| a.double() * x.double()).sum();
        let norm = euclidean(a);
        let cosine = if norm > 0.0 && x > 0.0 { sum / norm / x } else { 0.0 };
        Neuron { output, y: map.y[output].double(), sum, c: map.c[output].double(), norm, cosine }
    };
    map.a.rows().into_iter().enumerate().map(neuron).collect()
}
