//! Changes of width and of shape: linear maps without parameters.

use super::rows::{checked, values, values_mut};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape, Signature, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// A fixed change of width.
///
/// | reshape | `y` | for |
/// |---|---|---|
/// | [`pad`](Self::pad) | `(x, 0, …, 0)` | a width that the transform takes |
/// | [`tile`](Self::tile) | `(x, x, …)`, cut off at the width | a wider net that sees every input often |
/// | [`take`](Self::take) | the first numbers of `x` | the outputs wanted |
/// | [`slice`](Self::slice) | some numbers of `x` in a row | a branch that gets a part |
/// | [`sum_halves`](Self::sum_halves) | `x_i + x_{i+n/2}` | half the width without losing a half |
/// | [`flatten`](Self::flatten) | `x` | from (channels, height, width) to plain features |
///
/// # Shapes
/// `(rows, inputs) → (rows, outputs)`. No parameters.
///
/// ```
/// use switchnet::layer::{Layer, Reshape};
/// let tile = Reshape::tile(2, 5)?;
/// assert_eq!(tile.forward(ndarray::array![[1.0, 2.0]]), ndarray::array![[1.0, 2.0, 1.0, 2.0, 1.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reshape {
    kind: Kind,
    inputs: usize,
    outputs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Pad,
    Tile,
    /// From the number of this place on.
    Slice(usize),
    SumHalves,
    Flatten,
}

impl Reshape {
    /// `inputs` numbers followed by zeros, `outputs` in all.
    ///
    /// # Errors
    /// If `outputs < inputs`.
    pub fn pad(inputs: usize, outputs: usize) -> Result<Self> {
        Self::wider(Kind::Pad, "padded width", inputs, outputs)
    }

    /// `inputs` numbers over and over, `outputs` in all.
    ///
    /// # Errors
    /// If `outputs < inputs`.
    pub fn tile(inputs: usize, outputs: usize) -> Result<Self> {
        Self::wider(Kind::Tile, "tiled width", inputs, outputs)
    }

    fn wider(kind: Kind, what: &str, inputs: usize, outputs: usize) -> Result<Self> {
        if outputs < inputs || inputs == 0 {
            return Err(Error::new(what, format_args!("at least the {inputs} inputs"), outputs));
        }
        Ok(Self { kind, inputs, outputs })
    }

    /// The first `outputs` of `inputs` numbers.
    ///
    /// # Errors
    /// If there are not that many, or `outputs` is zero.
    pub fn take(inputs: usize, outputs: usize) -> Result<Self> {
        if outputs == 0 || outputs > inputs {
            return Err(Error::new("number to take", format_args!("1 to {inputs}"), outputs));
        }
        Ok(Self { kind: Kind::Slice(0), inputs, outputs })
    }

    /// Of `inputs` numbers the `outputs` from place `start` on. One of these for each piece splits a row.
    ///
    /// # Errors
    /// If there are not that many, or `outputs` is zero.
    pub fn slice(inputs: usize, start: usize, outputs: usize) -> Result<Self> {
        if outputs == 0 || start.checked_add(outputs).is_none_or(|end| end > inputs) {
            let expected = format_args!("some of the {inputs} numbers");
            return Err(Error::new("slice", expected, format_args!("{outputs} from {start} on")));
        }
        Ok(Self { kind: Kind::Slice(start), inputs, outputs })
    }

    /// The first half of `inputs` numbers plus the second half.
    ///
    /// # Errors
    /// If `inputs` is odd or zero.
    pub fn sum_halves(inputs: usize) -> Result<Self> {
        if inputs == 0 || !inputs.is_multiple_of(2) {
            return Err(Error::new("width whose halves are summed", "an even number", inputs));
        }
        Ok(Self { kind: Kind::SumHalves, inputs, outputs: inputs / 2 })
    }

    /// `n` numbers as they are: rows are flat already, so this only says that from here on they are
    /// no image any more.
    pub fn flatten(n: usize) -> Self {
        Self { kind: Kind::Flatten, inputs: n, outputs: n }
    }

    fn push<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        let x = checked("reshape", x, self.inputs);
        if self.kind == Kind::Flatten {
            return x;
        }
        let x = Recycled::from(x);
        aligned::matrix((x.nrows(), self.outputs), |y| {
            for x in values(&x).chunks_exact(self.inputs) {
                match self.kind {
                    Kind::Tile => {
                        let mut room = self.outputs;
                        while room > 0 {
                            let part = &x[..room.min(x.len())];
                            y.extend_from_slice(part);
                            room -= part.len();
                        }
                    }
                    Kind::SumHalves => {
                        let (first, second) = x.split_at(self.outputs);
                        y.extend(first.iter().zip(second).map(|(&a, &b)| a + b));
                    }
                    Kind::Pad => {
                        y.extend_from_slice(x);
                        y.resize(y.len() + self.outputs - self.inputs, T::zero());
                    }
                    Kind::Slice(start) => y.extend_from_slice(&x[start..][..self.outputs]),
                    Kind::Flatten => unreachable!("left as it is above"),
                }
            }
        })
    }

    fn pull<T: Scalar>(&self, dy: Matrix<T>) -> Matrix<T> {
        let dy = checked("reshape", dy, self.outputs);
        if self.kind == Kind::Flatten {
            return dy;
        }
        let dy = Recycled::from(dy);
        let mut dx = aligned::zeros(dy.nrows(), self.inputs);
        let rows = values(&dy).chunks_exact(self.outputs);
        for (dy, dx) in rows.zip(values_mut(&mut dx).chunks_exact_mut(self.inputs)) {
            match self.kind {
                Kind::Tile => {
                    for dy in dy.chunks(self.inputs) {
                        for (x, &y) in dx.iter_mut().zip(dy) {
                            *x += y;
                        }
                    }
                }
                Kind::SumHalves => {
                    for dx in dx.chunks_exact_mut(self.outputs) {
                        dx.copy_from_slice(dy);
                    }
                }
                Kind::Pad | Kind::Slice(_) | Kind::Flatten => {
                    let start = if let Kind::Slice(start) = self.kind { start } else { 0 };
                    for (x, &y) in dx[start..].iter_mut().zip(dy) {
                        *x = y;
                    }
                }
            }
        }
        dx
    }
}

impl<T: Scalar> Layer<T> for Reshape {
    fn signature(&self) -> Signature {
        let name = match self.kind {
            Kind::Pad => "pad",
            Kind::Tile => "tile",
            Kind::Slice(0) => "take",
            Kind::Slice(_) => "slice",
            Kind::SumHalves => "sum-halves",
            Kind::Flatten => "flatten",
        };
        Signature::new(name, self.inputs, self.outputs, Regularity::Linear)
            .costs(if self.kind == Kind::SumHalves { self.outputs } else { 0 })
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Reshaped { reshape: self }))
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Reshaped<'a> {
    reshape: &'a Reshape,
}

impl<T: Scalar> LinearMap<T> for Reshaped<'_> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.reshape.inputs, outputs: self.reshape.outputs }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.reshape.push(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.reshape.pull(dy))
    }
}

/// The configuration of [`Reshape::pad`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadConfig {
    /// The width to pad to.
    pub width: usize,
}

impl LayerConfig for PadConfig {
    const KIND: &'static str = "pad";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        bounded("width", &[self.width])?;
        Ok(Built::new(Reshape::pad(input.len(), self.width)?, [self.width]))
    }
}

/// The configuration of [`Reshape::tile`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileConfig {
    /// The width to tile to.
    pub width: usize,
}

impl LayerConfig for TileConfig {
    const KIND: &'static str = "tile";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        bounded("width", &[self.width])?;
        Ok(Built::new(Reshape::tile(input.len(), self.width)?, [self.width]))
    }
}

/// The configuration of [`Reshape::take`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeConfig {
    /// How many numbers to keep.
    pub width: usize,
}

impl LayerConfig for TakeConfig {
    const KIND: &'static str = "take";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::new(Reshape::take(input.len(), self.width)?, [self.width]))
    }
}

/// The configuration of [`Reshape::slice`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceConfig {
    /// The first number to keep, counted from 0.
    pub start: usize,
    /// How many numbers to keep.
    pub width: usize,
}

impl LayerConfig for SliceConfig {
    const KIND: &'static str = "slice";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let slice = Reshape::slice(input.len(), self.start, self.width)?;
        Ok(Built::new(slice, [self.width]))
    }
}

/// The configuration of [`Reshape::sum_halves`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SumHalvesConfig {}

impl LayerConfig for SumHalvesConfig {
    const KIND: &'static str = "sum-halves";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        Ok(Built::new(Reshape::sum_halves(n)?, [n / 2]))
    }
}

/// The configuration of [`Reshape::flatten`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlattenConfig {}

impl LayerConfig for FlattenConfig {
    const KIND: &'static str = "flatten";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        Ok(Built::new(Reshape::flatten(n), [n]))
    }
}

/// The configuration of [`Reshape::flatten`] with a shape of its own: the same numbers as an image of this shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReshapeConfig {
    /// `[channels, height, width]`, or `[features]`.
    pub shape: Vec<usize>,
}

impl LayerConfig for ReshapeConfig {
    const KIND: &'static str = "reshape";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        bounded("shape", &self.shape)?;
        if !matches!(self.shape.len(), 1 | 3) || Shape(&self.shape).len() != n {
            let expected = format_args!("1 or 3 sides with {n} numbers, as {input}");
            return Err(Error::new("shape", expected, Shape(&self.shape)));
        }
        Ok(Built::new(Reshape::flatten(n), self.shape.clone()))
    }
}
