//! The switch that projects: each input chooses one of two vectors by its sign.

use super::fixed_transform::divides;
use super::rows::{checked, records, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Init, Layer, LayerConfig, LinearMap, Parameter,
    ParameterMut, Regularity, Role, See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{Loop, run};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;

/// `y_i = Σ_j x_j w_ji` over the `j` of the block of `i`, where `w_j` is the learned vector `open_j` if
/// `x_j > 0` and `closed_j` elsewhere.
///
/// The row is cut into blocks of `N` numbers. In a block each input is multiplied into one of two vectors
/// of length `N`, and these are added. An input of zero adds nothing either way, so the layer is continuous.
/// With `N = 1` it is the two-slope [`Switch`](super::Switch).
///
/// # Shapes
/// `(rows, n) → (rows, n)`. Parameters `open` and `closed` of `n × N` each, a row for each input;
/// `N·n` multiply-adds.
///
/// ```
/// use ndarray::array;
/// use switchnet::layer::{BlockSwitch, Layer};
/// let open = array![[1.0, 2.0], [3.0, 4.0]];
/// let layer = BlockSwitch::new(open, array![[5.0, 6.0], [7.0, 8.0]])?;
/// assert_eq!(layer.forward(array![[10.0, -1.0]]), array![[3.0, 12.0]]); // 10·(1, 2) − (7, 8)
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// Source: S. O'Connor, *Switch Net 4* and *SWNet16* (2019–2025), with blocks of 4 and 16.
#[derive(Clone, Debug)]
pub struct BlockSwitch<T> {
    open: Matrix<T>,
    closed: Matrix<T>,
}

impl<T: Scalar> BlockSwitch<T> {
    /// The switch with these vectors, a row for each input.
    ///
    /// # Errors
    /// If the two differ in shape, or their length does not divide the number of inputs.
    pub fn new(open: Matrix<T>, closed: Matrix<T>) -> Result<Self> {
        let (n, block) = open.dim();
        if closed.dim() != (n, block) {
            let found = format!("{:?}", closed.dim());
            return Err(Error::new(
                "shape of the closed vectors",
                format!("({n}, {block})"),
                found,
            ));
        }
        if n == 0 || block == 0 || !n.is_multiple_of(block) {
            return Err(Error::new("length of a block", format!("a divisor of {n}"), block));
        }
        let [open, closed] = [open, closed].map(|m| m.as_standard_layout().into_owned());
        Ok(Self { open, closed })
    }

    fn block(&self) -> usize {
        self.open.ncols()
    }

    /// `x` through the vectors that the rows of `z` choose, one for each row of `x`.
    fn project<'a>(&self, x: &Matrix<T>, z: impl Iterator<Item = &'a [T]>) -> Matrix<T>
    where
        T: 'a,
    {
        let n = self.open.nrows();
        let mut y = aligned::zeros(x.nrows(), n);
        let rows = values(x).chunks_exact(n).zip(z);
        for ((x, z), y) in rows.zip(values_mut(&mut y).chunks_exact_mut(n)) {
            run(Project { vectors: self.vectors(), block: self.block(), x, z, y });
        }
        y
    }

    fn vectors(&self) -> [&[T]; 2] {
        [values(&self.open), values(&self.closed)]
    }
}

/// One row of the layer.
struct Project<'a, T> {
    vectors: [&'a [T]; 2],
    block: usize,
    x: &'a [T],
    z: &'a [T],
    y: &'a mut [T],
}

impl<T: Scalar> Loop for Project<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.block {
            block if block.is_multiple_of(16) => self.tiles::<16>(),
            block if block.is_multiple_of(4) => self.tiles::<4>(),
            _ => self.tiles::<1>(),
        }
    }
}

impl<T: Scalar> Project<'_, T> {
    /// `N` sums at a time, which stay in registers.
    #[inline(always)]
    fn tiles<const N: usize>(self) {
        let tiles = self.block / N;
        let vectors = self.vectors.map(|v| v.as_chunks::<N>().0.chunks_exact(self.block * tiles));
        let [open, closed] = vectors;
        let inputs = self.x.chunks_exact(self.block).zip(self.z.chunks_exact(self.block));
        let rows = inputs.zip(self.y.chunks_exact_mut(self.block));
        for (((x, z), y), (open, closed)) in rows.zip(open.zip(closed)) {
            for (tile, y) in y.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                let mut sums = [T::zero(); N];
                for (j, (&x, &z)) in x.iter().zip(z).enumerate() {
                    let side = select_unpredictable(z > T::zero(), open, closed);
                    for (sum, &w) in sums.iter_mut().zip(&side[j * tiles + tile]) {
                        *sum += x * w;
                    }
                }
                *y = sums;
            }
        }
    }
}

impl<T: Scalar> Layer<T> for BlockSwitch<T> {
    fn signature(&self) -> Signature {
        Signature::new(
            format!("block-switch {}", self.block()),
            self.open.nrows(),
            self.open.nrows(),
            Regularity::PiecewiseLinear,
        )
        .costs(self.open.len())
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let n = self.open.nrows();
        let input = Recycled::from(checked("block-switch", x, n));
        let y = self.project(&input, values(&input).chunks_exact(n));
        (y, Box::new(Projected { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        for (name, vectors) in [("open", &self.open), ("closed", &self.closed)] {
            f(Parameter { name, role: Role::Slope, values: vectors.view().into_dyn() });
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        for (name, vectors) in [("open", &mut self.open), ("closed", &mut self.closed)] {
            f(ParameterMut { name, role: Role::Slope, values: vectors.view_mut().into_dyn() });
        }
    }
}

/// A block-diagonal matrix for each recorded row.
struct Projected<'a, T: Scalar> {
    layer: &'a BlockSwitch<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Projected<'_, T> {
    fn dims(&self) -> Dims {
        let n = self.layer.open.nrows();
        Dims { rows: Some(self.input.nrows()), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let dx = Recycled::from(checked("block-switch", dx, self.layer.open.nrows()));
        if let Some(see) = see {
            see(Decisions { kind: DecisionKind::Sign, values: &self.input, rates: &dx });
        }
        self.layer.project(&dx, records("block-switch", &self.input, dx.nrows(), false))
    }

    // The gradient and dx come from one pass over the vectors.
    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let (n, block) = self.layer.open.dim();
        let dy = Recycled::from(checked("block-switch", dy, n));
        let with_gradient = !grad.is_empty();
        let records = records("block-switch", &self.input, dy.nrows(), with_gradient);
        let mut dx = aligned::zeros(dy.nrows(), n);
        let rows = values(&dy).chunks_exact(n).zip(values_mut(&mut dx).chunks_exact_mut(n));
        for ((dy, dx), z) in rows.zip(records) {
            run(Transposed { vectors: self.layer.vectors(), block, z, dy, dx, sums: grad });
        }
        want_dx.then_some(dx)
    }
}

/// One row of the transposed map, and of the gradient unless `sums` is empty.
struct Transposed<'a, T> {
    vectors: [&'a [T]; 2],
    block: usize,
    z: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
    sums: &'a mut [T],
}

impl<T: Scalar> Loop for Transposed<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.block {
            // Where the number of tiles is known, no loop looks for its end.
            4 => Self { block: 4, ..self }.tiles::<4>(),
            block if block.is_multiple_of(16) => self.tiles::<16>(),
            block if block.is_multiple_of(4) => self.tiles::<4>(),
            _ => self.tiles::<1>(),
        }
    }
}

impl<T: Scalar> Transposed<'_, T> {
    /// Each sum in `N` parts, and as many numbers of the gradient at a time.
    #[inline(always)]
    fn tiles<const N: usize>(self) {
        let tiles = self.block / N;
        let [open, closed] = self.vectors.map(|v| v.as_chunks::<N>().0);
        let sums = self.sums.as_chunks_mut::<N>().0;
        let blocks = self.z.chunks_exact(self.block).zip(self.dy.chunks_exact(self.block));
        let mut first = 0;
        for (dx, (z, dy)) in self.dx.chunks_exact_mut(self.block).zip(blocks) {
            let dy = dy.as_chunks::<N>().0;
            for (dx, &z) in dx.iter_mut().zip(z) {
                let is_open = z > T::zero();
                let side = select_unpredictable(is_open, open, closed);
                let mut parts = [T::zero(); N];
                for (vector, dy) in side[first..first + tiles].iter().zip(dy) {
                    for ((part, &w), &dy) in parts.iter_mut().zip(vector).zip(dy) {
                        *part += dy * w;
                    }
                }
                *dx = total(parts);
                if !sums.is_empty() {
                    let first = first + select_unpredictable(is_open, 0, closed.len());
                    for (sums, dy) in sums[first..first + tiles].iter_mut().zip(dy) {
                        for (sum, &dy) in sums.iter_mut().zip(dy) {
                            *sum += z * dy;
                        }
                    }
                }
                first += tiles;
            }
        }
    }
}

/// The sum of the parts, added in halves: one after the other, each would wait for the one before.
#[inline(always)]
fn total<T: Scalar, const N: usize>(mut parts: [T; N]) -> T {
    let mut half = N / 2;
    while half > 0 {
        let (low, high) = parts.split_at_mut(half);
        for (low, &high) in low.iter_mut().zip(&*high) {
            *low += high;
        }
        half /= 2;
    }
    parts[0]
}

/// The configuration of a [`BlockSwitch`]. Vectors that are not said start normal with variance `1/block`,
/// which keeps norms on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockSwitchConfig {
    /// The length of a block, which divides the width.
    pub block: usize,
    /// The first numbers of the vectors where the switch is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Init>,
    /// The first numbers of the vectors where it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Init>,
}

impl Default for BlockSwitchConfig {
    /// Blocks of 4.
    fn default() -> Self {
        Self { block: 4, open: None, closed: None }
    }
}

impl LayerConfig for BlockSwitchConfig {
    const KIND: &'static str = "block-switch";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let (n, block) = (input.len(), self.block);
        divides(block, input)?;
        bounded("vectors of a block-switch", &[n, block])?;
        let kept = Init::Normal((block as f64).powf(-0.5));
        let mut draw = |init: &Option<Init>| -> Result<_> {
            let all = init.unwrap_or(kept).draw(n * block, rng)?;
            Ok(all.into_shape_with_order((n, block)).expect("as many as were drawn"))
        };
        let layer = BlockSwitch::new(draw(&self.open)?, draw(&self.closed)?)?;
        Ok(Built::keeping(input, layer))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let n = input.len();
        divides(self.block, input)?;
        bounded("vectors of a block-switch", &[n, self.block])?;
        let size = Size::new(input.0).weighted(&[n, self.block]);
        Ok(Size { parameters: 2 * size.parameters, ..size })
    }
}
