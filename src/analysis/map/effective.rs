//! The effective linear map that an input selects.

use crate::analysis::pattern::Pattern;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle;
use crate::analysis::rows::{ROWS, identity, one_row};
use crate::error::{Error, Result};
use crate::layer::{Dims, Layer, LinearMap};
use crate::net::{join_chunks, map_chunks};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use serde::{Serialize, Serializer};

/// What an effective map is of the net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exactness {
    /// The net is piecewise linear: on the whole region around the input, the map is the net.
    Exact,
    /// The net is not: the map is its tangent at the input.
    Tangent,
}

impl Exactness {
    /// What the linear maps of `net` are.
    pub fn of<T: Scalar>(net: &dyn Layer<T>) -> Self {
        if net.is_piecewise_linear() { Self::Exact } else { Self::Tangent }
    }
}

/// `y = A x + c`: for one input, the switches thrown, the weighted sums of weighted sums that remain
/// are one weighted sum for each output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound(serialize = "T: Serialize + Clone"))]
#[non_exhaustive]
pub struct EffectiveMap<T> {
    /// Whether the map is the net on a region, or a tangent.
    pub exactness: Exactness,
    /// The input.
    #[serde(serialize_with = "list")]
    pub x: Array1<T>,
    /// The net's output, from its forward pass alone.
    #[serde(serialize_with = "list")]
    pub y: Array1<T>,
    /// `A`, outputs × inputs, from the Jacobian alone.
    #[serde(serialize_with = "rows")]
    pub a: Matrix<T>,
    /// `c`, from the biases alone, pushed to the output with the switches held.
    #[serde(serialize_with = "list")]
    pub c: Array1<T>,
    /// Which switches are open, and which are on the boundary.
    pub pattern: Pattern,
    /// How well `A x + c` reproduces `y`.
    pub residual: Residual,
}

/// How far `A x + c` is from `f(x)`. The three come from three paths through the code (the Jacobian,
/// the constants of the held layers, the forward pass), so this measures something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Residual {
    /// `‖A x + c − f(x)‖₂`.
    pub absolute: f64,
    /// The same divided by `‖A x‖₂ + ‖c‖₂`, or as it is where that is zero.
    pub relative: f64,
}

impl Residual {
    /// Of the parts of `y`, summed in double precision. Squares of large numbers do not overflow.
    pub(in crate::analysis) fn new(parts: impl Iterator<Item = (f64, f64, f64)>) -> Self {
        let (mut absolute, mut linear, mut constant) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (ax, c, y) in parts {
            absolute = absolute.hypot(ax + c - y);
            linear = linear.hypot(ax);
            constant = constant.hypot(c);
        }
        let size = linear + constant;
        Self { absolute, relative: if size > 0.0 { absolute / size } else { absolute } }
    }

    /// The same, if it says something: where a number on the way overflows, nothing is known of the map.
    ///
    /// # Errors
    /// If it is not finite.
    pub fn checked(self) -> Result<Self> {
        let Self { absolute, relative } = self;
        if absolute.is_finite() && relative.is_finite() {
            return Ok(self);
        }
        let expected = "a finite number (outputs overflow, or are no numbers, at this input)";
        Err(Error::new("residual of the effective map", expected, absolute))
    }
}

/// Row `k` of an effective map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EffectiveRow<T> {
    /// Whether the row is of the net on a region, or of a tangent.
    pub exactness: Exactness,
    /// The output `k` it belongs to.
    pub output: usize,
    /// `y_k`, from the forward pass alone.
    pub y: T,
    /// The weights `a`: row `k` of `A`.
    #[serde(serialize_with = "list")]
    pub a: Array1<T>,
    /// `c_k`.
    pub c: T,
    /// `|a·x + c_k − y_k|`, and relative to `|a·x| + |c_k|`.
    pub residual: Residual,
}

/// A vector in a file is a list of numbers,
pub(in crate::analysis) fn list<T: Serialize, S: Serializer>(
    v: &Array1<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(v)
}

/// and a matrix is a list of its rows.
pub(in crate::analysis) fn rows<T: Serialize + Clone, S: Serializer>(
    m: &Matrix<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(m.rows().into_iter().map(|row| row.to_vec()))
}

pub(in crate::analysis) fn dot<T: Scalar>(a: ArrayView1<'_, T>, x: ArrayView1<'_, T>) -> f64 {
    a.iter().zip(x).map(|(a, x)| a.double() * x.double()).sum()
}

/// The matrix of `map`, recorded at one input: by pushing the identity or pulling it,
/// whichever has fewer rows. A few rows at a time stay in the cache through all layers.
///
/// # Panics
/// If the map was recorded at several inputs.
pub fn matrix<T: Scalar>(map: &dyn LinearMap<T>) -> Matrix<T> {
    let Dims { inputs, outputs, .. } = map.dims();
    let pushed = inputs < outputs;
    let (rows, columns) = if pushed { (inputs, outputs) } else { (outputs, inputs) };
    let all = join_chunks((rows, columns), ROWS, |range| {
        let unit = identity(range, rows);
        if pushed { map.push(unit) } else { map.pull(unit, &mut []) }
    });
    if pushed { all.t().as_standard_layout().into_owned() } else { all }
}

/// The constant of a map recorded at one input, zero or not.
pub(in crate::analysis) fn constant<T: Scalar>(map: &dyn LinearMap<T>) -> Matrix<T> {
    map.constant().unwrap_or_else(|| Matrix::zeros((1, map.dims().outputs)))
}

/// The effective map of `net` at `x`.
///
/// Cost: as many rows through the net's linear map as it has inputs or outputs, whichever are
/// fewer. For a net of width `n`, depth `L` and `m` outputs that is `O(L·m·n·log n)` where its
/// layers are fast transforms; nothing is multiplied out.
///
/// ```
/// use switchnet::{analysis::effective_map, data::digits, net::zoo};
/// let net = zoo::switch_net(&[64], 10, 1).build::<f64>()?;
/// let image = digits::<f64>().test;
/// let map = effective_map(&net, image.inputs().row(0));
/// assert_eq!(map.a.dim(), (10, 64));
/// assert!(map.residual.relative < 1e-14);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn effective_map<T: Scalar>(net: &dyn Layer<T>, x: ArrayView1<'_, T>) -> EffectiveMap<T> {
    let (_, map) = net.linearize(one_row(x));
    let a = matrix(map.as_ref());
    let c = constant(map.as_ref()).row(0).to_owned();
    let y = net.forward(one_row(x)).row(0).to_owned();
    let parts = a.rows().into_iter().zip(&c).zip(&y);
    let residual = Residual::new(parts.map(|((a, c), y)| (dot(a, x), c.double(), y.double())));
    let mut values = boundaries::values(map.as_ref());
    settle::clear(net, x.insert_axis(Axis(0)), &mut values);
    let pattern = Pattern::of(&values);
    let exactness = Exactness::of(net);
    EffectiveMap { exactness, x: x.to_owned(), y, a, c, pattern, residual }
}

/// The effective map at each row of `x`, on all threads.
///
/// # Panics
/// If `x` has another width than the net takes.
pub fn effective_maps<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Vec<EffectiveMap<T>> {
    map_chunks(x.nrows(), 1, |rows| effective_map(net, x.row(rows.start)))
}

/// Column `input` of the effective map of `net` at `x`, by a single push: how every output answers to one input.
///
/// # Panics
/// If `x` has another length than the net takes, or there is no such input.
pub fn effective_column<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView1<'_, T>,
    input: usize,
) -> Array1<T> {
    let (_, map) = net.linearize(one_row(x));
    map.push(identity(input..input + 1, net.inputs())).row(0).to_owned()
}

/// Row `output` of the effective map at `x`, by a single pull.
///
/// # Panics
/// If `x` has another length than the net takes, or there is no such output.
pub fn effective_row<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView1<'_, T>,
    output: usize,
) -> EffectiveRow<T> {
    let (_, map) = net.linearize(one_row(x));
    let a = map.pull(identity(output..output + 1, net.outputs()), &mut []).row(0).to_owned();
    let c = constant(map.as_ref())[[0, output]];
    let y = net.forward(one_row(x))[[0, output]];
    let parts = (dot(a.view(), x), c.double(), y.double());
    let residual = Residual::new(std::iter::once(parts));
    EffectiveRow { exactness: Exactness::of(net), output, y, a, c, residual }
}
