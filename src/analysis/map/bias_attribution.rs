//! Where the effective map comes from: which layer's bias, which part of the net, and what rounding may do.

use crate::analysis::map::effective::{EffectiveMap, effective_map};
use crate::analysis::norm::euclidean;
use crate::analysis::rows::one_row;
use crate::error::Result;
use crate::layer::{Layer, LinearMap, Signature};
use crate::net::Graph;
use crate::scalar::{Matrix, Scalar};
use ndarray::ArrayView1;
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
    net: &Graph<T>,
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
#[non_exhaustive]
pub struct Constant {
    /// The node of the graph, counted from 0.
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
pub fn constants<T: Scalar>(net: &Graph<T>, x: ArrayView1<'_, T>) -> Vec<Constant> {
    let walk = net.walk(one_row(x));
    let own = |node| walk.map(node).and_then(LinearMap::constant);
    let adds = |node: &usize| own(*node).is_some_and(|c| c.iter().any(|v| !v.is_zero()));
    let at: Vec<usize> = (0..net.nodes().len()).filter(adds).collect();
    let pushed = walk.push(at.len(), &mut |node, y| {
        if let Some(row) = at.iter().position(|&i| i == node) {
            let mut y = y.row_mut(row);
            y += &own(node).expect("it adds something").row(0);
        }
    });
    let rows = at.into_iter().zip(pushed.rows());
    rows.map(|(layer, row)| {
        let name = net.signature_of(layer).name.into_owned();
        let c = row.iter().map(|v| v.double()).collect();
        Constant { layer, name, c }
    })
    .collect()
}

/// About how large the residual of the effective map at `x` may be by rounding alone:
/// `2 ε Σ_l k_l ‖J_L ⋯ J_{l+1}‖_F ‖h_l‖₂`, where layer `l` has output `h_l`, and `k_l` is how many operations
/// an output of it takes, by its [signature](crate::layer::Signature::multiply_adds), and two more. The factor 2 is for the two ways, forward
/// and through the map. A chain or shortcut inside the net counts as one layer.
///
/// An estimate, generous where a layer's outputs are about as large as what it sums (transforms, trained
/// nets), and too small where large numbers cancel inside one layer.
///
/// Cost: that of the effective map.
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn rounding_estimate<T: Scalar>(net: &Graph<T>, x: ArrayView1<'_, T>) -> f64 {
    let walk = net.walk(one_row(x));
    let mut sum = 0.0;
    let pulled = walk.pull(Matrix::eye(net.signature().outputs));
    for (i, (hidden, gain)) in walk.values().iter().zip(&pulled).skip(1).enumerate() {
        let Signature { multiply_adds, outputs, .. } = net.signature_of(i);
        let operations = multiply_adds.div_ceil(outputs) + 2;
        sum += operations as f64 * euclidean(gain) * euclidean(hidden);
    }
    2.0 * T::epsilon().double() * sum
}
