//! Layers as data: a struct beside each layer.

use super::{Layer, parameters};
use crate::error::{Error, Result};
use crate::random::{Generator, generator};
use crate::scalar::Scalar;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};

/// The configuration of a layer: plain data with defaults, that builds the layer once its input is known.
///
/// A [registered](crate::net::register) configuration of your own makes your layer a kind like any other: specs and checkpoints
/// name it, nets of it are rebuilt in `f64`, and the command line reads it.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use switchnet::layer::{Built, Diagonal, LayerConfig, Shape};
/// use switchnet::{Scalar, net::{Spec, register}, random::Generator};
///
/// /// A bias, here as a kind of its own.
/// #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
/// #[serde(deny_unknown_fields, default)]
/// struct Offset {}
///
/// impl LayerConfig for Offset {
///     const KIND: &'static str = "offset";
///
///     fn build<T: Scalar>(
///         &self,
///         input: Shape<'_>,
///         _rng: &mut Generator,
///     ) -> switchnet::Result<Built<T>> {
///         Ok(Built::keeping(input, Diagonal::bias(input.len())))
///     }
/// }
///
/// register::<Offset>()?;
/// let spec = r#"{ "input": [8], "seed": 1, "layers": [{ "kind": "offset" }] }"#;
/// let net = serde_json::from_str::<Spec>(spec)?.build::<f32>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait LayerConfig:
    Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The name in files, such as `two-slope`.
    const KIND: &'static str;

    /// The layer for inputs of this shape, and the shape of its outputs. What is random is drawn from `rng`.
    ///
    /// # Errors
    /// If the configuration makes no sense, or not for this shape.
    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>>;

    /// How large the layer would be: what a net is refused by before anything of it is made. Unless said otherwise
    /// the layer is built for this question alone (in double precision, whatever it is to be), which is right as long as it
    /// is not much larger than its input.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let built = self.build::<f64>(input, &mut generator(0, 0))?;
        let signature = built.layer.signature();
        Ok(Size {
            parameters: parameters::count(built.layer.as_ref()),
            row: signature.widest,
            multiply_adds: signature.multiply_adds,
            ..Size::new(built.shape)
        })
    }
}

/// The size of a layer that works on pieces of `unit` elements, each like the other: that of one piece, so many times.
/// Nothing as large as the input is made.
pub(super) fn size_of_pieces(
    config: &impl LayerConfig,
    input: Shape<'_>,
    unit: usize,
) -> Result<Size> {
    let built = config.build::<f64>(Shape(&[unit]), &mut generator(0, 0))?;
    let (signature, pieces) = (built.layer.signature(), input.len() / unit);
    Ok(Size {
        parameters: parameters::count(built.layer.as_ref()).saturating_mul(pieces),
        row: signature.widest.saturating_mul(pieces),
        multiply_adds: signature.multiply_adds.saturating_mul(pieces),
        ..Size::new(input.0)
    })
}

/// How large a layer or a net is, known from its configuration alone. A number too large for its type is the largest
/// there is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Size {
    /// The shape of one output.
    pub shape: Vec<usize>,
    /// Parameters.
    pub parameters: usize,
    /// Numbers that one row takes on its way, those of every layer.
    pub row: usize,
    /// Multiply-adds for one row.
    pub multiply_adds: usize,
    /// Nodes, those inside of others counted too.
    pub nodes: usize,
    /// How deep nodes lie inside of others; 1 for those that hold none.
    pub depth: usize,
}

impl Size {
    /// A node without parameters and arithmetic, with outputs of this shape.
    pub fn new(shape: impl Into<Vec<usize>>) -> Self {
        let shape = shape.into();
        let row = product(&shape);
        Self { shape, parameters: 0, row, multiply_adds: 0, nodes: 1, depth: 1 }
    }

    /// The same with so many parameters, the product of `factors`, each of which costs a multiply-add.
    pub fn weighted(self, factors: &[usize]) -> Self {
        let parameters = product(factors);
        Self { parameters, multiply_adds: parameters, ..self }
    }

    /// Counts in the next node of a net.
    pub(crate) fn count(&mut self, next: &Self) {
        let add = |to: &mut usize, more: usize| *to = to.saturating_add(more);
        add(&mut self.parameters, next.parameters);
        add(&mut self.row, next.row);
        add(&mut self.multiply_adds, next.multiply_adds);
        add(&mut self.nodes, next.nodes);
        self.depth = self.depth.max(next.depth);
    }
}

/// The product, or the largest number where it is beyond.
pub(super) fn product(factors: &[usize]) -> usize {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

/// The shape of one sample: `[features]`, `[channels, height, width]`, or `[height, width, channels]` behind a
/// [`channels-last`](super::Gather::channels_last).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape<'a>(pub &'a [usize]);

#[allow(clippy::len_without_is_empty)] // no shape is empty
impl Shape<'_> {
    /// The three sides of an image whose channels come last.
    ///
    /// # Errors
    /// If it is none.
    pub fn positions(&self) -> Result<[usize; 3]> {
        match *self.0 {
            [height, width, channels] => Ok([height, width, channels]),
            _ => Err(Error::new("input shape", "[height, width, channels]", self)),
        }
    }

    /// How many numbers a sample has.
    pub fn len(&self) -> usize {
        self.0.iter().product()
    }

    /// The three sides of an image.
    ///
    /// # Errors
    /// If it is none.
    pub fn image(&self) -> Result<[usize; 3]> {
        match *self.0 {
            [channels, height, width] => Ok([channels, height, width]),
            _ => Err(Error::new("input shape", "[channels, height, width]", self)),
        }
    }
}

impl Display for Shape<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What a configuration built.
#[derive(Debug)]
pub struct Built<T> {
    /// The layer.
    pub layer: Box<dyn Layer<T>>,
    /// The shape of one output.
    pub shape: Vec<usize>,
}

impl<T: Scalar> Built<T> {
    /// A layer with outputs of this shape.
    pub fn new(layer: impl Layer<T> + 'static, shape: impl Into<Vec<usize>>) -> Self {
        Self { layer: Box::new(layer), shape: shape.into() }
    }

    /// A layer with outputs of the shape of its inputs.
    pub fn keeping(input: Shape<'_>, layer: impl Layer<T> + 'static) -> Self {
        Self::new(layer, input.0)
    }
}

/// No layer may have more numbers than this in a row or a parameter, and no net in all of them together: beyond it a
/// typing error is likelier than a net, and the answer should be an error and not an exhausted machine.
pub(crate) const LARGEST: usize = 1 << 30;

/// Refuses a size, the product of `factors`, that is zero or larger than 2^30.
///
/// # Errors
/// If it is; the error names `what`.
pub fn bounded(what: &str, factors: &[usize]) -> Result<()> {
    let size = factors.iter().try_fold(1usize, |a, &b| a.checked_mul(b));
    match size {
        Some(size) if (1..=LARGEST).contains(&size) => Ok(()),
        _ => {
            let found = factors.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            Err(Error::new(what, format_args!("1 to {LARGEST} numbers"), found))
        }
    }
}
