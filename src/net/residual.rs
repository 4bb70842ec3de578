//! A shortcut past other layers.

use super::Chain;
use crate::error::{Error, Result};
use crate::layer::{Layer, LinearMap};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayViewD, ArrayViewMutD};

/// `y = x + f(x)` with a chain `f`.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. The parameters of the chain; `n` multiply-adds more.
///
/// Source: He et al., *Deep residual learning for image recognition*, arXiv 1512.03385.
pub struct Residual<T> {
    inner: Chain<T>,
}

impl<T: Scalar> Residual<T> {
    /// The shortcut past `inner`.
    ///
    /// # Errors
    /// If the chain does not give as many features as it takes.
    pub fn new(inner: Chain<T>) -> Result<Self> {
        if inner.inputs() != inner.outputs() {
            let expected = format!("its {} inputs", inner.inputs());
            return Err(Error::new("outputs of a residual's chain", expected, inner.outputs()));
        }
        Ok(Self { inner })
    }
}

impl<T: Scalar> Layer<T> for Residual<T> {
    fn inputs(&self) -> usize {
        self.inner.inputs()
    }

    fn outputs(&self) -> usize {
        self.inner.outputs()
    }

    fn name(&self) -> String {
        let names: Vec<_> = self.inner.layers().iter().map(|layer| layer.name()).collect();
        format!("residual({})", names.join(", "))
    }

    fn multiply_adds(&self) -> usize {
        self.inner.multiply_adds() + self.inner.outputs()
    }

    fn is_piecewise_linear(&self) -> bool {
        self.inner.is_piecewise_linear()
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let shortcut = x.clone();
        self.inner.forward(x) + shortcut
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let shortcut = x.clone();
        let (y, inner) = self.inner.linearize(x);
        (y + shortcut, Box::new(Shortcut { inner }))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        self.inner.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        self.inner.visit_mut(f);
    }

    fn set_noise(&mut self, seed: Option<u64>) {
        self.inner.set_noise(seed);
    }
}

/// `I + J` with the chain's Jacobian `J`.
struct Shortcut<'a, T> {
    inner: Box<dyn LinearMap<T> + 'a>,
}

impl<T: Scalar> LinearMap<T> for Shortcut<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        let shortcut = dx.clone();
        self.inner.push(dx) + shortcut
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let shortcut = dy.clone();
        self.inner.pull(dy, grad) + shortcut
    }

    fn accumulate(&self, dy: Matrix<T>, grad: &mut [T]) {
        self.inner.accumulate(dy, grad);
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        let shortcut = x.clone();
        self.inner.affine(x) + shortcut
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        self.inner.switches(f);
    }

    fn rates(&self, dx: Matrix<T>, f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        let shortcut = dx.clone();
        self.inner.rates(dx, f) + shortcut
    }
}
