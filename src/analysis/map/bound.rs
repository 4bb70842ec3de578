//! A bound on the largest singular value and on the rank of an effective map, layer by layer, without it.

use crate::analysis::checks;
use crate::analysis::map::Exactness;
use crate::analysis::map::matrix;
use crate::analysis::norm::euclidean;
use crate::error::Result;
use crate::layer::{Layer, LinearMap, Structure};
use crate::net::{Graph, Op};
use ndarray::{ArrayView1, Axis};
use serde::Serialize;

/// `‖A‖₂ ≤ Π ‖A_l‖₂` and `rank A ≤ min rank A_l` over layers that follow one another, each at the input it gets.
/// Of a sum, norms and ranks are at most the sums of those of its terms; of a concatenation, the norm is at most the
/// root of the sum of squares.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NormBound {
    /// Whether the map is the net on a region, or a tangent; the bound is of that map.
    pub exactness: Exactness,
    /// `σ₁` of the effective map is at most this, up to rounding.
    pub norm: f64,
    /// The rank of the effective map is at most this.
    pub rank: usize,
    /// The layers, first layer first.
    pub layers: Vec<LayerBound>,
}

/// One layer of a [`NormBound`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerBound {
    /// The layer's name.
    pub name: String,
    /// An upper bound of the norm of its map.
    pub norm: f64,
    /// An upper bound of its rank.
    pub rank: usize,
    /// Where the norm comes from.
    pub source: BoundSource,
}

/// Where a [`LayerBound`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundSource {
    /// The layer is an orthonormal transform: norm 1, exactly.
    Transform,
    /// It is a diagonal: the largest `|slope · scale|`, exactly, and as many ranks as are not zero.
    Diagonal,
    /// It is neither: its matrix was written out, and the smaller of `‖A‖_F` and `√(‖A‖₁·‖A‖_∞)` taken,
    /// which both are upper bounds.
    Matrix,
}

/// The free certificate of a net at `x`: no product of layers is formed.
///
/// Cost: `O(L·n)` and a forward pass for transforms, scales and switches; the matrix of each other layer.
///
/// ```
/// use switchnet::{analysis::norm_bound, data::digits, net::zoo};
/// let net = zoo::switch_net(&[64], 10, 1).build::<f64>()?;
/// let bound = norm_bound(net.graph(), digits::<f64>().test.inputs().row(0))?;
/// assert!(bound.rank <= 10);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If `x` has another length than the net takes or is not finite, or the numbers overflow on the way.
pub fn norm_bound(graph: &Graph<f64>, x: ArrayView1<'_, f64>) -> Result<NormBound> {
    checks::input(graph, x)?;
    let walk = graph.walk(x.to_owned().insert_axis(Axis(0)));
    let mut layers = Vec::with_capacity(graph.nodes().len());
    // Of the map from the input to each value.
    let (mut norms, mut ranks) = (vec![1.0], vec![x.len()]);
    for (i, node) in graph.nodes().iter().enumerate() {
        checks::finite("outputs of a layer", walk.values()[i + 1].view())?;
        let read = || node.from.iter().map(|&value| norms[value]);
        let width = walk.values()[i + 1].ncols();
        let rank = node.from.iter().map(|&value| ranks[value]).sum::<usize>().min(width);
        let (norm, rank) = match (&node.op, walk.map(i)) {
            (Op::Layer(layer), Some(map)) => {
                let bound = of_layer(layer.as_ref(), map);
                let both = (norms[node.from[0]] * bound.norm, rank.min(bound.rank));
                layers.push(bound);
                both
            }
            (Op::Concat, _) => (read().map(|norm| norm * norm).sum::<f64>().sqrt(), rank),
            _ => (read().sum(), rank),
        };
        norms.push(norm);
        ranks.push(rank);
    }
    let (norm, rank) = (norms[graph.nodes().len()], ranks[graph.nodes().len()]);
    Ok(NormBound { exactness: Exactness::of(graph), norm, rank, layers })
}

fn of_layer(layer: &dyn Layer<f64>, map: &dyn LinearMap<f64>) -> LayerBound {
    let largest = |values: ArrayView1<'_, f64>| values.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    let (norm, rank, source) = match layer.structure() {
        Structure::Orthonormal(transform) => (1.0, transform.len(), BoundSource::Transform),
        Structure::Elementwise { .. } => {
            // The diagonal of a diagonal matrix is what it makes of ones.
            let diagonal = map.push(ndarray::Array2::ones((1, layer.inputs())));
            let rank = diagonal.iter().filter(|v| **v != 0.0).count();
            (largest(diagonal.row(0)), rank, BoundSource::Diagonal)
        }
        Structure::Opaque => {
            let a = matrix(map).mapv(f64::abs);
            let frobenius = euclidean(&a);
            let (columns, rows) = (a.sum_axis(Axis(0)), a.sum_axis(Axis(1)));
            let mixed = (largest(columns.view()) * largest(rows.view())).sqrt();
            (frobenius.min(mixed), layer.inputs().min(layer.outputs()), BoundSource::Matrix)
        }
    };
    LayerBound { name: layer.name(), norm, rank, source }
}
