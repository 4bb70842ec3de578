//! Layers as data: a struct beside each layer.

use super::Layer;
use crate::error::{Error, Result};
use crate::random::Generator;
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

/// No layer may have more numbers than this in a row or a parameter: beyond it a typing error is
/// likelier than a net, and the answer should be an error and not an exhausted machine.
const LARGEST: usize = 1 << 30;

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
