//! The switches of a graph, layer by layer: what they see, and nets in which some of them are held.

use crate::analysis::pattern::{Unit, boundaries, settle};
use crate::error::{Error, Result};
use crate::layer::{Layer, Pointwise, Structure, Switch};
use crate::net::Graph;
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayView1, Axis};
use serde::Serialize;
use std::collections::BTreeMap;

/// A layer of a graph that has switches. Its place in the list of them is [`Unit::layer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SwitchLayer {
    /// The node of the graph. One that is a graph itself may have several such layers.
    pub node: usize,
    /// What the node is called: `two-slope`.
    pub name: String,
    /// How many switches it has: of a max-pool one for each of its inputs.
    pub switches: usize,
    /// Whether [`hold`] takes its switches.
    pub can_be_held: bool,
}

/// The layers of `graph` that have switches, in the order of every pattern.
///
/// Cost: a pass.
pub fn switch_layers<T: Scalar>(graph: &Graph<T>) -> Vec<SwitchLayer> {
    let walk = graph.walk(Matrix::zeros((1, graph.inputs())));
    let maps = (0..graph.nodes().len()).filter_map(|node| Some((node, walk.map(node)?)));
    let of_node = |(node, map)| {
        let layers = boundaries::values(map).into_iter();
        layers.map(move |values| SwitchLayer {
            node,
            name: graph.signature_of(node).name.into_owned(),
            switches: values.ncols(),
            can_be_held: slopes(graph, node).is_some(),
        })
    };
    maps.flat_map(of_node).collect()
}

/// The value of every switch at `x`, a list for each layer that has some: it is open where its value is positive. Of a
/// max-pool, each input has by how much it exceeds the largest other one of its window. Values that are zero but for
/// rounding are zero.
///
/// # Panics
/// If `x` has another length than the net takes.
pub fn switch_values<T: Scalar>(net: &dyn Layer<T>, x: ArrayView1<'_, T>) -> Vec<Vec<T>> {
    settle::values_at(net, x.insert_axis(Axis(0))).iter().map(|z| z.row(0).to_vec()).collect()
}

/// The layer of a switch, if there is such a one.
pub(in crate::analysis) fn of(layers: &[SwitchLayer], at: Unit) -> Result<&SwitchLayer> {
    let Unit { layer, unit } = at;
    let Some(found) = layers.get(layer) else {
        return Err(Error::new("switch layer", format_args!("one of {}", layers.len()), layer));
    };
    if unit >= found.switches {
        let what = format_args!("switch of switch layer {layer}");
        return Err(Error::new(what, format_args!("one of {}", found.switches), unit));
    }
    Ok(found)
}

/// The slopes of a node that is a switch for each element and nothing else.
fn slopes<T: Scalar>(graph: &Graph<T>, node: usize) -> Option<[&[T]; 2]> {
    let Structure::Elementwise { vectors, .. } = graph.nodes()[node].layer()?.structure() else {
        return None;
    };
    let Pointwise { scale: None, bias: None, switch, .. } = vectors else { return None };
    switch
}

/// The net with some of its switches held open (`true`) or closed, whatever they see: an ablation. Both slopes of such a
/// switch become the one it is held at, so the answer is a net as any other, with the same switches in its patterns.
///
/// ```
/// use switchnet::analysis::{Unit, hold};
/// use switchnet::layer::{Layer, Switch};
/// use switchnet::net::Graph;
/// let graph = Graph::<f64>::chain(vec![Box::new(Switch::relu(3))])?;
/// let unit = |unit| Unit { layer: 0, unit };
/// let held = hold(graph, &[(unit(0), true), (unit(1), false)])?;
/// assert_eq!(held.forward(ndarray::array![[-1.0, 2.0, 3.0]]), ndarray::array![[-1.0, 0.0, 3.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If there is no such switch, one is named twice, or its layer is more than a switch for each element (a max-pool, say,
/// or a layer inside of another).
pub fn hold<T: Scalar>(mut graph: Graph<T>, held: &[(Unit, bool)]) -> Result<Graph<T>> {
    let layers = switch_layers(&graph);
    let mut by_layer: BTreeMap<usize, BTreeMap<usize, bool>> = BTreeMap::new();
    for &(at, open) in held {
        of(&layers, at)?;
        let Unit { layer, unit } = at;
        if by_layer.entry(layer).or_default().insert(unit, open).is_some() {
            let found = format_args!("switch {unit} of switch layer {layer} twice");
            return Err(Error::new("switches to hold", "different ones", found));
        }
    }
    for (layer, units) in by_layer {
        let SwitchLayer { node, name, .. } = &layers[layer];
        let Some(sides) = slopes(&graph, *node) else {
            let what = format_args!("switch layer {layer}, to hold a switch of it");
            return Err(Error::new(what, "a switch for each element", name));
        };
        let [mut open, mut closed] = sides.map(|side| Array1::from(side.to_vec()));
        for (unit, held) in units {
            if held { closed[unit] = open[unit] } else { open[unit] = closed[unit] }
        }
        graph = graph.replace(*node, Box::new(Switch::two_slope(open, closed)))?;
    }
    Ok(graph)
}
