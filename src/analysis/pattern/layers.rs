//! The switches of a graph, layer by layer: what they see, and nets in which some of them are held.

use crate::analysis::pattern::{Unit, boundaries, settle};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{Graph, Unshared};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, Axis};
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
    /// Whether [`hold`] takes its switches: not those of a max-pool.
    pub can_be_held: bool,
}

/// The layers of `graph` that have switches, in the order of every pattern.
///
/// Cost: a pass.
pub fn switch_layers<T: Scalar>(graph: &Graph<T>) -> Vec<SwitchLayer> {
    let mut all = Vec::new();
    for (node, layer) in graph.nodes().iter().enumerate() {
        let Some(layer) = layer.layer() else { continue };
        layer.innermost(&mut |inner, positions| {
            let widths = widths(inner);
            let can_be_held = widths.len() == 1 && inner.held(&[]).is_some();
            all.extend(widths.into_iter().map(|width| SwitchLayer {
                node,
                name: layer.name(),
                switches: positions * width,
                can_be_held,
            }));
        });
    }
    all
}

/// How many switches an innermost layer has: a list of one number, or of none.
fn widths<T: Scalar>(layer: &dyn Layer<T>) -> Vec<usize> {
    let (_, map) = layer.linearize(Matrix::zeros((1, layer.inputs())));
    boundaries::values(map.as_ref()).iter().map(|values| values.ncols()).collect()
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

/// The net with some of its switches held open (`true`) or closed, whatever they see: an ablation. On both sides of its
/// boundary such a switch does what it does on the one it is held at, so the answer is a net as any other, with the same
/// switches in its patterns.
///
/// | switch | open | closed |
/// |---|---|---|
/// | of one element, with slopes; detached | the open slope | the closed slope |
/// | of a block | the open vector of its input | the closed one |
/// | that keeps both signs | `x` among the positive parts | `−x` among the negative ones |
/// | of a soft threshold, at `t` | `x − t` gets through | it does not |
/// | of a soft threshold, at `−t` | `x + t` gets through | it does not |
///
/// A switch of a layer that is shared over positions is held at its own position alone, where the layer is then another one.
/// Of a net that `hold` gave, other switches may be held too; one that is held stays as it is.
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
/// If there is no such switch, one is named twice, or its layer cannot hold any ([`Layer::held`]): a max-pool, of whose
/// inputs one is the largest whatever one does.
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
    let mut next = 0;
    let mut refused = None;
    graph.replace_layers(&mut |layer, positions| {
        let here = next..next + widths(layer).len();
        next = here.end;
        let (number, switches) = by_layer.range(here).next()?;
        let other = with(layer, positions, switches);
        if other.is_none() && refused.is_none() {
            let what = format_args!("switch layer {number}, to hold a switch of it");
            refused = Some(Error::new(what, "a layer whose switches can be held", layer.name()));
        }
        other
    });
    match refused {
        Some(error) => Err(error),
        None => Ok(graph),
    }
}

/// A layer at so many positions with some of its switches held, which are numbered position by position.
fn with<T: Scalar>(
    layer: &dyn Layer<T>,
    positions: usize,
    switches: &BTreeMap<usize, bool>,
) -> Option<Box<dyn Layer<T>>> {
    let [count] = widths(layer)[..] else { return None };
    let mut by_position: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
    for (&unit, &open) in switches {
        by_position.entry(unit / count).or_default().push((unit % count, open));
    }
    if positions == 1 {
        return layer.held(&by_position[&0]); // shared with no other position
    }
    if let Some(other) = layer.held_at(&by_position) {
        return Some(other);
    }
    let own = by_position.into_iter().map(|(at, held)| Some((at, layer.held(&held)?)));
    Some(Box::new(Unshared::new(layer.held(&[])?, positions, own.collect::<Option<_>>()?)))
}
