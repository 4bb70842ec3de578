//! Sums, differences, and products with constants.

use super::one;
use crate::index::broadcast;
use crate::layers::Flow;
use crate::op::{Op, Value};
use crate::tensor::{Numbers, Tensor};
use std::rc::Rc;
use switchnet::{Error, Result};

/// `f` or `g` of each number of two constants, real or whole.
fn both(
    op: &mut Op<'_, '_>,
    a: &Rc<Tensor>,
    b: &Rc<Tensor>,
    f: fn(f64, f64) -> f64,
    g: fn(i64, i64) -> Option<i64>,
) -> Result<Vec<Value>> {
    let shape = broadcast(&a.shape, &b.shape)?;
    let (a, b) = (op.widened(a, &shape)?, op.widened(b, &shape)?);
    let numbers = match (&a.numbers, &b.numbers) {
        (Numbers::Whole(a), Numbers::Whole(b)) => {
            let each = a.iter().zip(b).map(|(&a, &b)| g(a, b));
            Numbers::Whole(each.collect::<Option<_>>().ok_or_else(|| {
                let expected = "whole numbers of at most 64 bits";
                Error::new("what is worked out of constants", expected, "others")
            })?)
        }
        _ => Numbers::Real(a.reals().into_iter().zip(b.reals()).map(|(a, b)| f(a, b)).collect()),
    };
    one(Value::constant(Tensor { shape, numbers }))
}

/// A value as layers, in the shape `shape`.
pub(super) fn wide(op: &mut Op<'_, '_>, value: &Value, shape: &[usize]) -> Result<Flow> {
    let value = op.expanded(value, shape)?;
    op.flowing(value)
}

/// The sum of two values.
pub(super) fn plus(op: &mut Op<'_, '_>, a: &Value, b: &Value) -> Result<Vec<Value>> {
    let shape = broadcast(a.shape(), b.shape())?;
    let sum = match (a, b) {
        (Value::Constant(a), Value::Constant(b)) => {
            return both(op, a, b, |a, b| a + b, i64::checked_add);
        }
        (value @ Value::Flow(_), Value::Constant(constant))
        | (Value::Constant(constant), value @ Value::Flow(_)) => {
            let flow = wide(op, value, &shape)?;
            let bias = op.numbers(constant, &shape)?;
            op.layers.diagonal(&flow, None, Some(bias))?
        }
        (a, b) => {
            let (a, b) = (wide(op, a, &shape)?, wide(op, b, &shape)?);
            op.layers.add(&a, &b)?
        }
    };
    one(Value::Flow(sum))
}

/// The negative of a value.
pub(super) fn minus(op: &mut Op<'_, '_>, value: &Value) -> Result<Value> {
    Ok(match value {
        Value::Flow(flow) => Value::Flow(op.layers.uniform(flow, Some(-1.0), None)?),
        Value::Constant(tensor) => {
            let numbers = match &tensor.numbers {
                Numbers::Real(all) => Numbers::Real(all.iter().map(|number| -number).collect()),
                Numbers::Whole(all) => {
                    Numbers::Whole(all.iter().map(|number| number.saturating_neg()).collect())
                }
            };
            Value::constant(Tensor { shape: tensor.shape.clone(), numbers })
        }
    })
}

pub(super) fn add(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (a, b) = (op.value(0)?, op.value(1)?);
    plus(op, &a, &b)
}

pub(super) fn subtract(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (a, b) = (op.value(0)?, op.value(1)?);
    if let (Value::Constant(a), Value::Constant(b)) = (&a, &b) {
        return both(op, a, b, |a, b| a - b, i64::checked_sub);
    }
    let b = minus(op, &b)?;
    plus(op, &a, &b)
}

/// The sum of any number of values.
pub(super) fn sum(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let values = op.values()?;
    let mut sum = values[0].clone();
    for value in &values[1..] {
        sum = plus(op, &sum, value)?.remove(0);
    }
    one(sum)
}

pub(super) fn mean(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let count = op.count().max(1);
    let sum = sum(op)?.remove(0);
    scaled(op, &sum, &Tensor::real(&[], vec![1.0 / count as f64]))
}

/// A value times a constant.
fn scaled(op: &mut Op<'_, '_>, value: &Value, factor: &Tensor) -> Result<Vec<Value>> {
    let shape = broadcast(value.shape(), &factor.shape)?;
    let flow = wide(op, value, &shape)?;
    let scale = op.numbers(factor, &shape)?;
    one(Value::Flow(op.layers.diagonal(&flow, Some(scale), None)?))
}

pub(super) fn multiply(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    match (op.value(0)?, op.value(1)?) {
        (Value::Constant(a), Value::Constant(b)) => {
            both(op, &a, &b, |a, b| a * b, i64::checked_mul)
        }
        (value, Value::Constant(factor)) | (Value::Constant(factor), value) => {
            scaled(op, &value, &factor)
        }
        _ => Err(Error::new(
            "inputs",
            "at least one constant",
            "two that depend on the input of the model",
        )),
    }
}

pub(super) fn divide(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (a, b) = (op.value(0)?, op.constant(1, "divisor")?);
    match a {
        Value::Constant(a) => both(op, &a, &b, |a, b| a / b, i64::checked_div),
        value => {
            let shares = b.reals().into_iter().map(|number| 1.0 / number).collect();
            scaled(op, &value, &Tensor::real(&b.shape, shares))
        }
    }
}

pub(super) fn negative(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    one(minus(op, &value)?)
}

/// A function of constants alone.
fn known(op: &mut Op<'_, '_>, f: fn(f64) -> f64) -> Result<Vec<Value>> {
    let tensor = op.constant(0, "X")?;
    let numbers = tensor.reals().into_iter().map(f).collect();
    one(Value::constant(Tensor::real(&tensor.shape, numbers)))
}

pub(super) fn root(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    known(op, f64::sqrt)
}

pub(super) fn rounded(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    known(op, if op.operator == "Floor" { f64::floor } else { f64::ceil })
}

/// `γ (x − μ)/√(σ² + ε) + β` with the numbers of each channel: a scale and a bias.
pub(super) fn batch_normalization(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let epsilon = op.float("epsilon")?.unwrap_or(f64::from(1e-5f32));
    op.ignore(&["momentum"])?;
    if op.flag("training_mode")? {
        return Err(Error::new("attribute training_mode", 0, 1));
    }
    if op.opset < 9 && op.integer("spatial")?.unwrap_or(1) != 1 {
        return Err(Error::new("attribute spatial", 1, 0));
    }
    if op.outputs > 1 {
        return Err(Error::new("outputs that are read", 1, op.outputs));
    }
    let flow = op.flow(0)?;
    let Some(&channels) = flow.shape.get(1) else {
        let found = format_args!("{:?}", flow.shape);
        return Err(Error::new("shape of the input", "[batch, channels, …]", found));
    };
    let mut sides = vec![1; flow.shape.len()];
    sides[1] = channels;
    let mut vectors = Vec::new();
    for (i, name) in ["scale", "B", "mean", "var"].into_iter().enumerate() {
        let vector = op.constant(i + 1, name)?;
        if vector.len() != channels {
            let what = format_args!("length of input {} ({name})", i + 1);
            return Err(Error::new(what, channels, vector.len()));
        }
        vectors.push(vector.reals());
    }
    let [scale, bias, mean, variance] = &vectors[..] else { unreachable!("four were read") };
    let scale: Vec<f64> =
        scale.iter().zip(variance).map(|(scale, v)| scale / (v + epsilon).sqrt()).collect();
    let bias: Vec<f64> =
        bias.iter().zip(mean.iter().zip(&scale)).map(|(bias, (m, s))| bias - m * s).collect();
    let scale = op.numbers(&Tensor::real(&sides, scale), &flow.shape)?;
    let bias = op.numbers(&Tensor::real(&sides, bias), &flow.shape)?;
    one(Value::Flow(op.layers.diagonal(&flow, Some(scale), Some(bias))?))
}
