//! Sums, scales and dense layers.

use super::graph::{Graph, Value};
use super::layer::{Part, Walk};
use super::message::integer;
use switchnet::Result;
use switchnet::data::Standardize;
use switchnet::layer::{DenseConfig, DiagonalConfig};

/// The sum of values, of which each comes with the length of its rows.
pub(super) fn add<'v>(
    graph: &mut Graph,
    values: impl Iterator<Item = (&'v Value, usize)>,
) -> Value {
    let rows: Vec<Value> = values.map(|(value, n)| graph.shaped(value, &[n])).collect();
    let sum = |sum: Value, next: &Value| graph.node("Add", [&sum.name, &next.name], [], &sum.sides);
    rows[1..].iter().fold(rows[0].clone(), sum)
}

pub(super) fn dense(part: &mut Part<'_, '_>) -> Result<Value> {
    let DenseConfig { outputs, bias, .. } = part.config()?;
    let n = part.len();
    let x = part.x(&[n]);
    let weight = part.parameter("weight", &[outputs, n])?;
    let turned = [integer("transB", 1)];
    if !bias {
        return Ok(part.graph().node("Gemm", [&x.name, &weight], turned, &[outputs]));
    }
    let bias = part.parameter("bias", &[outputs])?;
    Ok(part.graph().node("Gemm", [&x.name, &weight, &bias], turned, &[outputs]))
}

pub(super) fn diagonal(part: &mut Part<'_, '_>) -> Result<Value> {
    let DiagonalConfig { scale, bias, .. } = part.config()?;
    let shape = part.shape;
    let mut y = part.x(shape);
    if scale.is_some() {
        let scale = part.parameter("scale", shape)?;
        y = part.graph().node("Mul", [&y.name, &scale], [], shape);
    }
    if bias {
        let bias = part.parameter("bias", shape)?;
        y = part.graph().node("Add", [&y.name, &bias], [], shape);
    }
    Ok(y)
}

pub(super) fn sum_halves(part: &mut Part<'_, '_>) -> Result<Value> {
    let n = part.len();
    let x = part.x(&[2, n / 2]);
    let graph = part.graph();
    graph.whole("axes 1", &[1]);
    let keep = [integer("keepdims", 0)];
    Ok(graph.node("ReduceSum", [&x.name, "axes 1"], keep, &[n / 2]))
}

impl Walk<'_> {
    /// `(x − mean)/scale`.
    pub(super) fn standardized(&mut self, x: &Value, standardize: &Standardize) -> Value {
        let (mean, scale, graph) = ("standardize mean", "standardize scale", &mut self.graph);
        "standardize".clone_into(&mut graph.at);
        graph.real(mean, &x.sides, standardize.mean());
        graph.real(scale, &x.sides, standardize.scale());
        let less = graph.node("Sub", [&x.name, mean], [], &x.sides);
        graph.node("Div", [&less.name, scale], [], &x.sides)
    }

    /// `y·scale + mean`.
    pub(super) fn undone(&mut self, y: &Value, targets: &Standardize) -> Value {
        let (mean, scale, graph) = ("targets mean", "targets scale", &mut self.graph);
        "targets".clone_into(&mut graph.at);
        let sides = [targets.inputs()];
        let y = graph.shaped(y, &sides);
        graph.real(mean, &sides, targets.mean());
        graph.real(scale, &sides, targets.scale());
        let wide = graph.node("Mul", [&y.name, scale], [], &sides);
        graph.node("Add", [&wide.name, mean], [], &sides)
    }
}
