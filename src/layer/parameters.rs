//! All parameters of a layer or net as one flat vector, in [`Layer::visit`]'s order.

use super::Layer;
use crate::scalar::Scalar;

/// The number of parameters.
pub fn count<T: Scalar>(layer: &dyn Layer<T>) -> usize {
    let mut count = 0;
    layer.visit(&mut |_, values| count += values.len());
    count
}

/// A copy of every parameter.
pub fn read<T: Scalar>(layer: &dyn Layer<T>) -> Vec<T> {
    let mut flat = Vec::new();
    layer.visit(&mut |_, values| flat.extend(values.iter()));
    flat
}

/// Overwrites every parameter.
///
/// # Panics
/// If `flat` has another length than the layer has parameters.
pub fn write<T: Scalar>(layer: &mut dyn Layer<T>, flat: &[T]) {
    let mut rest = flat;
    layer.visit_mut(&mut |name, mut values| {
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
