//! Means, sums and maxima along sides.

use super::{one, pool};
use crate::index::axis;
use crate::layers::Flow;
use crate::op::{Op, Value};
use switchnet::Result;

/// What is left over is one number for each of the other sides' places: the kept sides first, the others side by side.
struct Reduced {
    flow: Flow,
    count: usize,
    seen: usize,
    shape: Vec<usize>,
}

/// None if nothing is reduced. `since` is the first set of operators in which axes are an input.
fn reduced(op: &mut Op<'_, '_>, since: i64) -> Result<Option<Reduced>> {
    let value = op.value(0)?;
    let keep = op.integer("keepdims")?.unwrap_or(1) != 0;
    let nothing = op.flag("noop_with_empty_axes")?;
    let axes = op.list_by_version("axes", 1, since)?.unwrap_or_default();
    let shape = value.shape().to_vec();
    if axes.is_empty() && nothing {
        return Ok(None);
    }
    let mut gone = vec![axes.is_empty(); shape.len()];
    for side in axes {
        gone[axis(side, shape.len())?] = true;
    }
    let sides = |wanted: bool| (0..shape.len()).filter(|&k| gone[k] == wanted).collect::<Vec<_>>();
    let (kept, lost) = (sides(false), sides(true));
    let order = [&kept[..], &lost[..]].concat();
    let turned = op.transposed(&value, &order)?;
    let flow = op.flowing(turned)?;
    let count = kept.iter().map(|&k| shape[k]).product();
    let seen = lost.iter().map(|&k| shape[k]).product();
    let shape = match keep {
        true => (0..shape.len()).map(|k| if gone[k] { 1 } else { shape[k] }).collect(),
        false => kept.iter().map(|&k| shape[k]).collect(),
    };
    Ok(Some(Reduced { flow, count, seen, shape }))
}

pub(super) fn mean(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let Some(of) = reduced(op, 18)? else { return one(op.value(0)?) };
    one(Value::Flow(pool::means(op, &of.flow, of.count, of.seen, &of.shape)?))
}

/// The mean times the count.
pub(super) fn sum(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let Some(of) = reduced(op, 13)? else { return one(op.value(0)?) };
    let mean = pool::means(op, &of.flow, of.count, of.seen, &of.shape)?;
    one(Value::Flow(op.layers.uniform(&mean, Some(of.seen as f64), None)?))
}

pub(super) fn max(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let Some(of) = reduced(op, 18)? else { return one(op.value(0)?) };
    one(Value::Flow(pool::largest(op, &of.flow, of.count, of.seen, &of.shape)?))
}
