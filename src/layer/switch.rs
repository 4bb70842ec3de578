//! The switch: one slope where the input is positive, another elsewhere.

use super::rows::{broadcasts, checked, values, values_mut};
use super::{Layer, LinearMap, Pointwise};
use crate::aligned::{self, Kept};
use crate::error::{Error, Result};
use crate::kernel::{Pull, Sums};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayViewD, ArrayViewMutD};
use std::sync::OnceLock;

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

    /// Which sides are parameters.
    fn learned(&self) -> [bool; 2] {
        [self.open.learned, self.closed.learned]
    }

    /// As it is applied.
    fn switch(&self) -> Pointwise<'_, T> {
        let sides = [&self.open, &self.closed];
        let slopes = sides.map(|side| side.slopes.as_slice().expect("made contiguous"));
        Pointwise { switch: Some(slopes), ..Pointwise::default() }
    }
}

impl<T: Scalar> Layer<T> for Switch<T> {
    fn inputs(&self) -> usize {
        self.len()
    }

    fn outputs(&self) -> usize {
        self.len()
    }

    fn name(&self) -> String {
        self.name.into()
    }

    fn multiply_adds(&self) -> usize {
        if self.name == "relu" { 0 } else { self.len() }
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked(self.name, x, self.len());
        self.switch().apply(values_mut(&mut x));
        x
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        // The outputs go to a new place, and the inputs stay as the record.
        let input = checked(self.name, x, self.len());
        let switch = |out: &mut Vec<T>| self.switch().apply_to(values(&input), out);
        let y = aligned::matrix(input.dim(), switch);
        (y, Box::new(Thrown::new(self.name, self.switch(), self.learned(), input)))
    }

    fn pointwise(&self) -> Option<(Pointwise<'_, T>, [bool; 2])> {
        Some((self.switch(), self.learned()))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        for (name, side) in [("open", &self.open), ("closed", &self.closed)] {
            if side.learned {
                f(name, side.slopes.view().into_dyn());
            }
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        for (name, side) in [("open", &mut self.open), ("closed", &mut self.closed)] {
            if side.learned {
                f(name, side.slopes.view_mut().into_dyn());
            }
        }
    }
}

/// A switch thrown by `input`, perhaps behind a bias: a diagonal matrix for each recorded row.
pub(crate) struct Thrown<'a, T: Scalar> {
    name: &'static str,
    /// The bias, if any, and the slopes, and which of the slopes are parameters.
    before: Pointwise<'a, T>,
    learned: [bool; 2],
    input: Kept<T>,
    /// The slopes chosen, where one record serves many rows; found when they are first needed.
    chosen: OnceLock<Array1<T>>,
}

impl<'a, T: Scalar> Thrown<'a, T> {
    /// The switch at `input`, which [`checked`] has seen.
    pub(crate) fn new(
        name: &'static str,
        before: Pointwise<'a, T>,
        learned: [bool; 2],
        input: Matrix<T>,
    ) -> Self {
        Self { name, before, learned, input: input.into(), chosen: OnceLock::new() }
    }

    /// `dy` times the slopes that were chosen. Only these have gradients, which are added to `grad`;
    /// that of a bias before the switch is added to `bias`. Either may be empty.
    #[track_caller]
    pub(crate) fn throw(&self, dy: Matrix<T>, bias: &mut [T], grad: &mut [T]) -> Matrix<T> {
        let n = self.input.ncols();
        let mut dy = checked(self.name, dy, n);
        let with_gradient = !(bias.is_empty() && grad.is_empty());
        if broadcasts(self.name, self.input.nrows(), dy.nrows(), with_gradient) {
            let scale = self.chosen.get_or_init(|| self.choose()).as_slice();
            Pointwise { scale, ..Pointwise::default() }.apply(values_mut(&mut dy));
            return dy;
        }
        let open = if self.learned[0] { n.min(grad.len()) } else { 0 };
        let (open, closed) = grad.split_at_mut(open);
        let sums = Sums { bias, open, closed, ..Sums::default() };
        T::pull(Pull { before: self.before, x: values(&self.input), sums }, values_mut(&mut dy));
        dy
    }

    /// The slopes that the only record chose.
    fn choose(&self) -> Array1<T> {
        let [open, closed] = self.before.switch.expect("a switch was thrown");
        let z = self.z();
        let slopes = values(&z).iter().zip(open).zip(closed);
        aligned::vector(slopes.map(|((&z, &a), &b)| if z > T::zero() { a } else { b }))
    }

    /// The input of the switch.
    fn z(&self) -> Matrix<T> {
        let bias = Pointwise { switch: None, ..self.before };
        aligned::matrix(self.input.dim(), |out| bias.apply_to(values(&self.input), out))
    }
}

impl<T: Scalar> LinearMap<T> for Thrown<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.throw(dx, &mut [], &mut []) // a diagonal matrix is its own transpose
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        self.throw(dy, &mut [], grad)
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        if self.before.bias.is_some() { f(&Kept::from(self.z())) } else { f(&self.input) }
    }

    fn rates(&self, dx: Matrix<T>, f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        f(&dx);
        self.push(dx)
    }
}
