//! A fixed transform as a layer.

use super::rows::{checked, values_mut};
use super::{Layer, LinearMap};
use crate::scalar::{Matrix, Scalar};
use crate::transform::Transform;

/// `y = Q x` with a fixed orthonormal transform `Q`.
///
/// # Shapes
/// `(rows, n) → (rows, n)`, `n` the transform's length. No parameters.
///
/// ```
/// use switchnet::{layer::{Layer, Mix}, transform::Hadamard};
/// let mix = Mix::<f64>::new(Hadamard::new(2)?);
/// let y = mix.forward(ndarray::array![[1.0, 1.0]]);
/// assert!((y[[0, 0]] - 2f64.sqrt()).abs() < 1e-15 && y[[0, 1]] == 0.0);
/// # Ok::<(), switchnet::Error>(())
/// ```
pub struct Mix<T> {
    transform: Box<dyn Transform<T>>,
}

impl<T: Scalar> Mix<T> {
    /// The layer of `transform`.
    pub fn new(transform: impl Transform<T> + 'static) -> Self {
        Self::boxed(Box::new(transform))
    }

    /// The layer of a transform chosen at run time.
    pub fn boxed(transform: Box<dyn Transform<T>>) -> Self {
        Self { transform }
    }
}

impl<T: Scalar> Layer<T> for Mix<T> {
    fn inputs(&self) -> usize {
        self.transform.len()
    }

    fn outputs(&self) -> usize {
        self.transform.len()
    }

    fn name(&self) -> String {
        self.transform.name()
    }

    fn multiply_adds(&self) -> usize {
        self.transform.operations()
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Mixed { mix: self }))
    }

    fn transform(&self) -> Option<&dyn Transform<T>> {
        Some(self.transform.as_ref())
    }
}

impl<T: Scalar> Mix<T> {
    fn push(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("mix", x, self.transform.len());
        self.transform.apply(values_mut(&mut x));
        x
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Mixed<'a, T> {
    mix: &'a Mix<T>,
}

impl<T: Scalar> LinearMap<T> for Mixed<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.mix.push(dx)
    }

    fn pull(&self, dy: Matrix<T>, _grad: &mut [T]) -> Matrix<T> {
        let mut dy = checked("mix", dy, self.mix.transform.len());
        self.mix.transform.adjoint(values_mut(&mut dy));
        dy
    }
}
