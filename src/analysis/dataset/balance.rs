//! How the two sides of each switch share what passes it.

use crate::analysis::checks;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle;
use crate::error::Result;
use crate::layer::{LinearMap, Structure};
use crate::net::{Graph, chunk_rows, map_chunks};
use crate::scalar::Matrix;
use ndarray::{ArrayView2, s};
use serde::Serialize;

/// The slopes of the switches of one layer, and what passes on their two sides, over a set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerBalance {
    /// The node of the graph, counted from 0.
    pub layer: usize,
    /// Its name.
    pub name: String,
    /// For each switch, its slope `a` where it is open; none if no input opens it.
    pub open_slope: Vec<Option<f64>>,
    /// For each switch, its slope `b` where it is closed; none if every input opens it.
    pub closed_slope: Vec<Option<f64>>,
    /// For each switch, `Σ_closed y² / Σ y²`, with `y` what the switch puts out and the sum above over the
    /// inputs that close it: the part of its energy that passes on the closed side, 0 to 1. Of a ReLU it is 0; ½
    /// is balance; 1 is a switch that passes something on its closed side alone. None if nothing passes at all.
    pub closed_share: Vec<Option<f64>>,
}

/// What was added up for the switches of a layer.
struct Sums {
    slopes: [Vec<Option<f64>>; 2],
    /// Σ y², open and closed.
    energy: [Vec<f64>; 2],
}

impl Sums {
    fn new(switches: usize) -> Self {
        Self {
            slopes: [vec![None; switches], vec![None; switches]],
            energy: [vec![0.0; switches], vec![0.0; switches]],
        }
    }

    /// Counts in the switches with these `values`, `slopes` and outputs `y`, one row for each input.
    fn add(&mut self, values: &Matrix<f64>, slopes: &Matrix<f64>, y: &Matrix<f64>) {
        for ((values, slopes), y) in values.rows().into_iter().zip(slopes.rows()).zip(y.rows()) {
            for (i, ((z, slope), y)) in values.iter().zip(slopes).zip(y).enumerate() {
                let side = usize::from(*z <= 0.0);
                self.slopes[side][i].get_or_insert(*slope);
                self.energy[side][i] += y * y;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for side in 0..2 {
            let slopes = self.slopes[side].iter_mut().zip(&other.slopes[side]);
            slopes.for_each(|(slope, other)| *slope = slope.or(*other));
            let energy = self.energy[side].iter_mut().zip(&other.energy[side]);
            energy.for_each(|(energy, other)| *energy += other);
        }
    }

    fn balance(self, layer: usize, name: String) -> LayerBalance {
        let share = |(open, closed): (&f64, &f64)| {
            let all = open + closed;
            (all > 0.0).then(|| closed / all)
        };
        let [open, closed] = &self.energy;
        let closed_share = open.iter().zip(closed).map(share).collect();
        let [open_slope, closed_slope] = self.slopes;
        LayerBalance { layer, name, open_slope, closed_slope, closed_share }
    }
}

/// How the two slopes of each switch balance over the rows of `x`, for every layer of the chain that is a
/// switch of each of its numbers (ReLU, leaky, PReLU, two-slope): the slopes that the inputs meet, and the
/// [part of the energy](LayerBalance::closed_share) that passes on the closed side.
///
/// The slopes are what the layer's linear map makes of ones, the sides those of [`Pattern`](crate::analysis::Pattern). Layers inside
/// a shortcut, max-pools and CReLU are left out: they have no one slope for each switch.
///
/// Cost: a pass of the inputs and a push of one layer for each such layer, in chunks, on all threads.
///
/// ```
/// use switchnet::{analysis::switch_balance, layer::Switch, net::Graph};
/// let switch = Switch::two_slope(ndarray::array![1.0], ndarray::array![0.5]);
/// let net = Graph::chain(vec![Box::new(switch)])?;
/// // 1 passes as 1 and −2 as −1: as much on either side.
/// let balance = switch_balance(&net, ndarray::array![[1.0], [-2.0]].view())?;
/// assert_eq!((balance[0].open_slope[0], balance[0].closed_slope[0]), (Some(1.0), Some(0.5)));
/// assert_eq!(balance[0].closed_share[0], Some(0.5));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If `x` has no rows, another width than the chain takes or numbers that are not finite, or an output of a
/// layer is not finite.
pub fn switch_balance(graph: &Graph<f64>, x: ArrayView2<'_, f64>) -> Result<Vec<LayerBalance>> {
    checks::inputs(graph, x)?;
    let parts = map_chunks(x.nrows(), chunk_rows(graph), |rows| -> Result<Vec<Option<Sums>>> {
        let at = x.slice(s![rows, ..]);
        // Of the whole net, since a layer alone cannot say whether it depends on the input.
        let mut values = settle::values_at(graph, at).into_iter();
        let walk = graph.walk(at.to_owned());
        let mut all = Vec::with_capacity(graph.nodes().len());
        for (i, node) in graph.nodes().iter().enumerate() {
            let y = &walk.values()[i + 1];
            checks::finite("outputs of a layer", y.view())?;
            let count = walk.map(i).map_or(0, |map| boundaries::values(map).len());
            let shown: Vec<_> = values.by_ref().take(count).collect();
            let elements = match node.layer().map(|layer| layer.structure()) {
                Some(Structure::Elementwise { .. }) => shown.first(),
                _ => None,
            };
            let own = walk.map(i).zip(elements);
            all.push(own.map(|(map, values)| sums(map, values, y)));
        }
        Ok(all)
    });
    let mut parts = parts.into_iter();
    let mut all = parts.next().expect("there is at least one row")?;
    for part in parts {
        for (sums, more) in all.iter_mut().zip(part?) {
            if let (Some(sums), Some(more)) = (sums, more) {
                sums.merge(&more);
            }
        }
    }
    let name = |i| graph.signature_of(i).name.into_owned();
    let all = all.into_iter().enumerate();
    Ok(all.filter_map(|(i, sums)| Some(sums?.balance(i, name(i)))).collect())
}

/// Of a pointwise layer with switches of these values.
fn sums(map: &dyn LinearMap<f64>, values: &Matrix<f64>, y: &Matrix<f64>) -> Sums {
    let mut sums = Sums::new(y.ncols());
    sums.add(values, &map.push(Matrix::ones(y.dim())), y);
    sums
}
