//! All parameters of a layer or net as one flat vector, in [`Layer::visit`]'s order.

use super::Layer;
use crate::scalar::Scalar;
use ndarray::{Array, ArrayViewD, ArrayViewMutD, Dimension};
use serde::{Deserialize, Serialize};

/// A parameter as [`Layer::visit`] shows it.
#[derive(Debug)]
pub struct Parameter<'a, T> {
    /// Its name in the layer, such as `weight`; in a net, behind the name of its node: `3.weight`.
    pub name: &'a str,
    /// What it does.
    pub role: Role,
    /// Its numbers, in the shape that files give them.
    pub values: ArrayViewD<'a, T>,
}

impl<'a, T> Parameter<'a, T> {
    /// A parameter of a layer that keeps it as an array.
    pub fn new<D: Dimension>(name: &'a str, role: Role, values: &'a Array<T, D>) -> Self {
        Self { name, role, values: values.view().into_dyn() }
    }
}

/// A parameter as [`Layer::visit_mut`] shows it.
#[derive(Debug)]
pub struct ParameterMut<'a, T> {
    /// As in [`Parameter`].
    pub name: &'a str,
    /// As in [`Parameter`].
    pub role: Role,
    /// As in [`Parameter`], to be changed.
    pub values: ArrayViewMutD<'a, T>,
}

impl<'a, T> ParameterMut<'a, T> {
    /// A parameter of a layer that keeps it as an array.
    pub fn new<D: Dimension>(name: &'a str, role: Role, values: &'a mut Array<T, D>) -> Self {
        Self { name, role, values: values.view_mut().into_dyn() }
    }
}

/// What a parameter does in its layer. Optimizers may treat roles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Role {
    /// The weights of sums over inputs: of a dense layer, of a convolution.
    Weight,
    /// A constant that is added.
    Bias,
    /// A factor of each element.
    Scale,
    /// What a switch multiplies with on one of its sides.
    Slope,
}

/// The number of parameters.
pub fn count<T: Scalar>(layer: &dyn Layer<T>) -> usize {
    let mut count = 0;
    layer.visit(&mut |p| count += p.values.len());
    count
}

/// A copy of every parameter.
pub fn read<T: Scalar>(layer: &dyn Layer<T>) -> Vec<T> {
    let mut flat = Vec::new();
    layer.visit(&mut |p| flat.extend(p.values.iter()));
    flat
}

/// Overwrites every parameter.
///
/// # Panics
/// If `flat` has another length than the layer has parameters.
pub fn write<T: Scalar>(layer: &mut dyn Layer<T>, flat: &[T]) {
    let mut rest = flat;
    layer.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
        assert!(values.len() <= rest.len(), "parameter {name}: {} numbers are too few", flat.len());
        let (head, tail) = rest.split_at(values.len());
        match values.as_slice_mut() {
            Some(values) => values.copy_from_slice(head),
            None => values.iter_mut().zip(head).for_each(|(value, &new)| *value = new),
        }
        rest = tail;
    });
    assert!(rest.is_empty(), "{} numbers are {} more than parameters", flat.len(), rest.len());
}
