//! The nets of the literature and their baselines, as specs.
//!
//! An [`Architecture`] is what experiment files and the command line name; each of its kinds is a
//! plain struct with defaults that gives a [`Spec`] once the data say how many inputs and outputs
//! there are.

mod banks;
mod readout;
mod structured;

pub use banks::{CosineBank, MultiScaleBank, SlidingBank};
pub use readout::Readout;
pub use structured::{Structured, StructuredMatrix};

use super::spec::checked_depth;
use super::{NodeSpec, Spec};
use crate::error::{Error, Result};
use crate::layer::{
    AveragePoolConfig, BlockSwitchConfig, ConvConfig, DenseConfig, DiagonalConfig, DropoutConfig,
    FixedTransformConfig, FlattenConfig, Init, LARGEST, MaxPoolConfig, PreluConfig, ReluConfig,
    Shape, TileConfig, TwoSlopeConfig,
};
use crate::transform::TransformKind;
use serde::{Deserialize, Serialize};

/// Which switch a [`SwitchNet`] has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SwitchKind {
    /// Two learned slopes: 2 parameters for each element, 3 with the bias.
    #[default]
    TwoSlope,
    /// A learned scale before a ReLU: 1 parameter for each element, 2 with the bias.
    Relu,
    /// Slope 1 and a learned one: 1 parameter for each element, 2 with the bias.
    Prelu,
    /// A [`BlockSwitch`](crate::layer::BlockSwitch) of blocks of 4: 8 parameters for each element, 9 with the bias.
    #[serde(rename = "block-4")]
    Block4,
    /// The same of blocks of 8: 16 parameters for each element, 17 with the bias.
    #[serde(rename = "block-8")]
    Block8,
    /// The same of blocks of 16: 32 parameters for each element, 33 with the bias.
    #[serde(rename = "block-16")]
    Block16,
}

impl SwitchKind {
    /// A bias and the switch, which starts at `start`.
    fn layers(self, start: Option<Init>) -> Vec<NodeSpec> {
        let bias = DiagonalConfig { scale: None, bias: true };
        match self {
            Self::TwoSlope => {
                let start = start.unwrap_or_default();
                vec![bias.into(), TwoSlopeConfig { open: start, closed: start }.into()]
            }
            Self::Relu => {
                // √2 makes up for the half of the energy that a ReLU stops.
                let scale = start.unwrap_or(Init::Constant(std::f64::consts::SQRT_2));
                vec![DiagonalConfig { scale: Some(scale), bias: true }.into(), ReluConfig {}.into()]
            }
            Self::Prelu => {
                let closed = start.unwrap_or(Init::Constant(0.25));
                vec![bias.into(), PreluConfig { closed }.into()]
            }
            Self::Block4 | Self::Block8 | Self::Block16 => {
                let block = match self {
                    Self::Block4 => 4,
                    Self::Block8 => 8,
                    _ => 16,
                };
                vec![bias.into(), BlockSwitchConfig { block, open: start, closed: start }.into()]
            }
        }
    }
}

/// Fixed transforms with switches between: signs, then `depth` times {transform, bias, switch},
/// then a dense readout.
///
/// Source: S. O'Connor, *Switch Net* (2019–2025), with a bias and a readout of our own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SwitchNet {
    /// The transform of every layer.
    pub transform: TransformKind,
    /// The switch of every layer.
    pub switch: SwitchKind,
    /// The width of every layer; the inputs are tiled to it. The next power of two if not given; other
    /// widths that [`Hadamard`](crate::transform::Hadamard) takes, such as 784, need to be asked for.
    pub width: Option<usize>,
    /// The number of layers.
    pub depth: usize,
    /// The slopes before training; for a ReLU the scale, for blocks the vectors.
    pub start: Option<Init>,
    /// A fixed transform after each switch but the last: `signs` or `permutation` keep the patterns
    /// of successive switches from aligning with subgroups of the transform.
    pub between: Option<TransformKind>,
    /// Dropout before the readout.
    pub dropout: f64,
}

impl Default for SwitchNet {
    fn default() -> Self {
        Self {
            transform: TransformKind::Hadamard,
            switch: SwitchKind::TwoSlope,
            width: None,
            depth: 3,
            start: None,
            between: None,
            dropout: 0.0,
        }
    }
}

impl SwitchNet {
    fn checked(&self) -> Result<&Self> {
        checked_depth("depth of a switch net", self.depth)?;
        Ok(self)
    }

    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Panics
    /// If there are more than 2^14 layers, which no net may have.
    #[track_caller]
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Spec {
        if let Err(error) = self.checked() {
            panic!("{error}");
        }
        let inputs: usize = input.iter().product();
        let width = self.width.unwrap_or_else(|| inputs.next_power_of_two());
        let mut layers = flat(input);
        if width != inputs {
            layers.push(TileConfig { width }.into());
        }
        layers.push(FixedTransformConfig::new(TransformKind::Signs).into());
        for layer in 0..self.depth {
            if let (Some(transform), true) = (self.between, layer > 0) {
                layers.push(FixedTransformConfig::new(transform).into());
            }
            layers.push(FixedTransformConfig::new(self.transform).into());
            layers.extend(self.switch.layers(self.start));
        }
        layers.extend(dropout(self.dropout));
        layers.push(DenseConfig { outputs, bias: true }.into());
        Spec { input: input.to_vec(), seed, layers }
    }
}

/// Dense layers with ReLUs between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Mlp {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Dropout after each hidden layer.
    pub dropout: f64,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { hidden: vec![128, 128], dropout: 0.0 }
    }
}

impl Mlp {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Spec {
        let mut layers = flat(input);
        for &width in &self.hidden {
            layers.push(DenseConfig { outputs: width, bias: true }.into());
            layers.push(ReluConfig {}.into());
            layers.extend(dropout(self.dropout));
        }
        layers.push(DenseConfig { outputs, bias: true }.into());
        Spec { input: input.to_vec(), seed, layers }
    }
}

/// The MLP with hidden layers of one width, as wide as a number of parameters allows: the fair
/// opponent of a net with few parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ThinMlp {
    /// The number of parameters not to exceed.
    pub parameters: usize,
    /// The number of hidden layers.
    #[serde(default = "two")]
    pub hidden_layers: usize,
    /// The side of the windows whose means are taken first, of plain features the length; 1 for none.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub pool: usize,
    /// Dropout after each hidden layer.
    #[serde(default)]
    pub dropout: f64,
}

fn one() -> usize {
    1
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

fn two() -> usize {
    2
}

impl ThinMlp {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If there are no hidden layers, or not even ones of width 1 fit, or more parameters are asked for than a net may
    /// have, or windows are larger than the image.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        if self.hidden_layers == 0 {
            return Err(Error::new("hidden layers of a thin MLP", "at least 1", 0));
        }
        let layers = checked_depth("hidden layers of a thin MLP", self.hidden_layers)? as u128;
        if self.parameters > LARGEST {
            let expected = format!("at most {LARGEST}");
            return Err(Error::new("parameters of a thin MLP", expected, self.parameters));
        }
        let (mut shape, mut pool) = (input.to_vec(), Vec::new());
        if self.pool != 1 {
            let ([channels, height, width], image) = banks::image(input);
            pool = image;
            let [height, width] = banks::pooled(self.pool, [height, width], &mut pool)?;
            shape = vec![channels, height, width];
        }
        let inputs: usize = shape.iter().product();
        let (inputs, outputs_of) = (inputs as u128, outputs as u128);
        let count = |width: u128| {
            let hidden = (layers - 1) * (width + 1) * width;
            (inputs + 1) * width + hidden + (width + 1) * outputs_of
        };
        // The width that fits, and one that does not.
        let (mut width, mut beyond) = (0, LARGEST as u128 + 1);
        while beyond - width > 1 {
            let middle = width + (beyond - width) / 2;
            match count(middle) <= self.parameters as u128 {
                true => width = middle,
                false => beyond = middle,
            }
        }
        if width == 0 {
            let expected = format!("at least {} for a hidden width of 1", count(1));
            return Err(Error::new("parameters of a thin MLP", expected, self.parameters));
        }
        let width = width as usize;
        let mlp = Mlp { hidden: vec![width; self.hidden_layers], dropout: self.dropout };
        let mut spec = mlp.spec(&shape, outputs, seed);
        spec.input = input.to_vec();
        spec.layers.splice(0..0, pool);
        Ok(spec)
    }
}

/// Convolution, ReLU, pool, convolution, ReLU, pool, dense readout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Cnn {
    /// The filters of the two convolutions.
    pub filters: [usize; 2],
    /// The side of the kernels; an odd one keeps the size of the image.
    pub kernel: usize,
    /// Whether to pool by the mean instead of the largest.
    pub average: bool,
    /// Dropout before the readout.
    pub dropout: f64,
}

impl Default for Cnn {
    fn default() -> Self {
        Self { filters: [16, 32], kernel: 3, average: false, dropout: 0.0 }
    }
}

impl Cnn {
    /// The spec for images of shape `input` and `outputs` outputs.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Spec {
        let mut layers = Vec::new();
        for filters in self.filters {
            let padding = (self.kernel / 2).into();
            layers.push(ConvConfig { padding, ..ConvConfig::new(filters, self.kernel) }.into());
            layers.push(ReluConfig {}.into());
            layers.push(match self.average {
                false => MaxPoolConfig::new(2).into(),
                true => AveragePoolConfig::new(2).into(),
            });
        }
        layers.push(FlattenConfig {}.into());
        layers.extend(dropout(self.dropout));
        layers.push(DenseConfig { outputs, bias: true }.into());
        Spec { input: input.to_vec(), seed, layers }
    }
}

/// Layers as a spec lists them, followed by nothing: the last must give the outputs wanted. With the shape of the input and
/// the seed it is a whole [`Spec`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layers {
    /// The shape of one input: that of the data, if it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<usize>>,
    /// Where fixed signs and first weights come from, whatever the seed of the training is; from that if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The layers, first layer first.
    pub layers: Vec<NodeSpec>,
}

impl Layers {
    /// The spec for inputs of shape `input`.
    ///
    /// # Errors
    /// If another shape is said.
    pub fn spec(&self, input: &[usize], seed: u64) -> Result<Spec> {
        if let Some(own) = self.input.as_deref().filter(|&own| own != input) {
            return Err(Error::new("input shape of the data", Shape(own), Shape(input)));
        }
        let seed = self.seed.unwrap_or(seed);
        Ok(Spec { input: input.to_vec(), seed, layers: self.layers.clone() })
    }
}

/// The net of a spec and no other.
impl From<Spec> for Layers {
    fn from(Spec { input, seed, layers }: Spec) -> Self {
        Self { input: Some(input), seed: Some(seed), layers }
    }
}

/// Any net that files and the command line can name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "net", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Architecture {
    /// [`SwitchNet`].
    Switch(SwitchNet),
    /// [`Mlp`].
    Mlp(Mlp),
    /// [`ThinMlp`].
    ThinMlp(ThinMlp),
    /// [`Cnn`].
    Cnn(Cnn),
    /// [`CosineBank`].
    CosineBank(CosineBank),
    /// [`MultiScaleBank`].
    MultiScaleBank(MultiScaleBank),
    /// [`SlidingBank`].
    SlidingBank(SlidingBank),
    /// [`Structured`].
    Structured(Structured),
    /// [`Layers`].
    Layers(Layers),
}

impl Architecture {
    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If the architecture does not fit them.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        let spec = match self {
            Self::Switch(net) => net.checked()?.spec(input, outputs, seed),
            Self::Mlp(net) => net.spec(input, outputs, seed),
            Self::ThinMlp(net) => net.spec(input, outputs, seed)?,
            Self::Cnn(net) => net.spec(input, outputs, seed),
            Self::CosineBank(net) => net.spec(input, outputs, seed)?,
            Self::MultiScaleBank(net) => net.spec(input, outputs, seed)?,
            Self::SlidingBank(net) => net.spec(input, outputs, seed)?,
            Self::Structured(net) => net.spec(input, outputs, seed)?,
            Self::Layers(net) => net.spec(input, seed)?,
        };
        Ok(spec)
    }
}

/// An image becomes plain features; features stay.
fn flat(input: &[usize]) -> Vec<NodeSpec> {
    if input.len() > 1 { vec![FlattenConfig {}.into()] } else { Vec::new() }
}

fn dropout(probability: f64) -> Option<NodeSpec> {
    (probability != 0.0).then(|| DropoutConfig { probability }.into())
}

/// A switch net with default settings: [`SwitchNet::spec`].
pub fn switch_net(input: &[usize], outputs: usize, seed: u64) -> Spec {
    SwitchNet::default().spec(input, outputs, seed)
}

/// An MLP with these hidden widths: [`Mlp::spec`].
pub fn mlp(input: &[usize], hidden: &[usize], outputs: usize, seed: u64) -> Spec {
    Mlp { hidden: hidden.to_vec(), ..Mlp::default() }.spec(input, outputs, seed)
}

/// A CNN with default settings: [`Cnn::spec`].
pub fn cnn(input: &[usize], outputs: usize, seed: u64) -> Spec {
    Cnn::default().spec(input, outputs, seed)
}
