//! The switch: one slope where the input is positive, another elsewhere.

use super::config::{Size, size_of_pieces};
use super::sweep::Sweep;
use super::{
    Built, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Pointwise, Regularity,
    Role, Shape, Signature, Structure,
};
use crate::aligned;
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// `y_i = a_i x_i` where `x_i > 0` and `y_i = b_i x_i` elsewhere.
///
/// Numbers that are not finite go as IEEE says: NaN stays NaN, and −∞ at a closed ReLU is −∞·0 = NaN.
///
/// Each slope is fixed or learned, which gives the piecewise linear switches of the literature:
///
/// | switch | `a` | `b` | source |
/// |---|---|---|---|
/// | [`relu`](Self::relu) | 1 | 0 | Nair and Hinton, ICML 2010 |
/// | [`leaky`](Self::leaky) | 1 | fixed | Maas, Hannun, Ng, ICML workshop 2013 |
/// | [`prelu`](Self::prelu) | 1 | learned | He et al., arXiv 1502.01852 |
/// | [`two_slope`](Self::two_slope) | learned | learned | S. O'Connor, *Switch Net*, 2019–2025 |
///
/// # Shapes
/// `(rows, n) → (rows, n)`. Parameters `open` and `closed` of `n` each, as far as they are learned;
/// `n` multiply-adds, or none for a ReLU.
///
/// ```
/// use switchnet::layer::{Layer, Switch};
/// let leaky = Switch::leaky(2, 0.5)?;
/// assert_eq!(leaky.forward(ndarray::array![[3.0, -1.0]]), ndarray::array![[3.0, -0.5]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Switch<T> {
    name: &'static str,
    open: Side<T>,
    closed: Side<T>,
}

/// The slopes on one side of zero. Fixed ones are stored for each element too, so that there is
/// one loop and not one for each kind of switch.
#[derive(Clone, Debug)]
struct Side<T> {
    slopes: Array1<T>,
    learned: bool,
}

impl<T: Scalar> Side<T> {
    fn fixed(n: usize, slope: T) -> Self {
        Self { slopes: aligned::vector(std::iter::repeat_n(slope, n)), learned: false }
    }

    fn learned(slopes: Array1<T>) -> Self {
        Self { slopes: aligned::vector(slopes.into_iter()), learned: true }
    }
}

impl<T: Scalar> Switch<T> {
    /// `max(0, x)` on `n` elements.
    pub fn relu(n: usize) -> Self {
        Self { name: "relu", open: Side::fixed(n, T::one()), closed: Side::fixed(n, T::zero()) }
    }

    /// Slope 1 where positive, the fixed slope `closed` elsewhere.
    ///
    /// # Errors
    /// If `closed` is not finite.
    pub fn leaky(n: usize, closed: T) -> Result<Self> {
        if !num_traits::Float::is_finite(closed) {
            return Err(Error::new("slope of a leaky switch", "a finite number", closed));
        }
        Ok(Self { name: "leaky", open: Side::fixed(n, T::one()), closed: Side::fixed(n, closed) })
    }

    /// Slope 1 where positive, the learned slopes `closed` elsewhere.
    pub fn prelu(closed: Array1<T>) -> Self {
        let open = Side::fixed(closed.len(), T::one());
        Self { name: "prelu", open, closed: Side::learned(closed) }
    }

    /// Learned slopes on either side.
    ///
    /// # Panics
    /// If the two have different lengths.
    #[track_caller]
    pub fn two_slope(open: Array1<T>, closed: Array1<T>) -> Self {
        assert_eq!(open.len(), closed.len(), "two-slope: the sides differ in length");
        Self { name: "two-slope", open: Side::learned(open), closed: Side::learned(closed) }
    }

    fn len(&self) -> usize {
        self.open.slopes.len()
    }

    fn sweep(&self) -> Sweep<'_, T> {
        let slopes = [&self.open, &self.closed];
        Sweep {
            name: self.name,
            len: self.len(),
            vectors: Pointwise {
                switch: Some(slopes.map(|side| side.slopes.as_slice().expect("made contiguous"))),
                ..Pointwise::default()
            },
            learned: [false, false, self.open.learned, self.closed.learned],
            transform: None,
        }
    }
}

impl<T: Scalar> Layer<T> for Switch<T> {
    fn signature(&self) -> Signature {
        let n = self.len();
        Signature::new(self.name, n, n, Regularity::PiecewiseLinear).costs(match self.name {
            "relu" => 0,
            _ => n,
        })
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.sweep().forward(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.sweep().linearize(x)
    }

    fn structure(&self) -> Structure<'_, T> {
        let Sweep { vectors, learned, .. } = self.sweep();
        Structure::Elementwise { vectors, learned }
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        for (name, side) in [("open", &self.open), ("closed", &self.closed)] {
            if side.learned {
                f(Parameter { name, role: Role::Slope, values: side.slopes.view().into_dyn() });
            }
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        for (name, side) in [("open", &mut self.open), ("closed", &mut self.closed)] {
            if side.learned {
                let values = side.slopes.view_mut().into_dyn();
                f(ParameterMut { name, role: Role::Slope, values });
            }
        }
    }
}

/// The configuration of [`Switch::relu`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReluConfig {}

impl LayerConfig for ReluConfig {
    const KIND: &'static str = "relu";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::relu(input.len())))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}

/// The configuration of [`Switch::leaky`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakyConfig {
    /// The slope where the switch is closed.
    pub slope: f64,
}

impl Default for LeakyConfig {
    fn default() -> Self {
        Self { slope: 0.01 }
    }
}

impl LayerConfig for LeakyConfig {
    const KIND: &'static str = "leaky";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::leaky(input.len(), T::of(self.slope))?))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}

/// The configuration of [`Switch::prelu`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreluConfig {
    /// The first slopes where the switch is closed.
    pub closed: Init,
}

impl Default for PreluConfig {
    fn default() -> Self {
        Self { closed: Init::Constant(0.25) }
    }
}

impl LayerConfig for PreluConfig {
    const KIND: &'static str = "prelu";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Switch::prelu(self.closed.draw(input.len(), rng)?)))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}

/// The configuration of [`Switch::two_slope`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwoSlopeConfig {
    /// The first slopes where the switch is open.
    pub open: Init,
    /// The first slopes where it is closed.
    pub closed: Init,
}

impl LayerConfig for TwoSlopeConfig {
    const KIND: &'static str = "two-slope";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let open = self.open.draw(input.len(), rng)?;
        let closed = self.closed.draw(input.len(), rng)?;
        Ok(Built::keeping(input, Switch::two_slope(open, closed)))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}
