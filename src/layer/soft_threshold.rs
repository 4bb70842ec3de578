//! A learned soft threshold for each element: what is small is stopped, and the rest comes nearer to zero.

use super::config::{Size, size_of_pieces};
use super::gates::Gates;
use super::rows::{broadcasts, checked, records, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Init, Layer, LayerConfig, LinearMap, Parameter,
    ParameterMut, Regularity, Role, See, Shape, Signature,
};
use crate::aligned::{self, Recycled};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// `y_i = max(x_i − t_i, 0) − max(−x_i − t_i, 0)` with learned thresholds `t_i`: `sign(x)·max(|x| − t, 0)` where `t ≥ 0`.
///
/// There are two boundaries for each element, at `t` and at `−t`, so two switches. A threshold that has become negative
/// lets everything through, what lies between the two twice, and the layer stays continuous.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. Parameters `threshold` (n); `2n` multiply-adds.
///
/// ```
/// use switchnet::layer::{Layer, SoftThreshold};
/// let layer = SoftThreshold::new(ndarray::arr1(&[1.0, 1.0, 1.0]));
/// assert_eq!(layer.forward(ndarray::array![[3.0, 0.5, -1.5]]), ndarray::array![[2.0, 0.0, -0.5]]);
/// ```
///
/// Source: H. Pan et al., arXiv 2104.07085, where one stands between two Walsh–Hadamard transforms.
#[derive(Clone, Debug)]
pub struct SoftThreshold<T> {
    threshold: Array1<T>,
    /// Whether each number is let through above its threshold, and whether it is below the negative of that.
    gates: [Gates; 2],
}

impl<T: Scalar> SoftThreshold<T> {
    /// The layer with these thresholds.
    pub fn new(threshold: Array1<T>) -> Self {
        let gates = [Gates::new(threshold.len()), Gates::new(threshold.len())];
        Self { threshold: aligned::vector(threshold.into_iter()), gates }
    }

    fn len(&self) -> usize {
        self.threshold.len()
    }

    fn apply(&self, mut x: Matrix<T>) -> Matrix<T> {
        for row in values_mut(&mut x).chunks_exact_mut(self.len()) {
            for (x, switches) in row.iter_mut().zip(self.switches()) {
                let [up, down] = switches(*x).map(|(z, open)| if open { z } else { T::zero() });
                *x = up - down;
            }
        }
        x
    }

    /// For each element what its two switches see of a number, and whether they let that through: that at the threshold,
    /// and that at its negative.
    fn switches(&self) -> impl Iterator<Item = impl Fn(T) -> [(T, bool); 2]> {
        let [up, down] = &self.gates;
        let gates = up.each().zip(down.each());
        self.threshold.iter().zip(gates).map(|(&t, (up, down))| {
            move |x: T| [(x - t, up(x - t)), (-x - t, down(-x - t))]
        })
    }

    /// For each element whether its switches are open for a number, as 1 or 0.
    fn open(&self) -> impl Iterator<Item = impl Fn(T) -> [T; 2]> {
        let one = |(_, open)| if open { T::one() } else { T::zero() };
        self.switches().map(move |switches| move |x: T| switches(x).map(one))
    }
}

const NAME: &str = "soft-threshold";

impl<T: Scalar> Layer<T> for SoftThreshold<T> {
    fn signature(&self) -> Signature {
        let n = self.len();
        Signature::elementwise(NAME, n, Regularity::PiecewiseLinear).costs(2 * n)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(checked(NAME, x, self.len()))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked(NAME, x, self.len());
        let y = self.apply(aligned::rows(x.view(), 0..x.nrows()));
        (y, Box::new(Thresholded { layer: self, input: x.into() }))
    }

    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let mut held = self.clone();
        for &(i, open) in switches {
            // Those at the negatives come behind the others.
            held.gates[i / self.len()].hold(i % self.len(), open);
        }
        Some(Box::new(held))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("threshold", Role::Bias, &self.threshold));
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("threshold", Role::Bias, &mut self.threshold));
    }
}

/// A diagonal matrix of 0, 1 and, between negative thresholds, 2.
struct Thresholded<'a, T: Scalar> {
    layer: &'a SoftThreshold<T>,
    input: Recycled<T>,
}

impl<T: Scalar> Thresholded<'_, T> {
    /// `m` through the diagonal matrix of the record of each row.
    fn scaled(&self, mut m: Matrix<T>) -> Matrix<T> {
        let (rows, n) = m.dim();
        let records = records(NAME, &self.input, rows, false);
        for (row, record) in values_mut(&mut m).chunks_exact_mut(n).zip(records) {
            for ((v, &x), open) in row.iter_mut().zip(record).zip(self.layer.open()) {
                let [up, down] = open(x);
                *v *= up + down;
            }
        }
        m
    }

    /// `f` of each number and its threshold, then the same of its negative: what the two switches of each see.
    fn both(&self, m: &Matrix<T>, f: impl Fn(T, T) -> T) -> Recycled<T> {
        let n = self.layer.len();
        let both = aligned::matrix((m.nrows(), 2 * n), |all| {
            for row in values(m).chunks_exact(n) {
                all.extend(row.iter().zip(&self.layer.threshold).map(|(&x, &t)| f(x, t)));
                all.extend(row.iter().zip(&self.layer.threshold).map(|(&x, &t)| f(-x, t)));
            }
        });
        both.into()
    }
}

impl<T: Scalar> LinearMap<T> for Thresholded<'_, T> {
    fn dims(&self) -> Dims {
        let n = self.layer.len();
        Dims { rows: Some(self.input.nrows()), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let dx = checked(NAME, dx, self.layer.len());
        if let Some(see) = see {
            let values = self.both(&self.input, |x, t| x - t);
            let rates = self.both(&dx, |x, _| x);
            see(Decisions { kind: DecisionKind::Sign, values: &values, rates: &rates });
        }
        self.scaled(dx)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let n = self.layer.len();
        let dy = checked(NAME, dy, n);
        if !grad.is_empty() {
            broadcasts(NAME, self.input.nrows(), dy.nrows(), true);
            let rows = values(&dy).chunks_exact(n).zip(values(&self.input).chunks_exact(n));
            for (dy, x) in rows {
                let numbers = dy.iter().zip(x).zip(self.layer.open());
                for (grad, ((&dy, &x), open)) in grad.iter_mut().zip(numbers) {
                    let [up, down] = open(x);
                    *grad += dy * (down - up);
                }
            }
        }
        if !want_dx {
            drop(Recycled::from(dy)); // its memory is used again
            return None;
        }
        Some(self.scaled(dy))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let n = self.layer.len();
        Some(aligned::matrix((self.input.nrows(), n), |all| {
            for row in values(&self.input).chunks_exact(n) {
                let numbers = row.iter().zip(&self.layer.threshold).zip(self.layer.open());
                all.extend(numbers.map(|((&x, &t), open)| {
                    let [up, down] = open(x);
                    t * (down - up)
                }));
            }
        }))
    }
}

/// The configuration of a [`SoftThreshold`] layer. Thresholds start as the sizes of the numbers that are drawn, their signs
/// left out: between 0 and 0.1, evenly, if nothing is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoftThresholdConfig {
    /// What is drawn.
    pub threshold: Init,
}

impl Default for SoftThresholdConfig {
    fn default() -> Self {
        Self { threshold: Init::Uniform(0.1) }
    }
}

fn size_of<T: Scalar>(drawn: T) -> T {
    if drawn < T::zero() { -drawn } else { drawn }
}

impl LayerConfig for SoftThresholdConfig {
    const KIND: &'static str = NAME;

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let threshold = self.threshold.draw(input.len(), rng)?;
        Ok(Built::keeping(input, SoftThreshold::new(threshold.mapv(size_of))))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}
