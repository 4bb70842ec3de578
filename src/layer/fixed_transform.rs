//! A fixed transform as a layer.

use super::rows::{checked, values_mut};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Pointwise, Regularity, See, Shape, Signature,
    Structure, bounded,
};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Blocks, Form, Separable, Transform, TransformKind, VisitFixed};
use serde::{Deserialize, Serialize};

/// `y = Q x` with a fixed orthonormal transform `Q`.
///
/// # Shapes
/// `(rows, n) → (rows, n)`, `n` the transform's length. No parameters.
///
/// ```
/// use switchnet::{layer::{Layer, FixedTransform}, transform::Hadamard};
/// let mix = FixedTransform::<f64>::new(Hadamard::new(2)?);
/// let y = mix.forward(ndarray::array![[1.0, 1.0]]);
/// assert!((y[[0, 0]] - 2f64.sqrt()).abs() < 1e-15 && y[[0, 1]] == 0.0);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct FixedTransform<T> {
    transform: Box<dyn Transform<T>>,
}

impl<T: Scalar> FixedTransform<T> {
    /// The layer of `transform`.
    pub fn new(transform: impl Transform<T> + 'static) -> Self {
        Self::boxed(Box::new(transform))
    }

    /// The layer of a transform chosen at run time.
    pub fn boxed(transform: Box<dyn Transform<T>>) -> Self {
        Self { transform }
    }
}

impl<T: Scalar> Layer<T> for FixedTransform<T> {
    fn signature(&self) -> Signature {
        let (n, description) = (self.transform.len(), self.transform.describe());
        Signature::new(description.name, n, n, Regularity::Linear).costs(description.operations)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Mixed { mix: self }))
    }

    fn structure(&self) -> Structure<'_, T> {
        match self.transform.describe().form {
            Form::Diagonal(scale) => Structure::Elementwise {
                vectors: Pointwise { scale: Some(scale), ..Pointwise::default() },
                learned: [false; 4],
            },
            _ => Structure::Orthonormal(self.transform.as_ref()),
        }
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.transform.visit_fixed(f);
    }
}

impl<T: Scalar> FixedTransform<T> {
    fn push(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("mix", x, self.transform.len());
        self.transform.apply(values_mut(&mut x));
        x
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Mixed<'a, T> {
    mix: &'a FixedTransform<T>,
}

impl<T: Scalar> LinearMap<T> for Mixed<'_, T> {
    fn dims(&self) -> Dims {
        let n = self.mix.transform.len();
        Dims { rows: None, inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.mix.push(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| {
            let mut dy = checked("mix", dy, self.mix.transform.len());
            self.mix.transform.adjoint(values_mut(&mut dy));
            dy
        })
    }
}

/// The configuration of a [`FixedTransform`]: of the whole row, of blocks of it, or of the rows and columns of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedTransformConfig {
    /// Which transform.
    pub transform: TransformKind,
    /// The length of a block: the same transform of this length for each, as [`Blocks`] has it. Random
    /// kinds draw one block, and all are equal to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
    /// Whether each channel of an image gets a [`Separable`] transform, which keeps its shape. Random
    /// kinds draw one for the columns and one for the rows, for all channels alike. With a block, it is one of the
    /// columns and rows of each square of that side.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub separable: bool,
}

impl FixedTransformConfig {
    /// A transform of whole rows.
    pub fn new(transform: TransformKind) -> Self {
        Self { transform, block: None, separable: false }
    }
}

impl LayerConfig for FixedTransformConfig {
    const KIND: &'static str = "mix";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        bounded("tables of a transform", &[4, n])?; // some kinds have places or angles for each number
        match (self.block, self.separable) {
            (None, false) => {
                Ok(Built::new(FixedTransform::boxed(self.transform.plan(n, rng)?), [n]))
            }
            (Some(block), false) => {
                divides(block, input)?;
                let blocks = Blocks::new(self.transform.plan(block, rng)?, n / block)?;
                Ok(Built::new(FixedTransform::new(blocks), [n]))
            }
            (block, true) => {
                let [channels, height, width] = input.image()?;
                let mut side = |length| -> Result<Box<dyn Transform<T>>> {
                    let Some(block) = block else { return self.transform.plan(length, rng) };
                    divides(block, Shape(&[length]))?;
                    let one = self.transform.plan(block, rng)?;
                    Ok(Box::new(Blocks::new(one, length / block)?))
                };
                let columns = side(height)?;
                let one = Separable::boxed(columns, side(width)?);
                let all: Box<dyn Transform<T>> = match channels {
                    1 => Box::new(one),
                    _ => Box::new(Blocks::new(one, channels)?),
                };
                Ok(Built::keeping(input, FixedTransform::boxed(all)))
            }
        }
    }
}

/// Whether blocks of this length fill a row.
pub(super) fn divides(block: usize, input: Shape<'_>) -> Result<()> {
    let n = input.len();
    if block == 0 || !n.is_multiple_of(block) {
        let expected = format_args!("a divisor of the width {n} of {input}");
        return Err(Error::new("length of a block", expected, block));
    }
    Ok(())
}
