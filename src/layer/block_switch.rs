//! The switch that projects: each input chooses one of two vectors by its sign.

use super::fixed_transform::divides;
use super::rows::{broadcasts, checked, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Init, Layer, LayerConfig, LinearMap, Parameter,
    ParameterMut, Regularity, Role, See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

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

    /// `x` through the vectors that the rows of `z` choose, one for each row of `x` or one for all.
    fn project(&self, x: &Matrix<T>, z: &Matrix<T>) -> Matrix<T> {
        aligned::matrix(x.dim(), |all| self.kernel().apply_to(values(x), values(z), all))
    }

    fn kernel(&self) -> kernel::BlockSwitch<'_, T> {
        let (open, closed) = (values(&self.open), values(&self.closed));
        kernel::BlockSwitch { open, closed, block: self.block() }
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
        let y = self.project(&input, &input);
        (y, Box::new(Projected { layer: self, input }))
    }

    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let mut held = self.clone();
        for &(i, open) in switches {
            match open {
                true => held.closed.row_mut(i).assign(&self.open.row(i)),
                false => held.open.row_mut(i).assign(&self.closed.row(i)),
            }
        }
        Some(Box::new(held))
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
        broadcasts("block-switch", self.input.nrows(), dx.nrows(), false);
        self.layer.project(&dx, &self.input)
    }

    // The gradient and dx come from one pass over the vectors.
    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let mut dy = checked("block-switch", dy, self.layer.open.nrows());
        broadcasts("block-switch", self.input.nrows(), dy.nrows(), !grad.is_empty());
        let sums = grad.split_at_mut(grad.len() / 2).into();
        self.layer.kernel().pull(values(&self.input), values_mut(&mut dy), sums);
        if !want_dx {
            drop(Recycled::from(dy));
            return None;
        }
        Some(dy)
    }
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
