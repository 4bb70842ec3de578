//! Differentiable maps with parameters and switches: the layers nets are made of.
//!
//! [`Layer::linearize`] throws the switches at an input and returns `(y, J)`. `J`, a [`LinearMap`],
//! is the one record of the pass: pulling through it trains, pushing probes, and `J`
//! written out is the effective map. It borrows the layer, so the parameters cannot change while
//! a record of the old ones is alive: an optimizer step at the wrong moment does not compile.
//!
//! | family | layers |
//! |---|---|
//! | transforms | [`FixedTransform`] |
//! | per element | [`Diagonal`], [`Switch`], [`Crelu`], [`GatedSwitch`], [`SoftThreshold`], [`Smooth`] |
//! | structured matrices | [`BlockDiagonal`], [`OrthogonalBlocks`], [`Circulant`], [`SpectralFilter`] |
//! | blocks of a row | [`BlockSwitch`] |
//! | shape | [`Reshape`], [`Gather`] |
//! | whole row | [`RmsNorm`], [`Softmax`] |
//! | baselines | [`Dense`], [`Conv2d`], [`MaxPool`], [`AveragePool`], [`Dropout`] |

mod circular;
mod config;
mod element_map;
mod elements;
mod gates;
mod init;
mod map;
pub mod parameters;
mod planes;
mod rows;
mod signature;
mod sweep;
mod window;

/// Declares the layers: a file each, with what is public of it and the configurations that are kinds in files.
macro_rules! layers {
    ($($file:ident: $layer:ident, $($config:ident),+;)+) => {
        $(
            mod $file;
            pub use $file::{$layer, $($config),+};
        )+

        /// Shows `f` every configuration.
        pub(crate) fn each_config(f: &mut impl EachConfig) {
            $($(f.see::<$config>();)+)+
        }
    };
}

/// What is done with the type of each configuration.
pub(crate) trait EachConfig {
    fn see<C: LayerConfig>(&mut self);
}

// Here a new layer gets its line.
layers! {
    average_pool: AveragePool, AveragePoolConfig;
    block_diagonal: BlockDiagonal, BlockDiagonalConfig;
    block_switch: BlockSwitch, BlockSwitchConfig;
    circulant: Circulant, CirculantConfig;
    conv: Conv2d, ConvConfig;
    crelu: Crelu, CreluConfig;
    dense: Dense, DenseConfig;
    diagonal: Diagonal, DiagonalConfig;
    dropout: Dropout, DropoutConfig;
    fixed_transform: FixedTransform, FixedTransformConfig;
    gather: Gather, BitReversalConfig, ChannelsFirstConfig, ChannelsLastConfig, GatherConfig, PatchesConfig, ShiftConfig,
        StrideConfig, ZOrderConfig;
    gated_switch: GatedSwitch, GatedSwitchConfig;
    normalize: RmsNorm, RmsNormConfig;
    orthogonal_blocks: OrthogonalBlocks, OrthogonalBlocksConfig;
    pool: MaxPool, MaxPoolConfig;
    reshape: Reshape, FlattenConfig, PadConfig, ReshapeConfig, SliceConfig, SumHalvesConfig, TakeConfig, TileConfig;
    smooth: Smooth, EluConfig, SigmoidConfig, TanhConfig;
    soft_threshold: SoftThreshold, SoftThresholdConfig;
    softmax: Softmax, SoftmaxConfig;
    spectral_filter: SpectralFilter, SpectralFilterConfig;
    switch: Switch, LeakyConfig, PreluConfig, ReluConfig, TwoSlopeConfig;
}

pub use block_diagonal::BlockStart;
pub(crate) use config::LARGEST;
pub use config::{Built, LayerConfig, Shape, Size, bounded};
pub use element_map::ElementMap;
pub use init::Init;
pub use map::{DecisionKind, Decisions, Dims, LinearMap, See};
pub use parameters::{Parameter, ParameterMut, Role};
pub(crate) use rows::checked;
pub use signature::{Regularity, Signature};
pub(crate) use softmax::softmax_row;
pub(crate) use sweep::Sweep;
pub use window::Sides;

pub use crate::kernel::Pointwise;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Transform, VisitFixed};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A differentiable map from rows of some features to rows of others.
///
/// Matrices go in by value and come out reused, so a layer that can work in place does, and nobody
/// plans buffers.
///
/// Three methods make a layer: [`signature`](Self::signature), [`linearize`](Self::linearize), and, if it has
/// parameters, [`visit`](Self::visit) with [`visit_mut`](Self::visit_mut). The others are for speed and for noise.
///
/// # Panics
/// [`forward`](Self::forward) and [`linearize`](Self::linearize) panic on a matrix of another
/// width, naming both.
pub trait Layer<T: Scalar>: Debug + Send + Sync {
    /// What the layer is called, what it takes and gives, what it costs, how regular it is.
    fn signature(&self) -> Signature;

    /// `f(x)` for each row, and the Jacobian of `f` there.
    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>);

    /// The same with noise, for training: a layer without noise, as most are, has nothing to add here. A layer
    /// that holds others hands them its noise.
    fn linearize_with(
        &self,
        x: Matrix<T>,
        _noise: Noise,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.linearize(x)
    }

    /// `y = f(x)` for each row, the bits of [`linearize`](Self::linearize).
    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.linearize(x).0
    }

    /// The one hint for the [plan](crate::net::Plan): whether the layer acts on each element, or is an orthonormal
    /// transform. What it says must be the whole layer.
    fn structure(&self) -> Structure<'_, T> {
        Structure::Opaque
    }

    /// The layers that it is a chain of, first layer first: who knows what one of them takes need not begin at the
    /// input. None, as the default says: it is to be asked as a whole.
    ///
    /// ```
    /// use switchnet::{layer::Layer, net::zoo};
    /// let net = zoo::mlp(&[4], &[8, 8], 3, 1).build::<f64>()?;
    /// let x = ndarray::array![[0.5, -1.0, 0.25, 1.0]];
    /// let y = net.parts().iter().fold(x.clone(), |x, part| part.forward(x));
    /// assert_eq!(y, net.forward(x));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    fn parts(&self) -> Vec<Box<dyn Layer<T> + '_>> {
        Vec::new()
    }

    /// The same layer with some of its switches held open (`true`) or closed, whatever they see, by their numbers among
    /// the values that its linear map shows, in one layer. That of the held layer shows the same values. None where
    /// switches cannot be held: there is a largest, whatever a max-pool does. One that is held already stays as it is. The
    /// default knows what [`structure`](Self::structure) calls a switch of each element. [`hold`](crate::analysis::hold) is
    /// made of this.
    ///
    /// ```
    /// use switchnet::layer::{Layer, Switch};
    /// let relu: &dyn Layer<f64> = &Switch::relu(3);
    /// let held = relu.held(&[(0, true), (1, false)]).unwrap();
    /// assert_eq!(held.forward(ndarray::array![[-1.0, 2.0, 3.0]]), ndarray::array![[-1.0, 0.0, 3.0]]);
    /// ```
    ///
    /// # Panics
    /// If there is no switch of such a number.
    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let held = elements::Elements::held(self.signature(), self.structure(), switches)?;
        Some(Box::new(held))
    }

    /// What [`held`](Self::held) is of a layer that is not the same one at all positions: with these switches of each of
    /// these positions. Only [`hold`](crate::analysis::hold) makes such a one.
    #[doc(hidden)]
    fn held_at(
        &self,
        _switches: &BTreeMap<usize, Vec<(usize, bool)>>,
    ) -> Option<Box<dyn Layer<T>>> {
        None
    }

    /// Shows the innermost layers of one that holds others, in the order in which they decide, each with the number of
    /// positions at which a row has it. A layer that holds none shows nothing, as the default does. One that has its layers in
    /// a [`Graph`](crate::net::Graph) asks that:
    ///
    /// ```
    /// use switchnet::analysis::{Unit, hold};
    /// use switchnet::layer::{Layer, LinearMap, ReplaceLayer, Signature, Switch};
    /// use switchnet::{Matrix, net::Graph};
    /// #[derive(Debug)]
    /// struct Named(Graph<f64>);
    /// impl Layer<f64> for Named {
    ///     fn signature(&self) -> Signature {
    ///         let mut signature = self.0.signature();
    ///         signature.name = "mine".into();
    ///         signature
    ///     }
    ///     fn linearize(&self, x: Matrix<f64>) -> (Matrix<f64>, Box<dyn LinearMap<f64> + '_>) {
    ///         self.0.linearize(x)
    ///     }
    ///     fn visit_layers(&self, f: &mut dyn FnMut(&dyn Layer<f64>, usize)) {
    ///         self.0.visit_layers(f);
    ///     }
    ///     fn replace_layers(&mut self, f: &mut ReplaceLayer<'_, f64>) {
    ///         self.0.replace_layers(f);
    ///     }
    /// }
    /// let mine = Named(Graph::chain(vec![Box::new(Switch::relu(2))])?);
    /// let net = Graph::chain(vec![Box::new(mine) as Box<dyn Layer<f64>>])?;
    /// let held = hold(net, &[(Unit { layer: 0, unit: 1 }, true)])?;
    /// assert_eq!(held.forward(ndarray::array![[-1.0, -2.0]]), ndarray::array![[0.0, -2.0]]);
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    fn visit_layers(&self, _f: &mut dyn FnMut(&dyn Layer<T>, usize)) {}

    /// Shows the same layers in the same order, and puts those that `f` gives in their places. To a layer that is at several
    /// positions these come as rows, one behind the other.
    ///
    /// # Panics
    /// If a layer has other widths than the one in whose place it is put.
    fn replace_layers(&mut self, _f: &mut ReplaceLayer<'_, T>) {}

    /// Shows every parameter, in the order in which gradients are laid out.
    fn visit(&self, _f: &mut dyn FnMut(Parameter<'_, T>)) {}

    /// The same parameters in the same order, to be changed.
    fn visit_mut(&mut self, _f: &mut dyn FnMut(ParameterMut<'_, T>)) {}

    /// Shows, each by its name, everything that was drawn at random and is no parameter, so that a file says the whole
    /// layer: signs and permutations, say. A layer that holds others shows theirs.
    fn visit_fixed(&self, _f: &mut VisitFixed<'_, T>) {}
}

/// What [`Layer::replace_layers`] asks for: another layer in the place of this one at so many positions, if there is to be one.
pub type ReplaceLayer<'a, T> = dyn FnMut(&dyn Layer<T>, usize) -> Option<Box<dyn Layer<T>>> + 'a;

/// Short forms of [`Layer::signature`].
impl<T: Scalar> dyn Layer<T> + '_ {
    /// Features of an input row.
    pub fn inputs(&self) -> usize {
        self.signature().inputs
    }

    /// Features of an output row.
    pub fn outputs(&self) -> usize {
        self.signature().outputs
    }

    /// The name in summaries, such as `two-slope`.
    pub fn name(&self) -> String {
        self.signature().name.into_owned()
    }

    /// Arithmetic for one row, in multiply-adds.
    pub fn multiply_adds(&self) -> usize {
        self.signature().multiply_adds
    }

    /// Shows the innermost layers: those of one that holds others, or else the layer itself, which is at one position.
    pub(crate) fn innermost(&self, f: &mut dyn FnMut(&dyn Layer<T>, usize)) {
        let mut holds_others = false;
        self.visit_layers(&mut |layer, positions| {
            holds_others = true;
            f(layer, positions);
        });
        if !holds_others {
            f(self, 1);
        }
    }

    /// Whether the layer is linear or affine between decisions.
    pub fn is_piecewise_linear(&self) -> bool {
        self.signature().regularity.is_piecewise_linear()
    }
}

/// The noise of one pass in training.
///
/// What a row gets depends on the seed and on the row's number in the batch, and on nothing else: not on how the
/// batch is cut, nor on who works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noise {
    /// Where the random numbers come from.
    pub seed: u64,
    /// The number of the first row in its batch.
    pub first_row: usize,
}

impl Noise {
    /// The noise of part `number` of a layer: of its own, or two dropouts would drop alike.
    pub fn part(self, number: usize) -> Self {
        let seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number as u64 + 1);
        Self { seed, ..self }
    }
}

/// What a layer is, as far as a plan can make use of it.
#[derive(Clone, Copy, Debug)]
pub enum Structure<'a, T> {
    /// A scale, a bias and a switch of each element. Of these, the learned ones are the layer's parameters, in the
    /// order scale, bias, open, closed.
    Elementwise {
        /// The vectors.
        vectors: Pointwise<'a, T>,
        /// Which of scale, bias, open and closed slopes are parameters.
        learned: [bool; 4],
    },
    /// A fixed orthonormal transform, without parameters.
    Orthonormal(&'a dyn Transform<T>),
    /// Something else.
    Opaque,
}
