//! A learned matrix of blocks along the diagonal, plain or interleaved: the factor that fast matrices are made of.

use super::fixed_transform::divides;
use super::rows::{checked, values, values_mut};
use super::{
    Built, Dims, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Pointwise, Regularity,
    Role, See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{self, add_rows};
use crate::random::{Generator, normal};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, Array4, Axis};
use serde::{Deserialize, Serialize};

/// `y_{g,a,i} = Σ_b w_{g,a,b,i} x_{g,b,i} + bias_{g,a,i}`: a row is cut into groups, a group is `stride` vectors of `columns`
/// numbers, interleaved, and each vector has a matrix of `rows × columns` of its own.
///
/// With a stride of 1 the matrix is block-diagonal. With a stride of `s` it is that between two
/// [shuffles](super::Gather::stride), `L(n, s)ᵀ·diag(W_1, …)·L(n, s)` where there is one group, and costs no shuffle.
/// So a level of a butterfly is one of these with sides of 2, and a Monarch matrix is two with sides of `√n`. The blocks of
/// all groups may be *shared*.
///
/// # Shapes
/// `(rows, groups·columns·stride) → (rows, groups·rows·stride)`. Parameters `weight` (groups × rows × columns × stride, 1 for
/// groups if they are shared) and, unless left out, `bias`; as many multiply-adds as there would be parameters without sharing.
///
/// ```
/// use ndarray::{array, Array4};
/// use switchnet::layer::{BlockDiagonal, Layer};
/// let weight = Array4::from_shape_vec((2, 1, 2, 1), vec![1.0, 2.0, 3.0, 4.0])?;
/// let layer = BlockDiagonal::new(weight, 2, None)?;
/// assert_eq!(layer.forward(array![[1.0, 1.0, 1.0, 1.0]]), array![[3.0, 7.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sources: the factors of T. Dao et al., arXiv 1903.05895 (butterflies) and 2204.00595 (Monarch), and of R. Lin et al., arXiv
/// 2203.13556 (DeBut), whose notation the order of the weights is.
#[derive(Clone, Debug)]
pub struct BlockDiagonal<T> {
    weight: Array4<T>,
    groups: usize,
    bias: Option<Array1<T>>,
}

impl<T: Scalar> BlockDiagonal<T> {
    /// The layer with this weight, of shape (groups, rows, columns, stride), or (1, …) if `groups` share it.
    ///
    /// # Errors
    /// If a side is zero, the weight has blocks of another number of groups than 1 and `groups`, or the bias is not of as many
    /// numbers as there are outputs.
    pub fn new(weight: Array4<T>, groups: usize, bias: Option<Array1<T>>) -> Result<Self> {
        let (first, rows, columns, stride) = weight.dim();
        bounded("weight of a block-diagonal", &[groups, rows, columns, stride])?;
        if first != 1 && first != groups {
            let expected = format!("1 or {groups}");
            return Err(Error::new("groups of a weight", expected, first));
        }
        let outputs = groups * rows * stride;
        if let Some(found) = bias.as_ref().map(Array1::len).filter(|&found| found != outputs) {
            return Err(Error::new("bias of a block-diagonal", outputs, found));
        }
        let weight = weight.as_standard_layout().into_owned();
        let bias = bias.map(|bias| aligned::vector(bias.into_iter()));
        Ok(Self { weight, groups, bias })
    }

    fn matrix(&self) -> kernel::BlockDiagonal<'_, T> {
        let (_, rows, columns, stride) = self.weight.dim();
        let weights = self.weight.as_slice().expect("made contiguous");
        kernel::BlockDiagonal { weights, groups: self.groups, rows, columns, stride }
    }

    fn inputs(&self) -> usize {
        let (_, _, columns, stride) = self.weight.dim();
        self.groups * columns * stride
    }

    fn outputs(&self) -> usize {
        let (_, rows, _, stride) = self.weight.dim();
        self.groups * rows * stride
    }

    fn apply(&self, x: &Matrix<T>) -> Matrix<T> {
        let shape = (x.nrows(), self.outputs());
        aligned::matrix(shape, |y| self.matrix().apply_to(values(x), y))
    }

    fn with_bias(&self, x: &Matrix<T>) -> Matrix<T> {
        let mut y = self.apply(x);
        if let Some(bias) = &self.bias {
            let bias = Pointwise { bias: bias.as_slice(), ..Pointwise::default() };
            bias.apply(values_mut(&mut y));
        }
        y
    }
}

const NAME: &str = "block-diagonal";

impl<T: Scalar> Layer<T> for BlockDiagonal<T> {
    fn signature(&self) -> Signature {
        let (_, rows, columns, stride) = self.weight.dim();
        let by = if stride == 1 { String::new() } else { format!(" by {stride}") };
        let products = self.groups * rows * columns * stride;
        Signature::new(
            format!("{NAME} {rows}×{columns}{by}"),
            self.inputs(),
            self.outputs(),
            Regularity::Linear,
        )
        .costs(products + self.bias.as_ref().map_or(0, Array1::len))
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.with_bias(&Recycled::from(checked(NAME, x, self.inputs())))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked(NAME, x, self.inputs()));
        (self.with_bias(&input), Box::new(Blocked { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("weight", Role::Weight, &self.weight));
        if let Some(bias) = &self.bias {
            f(Parameter::new("bias", Role::Bias, bias));
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("weight", Role::Weight, &mut self.weight));
        if let Some(bias) = &mut self.bias {
            f(ParameterMut::new("bias", Role::Bias, bias));
        }
    }
}

/// The same matrix at every row; the input is kept for the gradient of the weights.
struct Blocked<'a, T: Scalar> {
    layer: &'a BlockDiagonal<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Blocked<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.layer.inputs(), outputs: self.layer.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.apply(&Recycled::from(checked(NAME, dx, self.layer.inputs())))
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let dy = Recycled::from(checked(NAME, dy, self.layer.outputs()));
        if !grad.is_empty() {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "{NAME}: the gradient takes the recorded rows");
            let (weight, bias) = grad.split_at_mut(self.layer.weight.len());
            self.layer.matrix().add_outer(values(&self.input), values(&dy), weight);
            if !bias.is_empty() {
                add_rows(bias, values(&dy));
            }
        }
        want_dx.then(|| {
            let shape = (dy.nrows(), self.layer.inputs());
            aligned::matrix(shape, |dx| self.layer.matrix().pull_to(values(&dy), dx))
        })
    }

    fn constant(&self) -> Option<Matrix<T>> {
        self.layer.bias.as_ref().map(|bias| bias.clone().insert_axis(Axis(0)))
    }
}

/// What the blocks of a [`BlockDiagonal`] are before training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BlockStart {
    /// Each weight on its own.
    Each(Init),
    /// The identity: blocks must be square.
    Identity,
    /// A random rotation or reflection for each block, uniformly drawn: blocks must be square.
    Orthogonal,
}

impl BlockStart {
    /// The weight of this shape (groups, rows, columns, stride).
    fn draw<T: Scalar>(self, shape: [usize; 4], rng: &mut Generator) -> Result<Array4<T>> {
        let [groups, rows, columns, stride] = shape;
        if let (false, Self::Identity | Self::Orthogonal) = (rows == columns, self) {
            let found = format!("{rows}×{columns}");
            return Err(Error::new("blocks that start orthogonal", "square ones", found));
        }
        Ok(match self {
            Self::Each(init) => init
                .draw(groups * rows * columns * stride, rng)?
                .into_shape_with_order(shape)
                .expect("as many as were drawn"),
            Self::Identity => Array4::from_shape_fn(shape, |(_, a, b, _)| {
                if a == b { T::one() } else { T::zero() }
            }),
            Self::Orthogonal => {
                let mut weight = Array4::zeros(shape);
                for group in 0..groups {
                    for i in 0..stride {
                        let block = orthogonal(rows, rng);
                        for (place, &value) in block.iter().enumerate() {
                            weight[[group, place / rows, place % rows, i]] = T::of(value);
                        }
                    }
                }
                weight
            }
        })
    }
}

/// A random orthogonal matrix, row by row: normal vectors, each less its parts along those before it (twice, so that
/// rounding leaves nothing), and brought to length 1.
fn orthogonal(n: usize, rng: &mut Generator) -> Vec<f64> {
    let mut all: Vec<f64> = (0..n * n).map(|_| normal(rng, 1.0)).collect();
    for row in 0..n {
        let (before, rest) = all.split_at_mut(row * n);
        let row = &mut rest[..n];
        for _ in 0..2 {
            for other in before.chunks_exact(n) {
                let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let length = row.iter().map(|a| a * a).sum::<f64>().sqrt();
        row.iter_mut().for_each(|a| *a /= length);
    }
    all
}

/// The configuration of a [`BlockDiagonal`] layer.
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [64]
///     seed = 1
///     layers = [ # a Monarch matrix
///         { kind = "block-diagonal", columns = 8 },
///         { kind = "block-diagonal", columns = 8, stride = 8 },
///     ]
/// "#)?;
/// assert_eq!(spec.size()?.parameters, 2 * 64 * 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockDiagonalConfig {
    /// Inputs of a block.
    pub columns: usize,
    /// Outputs of a block; as many as inputs if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// How many blocks are interleaved: the numbers of a vector stand so far apart.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stride: usize,
    /// Whether all groups of `columns · stride` inputs have the same blocks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// Whether there is a bias, zero at first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bias: bool,
    /// The weights before training; normal with variance `1/columns`, which keeps norms on average, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<BlockStart>,
}

pub(super) fn one() -> usize {
    1
}

pub(super) fn is_one(number: &usize) -> bool {
    *number == 1
}

impl Default for BlockDiagonalConfig {
    /// Blocks of 2 × 2.
    fn default() -> Self {
        Self::new(2)
    }
}

impl BlockDiagonalConfig {
    /// Square blocks of this side.
    pub fn new(columns: usize) -> Self {
        Self { columns, rows: None, stride: 1, shared: false, bias: false, start: None }
    }

    /// Groups, rows, columns and stride.
    fn sides(&self, input: Shape<'_>) -> Result<[usize; 4]> {
        let Self { columns, stride, .. } = *self;
        let rows = self.rows.unwrap_or(columns);
        divides(columns.saturating_mul(stride), input)?;
        let groups = input.len() / (columns * stride);
        bounded("weight of a block-diagonal", &[groups, rows, columns, stride])?;
        Ok([groups, rows, columns, stride])
    }
}

impl LayerConfig for BlockDiagonalConfig {
    const KIND: &'static str = NAME;

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let [groups, rows, columns, stride] = self.sides(input)?;
        let kept = BlockStart::Each(Init::Normal((columns as f64).powf(-0.5)));
        let first = if self.shared { 1 } else { groups };
        let weight = self.start.unwrap_or(kept).draw([first, rows, columns, stride], rng)?;
        let outputs = groups * rows * stride;
        let bias = self.bias.then(|| Array1::zeros(outputs));
        Ok(Built::new(BlockDiagonal::new(weight, groups, bias)?, [outputs]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [groups, rows, columns, stride] = self.sides(input)?;
        let outputs = groups * rows * stride;
        let size = Size::new([outputs]);
        let (row, bias) = (size.row.max(input.len()), if self.bias { outputs } else { 0 });
        let products = groups * rows * columns * stride;
        let weights = if self.shared { products / groups } else { products };
        Ok(Size { row, parameters: weights + bias, multiply_adds: products + bias, ..size })
    }
}
