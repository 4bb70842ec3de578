//! Root-mean-square normalization.

use super::rows::{checked, records, values_mut};
use super::{Built, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape, Signature};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use num_traits::Float;
use serde::{Deserialize, Serialize};

/// `y = x / r` with `r = √(mean(x²) + ε)`, `ε = 1e-8`, without a learned gain.
///
/// Not piecewise linear: its Jacobian `(I − y yᵀ/n)/r` is a tangent.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. No parameters; `2n` multiply-adds.
///
/// Source: Zhang and Sennrich, *Root mean square layer normalization*, arXiv 1910.07467.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    len: usize,
}

const EPSILON: f64 = 1e-8;

impl RmsNorm {
    /// The normalization of rows of `n` numbers.
    pub fn new(n: usize) -> Self {
        Self { len: n }
    }
}

impl<T: Scalar> Layer<T> for RmsNorm {
    fn signature(&self) -> Signature {
        Signature::new("rms-norm", self.len, self.len, Regularity::Smooth).costs(2 * self.len)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let mut y = checked("rms-norm", x, self.len);
        let n = T::of(self.len as f64);
        let mut gain = Matrix::zeros((y.nrows(), 1));
        for (row, gain) in values_mut(&mut y).chunks_exact_mut(self.len).zip(&mut gain) {
            let square: T = row.iter().map(|&v| v * v).sum();
            *gain = T::one() / Float::sqrt(square / n + T::of(EPSILON));
            for v in row {
                *v *= *gain;
            }
        }
        (y.clone(), Box::new(Normalized { output: y, gain }))
    }
}

/// `dy = g·(dx − y·(y·dx)/n)` with `g = 1/r`, a symmetric matrix.
struct Normalized<T> {
    output: Matrix<T>,
    gain: Matrix<T>,
}

impl<T: Scalar> LinearMap<T> for Normalized<T> {
    fn dims(&self) -> Dims {
        let (rows, n) = self.output.dim();
        Dims { rows: Some(rows), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        let n = self.output.ncols();
        let mut dx = checked("rms-norm", dx, n);
        let rows = dx.nrows();
        let outputs = records("rms-norm", &self.output, rows, false);
        let gains = records("rms-norm", &self.gain, rows, false);
        for ((row, y), gain) in values_mut(&mut dx).chunks_exact_mut(n).zip(outputs).zip(gains) {
            let along: T = row.iter().zip(y).map(|(&v, &y)| v * y).sum();
            let along = along / T::of(n as f64);
            for (v, &y) in row.iter_mut().zip(y) {
                *v = gain[0] * (*v - y * along);
            }
        }
        dx
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.jvp(dy, None))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        // y₀ − J x₀ with x₀ = y₀/g: J x₀ = y₀·(1 − |y₀|²/n), so the constant is y₀·|y₀|²/n, which
        // is nearly y₀: the normalization hardly sees the norm of its input.
        let mut constant = self.output.clone();
        let n = constant.ncols();
        for row in values_mut(&mut constant).chunks_exact_mut(n) {
            let square: T = row.iter().map(|&y| y * y).sum();
            let weight = square / T::of(n as f64);
            row.iter_mut().for_each(|v| *v *= weight);
        }
        Some(constant)
    }
}

/// The configuration of [`RmsNorm`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsNormConfig {}

impl LayerConfig for RmsNormConfig {
    const KIND: &'static str = "rms-norm";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, RmsNorm::new(input.len())))
    }
}
