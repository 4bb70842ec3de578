//! A learned matrix of orthogonal blocks along the diagonal: it stays orthogonal, whatever its parameters are.

use super::block_diagonal::{is_one, one};
use super::fixed_transform::divides;
use super::rows::{checked, values};
use super::{
    Built, Dims, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role,
    See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{self, Loop, run};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array3, Array4};
use serde::{Deserialize, Serialize};

/// A [block-diagonal](super::BlockDiagonal) matrix of square blocks `W = (I − A)(I + A)⁻¹` with learned antisymmetric `A`: the
/// Cayley transform, which is a rotation for every `A`.
///
/// All rotations can be had but those that turn some vector round. For sides of 2 with `A_01 = a` it is the rotation by `θ`
/// with `a = tan(θ/2)`. Norms are kept, so the layer neither amplifies noise nor lets a gradient vanish.
///
/// # Shapes
/// `(rows, groups·side·stride) → (rows, groups·side·stride)`. Parameters `skew` (groups × side·(side − 1)/2 × stride): the
/// entries `A_pq` with `p < q`, row by row. `side` multiply-adds for each number; the `(I + A)⁻¹`, worked out in double precision
/// once for all rows that come together, are not counted.
///
/// ```
/// use ndarray::{array, Array3};
/// use switchnet::layer::{Layer, OrthogonalBlocks};
/// // tan(θ/2) = 1: a quarter turn.
/// let layer = OrthogonalBlocks::new(Array3::from_elem((1, 1, 1), 1.0), 2)?;
/// assert_eq!(layer.forward(array![[3.0, 5.0]]), array![[-5.0, 3.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// Sources: A. Cayley, J. reine angew. Math. 32 (1846); M. Gorbunov et al., *Group and shuffle*, arXiv 2406.10019; for
/// butterflies of rotations T. Dao et al., arXiv 1903.05895.
#[derive(Clone, Debug)]
pub struct OrthogonalBlocks<T> {
    skew: Array3<T>,
    side: usize,
}

/// The pairs `p < q` below `side`, row by row.
fn pairs(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..side).flat_map(move |p| (p + 1..side).map(move |q| (p, q)))
}

impl<T: Scalar> OrthogonalBlocks<T> {
    /// The layer with these entries, of shape (groups, side·(side − 1)/2, stride).
    ///
    /// # Errors
    /// If the side is below 2, another dimension zero, or there are other than so many entries.
    pub fn new(skew: Array3<T>, side: usize) -> Result<Self> {
        let (groups, entries, stride) = skew.dim();
        sides(side)?;
        bounded("weights of orthogonal blocks", &[groups, side, side, stride])?;
        let expected = side * (side - 1) / 2;
        if entries != expected {
            let what = format!("entries of orthogonal blocks of side {side}");
            return Err(Error::new(what, expected, entries));
        }
        Ok(Self { skew: skew.as_standard_layout().into_owned(), side })
    }

    /// The blocks, of shape (groups, side, side, stride), as a [`BlockDiagonal`](super::BlockDiagonal) has them.
    ///
    /// ```
    /// use ndarray::{Array3, array};
    /// use switchnet::layer::{BlockDiagonal, Layer, OrthogonalBlocks};
    /// let layer = OrthogonalBlocks::new(Array3::from_elem((2, 1, 1), 0.5), 2)?;
    /// let plain = BlockDiagonal::new(layer.matrices(), 2, None)?;
    /// let x = array![[1.0, 2.0, 3.0, 4.0]];
    /// assert_eq!(plain.forward(x.clone()), layer.forward(x));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    pub fn matrices(&self) -> Array4<T> {
        let ((groups, _, stride), side) = (self.skew.dim(), self.side);
        let weights = self.weights(&self.inverses());
        Array4::from_shape_vec((groups, side, side, stride), weights).expect("as many as there are")
    }

    fn len(&self) -> usize {
        let (groups, _, stride) = self.skew.dim();
        groups * self.side * stride
    }

    /// The `(I + A)⁻¹`, laid out as weights of a block-diagonal matrix are.
    fn inverses(&self) -> Vec<f64> {
        let ((groups, _, stride), side) = (self.skew.dim(), self.side);
        let mut all = vec![0.0; groups * side * side * stride];
        if side == 2 {
            // Of pairs there are so many that they go without a loop in a loop.
            let skew = self.skew.as_slice().expect("made contiguous");
            for (skew, all) in skew.chunks_exact(stride).zip(all.chunks_exact_mut(4 * stride)) {
                for (i, a) in skew.iter().map(|a| a.double()).enumerate() {
                    let m = 1.0 / (1.0 + a * a);
                    let [straight, turned] = [m, a * m];
                    (all[i], all[3 * stride + i]) = (straight, straight);
                    (all[stride + i], all[2 * stride + i]) = (-turned, turned);
                }
            }
            return all;
        }
        let mut rows = vec![0.0; 2 * side * side];
        for group in 0..groups {
            for i in 0..stride {
                rows.fill(0.0);
                for p in 0..side {
                    (rows[p * 2 * side + p], rows[p * 2 * side + side + p]) = (1.0, 1.0);
                }
                for (entry, (p, q)) in pairs(side).enumerate() {
                    let a = self.skew[[group, entry, i]].double();
                    (rows[p * 2 * side + q], rows[q * 2 * side + p]) = (a, -a);
                }
                run(Invert { rows: &mut rows, side });
                for (p, row) in rows.chunks_exact(2 * side).enumerate() {
                    for (q, &v) in row[side..].iter().enumerate() {
                        all[((group * side + p) * side + q) * stride + i] = v;
                    }
                }
            }
        }
        all
    }

    /// `W = 2 (I + A)⁻¹ − I`, which is the same.
    fn weights(&self, inverses: &[f64]) -> Vec<T> {
        let ((_, _, stride), side) = (self.skew.dim(), self.side);
        let own = |place: usize| f64::from(u8::from(place / side == place % side));
        let weight = |(at, v)| T::of(2.0 * v - own(at / stride % (side * side)));
        inverses.iter().enumerate().map(weight).collect()
    }

    fn matrix<'a>(&self, weights: &'a [T]) -> kernel::BlockDiagonal<'a, T> {
        let (groups, _, stride) = self.skew.dim();
        kernel::BlockDiagonal { weights, groups, rows: self.side, columns: self.side, stride }
    }

    fn apply(&self, weights: &[T], x: &Matrix<T>) -> Matrix<T> {
        aligned::matrix(x.dim(), |y| self.matrix(weights).apply_to(values(x), y))
    }
}

/// Brings rows of `(I + A, I)` to `(I, (I + A)⁻¹)`. The symmetric part of `I + A` is the identity, so that no pivot is below 1.
struct Invert<'a> {
    rows: &'a mut [f64],
    side: usize,
}

impl Loop for Invert<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, side } = self;
        for k in 0..side {
            let (before, others) = rows.split_at_mut(k * 2 * side);
            let (own, after) = others.split_at_mut(2 * side);
            let pivot = own[k];
            own.iter_mut().for_each(|v| *v /= pivot);
            let others = before.chunks_exact_mut(2 * side).chain(after.chunks_exact_mut(2 * side));
            for row in others {
                let factor = row[k];
                row.iter_mut().zip(&*own).for_each(|(v, own)| *v -= factor * own);
            }
        }
    }
}

fn sides(side: usize) -> Result<()> {
    match side {
        0 | 1 => Err(Error::new("side of orthogonal blocks", "at least 2", side)),
        _ => Ok(()),
    }
}

const NAME: &str = "orthogonal-blocks";

impl<T: Scalar> Layer<T> for OrthogonalBlocks<T> {
    fn signature(&self) -> Signature {
        let ((_, _, stride), side, n) = (self.skew.dim(), self.side, self.len());
        let by = if stride == 1 { String::new() } else { format!(" by {stride}") };
        Signature::new(format!("{NAME} {side}×{side}{by}"), n, n, Regularity::Linear)
            .costs(n * side)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let x = Recycled::from(checked(NAME, x, self.len()));
        self.apply(&self.weights(&self.inverses()), &x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked(NAME, x, self.len()));
        let inverses = self.inverses();
        let weights = self.weights(&inverses);
        let y = self.apply(&weights, &input);
        (y, Box::new(Rotated { layer: self, inverses, weights, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("skew", Role::Weight, &self.skew));
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("skew", Role::Weight, &mut self.skew));
    }
}

/// The same matrix at every row; the input is kept for the gradient.
struct Rotated<'a, T: Scalar> {
    layer: &'a OrthogonalBlocks<T>,
    inverses: Vec<f64>,
    weights: Vec<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Rotated<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.layer.len(), outputs: self.layer.len() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        let dx = Recycled::from(checked(NAME, dx, self.layer.len()));
        self.layer.apply(&self.weights, &dx)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let dy = Recycled::from(checked(NAME, dy, self.layer.len()));
        if !grad.is_empty() {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "{NAME}: the gradient takes the recorded rows");
            let mut of_weights = vec![T::zero(); self.weights.len()];
            self.layer.matrix(&self.weights).add_outer(
                values(&self.input),
                values(&dy),
                &mut of_weights,
            );
            self.add_skew(&of_weights, grad);
        }
        want_dx.then(|| {
            let matrix = self.layer.matrix(&self.weights);
            aligned::matrix(dy.dim(), |dx| matrix.pull_to(values(&dy), dx))
        })
    }
}

impl<T: Scalar> Rotated<'_, T> {
    /// With `M = (I + A)⁻¹` and the gradient `G` of `W`, that of `A` is `−2 Mᵀ G Mᵀ`; an entry stands in `A` twice, with both signs.
    fn add_skew(&self, of_weights: &[T], grad: &mut [T]) {
        let ((groups, entries, stride), side) = (self.layer.skew.dim(), self.layer.side);
        if side == 2 {
            // Cosine and sine are `2m − 1` and `2am` with `m = 1/(1 + a²)`; by `a` they change by `−4am²` and `4m² − 2m`.
            let blocks = self.inverses.chunks_exact(4 * stride).zip(of_weights.chunks_exact(4 * stride));
            for ((m, g), grad) in blocks.zip(grad.chunks_exact_mut(stride)) {
                for (i, grad) in grad.iter_mut().enumerate() {
                    let [a, b, c, d] = [0, 1, 2, 3].map(|place| g[place * stride + i].double());
                    let (straight, turned) = (m[i], m[2 * stride + i]);
                    let cosine = -4.0 * turned * straight;
                    let sine = 4.0 * straight * straight - 2.0 * straight;
                    *grad += T::of(cosine * (a + d) + sine * (c - b));
                }
            }
            return;
        }
        let mut room = vec![0.0; 3 * side * side];
        let (m, rest) = room.split_at_mut(side * side);
        let (g, product) = rest.split_at_mut(side * side);
        for group in 0..groups {
            for i in 0..stride {
                for place in 0..side * side {
                    let at = (group * side * side + place) * stride + i;
                    (m[place], g[place]) = (self.inverses[at], of_weights[at].double());
                }
                // Mᵀ G, and then times Mᵀ, each row by row.
                transposed_product(m, g, product, side);
                for (entry, (p, q)) in pairs(side).enumerate() {
                    let of = |p: usize, q: usize| -> f64 {
                        (0..side).map(|k| product[p * side + k] * m[q * side + k]).sum()
                    };
                    let at = (group * entries + entry) * stride + i;
                    grad[at] += T::of(2.0 * (of(q, p) - of(p, q)));
                }
            }
        }
    }
}

/// `to = aᵀ b`.
fn transposed_product(a: &[f64], b: &[f64], to: &mut [f64], side: usize) {
    to.fill(0.0);
    for (a, b) in a.chunks_exact(side).zip(b.chunks_exact(side)) {
        for (&a, to) in a.iter().zip(to.chunks_exact_mut(side)) {
            to.iter_mut().zip(b).for_each(|(to, b)| *to += a * b);
        }
    }
}

/// The configuration of an [`OrthogonalBlocks`] layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrthogonalBlocksConfig {
    /// The side of a block.
    pub side: usize,
    /// How many blocks are interleaved, as in [`BlockDiagonalConfig`](super::BlockDiagonalConfig).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stride: usize,
    /// The entries before training; zeros, the identity, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Init>,
}

impl Default for OrthogonalBlocksConfig {
    /// Rotations of pairs.
    fn default() -> Self {
        Self::new(2)
    }
}

impl OrthogonalBlocksConfig {
    /// Blocks of this side.
    pub fn new(side: usize) -> Self {
        Self { side, stride: 1, start: None }
    }

    /// Groups, entries of a block, and stride.
    fn shape(&self, input: Shape<'_>) -> Result<[usize; 3]> {
        let Self { side, stride, .. } = *self;
        sides(side)?;
        divides(side.saturating_mul(stride), input)?;
        let groups = input.len() / (side * stride);
        bounded("weights of orthogonal blocks", &[groups, side, side, stride])?;
        Ok([groups, side * (side - 1) / 2, stride])
    }
}

impl LayerConfig for OrthogonalBlocksConfig {
    const KIND: &'static str = NAME;

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let shape = self.shape(input)?;
        let start = self.start.unwrap_or(Init::Constant(0.0));
        let skew = start.draw(shape.iter().product(), rng)?;
        let skew = skew.into_shape_with_order(shape).expect("as many as were drawn");
        Ok(Built::new(OrthogonalBlocks::new(skew, self.side)?, [input.len()]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let parameters = self.shape(input)?.iter().product();
        let multiply_adds = input.len() * self.side;
        Ok(Size { parameters, multiply_adds, ..Size::new([input.len()]) })
    }
}
