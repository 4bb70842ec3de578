//! Where the effective map comes from: which layer's bias, which part of the net, and what rounding may do.

use super::effective::{EffectiveMap, effective_map, one_row};
use super::{matrix, walls};
use crate::error::Result;
use crate::layer::Layer;
use crate::net::Chain;
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, Axis, concatenate};
use serde::Serialize;
use std::ops::Range;

/// The effective map between two places of a net: of `layers` alone, at what the layers before them make
/// of `x`.
///
/// # Errors
/// If the range is empty or goes beyond the layers.
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn effective_map_between<T: Scalar>(
    net: &Chain<T>,
    x: ArrayView1<'_, T>,
    layers: Range<usize>,
) -> Result<EffectiveMap<T>> {
    let part = net.part(layers.clone())?;
    let mut hidden = one_row(x);
    if layers.start > 0 {
        hidden = net.part(0..layers.start)?.forward(hidden);
    }
    Ok(effective_map(&part, hidden.row(0)))
}

/// What one layer adds to the constant `c` of the effective map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Constant {
    /// The layer of the chain, counted from 0.
    pub layer: usize,
    /// Its name.
    pub name: String,
    /// Its bias pushed to the outputs.
    pub c: Vec<f64>,
}

/// The constant `c` of the effective map at `x`, split by the layer whose bias it comes from: with `J_l` the
/// Jacobian of layer `l` and `b_l` what it makes of zero with its switches held, `c = Σ_l J_L ⋯ J_{l+1} b_l`.
/// Layers that add nothing are left out.
///
/// Cost: one row through the net for each layer that adds something.
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn constants<T: Scalar>(net: &Chain<T>, x: ArrayView1<'_, T>) -> Vec<Constant> {
    let (mut at, mut pushed) = (Vec::new(), Matrix::zeros((0, net.inputs())));
    let mut hidden = one_row(x);
    for (i, layer) in net.layers().iter().enumerate() {
        let (y, map) = layer.linearize(hidden);
        hidden = y;
        if !at.is_empty() {
            pushed = map.push(pushed);
        }
        let own = walls::constant(map.as_ref(), layer.inputs());
        if own.iter().any(|v| !v.is_zero()) {
            pushed = match at.is_empty() {
                true => own,
                false => concatenate![Axis(0), pushed, own],
            };
            at.push((i, layer.name()));
        }
    }
    let rows = at.into_iter().zip(pushed.rows());
    rows.map(|((layer, name), row)| {
        let c = row.iter().map(|v| v.double()).collect();
        Constant { layer, name, c }
    })
    .collect()
}

/// About how large the residual of the effective map at `x` may be by rounding alone:
/// `2 ε Σ_l k_l ‖J_L ⋯ J_{l+1}‖_F ‖h_l‖₂`, where layer `l` has output `h_l`, and `k_l` is how many operations
/// an output of it takes, by [`Layer::multiply_adds`], and two more. The factor 2 is for the two ways, forward
/// and through the map. A chain or shortcut inside the net counts as one layer.
///
/// An estimate, generous where a layer's outputs are about as large as what it sums (transforms, trained
/// nets), and too small where large numbers cancel inside one layer.
///
/// Cost: that of the effective map, for each layer.
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn rounding_estimate<T: Scalar>(net: &Chain<T>, x: ArrayView1<'_, T>) -> f64 {
    let mut hidden = one_row(x);
    let mut sum = 0.0;
    for (i, layer) in net.layers().iter().enumerate() {
        let (y, _) = layer.linearize(hidden);
        hidden = y;
        let operations = layer.multiply_adds().div_ceil(layer.outputs()) + 2;
        let gain = match net.part(i + 1..net.layers().len()) {
            Ok(rest) => norm(&matrix(rest.linearize(hidden.clone()).1.as_ref(), &rest)),
            Err(_) => (net.outputs() as f64).sqrt(), // behind the last layer: the identity
        };
        sum += operations as f64 * gain * norm(&hidden);
    }
    2.0 * T::epsilon().double() * sum
}

fn norm<T: Scalar>(m: &Matrix<T>) -> f64 {
    m.iter().map(|v| v.double() * v.double()).sum::<f64>().sqrt()
}
