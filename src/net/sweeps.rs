//! The rule that joins layers: what is done to each element goes with the transform behind it.

use super::graph::Node;
use crate::layer::{Pointwise, Structure, Sweep, parameters};
use crate::scalar::Scalar;

/// How many of the first of these layers make one sweep, and whether it ends in a transform. None if the first
/// alone would.
///
/// A sweep scales, adds and switches, each at most once and in this order, then transforms.
pub(super) fn longest<T: Scalar>(chain: &[Node<T>]) -> Option<(usize, bool)> {
    let mut vectors = Pointwise::default();
    for (i, node) in chain.iter().enumerate() {
        match structure(node) {
            Structure::Elementwise { vectors: next, .. } => match join(vectors, next) {
                Some(both) => vectors = both,
                None => return (i > 1).then_some((i, false)),
            },
            Structure::Orthonormal(_) => return (i > 0).then_some((i + 1, true)),
            Structure::Opaque => return (i > 1).then_some((i, false)),
        }
    }
    (chain.len() > 1).then_some((chain.len(), false))
}

/// The sweep of these layers, which [`longest`] found.
pub(super) fn of<T: Scalar>(chain: &[Node<T>]) -> Sweep<'_, T> {
    let mut sweep = Sweep {
        name: "net",
        len: chain[0].layer().expect("a sweep is made of layers").inputs(),
        vectors: Pointwise::default(),
        learned: [false; 4],
        transform: None,
    };
    for node in chain {
        match structure(node) {
            Structure::Elementwise { vectors, learned } => {
                sweep.vectors = join(sweep.vectors, vectors).expect("the plan joined them");
                sweep.learned = std::array::from_fn(|i| sweep.learned[i] || learned[i]);
            }
            Structure::Orthonormal(transform) => sweep.transform = Some(transform),
            Structure::Opaque => unreachable!("the plan does not join such a layer"),
        }
    }
    sweep
}

/// What a node says of itself, if its parameters are what it says they are.
fn structure<T: Scalar>(node: &Node<T>) -> Structure<'_, T> {
    let Some(layer) = node.layer() else { return Structure::Opaque };
    let structure = layer.structure();
    let learned = match structure {
        Structure::Elementwise { learned, .. } => {
            learned.iter().filter(|learned| **learned).count()
        }
        _ => 0,
    };
    if parameters::count(layer) == learned * layer.inputs() { structure } else { Structure::Opaque }
}

/// The first and then the second as one, if that has the form of one.
fn join<'a, T>(first: Pointwise<'a, T>, second: Pointwise<'a, T>) -> Option<Pointwise<'a, T>> {
    let place = |p: &Pointwise<'_, T>| [p.scale.is_some(), p.bias.is_some(), p.switch.is_some()];
    let last = place(&first).iter().rposition(|there| *there);
    let next = place(&second).iter().position(|there| *there);
    if let (Some(last), Some(next)) = (last, next)
        && next <= last
    {
        return None;
    }
    Some(Pointwise {
        scale: first.scale.or(second.scale),
        bias: first.bias.or(second.bias),
        switch: first.switch.or(second.switch),
    })
}
