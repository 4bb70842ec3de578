//! The Jacobian of a layer that acts on each element.

use super::rows::{broadcasts, checked, scaled};
use super::{DecisionKind, Decisions, Dims, LinearMap, See};
use crate::scalar::{Matrix, Scalar};

/// `dy_i = d_i dx_i`: the linear map of a layer each of whose outputs depends on the input at its own place.
///
/// ```
/// use switchnet::layer::{ElementMap, LinearMap};
/// // What |x| is at 2 and at −3.
/// let x = ndarray::array![[2.0, -3.0]];
/// let map: Box<dyn LinearMap<f64>> = Box::new(ElementMap::new(x.signum()).decided_by(x));
/// assert_eq!(map.push(ndarray::array![[1.0, 1.0]]), ndarray::array![[1.0, -1.0]]);
/// ```
#[derive(Clone, Debug)]
pub struct ElementMap<T> {
    slopes: Matrix<T>,
    decided_by: Option<Matrix<T>>,
    learned: Vec<Matrix<T>>,
    constant: Option<Matrix<T>>,
}

impl<T: Scalar> ElementMap<T> {
    /// The map with these `d`, a row for each recorded row.
    pub fn new(slopes: Matrix<T>) -> Self {
        let width = slopes.ncols();
        let slopes = checked(NAME, slopes, width); // in row-major layout from here on
        Self { slopes, decided_by: None, learned: Vec::new(), constant: None }
    }

    /// The same of a layer with a switch for each input, open where that is positive; `x` are the inputs.
    #[must_use]
    pub fn decided_by(self, x: Matrix<T>) -> Self {
        Self { decided_by: Some(x), ..self }
    }

    /// The same of a layer that has learned a number for each element; `by_number` is what each output changes by
    /// with its number. Several such vectors come in the order of [`Layer::visit`](super::Layer::visit).
    #[must_use]
    pub fn learned(mut self, by_number: Matrix<T>) -> Self {
        self.learned.push(by_number);
        self
    }

    /// The same with a [constant](LinearMap::constant).
    #[must_use]
    pub fn plus(self, constant: Matrix<T>) -> Self {
        Self { constant: Some(constant), ..self }
    }
}

const NAME: &str = "map of each element";

impl<T: Scalar> LinearMap<T> for ElementMap<T> {
    fn dims(&self) -> Dims {
        let (rows, n) = self.slopes.dim();
        Dims { rows: Some(rows), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let dx = checked(NAME, dx, self.slopes.ncols());
        if let (Some(see), Some(values)) = (see, &self.decided_by) {
            see(Decisions { kind: DecisionKind::Sign, values, rates: &dx });
        }
        scaled(NAME, dx, &self.slopes)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let n = self.slopes.ncols();
        let dy = checked(NAME, dy, n);
        if !grad.is_empty() {
            broadcasts(NAME, self.slopes.nrows(), dy.nrows(), true);
            assert_eq!(grad.len(), n * self.learned.len(), "{NAME}: numbers of a gradient");
            for (grad, by_number) in grad.chunks_exact_mut(n).zip(&self.learned) {
                for (dy, by_number) in dy.rows().into_iter().zip(by_number.rows()) {
                    let parts = dy.into_iter().zip(by_number);
                    grad.iter_mut().zip(parts).for_each(|(g, (&dy, &by))| *g += dy * by);
                }
            }
        }
        // A diagonal matrix is its own transpose.
        want_dx.then(|| scaled(NAME, dy, &self.slopes))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        self.constant.clone()
    }
}
