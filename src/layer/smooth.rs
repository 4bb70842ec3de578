//! Smooth activations, for comparison: their linear maps are tangents, not the function.

use super::rows::{checked, values_mut};
use super::{Built, ElementMap, Layer, LayerConfig, LinearMap, Regularity, Shape, Signature};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use num_traits::Float;
use serde::{Deserialize, Serialize};

/// A smooth function of each element.
///
/// | activation | `f(x)` | `f′(x)` |
/// |---|---|---|
/// | [`sigmoid`](Self::sigmoid) | `1/(1 + e^−x)` | `f(1 − f)`, at most ¼ |
/// | [`tanh`](Self::tanh) | `tanh x` | `1 − f²`, at most 1 |
/// | [`elu`](Self::elu) | `x` where positive, `e^x − 1` elsewhere | 1, or `e^x` |
///
/// # Shapes
/// `(rows, n) → (rows, n)`. No parameters; counted as `n` multiply-adds, which is less than an
/// exponential costs.
///
/// ELU is from Clevert, Unterthiner, Hochreiter, arXiv 1511.07289 (with α = 1).
#[derive(Clone, Debug)]
pub struct Smooth {
    kind: Kind,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Sigmoid,
    Tanh,
    Elu,
}

impl Smooth {
    /// The logistic function on `n` elements.
    pub fn sigmoid(n: usize) -> Self {
        Self { kind: Kind::Sigmoid, len: n }
    }

    /// The hyperbolic tangent on `n` elements.
    pub fn tanh(n: usize) -> Self {
        Self { kind: Kind::Tanh, len: n }
    }

    /// The exponential linear unit on `n` elements.
    pub fn elu(n: usize) -> Self {
        Self { kind: Kind::Elu, len: n }
    }

    /// `(f(x), f′(x))`.
    fn at<T: Scalar>(&self, x: T) -> (T, T) {
        let one = T::one();
        match self.kind {
            Kind::Sigmoid => {
                let y = one / (one + Float::exp(-x));
                (y, y * (one - y))
            }
            Kind::Tanh => {
                let y = Float::tanh(x);
                (y, one - y * y)
            }
            Kind::Elu if x > T::zero() => (x, one),
            Kind::Elu => (Float::exp_m1(x), Float::exp(x)),
        }
    }
}

impl<T: Scalar> Layer<T> for Smooth {
    fn signature(&self) -> Signature {
        let name = match self.kind {
            Kind::Sigmoid => "sigmoid",
            Kind::Tanh => "tanh",
            Kind::Elu => "elu",
        };
        Signature::elementwise(name, self.len, Regularity::Smooth)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        checked("smooth activation", x, self.len).mapv_into(|v| self.at(v).0)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("smooth activation", x, self.len);
        let mut y = x.clone();
        let mut slope = x.clone();
        for (y, slope) in values_mut(&mut y).iter_mut().zip(values_mut(&mut slope)) {
            (*y, *slope) = self.at(*y);
        }
        // The tangent meets the axis at f(x) − f′(x)·x.
        let constant = &y - &slope * &x;
        (y, Box::new(ElementMap::new(slope).plus(constant)))
    }
}

/// The configuration of [`Smooth::sigmoid`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigmoidConfig {}

impl LayerConfig for SigmoidConfig {
    const KIND: &'static str = "sigmoid";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Smooth::sigmoid(input.len())))
    }
}

/// The configuration of [`Smooth::tanh`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TanhConfig {}

impl LayerConfig for TanhConfig {
    const KIND: &'static str = "tanh";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Smooth::tanh(input.len())))
    }
}

/// The configuration of [`Smooth::elu`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EluConfig {}

impl LayerConfig for EluConfig {
    const KIND: &'static str = "elu";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Smooth::elu(input.len())))
    }
}
