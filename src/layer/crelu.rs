//! The switch that keeps both signs.

use super::gates::Gates;
use super::rows::{checked, records, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape,
    Signature, bounded,
};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// `y = (max(0, x), max(0, −x))`: of each pair of outputs one is connected, the other is not.
///
/// # Shapes
/// `(rows, n) → (rows, 2n)`, the positive parts first. No parameters, no multiplications.
///
/// ```
/// use switchnet::layer::{Crelu, Layer};
/// let y = Crelu::new(2).forward(ndarray::array![[3.0, -1.0]]);
/// assert_eq!(y, ndarray::array![[3.0, 0.0, 0.0, 1.0]]);
/// ```
///
/// Source: Shang et al., *Understanding and improving convolutional neural networks via
/// concatenated rectified linear units*, arXiv 1603.05201.
#[derive(Clone, Debug)]
pub struct Crelu {
    len: usize,
    /// Whether a number goes to the positive side.
    gates: Gates,
}

impl Crelu {
    /// The switch on `n` elements.
    pub fn new(n: usize) -> Self {
        Self { len: n, gates: Gates::new(n) }
    }

    /// Writes each row of `x` to the side that the sign of `z` selects.
    fn spread<'a, T: Scalar>(&self, x: &Matrix<T>, z: impl Iterator<Item = &'a [T]>) -> Matrix<T> {
        let mut y = Matrix::zeros((x.nrows(), 2 * self.len));
        let rows = values_mut(&mut y).chunks_exact_mut(2 * self.len);
        for ((row, x), z) in rows.zip(values(x).chunks_exact(self.len)).zip(z) {
            let (positive, negative) = row.split_at_mut(self.len);
            let numbers = positive.iter_mut().zip(negative).zip(x).zip(z);
            for ((((p, q), &x), &z), open) in numbers.zip(self.gates.each()) {
                (*p, *q) = if open(z) { (x, T::zero()) } else { (T::zero(), -x) };
            }
        }
        y
    }
}

impl<T: Scalar> Layer<T> for Crelu {
    fn signature(&self) -> Signature {
        Signature::new("crelu", self.len, 2 * self.len, Regularity::PiecewiseLinear)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("crelu", x, self.len);
        let y = self.spread(&x, values(&x).chunks_exact(self.len));
        (y, Box::new(Parted { crelu: self, input: x }))
    }

    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let mut held = self.clone();
        switches.iter().for_each(|&(i, open)| held.gates.hold(i, open));
        Some(Box::new(held))
    }
}

struct Parted<'a, T> {
    crelu: &'a Crelu,
    input: Matrix<T>,
}

impl<T: Scalar> LinearMap<T> for Parted<'_, T> {
    fn dims(&self) -> Dims {
        let n = self.crelu.len;
        Dims { rows: Some(self.input.nrows()), inputs: n, outputs: 2 * n }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let dx = checked("crelu", dx, self.crelu.len);
        if let Some(see) = see {
            see(Decisions { kind: DecisionKind::Sign, values: &self.input, rates: &dx });
        }
        self.crelu.spread(&dx, records("crelu", &self.input, dx.nrows(), false))
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        if !want_dx {
            return None;
        }
        let n = self.crelu.len;
        let dy = checked("crelu", dy, 2 * n);
        let mut dx = Matrix::zeros((dy.nrows(), n));
        let records = records("crelu", &self.input, dy.nrows(), false);
        let rows = values_mut(&mut dx).chunks_exact_mut(n);
        for ((row, dy), z) in rows.zip(values(&dy).chunks_exact(2 * n)).zip(records) {
            let (positive, negative) = dy.split_at(n);
            let numbers = row.iter_mut().zip(positive).zip(negative).zip(z);
            for ((((v, &p), &q), &z), open) in numbers.zip(self.crelu.gates.each()) {
                *v = if open(z) { p } else { -q };
            }
        }
        Some(dx)
    }
}

/// The configuration of a [`Crelu`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreluConfig {}

impl LayerConfig for CreluConfig {
    const KIND: &'static str = "crelu";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        bounded("width", &[2, n])?;
        Ok(Built::new(Crelu::new(n), [2 * n]))
    }
}
