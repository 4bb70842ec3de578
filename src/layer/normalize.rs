//! Root-mean-square normalisation.

use super::rows::{checked, records, values_mut};
use super::{Layer, LinearMap};
use crate::scalar::{Matrix, Scalar};
use num_traits::Float;

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
    /// The normalisation of rows of `n` numbers.
    pub fn new(n: usize) -> Self {
        Self { len: n }
    }
}

impl<T: Scalar> Layer<T> for RmsNorm {
    fn inputs(&self) -> usize {
        self.len
    }

    fn outputs(&self) -> usize {
        self.len
    }

    fn name(&self) -> String {
        "rms-norm".into()
    }

    fn multiply_adds(&self) -> usize {
        2 * self.len
    }

    fn is_piecewise_linear(&self) -> bool {
        false
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
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
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

    fn pull(&self, dy: Matrix<T>, _grad: &mut [T]) -> Matrix<T> {
        self.push(dy)
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        // y₀ − J x₀ with x₀ = y₀/g: J x₀ = y₀·(1 − |y₀|²/n), so the constant is y₀·|y₀|²/n, which
        // is nearly y₀: the normalisation hardly sees the length of its input.
        let mut out = self.push(x);
        let (rows, n) = out.dim();
        let outputs = records("rms-norm", &self.output, rows, false);
        for (row, y) in values_mut(&mut out).chunks_exact_mut(n).zip(outputs) {
            let square: T = y.iter().map(|&y| y * y).sum();
            let weight = square / T::of(n as f64);
            for (v, &y) in row.iter_mut().zip(y) {
                *v += y * weight;
            }
        }
        out
    }
}
