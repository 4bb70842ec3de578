//! A net together with what it was built from.

use super::{Chain, Spec};
use crate::layer::{Layer, LinearMap, parameters};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayViewD, ArrayViewMutD};

/// A chain that knows the [`Spec`] it was built from, so it can be saved, and rebuilt in another
/// precision.
pub struct Net<T> {
    spec: Spec,
    chain: Chain<T>,
    shapes: Vec<Vec<usize>>,
}

impl<T: Scalar> Net<T> {
    pub(super) fn new(spec: Spec, chain: Chain<T>, shapes: Vec<Vec<usize>>) -> Self {
        Self { spec, chain, shapes }
    }

    /// What the net was built from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its layers.
    pub fn chain(&self) -> &Chain<T> {
        &self.chain
    }

    /// The shape after each layer.
    pub fn shapes(&self) -> &[Vec<usize>] {
        &self.shapes
    }

    /// The same net in the precision `U`: from `f32` to `f64` no parameter is rounded. What is fixed
    /// and not a parameter, such as the slope of a leaky switch, is taken from the spec again, to the
    /// precision `U`.
    pub fn cast<U: Scalar>(&self) -> Net<U> {
        let mut net = self.spec.build::<U>().expect("this net was built from the same spec");
        let flat: Vec<U> = parameters::read(self).iter().map(|v| U::of(v.double())).collect();
        parameters::write(&mut net, &flat);
        net
    }
}

/// A net is its chain.
impl<T: Scalar> Layer<T> for Net<T> {
    fn inputs(&self) -> usize {
        self.chain.inputs()
    }

    fn outputs(&self) -> usize {
        self.chain.outputs()
    }

    fn name(&self) -> String {
        self.chain.name()
    }

    fn multiply_adds(&self) -> usize {
        self.chain.multiply_adds()
    }

    fn is_piecewise_linear(&self) -> bool {
        self.chain.is_piecewise_linear()
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.chain.forward(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.chain.linearize(x)
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        self.chain.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        self.chain.visit_mut(f);
    }

    fn set_noise(&mut self, seed: Option<u64>) {
        self.chain.set_noise(seed);
    }
}
