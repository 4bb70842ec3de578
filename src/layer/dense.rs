//! The dense layer, the baseline every claim needs.

use super::rows::{checked, values};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role, See,
    Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::Result;
use crate::kernel::add_rows;
use crate::product::product;
use crate::random::{Generator, normal};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayViewMut2, Axis};
use serde::{Deserialize, Serialize};

/// `y = W x + b`.
///
/// # Shapes
/// `(rows, inputs) → (rows, outputs)`. Parameters `weight` (outputs × inputs) and, unless left out,
/// `bias` (outputs); `inputs·outputs` multiply-adds, plus `outputs` with a bias.
///
/// ```
/// use switchnet::layer::{Dense, Layer};
/// let layer = Dense::new(ndarray::array![[1.0, 2.0]], Some(ndarray::arr1(&[0.5])));
/// assert_eq!(layer.forward(ndarray::array![[1.0, 1.0]]), ndarray::array![[3.5]]);
/// ```
#[derive(Clone, Debug)]
pub struct Dense<T> {
    weight: Matrix<T>,
    bias: Option<Array1<T>>,
}

impl<T: Scalar> Dense<T> {
    /// The layer with these parameters.
    ///
    /// # Panics
    /// If the bias has another length than the weight has rows.
    #[track_caller]
    pub fn new(weight: Matrix<T>, bias: Option<Array1<T>>) -> Self {
        if let Some(bias) = &bias {
            assert_eq!(bias.len(), weight.nrows(), "dense: bias and weight differ in outputs");
        }
        Self { weight: weight.as_standard_layout().into_owned(), bias }
    }

    /// Weights from N(0, 2/inputs), which keeps the second moment through a ReLU (He et al., arXiv
    /// 1502.01852), and a bias of zeros if `bias`.
    pub fn random(inputs: usize, outputs: usize, bias: bool, rng: &mut Generator) -> Self {
        let deviation = (2.0 / inputs as f64).sqrt();
        let weight = Matrix::from_shape_simple_fn((outputs, inputs), || normal(rng, deviation));
        Self::new(weight, bias.then(|| Array1::zeros(outputs)))
    }

    /// `W x`, plus the bias if `bias`.
    fn apply(&self, x: &Matrix<T>, bias: bool) -> Matrix<T> {
        let shape = (x.nrows(), self.weight.nrows());
        let bias = self.bias.as_ref().filter(|_| bias).map(|bias| bias.to_vec());
        // The product is added to the bias: a sweep over the outputs less than the other way round.
        let mut y = match &bias {
            Some(bias) => aligned::matrix(shape, |all| {
                (0..x.nrows()).for_each(|_| all.extend_from_slice(bias));
            }),
            None => aligned::zeros(shape.0, shape.1),
        };
        product(y.view_mut(), bias.is_some(), x.view(), self.weight.t());
        y
    }
}

impl<T: Scalar> Layer<T> for Dense<T> {
    fn signature(&self) -> Signature {
        Signature::new("dense", self.weight.ncols(), self.weight.nrows(), Regularity::Linear)
            .costs(self.weight.len() + self.bias.as_ref().map_or(0, Array1::len))
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(&Recycled::from(checked("dense", x, self.weight.ncols())), true)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("dense", x, self.weight.ncols()));
        (self.apply(&input, true), Box::new(Weighted { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter { name: "weight", role: Role::Weight, values: self.weight.view().into_dyn() });
        if let Some(bias) = &self.bias {
            f(Parameter { name: "bias", role: Role::Bias, values: bias.view().into_dyn() });
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        let values = self.weight.view_mut().into_dyn();
        f(ParameterMut { name: "weight", role: Role::Weight, values });
        if let Some(bias) = &mut self.bias {
            f(ParameterMut { name: "bias", role: Role::Bias, values: bias.view_mut().into_dyn() });
        }
    }
}

/// The same matrix at every row; the input is kept for the gradient of the weights.
struct Weighted<'a, T: Scalar> {
    layer: &'a Dense<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Weighted<'_, T> {
    fn dims(&self) -> Dims {
        let (outputs, inputs) = self.layer.weight.dim();
        Dims { rows: None, inputs, outputs }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.apply(&Recycled::from(checked("dense", dx, self.layer.weight.ncols())), false)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let weight = &self.layer.weight;
        let dy = Recycled::from(checked("dense", dy, weight.nrows()));
        self.weights(&dy, grad);
        want_dx.then(|| {
            let mut dx = aligned::zeros(dy.nrows(), weight.ncols());
            product(dx.view_mut(), false, dy.view(), weight.view());
            dx
        })
    }

    fn constant(&self) -> Option<Matrix<T>> {
        self.layer.bias.as_ref().map(|bias| bias.clone().insert_axis(Axis(0)))
    }
}

impl<T: Scalar> Weighted<'_, T> {
    /// `∂W += dyᵀ x`, `∂b += Σ dy`.
    fn weights(&self, dy: &Matrix<T>, grad: &mut [T]) {
        if grad.is_empty() {
            return;
        }
        let recorded = self.input.nrows();
        assert_eq!(recorded, dy.nrows(), "dense: the gradient takes the recorded rows");
        let (weight, bias) = grad.split_at_mut(self.layer.weight.len());
        let weight = ArrayViewMut2::from_shape(self.layer.weight.dim(), weight)
            .expect("a gradient as long as the weight");
        product(weight, true, dy.t(), self.input.view());
        if !bias.is_empty() {
            add_rows(bias, values(dy));
        }
    }
}

/// The configuration of a [`Dense`] layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseConfig {
    /// The number of outputs.
    pub outputs: usize,
    /// Whether there is a bias.
    #[serde(default = "yes")]
    pub bias: bool,
}

fn yes() -> bool {
    true
}

impl DenseConfig {
    /// A layer of so many outputs, with a bias.
    pub fn new(outputs: usize) -> Self {
        Self { outputs, bias: true }
    }
}

impl LayerConfig for DenseConfig {
    const KIND: &'static str = "dense";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let (n, outputs) = (input.len(), self.outputs);
        bounded("size of a dense weight", &[outputs, n])?;
        Ok(Built::new(Dense::random(n, outputs, self.bias, rng), [outputs]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let (n, outputs) = (input.len(), self.outputs);
        bounded("size of a dense weight", &[outputs, n])?;
        Ok(Size::new([outputs]).weighted(&[outputs, n + usize::from(self.bias)]))
    }
}
