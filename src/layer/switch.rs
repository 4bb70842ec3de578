//! The switch: one slope where the input is positive, another elsewhere.

use super::rows::{checked, values, values_mut};
use super::{Layer, LinearMap, Pointwise};
use crate::aligned::{self, Kept};
use crate::error::{Error, Result};
use crate::kernel;
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayViewD, ArrayViewMutD};

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
        Self { slopes: aligned::vector(std::iter::repeat_n(slope, n), n), learned: false }
    }

    fn learned(slopes: Array1<T>) -> Self {
        let n = slopes.len();
        Self { slopes: aligned::vector(slopes, n), learned: true }
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

    /// The slopes, open and closed.
    fn slopes(&self) -> [&[T]; 2] {
        [&self.open, &self.closed].map(|side| side.slopes.as_slice().expect("made contiguous"))
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
        self.pointwise().expect("a switch is pointwise").apply(values_mut(&mut x));
        x
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        // The outputs go to a new place, and the inputs stay as the record.
        let input = checked(self.name, x, self.len());
        let switch = |out: &mut Vec<T>| T::switch(values(&input), self.slopes(), out);
        let y = aligned::matrix(input.dim(), switch);
        (y, Box::new(Thrown { switch: self, input: input.into() }))
    }

    fn pointwise(&self) -> Option<Pointwise<'_, T>> {
        let learned = [self.open.learned, self.closed.learned];
        Some(Pointwise { switch: Some(self.slopes()), learned, ..Pointwise::default() })
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

/// A switch thrown by `input`: a diagonal matrix for each recorded row.
struct Thrown<'a, T: Scalar> {
    switch: &'a Switch<T>,
    input: Kept<T>,
}

impl<T: Scalar> Thrown<'_, T> {
    fn pulled(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let Switch { name, open, .. } = self.switch;
        let n = self.switch.len();
        let mut dy = checked(name, dy, n);
        let (recorded, rows) = (self.input.nrows(), dy.nrows());
        if recorded != rows && (recorded != 1 || !grad.is_empty()) {
            panic!("{name}: expected {recorded} rows, as recorded, found {rows}");
        }
        let learned = !grad.is_empty() && open.learned;
        let (for_open, for_closed) = grad.split_at_mut(if learned { n } else { 0 });
        let thrown = kernel::Thrown {
            slopes: self.switch.slopes(),
            z: values(&self.input),
            sums: [for_open, for_closed, &mut []],
        };
        T::pull(thrown, values_mut(&mut dy));
        dy
    }
}

impl<T: Scalar> LinearMap<T> for Thrown<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.pulled(dx, &mut []) // a diagonal matrix is its own transpose
    }

    /// Only the slope that was used has a gradient.
    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        self.pulled(dy, grad)
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        f(&self.input);
    }
}
