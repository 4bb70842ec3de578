//! Nets as data: what a file says, and the net that is built from it.

use super::{Chain, Net, Residual, Start};
use crate::error::{Error, Result};
use crate::layer::{
    AveragePool, BlockSwitch, Conv2d, Crelu, Dense, Detached, Diagonal, Dropout, Layer, MaxPool,
    Mix, Reshape, RmsNorm, Smooth, Softmax, Switch,
};
use crate::random::{Generator, generator};
use crate::scalar::Scalar;
use crate::transform::{Blocks, Separable, Transform, TransformKind};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// A net as data, in TOML or JSON. It says which net to the last bit: fixed signs, permutations and
/// the first weights are drawn from its seed.
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [64]
///     seed = 1
///     layers = [
///         { kind = "mix", transform = "signs" },
///         { kind = "mix", transform = "hadamard" },
///         { kind = "two-slope" },
///         { kind = "dense", outputs = 10 },
///     ]
/// "#)?;
/// let net = spec.build::<f32>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The shape of one input: `[features]` or `[channels, height, width]`.
    pub input: Vec<usize>,
    /// Where all random numbers of the net come from.
    pub seed: u64,
    /// The layers, first layer first.
    pub layers: Vec<LayerSpec>,
}

/// One layer of a [`Spec`]. Widths follow from the layers before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LayerSpec {
    /// [`Mix`] with the transform of this name: of the whole row, of blocks of it, or of the rows and
    /// columns of an image.
    Mix {
        /// Which transform.
        transform: TransformKind,
        /// The length of a block: the same transform of this length for each, as [`Blocks`] has it. Random
        /// kinds draw one block, and all are equal to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<usize>,
        /// Whether each channel of an image gets a [`Separable`] transform, which keeps its shape. Random
        /// kinds draw one for the columns and one for the rows, for all channels alike.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        separable: bool,
    },
    /// [`Diagonal`].
    Diagonal {
        /// The first values of the scale; without them there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<Start>,
        /// Whether there is a bias, zero at first.
        #[serde(default)]
        bias: bool,
    },
    /// [`Switch::relu`].
    Relu {},
    /// [`Switch::leaky`].
    Leaky {
        /// The slope where the switch is closed.
        slope: f64,
    },
    /// [`Switch::prelu`].
    Prelu {
        /// The first slopes where the switch is closed.
        #[serde(default = "Start::quarter")]
        closed: Start,
    },
    /// [`Switch::two_slope`].
    TwoSlope {
        /// The first slopes where the switch is open.
        #[serde(default)]
        open: Start,
        /// The first slopes where it is closed.
        #[serde(default)]
        closed: Start,
    },
    /// [`BlockSwitch`]. Vectors that are not said start normal with variance `1/block`, which keeps lengths
    /// on average.
    BlockSwitch {
        /// The length of a block, which divides the width.
        block: usize,
        /// The first numbers of the vectors where the switch is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        open: Option<Start>,
        /// The first numbers of the vectors where it is closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closed: Option<Start>,
    },
    /// [`Detached`], for rows of two halves: signals and gates.
    Detached {
        /// The first slopes where the gate is open.
        #[serde(default)]
        open: Start,
        /// The first slopes where it is closed.
        #[serde(default)]
        closed: Start,
    },
    /// [`Crelu`].
    Crelu {},
    /// [`Smooth::sigmoid`].
    Sigmoid {},
    /// [`Smooth::tanh`].
    Tanh {},
    /// [`Smooth::elu`].
    Elu {},
    /// [`Reshape::pad`].
    Pad {
        /// The width to pad to.
        width: usize,
    },
    /// [`Reshape::tile`].
    Tile {
        /// The width to tile to.
        width: usize,
    },
    /// [`Reshape::take`].
    Take {
        /// How many numbers to keep.
        width: usize,
    },
    /// [`Reshape::sum_halves`].
    SumHalves {},
    /// [`Reshape::flatten`].
    Flatten {},
    /// [`RmsNorm`].
    RmsNorm {},
    /// [`Softmax`].
    Softmax {},
    /// [`Residual`] around these layers.
    Residual {
        /// The layers that the shortcut passes.
        layers: Vec<LayerSpec>,
    },
    /// [`Dense`].
    Dense {
        /// The number of outputs.
        outputs: usize,
        /// Whether there is a bias.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// [`Conv2d`].
    Conv {
        /// The number of filters, which are the channels of the output.
        filters: usize,
        /// The side of the kernel.
        kernel: usize,
        /// Zeros on every side.
        #[serde(default)]
        padding: usize,
    },
    /// [`MaxPool`].
    MaxPool {
        /// The side of a window.
        size: usize,
    },
    /// [`AveragePool`].
    AveragePool {
        /// The side of a window.
        size: usize,
    },
    /// [`Dropout`].
    Dropout {
        /// The probability with which an element is dropped.
        probability: f64,
    },
}

fn yes() -> bool {
    true
}

/// No layer may have more numbers than this in a row or a parameter: beyond it a typing error is
/// likelier than a net, and the answer should be an error and not an exhausted machine.
const LARGEST: usize = 1 << 30;

fn bounded(what: &str, factors: &[usize]) -> Result<()> {
    let size = factors.iter().try_fold(1usize, |a, &b| a.checked_mul(b));
    match size {
        Some(size) if (1..=LARGEST).contains(&size) => Ok(()),
        _ => {
            let found = factors.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            Err(Error::new(what, format_args!("1 to {LARGEST} numbers"), found))
        }
    }
}

/// Whether blocks of this length fill a row.
fn divides(block: usize, shape: &[usize]) -> Result<()> {
    let n: usize = shape.iter().product();
    if block == 0 || !n.is_multiple_of(block) {
        let expected = format_args!("a divisor of the width {n} of {}", Shape(shape));
        return Err(Error::new("length of a block", expected, block));
    }
    Ok(())
}

impl LayerSpec {
    /// A [`Mix`](Self::Mix) of whole rows.
    pub fn mix(transform: TransformKind) -> Self {
        Self::Mix { transform, block: None, separable: false }
    }

    /// The name in files, such as `two-slope`.
    pub fn kind(&self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => map["kind"].as_str().unwrap_or("").to_owned(),
            _ => unreachable!("a layer spec is an object with a kind"),
        }
    }

    /// The layer for inputs of `shape`, and the shape of its outputs.
    fn build<T: Scalar>(
        &self,
        shape: &[usize],
        rng: &mut Generator,
    ) -> Result<(Box<dyn Layer<T>>, Vec<usize>)> {
        let n: usize = shape.iter().product();
        let image = || match *shape {
            [channels, height, width] => Ok([channels, height, width]),
            _ => Err(Error::new("input shape", "[channels, height, width]", Shape(shape))),
        };
        // Layers that act on each element keep the shape; the others say theirs.
        let keep = shape.to_vec();
        Ok(match self {
            Self::Mix { block: Some(_), separable: true, .. } => {
                return Err(Error::new("mix", "a block, or separable = true", "both"));
            }
            Self::Mix { transform, separable: true, .. } => {
                let [channels, height, width] = image()?;
                let columns = transform.plan(height, rng)?;
                let one = Separable::boxed(columns, transform.plan(width, rng)?);
                let all: Box<dyn Transform<T>> = match channels {
                    1 => Box::new(one),
                    _ => Box::new(Blocks::new(one, channels)?),
                };
                (Box::new(Mix::boxed(all)), keep)
            }
            Self::Mix { transform, block: Some(block), .. } => {
                divides(*block, shape)?;
                let blocks = Blocks::new(transform.plan(*block, rng)?, n / block)?;
                (Box::new(Mix::new(blocks)), vec![n])
            }
            Self::Mix { transform, .. } => (Box::new(Mix::boxed(transform.plan(n, rng)?)), vec![n]),
            Self::Diagonal { scale, bias } => {
                if scale.is_none() && !bias {
                    return Err(Error::new("diagonal", "a scale, a bias or both", "neither"));
                }
                let scale = scale.map(|start| start.draw(n, rng)).transpose()?;
                (Box::new(Diagonal::new(scale, bias.then(|| Array1::zeros(n)))), keep)
            }
            Self::Relu {} => (Box::new(Switch::relu(n)), keep),
            Self::Leaky { slope } => (Box::new(Switch::leaky(n, T::of(*slope))?), keep),
            Self::Prelu { closed } => (Box::new(Switch::prelu(closed.draw(n, rng)?)), keep),
            Self::TwoSlope { open, closed } => {
                let open = open.draw(n, rng)?;
                (Box::new(Switch::two_slope(open, closed.draw(n, rng)?)), keep)
            }
            Self::BlockSwitch { block, open, closed } => {
                divides(*block, shape)?;
                bounded("vectors of a block-switch", &[n, *block])?;
                let kept = Start::Normal((*block as f64).powf(-0.5));
                let mut draw = |start: &Option<Start>| -> Result<_> {
                    let all = start.unwrap_or(kept).draw(n * block, rng)?;
                    Ok(all.into_shape_with_order((n, *block)).expect("as many as were drawn"))
                };
                (Box::new(BlockSwitch::new(draw(open)?, draw(closed)?)?), keep)
            }
            Self::Detached { open, closed } => {
                if !n.is_multiple_of(2) {
                    return Err(Error::new("width of signals and gates", "an even number", n));
                }
                let open = open.draw(n / 2, rng)?;
                (Box::new(Detached::new(open, closed.draw(n / 2, rng)?)), keep)
            }
            Self::Crelu {} => {
                bounded("width", &[2, n])?;
                (Box::new(Crelu::new(n)), vec![2 * n])
            }
            Self::Sigmoid {} => (Box::new(Smooth::sigmoid(n)), keep),
            Self::Tanh {} => (Box::new(Smooth::tanh(n)), keep),
            Self::Elu {} => (Box::new(Smooth::elu(n)), keep),
            Self::Pad { width } => {
                bounded("width", &[*width])?;
                (Box::new(Reshape::pad(n, *width)?), vec![*width])
            }
            Self::Tile { width } => {
                bounded("width", &[*width])?;
                (Box::new(Reshape::tile(n, *width)?), vec![*width])
            }
            Self::Take { width } => (Box::new(Reshape::take(n, *width)?), vec![*width]),
            Self::SumHalves {} => (Box::new(Reshape::sum_halves(n)?), vec![n / 2]),
            Self::Flatten {} => (Box::new(Reshape::flatten(n)), vec![n]),
            Self::RmsNorm {} => (Box::new(RmsNorm::new(n)), keep),
            Self::Softmax {} => (Box::new(Softmax::new(n)), keep),
            Self::Residual { layers } => {
                let (inner, shapes) = chain(layers, shape, rng)?;
                let out = shapes.last().cloned().unwrap_or(keep);
                (Box::new(Residual::new(inner)?), out)
            }
            Self::Dense { outputs, bias } => {
                bounded("size of a dense weight", &[*outputs, n])?;
                (Box::new(Dense::random(n, *outputs, *bias, rng)), vec![*outputs])
            }
            Self::Conv { filters, kernel, padding } => {
                let [channels, height, width] = image()?;
                bounded("size of a convolution's weight", &[*filters, channels, *kernel, *kernel])?;
                let side = |side: usize| side.saturating_add(padding.saturating_mul(2));
                bounded("size of a convolution's output", &[*filters, side(height), side(width)])?;
                let layer = Conv2d::random(image()?, *filters, *kernel, *padding, rng)?;
                let shape = layer.output_shape().to_vec();
                (Box::new(layer), shape)
            }
            Self::MaxPool { size } => {
                let layer = MaxPool::new(image()?, *size)?;
                let shape = layer.output_shape().to_vec();
                (Box::new(layer), shape)
            }
            Self::AveragePool { size } => {
                let layer = AveragePool::new(image()?, *size)?;
                let shape = layer.output_shape().to_vec();
                (Box::new(layer), shape)
            }
            Self::Dropout { probability } => (Box::new(Dropout::new(n, *probability)?), keep),
        })
    }
}

/// `[1, 8, 8]` in error messages.
struct Shape<'a>(&'a [usize]);

impl std::fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The chain of `layers` for inputs of `shape`, and the shape after each layer.
fn chain<T: Scalar>(
    layers: &[LayerSpec],
    shape: &[usize],
    rng: &mut Generator,
) -> Result<(Chain<T>, Vec<Vec<usize>>)> {
    let mut shape = shape.to_vec();
    let mut built: Vec<Box<dyn Layer<T>>> = Vec::with_capacity(layers.len());
    let mut shapes = Vec::with_capacity(layers.len());
    for (i, spec) in layers.iter().enumerate() {
        let (layer, out) = spec
            .build(&shape, rng)
            .map_err(|e| e.at(format_args!("layer {i} ({})", spec.kind())))?;
        shape.clone_from(&out);
        built.push(layer);
        shapes.push(out);
    }
    Ok((Chain::new(built)?, shapes))
}

impl Spec {
    /// The net of this spec.
    ///
    /// # Errors
    /// If the input shape is empty or has a zero in it, or if a layer does not take what the one
    /// before gives; the error names the layer.
    pub fn build<T: Scalar>(&self) -> Result<Net<T>> {
        if !matches!(self.input.len(), 1 | 3) {
            let expected = "[features] or [channels, height, width]";
            return Err(Error::new("input shape", expected, Shape(&self.input)));
        }
        bounded("input shape", &self.input)?;
        let mut rng = generator(self.seed, 0);
        let (chain, shapes) = chain(&self.layers, &self.input, &mut rng)?;
        Ok(Net::new(self.clone(), chain, shapes))
    }
}
