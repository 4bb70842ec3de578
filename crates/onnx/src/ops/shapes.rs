//! Constants, shapes as constants, and what hands a value on.

use super::one;
use crate::index::broadcast;
use crate::op::{Op, Value};
use crate::tensor::{BOOL, Numbers, Tensor, count, fitting, is_real, sides, width};
use switchnet::{Error, Result};

pub(super) fn constant(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let tensor = if let Some(tensor) = op.tensor("value")? {
        tensor
    } else if let Some(number) = op.float("value_float")? {
        Tensor::real(&[], vec![number])
    } else if let Some(numbers) = op.floats("value_floats")? {
        Tensor::real(&[numbers.len()], numbers)
    } else if let Some(number) = op.integer("value_int")? {
        Tensor::whole(&[], vec![number])
    } else if let Some(numbers) = op.integers("value_ints")? {
        Tensor::list(numbers)
    } else {
        op.done()?;
        return Err(Error::new("attribute value", "a tensor", "none"));
    };
    one(Value::constant(tensor))
}

pub(super) fn constant_of_shape(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let wanted = op.constant(0, "shape")?;
    let shape = sides("shape", wanted.integers("shape")?)?;
    op.layers.room.take(&shape)?;
    let n = count(&shape).unwrap_or(0);
    let value = op.tensor("value")?.unwrap_or(Tensor::real(&[], vec![0.0]));
    let numbers = match value.numbers {
        Numbers::Real(all) if all.len() == 1 => Numbers::Real(vec![all[0]; n]),
        Numbers::Whole(all) if all.len() == 1 => Numbers::Whole(vec![all[0]; n]),
        other => return Err(Error::new("attribute value", "one number", other.len())),
    };
    one(Value::constant(Tensor { shape, numbers }))
}

pub(super) fn identity(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    one(op.value(0)?)
}

/// Nothing, outside of training.
pub(super) fn dropout(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    op.ignore(&["ratio", "seed"])?;
    if op.opset >= 12 {
        op.optional(1); // the ratio
        if let Some(training) = op.optional_constant(2, "training_mode")?
            && training.reals().iter().any(|&flag| flag != 0.0)
        {
            return Err(Error::new("input 2 (training_mode)", "false", "true"));
        }
    }
    if op.outputs > 1 {
        return Err(Error::new("outputs that are read", "1: the mask is not", op.outputs));
    }
    one(op.value(0)?)
}

/// The shape of a value, which is known.
pub(super) fn shape(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape: Vec<i64> = value.shape().iter().map(|&side| side as i64).collect();
    let length = shape.len() as i64;
    let place = |place: i64| {
        let place = if place < 0 { place.saturating_add(length) } else { place };
        place.clamp(0, length) as usize
    };
    let start = place(op.integer("start")?.unwrap_or(0));
    let end = place(op.integer("end")?.unwrap_or(length));
    one(Value::constant(Tensor::list(shape.get(start..end).unwrap_or_default().to_vec())))
}

pub(super) fn size(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let numbers = count(value.shape()).unwrap_or(0) as i64;
    one(Value::constant(Tensor::whole(&[], vec![numbers])))
}

/// All real types are one here, in which weights are lifted and nothing is rounded.
pub(super) fn cast(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let to = op.integer("to")?;
    let to = to.ok_or_else(|| Error::new("attribute to", "a type", "none"))?;
    op.ignore(&["saturate", "round_mode"])?;
    width(to).map_err(|e| e.at("attribute to"))?;
    let tensor = match op.value(0)? {
        Value::Flow(flow) if is_real(to) => return one(Value::Flow(flow)),
        Value::Flow(_) => {
            let expected = "a type of real numbers for what depends on the input of the model";
            return Err(Error::new("attribute to", expected, format_args!("type {to}")));
        }
        Value::Constant(tensor) => tensor,
    };
    let numbers = match &tensor.numbers {
        Numbers::Real(_) if is_real(to) => return one(Value::Constant(tensor)),
        Numbers::Whole(_) if is_real(to) => Numbers::Real(tensor.reals()),
        _ if to == BOOL => {
            Numbers::Whole(tensor.reals().iter().map(|&number| i64::from(number != 0.0)).collect())
        }
        Numbers::Real(all) => {
            // What lies between is cut off.
            if let Some(number) =
                all.iter().find(|number| number.is_nan() || number.abs() >= 2f64.powi(63))
            {
                return Err(Error::new("number to be whole", "less than 2^63", number));
            }
            Numbers::Whole(fitting(to, all.iter().map(|&number| number as i64).collect())?)
        }
        Numbers::Whole(all) => Numbers::Whole(fitting(to, all.clone())?),
    };
    one(Value::constant(Tensor { shape: tensor.shape.clone(), numbers }))
}

/// Where two constants are the same.
pub(super) fn equal(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (a, b) = (op.constant(0, "A")?, op.constant(1, "B")?);
    let shape = broadcast(&a.shape, &b.shape)?;
    let (a, b) = (op.numbers(&a, &shape)?, op.numbers(&b, &shape)?);
    let same = a.iter().zip(&b).map(|(a, b)| i64::from(a == b)).collect();
    one(Value::constant(Tensor::whole(&shape, same)))
}
