//! The Jacobian of a layer at recorded rows.

use crate::scalar::{Matrix, Scalar};

/// The Jacobian of a layer at recorded rows: one matrix for each row.
///
/// Recorded at a single row, it serves any number of rows (all through the same matrix); recorded
/// at `k` rows, it takes `k` rows. No rows at all are always taken.
///
/// The methods of the trait are what a layer writes; [`push`](#method.push), [`pull`](#method.pull),
/// [`affine`](#method.affine) and [`decisions`](#method.decisions) are what is usually called.
///
/// # Panics
/// On a matrix of another width than the layer's, naming both. Where the Jacobian differs from row to
/// row, also on another number of rows than recorded, and so does [`vjp`](Self::vjp) with a gradient
/// of a layer that needs its input for it. A gradient has exactly as many numbers as the layer has
/// parameters, or none.
pub trait LinearMap<T: Scalar>: Send + Sync {
    /// How many rows were recorded, and the widths.
    fn dims(&self) -> Dims;

    /// `dy = J dx`: the directional derivative. On the way it shows the decisions of the layer to `see`, if
    /// somebody looks.
    #[doc(alias = "push")]
    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T>;

    /// `dx = Jᵀ dy`, if it is wanted. Adds `∂(dy·y)/∂θ` to `grad`, which holds all parameters of the layer in
    /// [`Layer::visit`](super::Layer::visit)'s order, or is empty when nobody asks.
    #[doc(alias = "pull")]
    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>>;

    /// What the layer with its decisions held as recorded makes of zero: `f(x₀) − J x₀`, one row for each
    /// recorded row. None, as the default says, is zero; a layer with a bias has one.
    ///
    /// This is a way to the constant of the effective map that shares nothing with `f`, which is what makes the
    /// residual of that map a measurement.
    fn constant(&self) -> Option<Matrix<T>> {
        None
    }
}

/// Who looks at the decisions on the way of a [`jvp`](LinearMap::jvp), if anybody does.
pub type See<'a, T> = Option<&'a mut dyn FnMut(Decisions<'_, T>)>;

/// What a layer decides at the recorded rows, and how the values it decides by change along what is pushed.
///
/// With both, every boundary of the region around the input is known: the value at `x + t·dx` is that at `x` plus
/// `t` times its rate, as long as no decision changes.
#[derive(Clone, Copy, Debug)]
pub struct Decisions<'a, T> {
    /// How the values decide.
    pub kind: DecisionKind<'a>,
    /// The values, a row for each recorded row.
    pub values: &'a Matrix<T>,
    /// Their derivatives along `dx`, a row for each row of it.
    pub rates: &'a Matrix<T>,
}

/// How values decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind<'a> {
    /// A switch for each value: open where it is positive, on the boundary where it is zero.
    Sign,
    /// One candidate of each group is connected, as in a max-pool. The values of a group are the leads of the winner
    /// over its rivals in their order, the winner left out: none is negative, and one is zero where two are equal.
    Choice {
        /// How many candidates each group has, the winner included.
        candidates: &'a [usize],
        /// Which candidate of each group won, group after group for each recorded row.
        winners: &'a [usize],
    },
}

/// The dimensions of a [`LinearMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    /// How many rows were recorded; none where one matrix serves all rows.
    pub rows: Option<usize>,
    /// Features of a row that is pushed.
    pub inputs: usize,
    /// Features of a row that is pulled.
    pub outputs: usize,
}

/// What is usually asked of a linear map.
impl<'m, T: Scalar> dyn LinearMap<T> + 'm {
    /// `dy = J dx` for each row.
    #[doc(alias = "jvp")]
    pub fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.jvp(dx, None)
    }

    /// `dx = Jᵀ dy` for each row; adds `∂(dy·y)/∂θ` to `grad` unless that is empty.
    #[doc(alias = "vjp")]
    pub fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        self.vjp(dy, grad, true).expect("a map gives what is wanted")
    }

    /// The layer with its decisions held as recorded, at other points: `J x + (f(x₀) − J x₀)`.
    ///
    /// # Panics
    /// If `k` rows were recorded and `x` has another number.
    pub fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        let mut y = self.push(x);
        if let Some(constant) = self.constant() {
            y += &constant; // one recorded row serves all
        }
        y
    }

    /// Shows the decisions at the recorded rows, with no rates.
    pub fn decisions(&self, see: &mut dyn FnMut(Decisions<'_, T>)) {
        self.jvp(Matrix::zeros((0, self.dims().inputs)), Some(see));
    }
}
