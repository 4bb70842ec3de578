//! What decides: slopes on two sides, boundaries, the largest of several values.

use super::arithmetic::{minus, wide};
use super::one;
use crate::index::broadcast;
use crate::layers::Flow;
use crate::op::{Op, Value};
use crate::tensor::Tensor;
use switchnet::layer::{Init, LeakyConfig, MaxPoolConfig, PreluConfig, ReluConfig};
use switchnet::{Error, Result};

fn relu_of(op: &mut Op<'_, '_>, flow: &Flow) -> Result<Flow> {
    let shape = flow.shape.clone();
    op.layers.layer(flow, ReluConfig {}, Vec::new(), &shape)
}

pub(super) fn leaky_of(op: &mut Op<'_, '_>, flow: &Flow, slope: f64) -> Result<Flow> {
    let shape = flow.shape.clone();
    op.layers.layer(flow, LeakyConfig { slope }, Vec::new(), &shape)
}

pub(super) fn relu(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let flow = op.flow(0)?;
    one(Value::Flow(relu_of(op, &flow)?))
}

pub(super) fn leaky(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let slope = op.float("alpha")?.unwrap_or(f64::from(0.01f32));
    let flow = op.flow(0)?;
    one(Value::Flow(leaky_of(op, &flow, slope)?))
}

/// A slope of −1 where the switch is closed.
pub(super) fn abs(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let flow = op.flow(0)?;
    one(Value::Flow(leaky_of(op, &flow, -1.0)?))
}

pub(super) fn prelu(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (flow, slope) = (op.flow(0)?, op.constant(1, "slope")?);
    if broadcast(&flow.shape, &slope.shape)? != flow.shape {
        let expected = format_args!("one that broadcasts to {:?}", flow.shape);
        return Err(Error::new("shape of slope", expected, format_args!("{:?}", slope.shape)));
    }
    let closed = op.numbers(&slope, &flow.shape)?;
    let (shape, n) = (flow.shape.clone(), flow.len());
    let config = PreluConfig { closed: Init::Constant(1.0) };
    one(Value::Flow(op.layers.layer(&flow, config, vec![("closed", vec![n], closed)], &shape)?))
}

/// Numbers beyond these are beyond all numbers that a file means.
const BEYOND: f64 = f32::MAX as f64;

/// `max(x, b)` within two roundings of it; a boundary below all numbers is none.
///
/// Of a boundary above zero it is `b + relu(x − b)`, a switch: where that is open `x − b` is smaller than `x`, so `x` keeps
/// its digits. Of one below zero it would cost an `x` near zero what is below the digits of `b`; there it is a choice
/// between `x` and `b`, which rounds nothing.
fn at_least(op: &mut Op<'_, '_>, flow: &Flow, bound: &[f64]) -> Result<Flow> {
    if bound.iter().any(|b| b.is_nan()) {
        return Err(Error::new("boundary", "a number", f64::NAN));
    }
    if bound.iter().all(|&b| b <= -BEYOND) {
        return Ok(flow.clone());
    }
    if bound.iter().all(|&b| b == 0.0) {
        return relu_of(op, flow);
    }
    if bound.iter().any(|&b| b < 0.0) {
        let bound = bound.iter().map(|b| b.max(-BEYOND)).collect();
        let bound = op.flowing(Value::constant(Tensor::real(&flow.shape, bound)))?;
        return choice(op, &[flow.clone(), bound]);
    }
    let below = bound.iter().map(|b| -b).collect();
    let above = op.layers.diagonal(flow, None, Some(below))?;
    let open = relu_of(op, &above)?;
    op.layers.diagonal(&open, None, Some(bound.to_vec()))
}

/// `x` between two boundaries: `max(x, low)`, and `−max(−x, −high)` of that.
fn between(op: &mut Op<'_, '_>, flow: &Flow, [low, high]: [f64; 2]) -> Result<Flow> {
    op.layers.room.take(&flow.shape)?;
    let n = flow.len();
    let above = at_least(op, flow, &vec![low; n])?;
    if high >= BEYOND {
        return Ok(above);
    }
    let turned = op.layers.uniform(&above, Some(-1.0), None)?;
    let below = at_least(op, &turned, &vec![-high; n])?;
    op.layers.uniform(&below, Some(-1.0), None)
}

pub(super) fn clip(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let bound = |op: &mut Op<'_, '_>, name: &str, i: usize| -> Result<Option<f64>> {
        if op.opset < 11 {
            return op.float(name);
        }
        match op.optional_constant(i, name)? {
            None => Ok(None),
            Some(tensor) if tensor.len() == 1 => Ok(Some(tensor.reals()[0])),
            Some(tensor) => {
                let found = format_args!("{:?}", tensor.shape);
                Err(Error::new(format_args!("shape of input {i} ({name})"), "one number", found))
            }
        }
    };
    let low = bound(op, "min", 1)?.unwrap_or(f64::NEG_INFINITY);
    let high = bound(op, "max", 2)?.unwrap_or(f64::INFINITY);
    let flow = op.flow(0)?;
    one(Value::Flow(between(op, &flow, [low, high])?))
}

/// `αx + β` between 0 and 1.
pub(super) fn hard_sigmoid(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let alpha = op.float("alpha")?.unwrap_or(f64::from(0.2f32));
    let beta = op.float("beta")?.unwrap_or(0.5);
    let flow = op.flow(0)?;
    let line = op.layers.uniform(&flow, Some(alpha), Some(beta))?;
    one(Value::Flow(between(op, &line, [0.0, 1.0])?))
}

/// The largest of values of one shape, place by place.
fn choice(op: &mut Op<'_, '_>, flows: &[Flow]) -> Result<Flow> {
    let (count, n, shape) = (flows.len(), flows[0].len(), flows[0].shape.clone());
    let all = op.layers.concat(flows)?;
    op.layers.image_layer(&all, [1, count, n], MaxPoolConfig::new([count, 1]), Vec::new(), &shape)
}

/// The largest of several values: of those that depend on the input a choice, against constants as in `clip`.
pub(super) fn max(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let values = op.values()?;
    largest(op, values)
}

/// `−max(−x, …)`.
pub(super) fn min(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let values = op.values()?;
    let turned = values.iter().map(|value| minus(op, value)).collect::<Result<Vec<_>>>()?;
    let largest = largest(op, turned)?.remove(0);
    one(minus(op, &largest)?)
}

/// Unlike `f64::max` this keeps what is no number.
fn larger((a, b): (f64, f64)) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

fn largest(op: &mut Op<'_, '_>, values: Vec<Value>) -> Result<Vec<Value>> {
    let mut shape = Vec::new();
    for value in &values {
        shape = broadcast(&shape, value.shape())?;
    }
    let (mut bound, mut flows) = (None::<Vec<f64>>, Vec::new());
    for value in &values {
        match value {
            Value::Constant(tensor) => {
                let numbers = op.numbers(tensor, &shape)?;
                bound = Some(match bound {
                    None => numbers,
                    Some(all) => all.into_iter().zip(numbers).map(larger).collect(),
                });
            }
            flow => flows.push(wide(op, flow, &shape)?),
        }
    }
    let flow = match &flows[..] {
        [] => return one(Value::constant(Tensor::real(&shape, bound.unwrap_or_default()))),
        [one] => one.clone(),
        several => choice(op, several)?,
    };
    one(Value::Flow(match bound {
        None => flow,
        Some(bound) => at_least(op, &flow, &bound)?,
    }))
}
