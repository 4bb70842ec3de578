//! Differentiable maps with parameters and switches: the layers nets are made of.
//!
//! [`Layer::linearize`] throws the switches at an input and returns `(y, J)`. `J`, a [`LinearMap`],
//! is the one record of the pass: [`LinearMap::pull`] trains, [`LinearMap::push`] probes, and `J`
//! written out is the effective map. It borrows the layer, so the parameters cannot change while
//! a record of the old ones is alive: an optimiser step at the wrong moment does not compile.
//!
//! | family | layers |
//! |---|---|
//! | transforms | [`Mix`] |
//! | per element | [`Diagonal`], [`Switch`], [`Crelu`], [`Detached`], [`Smooth`] |
//! | blocks of a row | [`BlockSwitch`] |
//! | shape | [`Reshape`] |
//! | whole row | [`RmsNorm`], [`Softmax`] |
//! | baselines | [`Dense`], [`Conv2d`], [`MaxPool`], [`AveragePool`], [`Dropout`] |

mod block_switch;
mod conv;
mod crelu;
mod dense;
mod detached;
mod diagonal;
mod dropout;
mod mix;
mod normalize;
pub mod parameters;
mod planes;
mod pool;
mod reshape;
mod rows;
mod smooth;
mod softmax;
mod switch;

pub use block_switch::BlockSwitch;
pub use conv::Conv2d;
pub use crelu::Crelu;
pub use dense::Dense;
pub use detached::Detached;
pub use diagonal::Diagonal;
pub use dropout::Dropout;
pub use mix::Mix;
pub use normalize::RmsNorm;
pub use pool::{AveragePool, MaxPool};
pub use reshape::Reshape;
pub(crate) use rows::{checked, values, values_mut};
pub use smooth::Smooth;
pub use softmax::Softmax;
pub(crate) use softmax::softmax_row;
pub use switch::Switch;
pub(crate) use switch::Thrown;

use crate::aligned::Kept;
pub use crate::kernel::Pointwise;
use crate::scalar::{Matrix, Scalar};
use crate::transform::Transform;
use ndarray::{ArrayViewD, ArrayViewMutD};

/// A differentiable map from rows of [`inputs`](Self::inputs) features to rows of
/// [`outputs`](Self::outputs) features.
///
/// Matrices go in by value and come out reused, so a layer that can work in place does, and nobody
/// plans buffers.
///
/// # Panics
/// [`forward`](Self::forward) and [`linearize`](Self::linearize) panic on a matrix of another
/// width, naming both.
pub trait Layer<T: Scalar>: Send + Sync {
    /// Features of an input row.
    fn inputs(&self) -> usize;

    /// Features of an output row.
    fn outputs(&self) -> usize;

    /// The name in summaries, such as `two-slope`.
    fn name(&self) -> String;

    /// Arithmetic for one row, in multiply-adds: a multiplication, an addition, or both fused,
    /// count one each. Comparisons and moves are free.
    fn multiply_adds(&self) -> usize;

    /// Whether the layer is linear or affine between switches. If not (a sigmoid, a softmax, a normalisation),
    /// its linear map is a tangent, and every analysis says so.
    fn is_piecewise_linear(&self) -> bool;

    /// `y = f(x)` for each row.
    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.linearize(x).0
    }

    /// `f(x)` for each row, and the Jacobian of `f` there.
    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>);

    /// The layer as a scale, a bias and a switch of each element, if it is no more than that; its
    /// parameters are then these vectors, in this order, of the slopes those that are learned, open and
    /// closed. A [`Chain`](crate::net::Chain) runs such layers in one sweep with the transform behind them.
    fn pointwise(&self) -> Option<(Pointwise<'_, T>, [bool; 2])> {
        None
    }

    /// The layer's transform, if it is no more than that.
    fn transform(&self) -> Option<&dyn Transform<T>> {
        None
    }

    /// Shows every parameter with its name, in the order in which gradients are laid out.
    fn visit(&self, _f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {}

    /// The same parameters in the same order, to be changed.
    fn visit_mut(&mut self, _f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {}

    /// Turns the noise of layers that have some (dropout) on, drawn from `seed`, or off with
    /// `None`. Off is the state of a new layer; training turns it on for each of its steps.
    fn set_noise(&mut self, _seed: Option<u64>) {}
}

/// The Jacobian of a layer at recorded rows: one matrix for each row.
///
/// Recorded at a single row, it serves any number of rows (all through the same matrix); recorded
/// at `k` rows, it takes `k` rows.
///
/// # Panics
/// On a matrix of another width than the layer's, naming both. Where the Jacobian differs from row to
/// row, also on another number of rows than recorded, and so does [`pull`](Self::pull) with a gradient
/// of a layer that needs its input for it. A gradient has exactly as many numbers as the layer has
/// parameters.
pub trait LinearMap<T: Scalar>: Send + Sync {
    /// `dy = J dx`: the directional derivative.
    fn push(&self, dx: Matrix<T>) -> Matrix<T>;

    /// `dx = Jᵀ dy`. Adds `∂(dy·y)/∂θ` to `grad`, which holds all parameters of the layer in
    /// [`Layer::visit`]'s order, or is empty when nobody asks.
    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T>;

    /// Adds `∂(dy·y)/∂θ` to `grad` without computing `Jᵀ dy`, which the first layer of a net has no
    /// use for.
    fn accumulate(&self, dy: Matrix<T>, grad: &mut [T]) {
        drop(Kept::from(self.pull(dy, grad)));
    }

    /// The layer with its switches held as recorded, at other points: `J x + (f(x₀) − J x₀)`.
    ///
    /// Equal to `push` for a layer without a constant, as the default says; a layer with a bias
    /// adds it. This is a way to the constant of the effective map that shares nothing with `f`,
    /// which is what makes the residual of that map a measurement.
    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    /// Shows the values whose signs are the switches of this layer, one row for each recorded row:
    /// open where positive, on the boundary where zero.
    fn switches(&self, _f: &mut dyn FnMut(&Matrix<T>)) {}

    /// [`push`](Self::push), and on the way the derivatives along `dx` of the values that
    /// [`switches`](Self::switches) shows, as many matrices in the same order, one row for each row of `dx`.
    ///
    /// With the values themselves this gives every wall of the region around the input: the value of a
    /// switch at `x + t·dx` is its value at `x` plus `t` times its rate, as long as none flips. The default
    /// is for a layer without switches; one that has some shows their rates too.
    fn rates(&self, dx: Matrix<T>, _f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        self.push(dx)
    }
}
