//! What is not piecewise linear.

use super::one;
use super::switch::leaky_of;
use crate::index::axis;
use crate::layers::Flow;
use crate::op::{Op, Value};
use switchnet::layer::{EluConfig, LayerConfig, SigmoidConfig, SoftmaxConfig, TanhConfig};
use switchnet::net::PositionwiseConfig;
use switchnet::{Error, Result};

fn each(op: &mut Op<'_, '_>, config: impl LayerConfig) -> Result<Flow> {
    let flow = op.flow(0)?;
    let shape = flow.shape.clone();
    op.layers.layer(&flow, config, Vec::new(), &shape)
}

pub(super) fn sigmoid(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    one(Value::Flow(each(op, SigmoidConfig {})?))
}

pub(super) fn tanh(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    one(Value::Flow(each(op, TanhConfig {})?))
}

/// `α(e^x − 1)` below zero: that of the layer has α = 1, and what it gives below zero is below zero.
pub(super) fn elu(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let alpha = op.float("alpha")?.unwrap_or(1.0);
    let flow = each(op, EluConfig {})?;
    one(Value::Flow(if alpha == 1.0 { flow } else { leaky_of(op, &flow, alpha)? }))
}

/// How many softmaxes of how many numbers each a node asks for, and the order of sides that puts these last.
pub(crate) struct Rows {
    pub count: usize,
    pub length: usize,
    order: Vec<usize>,
}

/// Those of a value of `shape`. Before set 13 everything from the axis on was one row.
pub(crate) fn rows(op: &mut Op<'_, '_>, shape: &[usize]) -> Result<Rows> {
    let old = op.opset < 13;
    let side = axis(op.integer("axis")?.unwrap_or(if old { 1 } else { -1 }), shape.len())?;
    let mut order: Vec<usize> = (0..shape.len()).collect();
    let length: usize = if old {
        shape[side..].iter().product()
    } else {
        let last = order.remove(side);
        order.push(last);
        shape[side]
    };
    Ok(Rows { count: shape.iter().product::<usize>() / length.max(1), length, order })
}

pub(super) fn softmax(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let flow = op.flow(0)?;
    let Rows { count, length, order } = rows(op, &flow.shape)?;
    let turned = op.transposed(&Value::Flow(flow), &order)?;
    let turned = op.flowing(turned)?;
    let shape = turned.shape.clone();
    let y = if count == 1 {
        op.layers.layer(&turned, SoftmaxConfig {}, Vec::new(), &shape)?
    } else {
        let config = PositionwiseConfig { layers: vec![SoftmaxConfig {}.into()] };
        op.layers.image_layer(&turned, [count, 1, length], config, Vec::new(), &shape)?
    };
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
    one(op.transposed(&Value::Flow(y), &back)?)
}

/// There is no such layer; as the last operator it is left out before it comes here.
pub(super) fn log_softmax(_: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    Err(Error::new("place of the operator", "the end of the net, with one row", "another"))
}
