//! What a switch inside a net looks at.

use crate::analysis::map::effective::{Residual, constant, dot, list};
use crate::analysis::pattern::layers::{of, switch_layers};
use crate::analysis::pattern::{Unit, boundaries};
use crate::analysis::rows::{ROWS, identity, one_row};
use crate::error::Result;
use crate::layer::Layer;
use crate::net::Graph;
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayView1, s};
use serde::Serialize;

/// The value of a switch as a weighted sum of the input, `z = a·x + c`: its own row of the map up to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SwitchRow<T> {
    /// Which switch.
    pub unit: Unit,
    /// `z`: it is open where this is positive.
    pub value: T,
    /// The weights `a`, which are the gradient `∇z` too.
    #[serde(serialize_with = "list")]
    pub a: Array1<T>,
    /// `c`.
    pub c: T,
    /// `|a·x + c − z|`, and relative to `|a·x| + |c|`.
    pub residual: Residual,
}

/// What a switch inside `graph` makes of the inputs around `x`, where no switch before it flips. Of a max-pool, it is by how
/// much an input exceeds the largest other one of its window: `∞`, with no weights, where there is no other.
///
/// Cost: a pass, as many rows through the layer of the switch as that has inputs, and one pulled back from there.
///
/// ```
/// use switchnet::{analysis::{Unit, switch_row}, data::digits, net::zoo};
/// let net = zoo::switch_net(&[64], 10, 1).build::<f64>()?;
/// let image = digits::<f64>().test;
/// let row = switch_row(net.graph(), image.inputs().row(0), Unit { layer: 1, unit: 5 })?;
/// assert!(row.residual.absolute < 1e-12);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If there is no such switch.
///
/// # Panics
/// If `x` has another length than the graph takes.
pub fn switch_row<T: Scalar>(
    graph: &Graph<T>,
    x: ArrayView1<'_, T>,
    unit: Unit,
) -> Result<SwitchRow<T>> {
    let layers = switch_layers(graph);
    let node = of(&layers, unit)?.node;
    let among = layers[..unit.layer].iter().filter(|layer| layer.node == node).count();
    let from = graph.nodes()[node].from[0];
    let part = if from > 0 { Some(graph.part(0..from)?) } else { None };
    let before = part.as_ref().map(|part| part.linearize(one_row(x)));
    let arriving = before.as_ref().map_or_else(|| one_row(x), |(y, _)| y.clone());
    let layer = graph.nodes()[node].layer().expect("switches are of layers");
    let (_, map) = layer.linearize(arriving.clone());
    let value = boundaries::values(map.as_ref())[among][[0, unit.unit]];
    let width = arriving.ncols();
    let mut own = Matrix::zeros((1, width));
    for first in (0..width).step_by(ROWS) {
        let inputs = first..width.min(first + ROWS);
        boundaries::each_rate(map.as_ref(), identity(inputs.clone(), width), |layer, rates| {
            if layer == among {
                own.slice_mut(s![0, inputs.clone()]).assign(&rates.column(unit.unit));
            }
        });
    }
    // What the layer itself adds, and what those before it do.
    let mut c = value.double() - dot(own.row(0), arriving.row(0));
    let a = match &before {
        Some((_, before)) => {
            c += dot(own.row(0), constant(before.as_ref()).row(0));
            before.pull(own, &mut [])
        }
        None => own,
    };
    let a = a.row(0).to_owned();
    let residual = Residual::new(std::iter::once((dot(a.view(), x), c, value.double())));
    Ok(SwitchRow { unit, value, a, c: T::of(c), residual })
}
