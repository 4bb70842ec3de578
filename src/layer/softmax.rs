//! The softmax as a layer.

use super::rows::{checked, records, values_mut};
use super::{Built, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape, Signature};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::ArrayViewMut1;
use serde::{Deserialize, Serialize};

/// `y_k = e^{x_k} / Σ_j e^{x_j}`: positive numbers that add up to one.
///
/// It is a readout: it changes no order among the numbers of a row, so the largest stays where it is.
/// Training by [`CrossEntropy`](crate::train::Loss::CrossEntropy) contains it already, and nets usually end
/// before it. As a layer it is for nets that have a softmax inside, and for those that are to answer with
/// probabilities.
///
/// Not piecewise linear: its Jacobian `diag(y) − y yᵀ` is a tangent, and stretches nothing by more than ½.
/// Inputs of any finite size are taken. What is some 100 (`f32`) or 740 (`f64`) below the largest number of
/// its row becomes exactly 0.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. No parameters; counted as `3n` multiply-adds (exponential, sum, division), which
/// is less than an exponential costs.
///
/// ```
/// use switchnet::layer::{Layer, Softmax};
/// let y = Softmax::new(2).forward(ndarray::array![[0.0, 3_f64.ln()], [1000.0, 1000.0]]);
/// let gap = y - ndarray::array![[0.25, 0.75], [0.5, 0.5]];
/// assert!(gap.iter().all(|v: &f64| v.abs() < 1e-15));
/// ```
///
/// Source: J. S. Bridle, *Probabilistic interpretation of feedforward classification network outputs*, in
/// Neurocomputing, NATO ASI F 68 (1990).
#[derive(Clone, Debug)]
pub struct Softmax {
    len: usize,
}

impl Softmax {
    /// The softmax of rows of `n` numbers.
    pub fn new(n: usize) -> Self {
        Self { len: n }
    }
}

/// The softmax of one row, and `m` and `S`, where `m` is the largest `x_j` and `S = Σ_j e^{x_j − m}`: so the
/// logarithm of `Σ_j e^{x_j}` is `m + log S`.
pub(crate) fn softmax_row<T: Scalar>(row: &mut ArrayViewMut1<'_, T>) -> (f64, f64) {
    // The largest is subtracted, which changes nothing but keeps e^x finite.
    let largest = row.fold(f64::NEG_INFINITY, |a, b| a.max(b.double()));
    let mut sum = 0.0;
    row.mapv_inplace(|v| {
        let power = (v.double() - largest).exp();
        sum += power;
        T::of(power)
    });
    let part = T::of(1.0 / sum);
    row.mapv_inplace(|v| v * part);
    (largest, sum)
}

impl<T: Scalar> Layer<T> for Softmax {
    fn signature(&self) -> Signature {
        Signature::new("softmax", self.len, self.len, Regularity::Smooth).costs(3 * self.len)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let mut y = checked("softmax", x, self.len);
        for mut row in y.rows_mut() {
            softmax_row(&mut row);
        }
        y
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = checked("softmax", x, self.len);
        let output = self.forward(input.clone());
        (output.clone(), Box::new(Tangent { input, output }))
    }
}

/// `dy = y ⊙ (dx − y·dx)`, a symmetric matrix.
struct Tangent<T> {
    input: Matrix<T>,
    output: Matrix<T>,
}

impl<T: Scalar> LinearMap<T> for Tangent<T> {
    fn dims(&self) -> Dims {
        let (rows, n) = self.output.dim();
        Dims { rows: Some(rows), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        let n = self.output.ncols();
        let mut dx = checked("softmax", dx, n);
        let outputs = records("softmax", &self.output, dx.nrows(), false);
        for (row, y) in values_mut(&mut dx).chunks_exact_mut(n).zip(outputs) {
            let mean: T = row.iter().zip(y).map(|(&v, &y)| v * y).sum();
            for (v, &y) in row.iter_mut().zip(y) {
                *v = y * (*v - mean);
            }
        }
        dx
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.jvp(dy, None))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        // y₀ − J x₀. J takes equal numbers to zero, so the largest may be subtracted from x₀ first: J x₀ would
        // cancel where the inputs are large.
        let mut shifted = self.input.clone();
        for mut row in shifted.rows_mut() {
            let largest = row.fold(T::neg_infinity(), |a, &b| if b > a { b } else { a });
            row.mapv_inplace(|v| v - largest);
        }
        Some(&self.output - &self.jvp(shifted, None))
    }
}

/// The configuration of a [`Softmax`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftmaxConfig {}

impl LayerConfig for SoftmaxConfig {
    const KIND: &'static str = "softmax";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Softmax::new(input.len())))
    }
}
