//! Smooth activations, for comparison: their linear maps are tangents, not the function.

use super::rows::{checked, records, scaled, values_mut};
use super::{Layer, LinearMap};
use crate::scalar::{Matrix, Scalar};
use num_traits::Float;

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
    fn inputs(&self) -> usize {
        self.len
    }

    fn outputs(&self) -> usize {
        self.len
    }

    fn name(&self) -> String {
        match self.kind {
            Kind::Sigmoid => "sigmoid",
            Kind::Tanh => "tanh",
            Kind::Elu => "elu",
        }
        .into()
    }

    fn multiply_adds(&self) -> usize {
        self.len
    }

    fn is_piecewise_linear(&self) -> bool {
        false
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
        let constant = &y - &slope * &x;
        (y, Box::new(Tangent { slope, constant }))
    }
}

/// `dy = f′(x)·dx`; the tangent meets the axis at `f(x) − f′(x)·x`.
struct Tangent<T> {
    slope: Matrix<T>,
    constant: Matrix<T>,
}

impl<T: Scalar> LinearMap<T> for Tangent<T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        let dx = checked("smooth activation", dx, self.slope.ncols());
        scaled("smooth activation", dx, &self.slope)
    }

    fn pull(&self, dy: Matrix<T>, _grad: &mut [T]) -> Matrix<T> {
        self.push(dy) // a diagonal matrix is its own transpose
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        let mut y = self.push(x);
        let (rows, n) = y.dim();
        let records = records("smooth activation", &self.constant, rows, false);
        for (row, constant) in values_mut(&mut y).chunks_exact_mut(n).zip(records) {
            for (v, &c) in row.iter_mut().zip(constant) {
                *v += c;
            }
        }
        y
    }
}
