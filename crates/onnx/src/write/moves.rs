//! Layers that put numbers elsewhere.

use super::graph::{Graph, Value};
use super::layer::Part;
use super::message::{integer, integers};
use switchnet::layer::Layer;
use switchnet::ndarray::Array2;
use switchnet::{Error, Result};

/// One value behind the other, of which each comes with the length of its rows.
pub(super) fn concat<'v>(
    graph: &mut Graph,
    values: impl Iterator<Item = (&'v Value, usize)>,
) -> Value {
    let rows: Vec<Value> = values.map(|(value, n)| graph.shaped(value, &[n])).collect();
    let join = |all: Value, next: &Value| {
        let sides = [all.sides[0] + next.sides[0]];
        graph.node("Concat", [&all.name, &next.name], [integer("axis", 1)], &sides)
    };
    rows[1..].iter().fold(rows[0].clone(), join)
}

pub(super) fn channels_last(part: &mut Part<'_, '_>) -> Result<Value> {
    let [c, h, w] = image(part.shape)?;
    let x = part.x(&[c, h, w]);
    Ok(last(part, &x))
}

pub(super) fn channels_first(part: &mut Part<'_, '_>) -> Result<Value> {
    let [h, w, c] = image(part.shape)?;
    let x = part.x(&[h, w, c]);
    Ok(first(part, &x))
}

/// The three sides of an image.
pub(super) fn image(shape: &[usize]) -> Result<[usize; 3]> {
    <[usize; 3]>::try_from(shape)
        .map_err(|_| Error::new("shape of an image", "3 sides", format_args!("{shape:?}")))
}

/// From [c, h, w] to [h, w, c].
pub(super) fn last(part: &mut Part<'_, '_>, x: &Value) -> Value {
    let sides = [x.sides[1], x.sides[2], x.sides[0]];
    part.graph().node("Transpose", [&x.name], [integers("perm", &[0, 2, 3, 1])], &sides)
}

/// From [h, w, c] to [c, h, w].
pub(super) fn first(part: &mut Part<'_, '_>, x: &Value) -> Value {
    let sides = [x.sides[2], x.sides[0], x.sides[1]];
    part.graph().node("Transpose", [&x.name], [integers("perm", &[0, 3, 1, 2])], &sides)
}

/// A table of where each number comes from: the layer is shown the places of its inputs, counted from 1, and puts zeros
/// where there is none. These come from one zero behind the row.
pub(super) fn moved(part: &mut Part<'_, '_>) -> Result<Value> {
    let n = part.len();
    let layer = part.alone().build::<f64>()?;
    let seen = layer.forward(Array2::from_shape_fn((1, n), |(_, i)| (i + 1) as f64));
    let zero = seen.iter().any(|&place| place == 0.0);
    let from: Vec<i64> =
        seen.iter().map(|&place| if place == 0.0 { n as i64 } else { place as i64 - 1 }).collect();
    let name = part.table(&from);
    let (mut x, graph) = (part.x(&[n]), part.graph());
    if zero {
        graph.whole("one behind", &[0, 0, 0, 1]);
        x = graph.node("Pad", [&x.name, "one behind"], [], &[n + 1]);
    }
    Ok(graph.node("Gather", [&x.name, &name], [integer("axis", 1)], &[from.len()]))
}
