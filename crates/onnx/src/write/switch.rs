//! Switches. Both sides of one are ReLUs, of which one is zero, so nothing is rounded that the library does not round.

use super::graph::Value;
use super::layer::Part;
use super::message::{float, integer};
use switchnet::Result;
use switchnet::layer::{BlockSwitchConfig, LeakyConfig};

/// `max(x, 0)` and `max(−x, 0)` of a value.
fn sides(part: &mut Part<'_, '_>, x: &Value) -> [Value; 2] {
    let graph = part.graph();
    let open = graph.node("Relu", [&x.name], [], &x.sides);
    let turned = graph.node("Neg", [&x.name], [], &x.sides);
    [open, graph.node("Relu", [&turned.name], [], &x.sides)]
}

pub(super) fn relu(part: &mut Part<'_, '_>) -> Result<Value> {
    let x = part.x.clone();
    Ok(part.graph().node("Relu", [&x.name], [], &x.sides))
}

/// An attribute has single precision: what that lacks is a slope as of PReLU.
pub(super) fn leaky(part: &mut Part<'_, '_>) -> Result<Value> {
    let LeakyConfig { slope, .. } = part.config()?;
    let (x, single) = (part.x.clone(), slope as f32);
    if !part.graph().is_double() || f64::from(single) == slope {
        let alpha = [float("alpha", single)];
        return Ok(part.graph().node("LeakyRelu", [&x.name], alpha, &x.sides));
    }
    let slope = part.own("slope", &[1], &[slope]);
    Ok(part.graph().node("PRelu", [&x.name, &slope], [], &x.sides))
}

pub(super) fn prelu(part: &mut Part<'_, '_>) -> Result<Value> {
    let shape = part.shape;
    let (x, closed) = (part.x(shape), part.parameter("closed", shape)?);
    Ok(part.graph().node("PRelu", [&x.name, &closed], [], shape))
}

/// `open·max(x, 0) − closed·max(−x, 0)`.
pub(super) fn two_slope(part: &mut Part<'_, '_>) -> Result<Value> {
    let shape = part.shape;
    let x = part.x(shape);
    let above_and_below = sides(part, &x);
    let slopes = [part.parameter("open", shape)?, part.parameter("closed", shape)?];
    Ok(both(part, "Mul", above_and_below, slopes, shape))
}

/// The same with a matrix for each block: its rows are the vectors of the inputs of the block.
pub(super) fn block_switch(part: &mut Part<'_, '_>) -> Result<Value> {
    let BlockSwitchConfig { block, .. } = part.config()?;
    let blocks = part.len() / block;
    let x = part.x(&[blocks, 1, block]);
    let above_and_below = sides(part, &x);
    let dims = [blocks, block, block];
    let vectors = [part.parameter("open", &dims)?, part.parameter("closed", &dims)?];
    Ok(both(part, "MatMul", above_and_below, vectors, &x.sides))
}

/// What is above zero times the first constant, less what is below times the second.
fn both(
    part: &mut Part<'_, '_>,
    operator: &str,
    values: [Value; 2],
    constants: [String; 2],
    sides: &[usize],
) -> Value {
    let ([above, below], [open, closed], graph) = (values, constants, part.graph());
    let above = graph.node(operator, [&above.name, &open], [], sides);
    let below = graph.node(operator, [&below.name, &closed], [], sides);
    graph.node("Sub", [&above.name, &below.name], [], sides)
}

/// `max(x − t, 0) − max(−x − t, 0)`.
pub(super) fn soft_threshold(part: &mut Part<'_, '_>) -> Result<Value> {
    let shape = part.shape;
    let (x, threshold) = (part.x(shape), part.parameter("threshold", shape)?);
    let graph = part.graph();
    let turned = graph.node("Neg", [&x.name], [], shape);
    let [up, down] = [x, turned].map(|x| {
        let z = graph.node("Sub", [&x.name, &threshold], [], shape);
        graph.node("Relu", [&z.name], [], shape)
    });
    Ok(graph.node("Sub", [&up.name, &down.name], [], shape))
}

pub(super) fn crelu(part: &mut Part<'_, '_>) -> Result<Value> {
    let n = part.len();
    let x = part.x(&[n]);
    let [above, below] = sides(part, &x);
    let axis = [integer("axis", 1)];
    Ok(part.graph().node("Concat", [&above.name, &below.name], axis, &[2 * n]))
}

/// The slopes that the gates choose, times the signals; then the gates.
pub(super) fn detached(part: &mut Part<'_, '_>) -> Result<Value> {
    let (n, half) = (part.len(), [part.len() / 2]);
    let x = part.x(&[2, half[0]]);
    let slopes = [part.parameter("open", &half)?, part.parameter("closed", &half)?];
    let graph = part.graph();
    graph.scalar_place("first", 0);
    graph.scalar_place("second", 1);
    graph.real("zero", &[], &[0.0]);
    let axis = || [integer("axis", 1)];
    let signals = graph.node("Gather", [&x.name, "first"], axis(), &half);
    let gates = graph.node("Gather", [&x.name, "second"], axis(), &half);
    let open = graph.node("Greater", [&gates.name, "zero"], [], &half);
    let slope = graph.node("Where", [&open.name, &slopes[0], &slopes[1]], [], &half);
    let signals = graph.node("Mul", [&signals.name, &slope.name], [], &half);
    Ok(graph.node("Concat", [&signals.name, &gates.name], axis(), &[n]))
}
