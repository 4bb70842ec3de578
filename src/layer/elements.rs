//! What is done to each element, as a layer that owns its vectors: a layer of any kind with switches held.

use super::sweep::Sweep;
use super::{Layer, LinearMap, Parameter, ParameterMut, Pointwise, Role, Signature, Structure};
use crate::aligned;
use crate::scalar::{Matrix, Scalar};
use ndarray::Array1;

/// `y = s(d x + b)`, named as the layer it was made of and with its parameters.
#[derive(Clone, Debug)]
pub(super) struct Elements<T> {
    signature: Signature,
    /// `d` and `b`, where they are there.
    affine: [Option<Array1<T>>; 2],
    /// The open and the closed slopes of `s`.
    switch: [Array1<T>; 2],
    learned: [bool; 4],
}

/// How parameters are called, in their order.
const NAMES: [(&str, Role); 4] =
    [("scale", Role::Scale), ("bias", Role::Bias), ("open", Role::Slope), ("closed", Role::Slope)];

impl<T: Scalar> Elements<T> {
    /// The layer of this structure, if there is a switch in it, with some of its switches held: both slopes of such a one
    /// are those of the side it is held at.
    pub fn held(
        signature: Signature,
        structure: Structure<'_, T>,
        switches: &[(usize, bool)],
    ) -> Option<Self> {
        let Structure::Elementwise { vectors, learned } = structure else { return None };
        let owned = |v: &[T]| aligned::vector(v.iter().copied());
        let [mut open, mut closed] = vectors.switch?.map(owned);
        for &(i, held_open) in switches {
            if held_open { closed[i] = open[i] } else { open[i] = closed[i] }
        }
        let affine = [vectors.scale, vectors.bias].map(|v| v.map(owned));
        Some(Self { signature, affine, switch: [open, closed], learned })
    }

    fn sweep(&self) -> Sweep<'_, T> {
        fn slice<T>(v: &Array1<T>) -> &[T] {
            v.as_slice().expect("made contiguous")
        }
        let [scale, bias] = self.affine.each_ref().map(|v| v.as_ref().map(slice));
        let switch = Some(self.switch.each_ref().map(slice));
        Sweep {
            name: &self.signature.name,
            len: self.signature.inputs,
            vectors: Pointwise { scale, bias, switch },
            learned: self.learned,
            transform: None,
        }
    }
}

impl<T: Scalar> Layer<T> for Elements<T> {
    fn signature(&self) -> Signature {
        self.signature.clone()
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
        let vectors = self.affine.iter().map(Option::as_ref).chain(self.switch.iter().map(Some));
        for ((vector, learned), (name, role)) in vectors.zip(self.learned).zip(NAMES) {
            if let (Some(vector), true) = (vector, learned) {
                f(Parameter::new(name, role, vector));
            }
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        let affine = self.affine.iter_mut().map(Option::as_mut);
        let vectors = affine.chain(self.switch.iter_mut().map(Some));
        for ((vector, learned), (name, role)) in vectors.zip(self.learned).zip(NAMES) {
            if let (Some(vector), true) = (vector, learned) {
                f(ParameterMut::new(name, role, vector));
            }
        }
    }
}
