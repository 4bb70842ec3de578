//! What is not piecewise linear.

use super::graph::Value;
use super::layer::Part;
use super::message::{integer, integers};
use switchnet::Result;

fn each(part: &mut Part<'_, '_>, operator: &str) -> Result<Value> {
    let x = part.x.clone();
    Ok(part.graph().node(operator, [&x.name], [], &x.sides))
}

pub(super) fn sigmoid(part: &mut Part<'_, '_>) -> Result<Value> {
    each(part, "Sigmoid")
}

pub(super) fn tanh(part: &mut Part<'_, '_>) -> Result<Value> {
    each(part, "Tanh")
}

pub(super) fn elu(part: &mut Part<'_, '_>) -> Result<Value> {
    each(part, "Elu")
}

pub(super) fn softmax(part: &mut Part<'_, '_>) -> Result<Value> {
    let sides = [part.len()];
    let x = part.x(&sides);
    Ok(part.graph().node("Softmax", [&x.name], [integer("axis", 1)], &sides))
}

/// `x/√(mean(x²) + 10⁻⁸)`.
pub(super) fn rms_norm(part: &mut Part<'_, '_>) -> Result<Value> {
    let sides = [part.len()];
    let (x, graph) = (part.x(&sides), part.graph());
    graph.real("1e-8", &[], &[1e-8]);
    let squares = graph.node("Mul", [&x.name, &x.name], [], &sides);
    let mean = graph.node("ReduceMean", [&squares.name], [integers("axes", &[1])], &[1]);
    let above = graph.node("Add", [&mean.name, "1e-8"], [], &[1]);
    let root = graph.node("Sqrt", [&above.name], [], &[1]);
    Ok(graph.node("Div", [&x.name, &root.name], [], &sides))
}
