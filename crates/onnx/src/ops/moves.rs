//! Operators that move numbers, or say another shape of them.

use super::one;
use crate::index::{Moves, axis, broadcast};
use crate::op::{Op, Value};
use crate::tensor::{Numbers, Tensor, count, sides};
use switchnet::{Error, Result};

pub(super) fn transpose(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let all = value.shape().len();
    let order = match op.integers("perm")? {
        Some(order) => sides("attribute perm", &order)?,
        None => (0..all).rev().collect(),
    };
    one(op.transposed(&value, &order)?)
}

/// A value in another shape, for which it must have the numbers.
fn filled(op: &mut Op<'_, '_>, value: &Value, shape: &[usize]) -> Result<Vec<Value>> {
    let (expected, found) = (count(value.shape()), count(shape));
    if expected != found {
        let expected = format_args!("{} numbers as {:?} has", expected.unwrap_or(0), value.shape());
        return Err(Error::new("new shape", expected, format_args!("{shape:?}")));
    }
    one(op.shaped(value, shape))
}

pub(super) fn flatten(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape = value.shape().to_vec();
    // The axis may be behind the last side.
    let side = match op.integer("axis")?.unwrap_or(1) {
        end if end == shape.len() as i64 => shape.len(),
        side => axis(side, shape.len())?,
    };
    let (rows, columns) = shape.split_at(side);
    let shape = [rows.iter().product(), columns.iter().product()];
    filled(op, &value, &shape)
}

pub(super) fn reshape(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let zeros = op.flag("allowzero")?;
    let wanted = op.constant(1, "shape")?;
    let wanted = wanted.integers("shape")?;
    let old = value.shape().to_vec();
    let said = wanted.iter().enumerate().map(|(k, &side)| match side {
        -1 => Ok(1),
        0 if !zeros => {
            let missing = || {
                Error::new("shape", format_args!("0 for one of the sides of {old:?}"), "one more")
            };
            old.get(k).map(|&side| side as i64).ok_or_else(missing)
        }
        side => Ok(side),
    });
    let mut shape = sides("shape", &said.collect::<Result<Vec<_>>>()?)?;
    let mut open = wanted.iter().enumerate().filter(|(_, side)| **side == -1);
    if let (Some((k, _)), None) = (open.next(), open.next()) {
        let (all, rest) = (count(&old).unwrap_or(0), count(&shape).unwrap_or(0));
        if rest == 0 || all % rest != 0 {
            let expected = format_args!("one that {all} numbers fill");
            return Err(Error::new("shape", expected, format_args!("{wanted:?}")));
        }
        shape[k] = all / rest;
    } else if wanted.contains(&-1) {
        return Err(Error::new("shape", "one side of −1 at most", format_args!("{wanted:?}")));
    }
    filled(op, &value, &shape)
}

pub(super) fn squeeze(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape = value.shape().to_vec();
    let mut gone: Vec<bool> = shape.iter().map(|&side| side == 1).collect();
    if let Some(axes) = op.list_by_version("axes", 1, 13)? {
        gone = vec![false; shape.len()];
        for side in axes {
            gone[axis(side, shape.len())?] = true;
        }
    }
    let kept: Vec<usize> = (0..shape.len()).filter(|&k| !gone[k]).map(|k| shape[k]).collect();
    filled(op, &value, &kept)
}

pub(super) fn unsqueeze(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let axes = op.list_by_version("axes", 1, 13)?;
    let axes = axes.ok_or_else(|| Error::new("axes", "a list", "none"))?;
    let all = value.shape().len() + axes.len();
    let mut new = vec![false; sides("axes", &vec![1; all])?.len()];
    for &side in &axes {
        if std::mem::replace(&mut new[axis(side, all)?], true) {
            return Err(Error::new("axes", "each side once", format_args!("{axes:?}")));
        }
    }
    let mut old = value.shape().iter();
    let shape: Vec<usize> =
        new.iter().map(|&new| if new { 1 } else { old.next().copied().unwrap_or(1) }).collect();
    filled(op, &value, &shape)
}

/// The numbers of all of them, one value behind the other.
fn row(op: &mut Op<'_, '_>, values: &[Value]) -> Result<Value> {
    let constants: Option<Vec<_>> = values
        .iter()
        .map(|value| match value {
            Value::Constant(tensor) => Some(tensor),
            Value::Flow(_) => None,
        })
        .collect();
    if let Some(constants) = constants {
        let whole = constants.iter().map(|tensor| match &tensor.numbers {
            Numbers::Whole(all) => Some(&all[..]),
            Numbers::Real(_) => None,
        });
        let numbers = match whole.collect::<Option<Vec<_>>>() {
            Some(all) => Numbers::Whole(all.concat()),
            None => Numbers::Real(constants.iter().flat_map(|tensor| tensor.reals()).collect()),
        };
        return Ok(Value::constant(Tensor { shape: vec![numbers.len()], numbers }));
    }
    let some = values.iter().filter(|value| count(value.shape()) != Some(0));
    let flows = some.map(|value| op.flowing(value.clone())).collect::<Result<Vec<_>>>()?;
    op.layers.concat(&flows).map(Value::Flow)
}

pub(super) fn concat(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let values = op.values()?;
    let first = values[0].shape().to_vec();
    let side = op.integer("axis")?;
    let side = side.ok_or_else(|| Error::new("attribute axis", "a whole number", "none"))?;
    let side = axis(side, first.len())?;
    let mut shape = first.clone();
    shape[side] = 0;
    for value in &values {
        let other = value.shape();
        let fits = other.len() == first.len()
            && (0..first.len()).all(|k| k == side || other[k] == first[k]);
        if !fits {
            let expected = format_args!("{first:?} but for side {side}");
            return Err(Error::new(
                "shape of what is put together",
                expected,
                format_args!("{other:?}"),
            ));
        }
        shape[side] = shape[side].saturating_add(other[side]);
    }
    op.layers.room.take(&shape)?;
    let all = row(op, &values)?;
    // Behind each other they are, but the sides before the axis come first.
    let outer: usize = first[..side].iter().product();
    let mut from = Vec::with_capacity(shape.iter().product());
    for place in 0..outer {
        let mut start = 0;
        for value in &values {
            let block: usize = value.shape()[side..].iter().product();
            from.extend((start + place * block..start + (place + 1) * block).map(Some));
            start += outer * block;
        }
    }
    one(op.moved(&all, &Moves { shape, from }, 0.0)?)
}

/// `x` where the condition, a constant, holds, and `y` elsewhere.
pub(super) fn choose(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (condition, x, y) = (op.constant(0, "condition")?, op.value(1)?, op.value(2)?);
    let shape = broadcast(&broadcast(&condition.shape, x.shape())?, y.shape())?;
    let chosen = op.numbers(&condition, &shape)?;
    let (x, y) = (op.expanded(&x, &shape)?, op.expanded(&y, &shape)?);
    let all = row(op, &[x, y])?;
    op.layers.room.take(&shape)?;
    let n = chosen.len();
    let from =
        chosen.iter().enumerate().map(|(i, &holds)| Some(if holds != 0.0 { i } else { n + i }));
    let from = from.collect();
    one(op.moved(&all, &Moves { shape, from }, 0.0)?)
}

pub(super) fn split(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape = value.shape().to_vec();
    let side = axis(op.integer("axis")?.unwrap_or(0), shape.len())?;
    let parts = op.integer("num_outputs")?;
    let parts = match op.list_by_version("split", 1, 13)? {
        Some(lengths) => sides("split", &lengths)?,
        None => {
            let parts = parts.unwrap_or(op.declared as i64);
            let parts =
                usize::try_from(parts).ok().filter(|parts| (1..=op.declared).contains(parts));
            let parts = parts.ok_or_else(|| {
                Error::new(
                    "attribute num_outputs",
                    format_args!("1 to {}", op.declared),
                    "another number",
                )
            })?;
            // Of equal length, the last shorter where they cannot be.
            let length = shape[side].div_ceil(parts);
            (0..parts).map(|k| length.min(shape[side].saturating_sub(k * length))).collect()
        }
    };
    let total = parts.iter().fold(0usize, |all, &part| all.saturating_add(part));
    if total != shape[side] {
        return Err(Error::new("sum of the lengths of split", shape[side], total));
    }
    let mut start = 0;
    let mut all = Vec::with_capacity(parts.len());
    for length in parts.into_iter().take(op.outputs) {
        let places = (start..start + length).map(Some).collect();
        let moves = Moves::on_side(&shape, side, places, &mut op.layers.room)?;
        all.push(op.moved(&value, &moves, 0.0)?);
        start += length;
    }
    Ok(all)
}

pub(super) fn slice(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape = value.shape().to_vec();
    let starts = op.list_by_version("starts", 1, 10)?;
    let ends = op.list_by_version("ends", 2, 10)?;
    let axes = op.list_by_version("axes", 3, 10)?;
    let steps = if op.opset < 10 { None } else { op.list(4, "steps")? };
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return Err(Error::new("starts and ends", "lists", "none"));
    };
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    let lengths = [ends.len(), axes.len(), steps.len()];
    if let Some(other) = lengths.iter().find(|&&length| length != starts.len()) {
        return Err(Error::new("numbers of ends, axes and steps", starts.len(), other));
    }
    op.layers.room.take(&shape)?;
    let mut places: Vec<Vec<_>> = shape.iter().map(|&side| (0..side).map(Some).collect()).collect();
    for (i, (&start, &end)) in starts.iter().zip(&ends).enumerate() {
        let (side, step) = (axis(axes[i], shape.len())?, steps[i]);
        if step == 0 {
            return Err(Error::new("steps", "numbers other than 0", 0));
        }
        let length = shape[side] as i64;
        let from_start = |place: i64| if place < 0 { place.saturating_add(length) } else { place };
        let (start, end) = match step > 0 {
            true => (from_start(start).clamp(0, length), from_start(end).clamp(0, length)),
            false => (
                from_start(start).clamp(0, (length - 1).max(0)),
                from_start(end).clamp(-1, length - 1),
            ),
        };
        let mut taken = Vec::new();
        let mut place = start;
        while (step > 0 && place < end) || (step < 0 && place > end && place < length) {
            taken.push(Some(place as usize));
            place = place.saturating_add(step);
        }
        places[side] = taken;
    }
    let moves = Moves::picked(&shape, &places, &mut op.layers.room)?;
    one(op.moved(&value, &moves, 0.0)?)
}

pub(super) fn gather(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (value, indices) = (op.value(0)?, op.constant(1, "indices")?);
    let shape = value.shape().to_vec();
    let side = axis(op.integer("axis")?.unwrap_or(0), shape.len())?;
    let places =
        indices.integers("indices")?.iter().map(|&index| axis(index, shape[side]).map(Some));
    let places = places.collect::<Result<Vec<_>>>().map_err(|e| e.at("indices"))?;
    let mut moves = Moves::on_side(&shape, side, places, &mut op.layers.room)?;
    moves.shape = [&shape[..side], &indices.shape, &shape[side + 1..]].concat();
    one(op.moved(&value, &moves, 0.0)?)
}

pub(super) fn expand(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (value, wanted) = (op.value(0)?, op.constant(1, "shape")?);
    let wanted = sides("shape", wanted.integers("shape")?)?;
    let shape = broadcast(value.shape(), &wanted)?;
    one(op.expanded(&value, &shape)?)
}

pub(super) fn tile(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (value, repeats) = (op.value(0)?, op.constant(1, "repeats")?);
    let repeats = sides("repeats", repeats.integers("repeats")?)?;
    let shape = value.shape().to_vec();
    if repeats.len() != shape.len() {
        return Err(Error::new("length of repeats", shape.len(), repeats.len()));
    }
    let to: Vec<_> =
        shape.iter().zip(&repeats).map(|(&side, &times)| side.saturating_mul(times)).collect();
    op.layers.room.take(&to)?;
    op.layers.room.take(&repeats)?;
    let side =
        |(&side, &times): (&usize, &usize)| (0..times).flat_map(|_| (0..side).map(Some)).collect();
    let places: Vec<_> = shape.iter().zip(&repeats).map(side).collect();
    let moves = Moves::picked(&shape, &places, &mut op.layers.room)?;
    one(op.moved(&value, &moves, 0.0)?)
}

/// What is put around a value.
#[derive(Clone, Copy)]
enum Around {
    Constant,
    Edge,
    Reflect,
    Wrap,
}

impl Around {
    /// The place that stands at `place` of a side of `length`.
    fn at(self, place: i64, length: i64) -> Option<usize> {
        let inside = match self {
            Self::Constant => place,
            Self::Edge => place.clamp(0, length - 1),
            Self::Wrap => place.rem_euclid(length),
            Self::Reflect if length == 1 => 0,
            Self::Reflect => {
                let turn = place.rem_euclid(2 * (length - 1));
                turn.min(2 * (length - 1) - turn)
            }
        };
        usize::try_from(inside).ok().filter(|_| inside < length)
    }
}

pub(super) fn pad(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let value = op.value(0)?;
    let shape = value.shape().to_vec();
    let around = match op.text("mode")?.as_deref() {
        None | Some("constant") => Around::Constant,
        Some("edge") => Around::Edge,
        Some("reflect") => Around::Reflect,
        Some("wrap") => Around::Wrap,
        Some(other) => {
            return Err(Error::new("attribute mode", "constant, edge, reflect or wrap", other));
        }
    };
    let pads = op.list_by_version("pads", 1, 11)?;
    let pads = pads.ok_or_else(|| Error::new("pads", "a list", "none"))?;
    let (rest, axes) = if op.opset < 11 {
        (op.float("value")?, None)
    } else {
        let rest = op.optional_constant(2, "constant_value")?;
        let rest = rest.map(|rest| match rest.reals()[..] {
            [one] => Ok(one),
            _ => Err(Error::new(
                "shape of constant_value",
                "one number",
                format_args!("{:?}", rest.shape),
            )),
        });
        (rest.transpose()?, op.list(3, "axes")?)
    };
    let axes = axes.unwrap_or_else(|| (0..shape.len() as i64).collect());
    if pads.len() != 2 * axes.len() {
        return Err(Error::new("length of pads", 2 * axes.len(), pads.len()));
    }
    let mut places: Vec<Vec<_>> = Vec::new();
    op.layers.room.take(&shape)?;
    places.extend(shape.iter().map(|&side| (0..side).map(Some).collect::<Vec<_>>()));
    for (i, &side) in axes.iter().enumerate() {
        let side = axis(side, shape.len())?;
        let (before, behind, length) = (pads[i], pads[i + axes.len()], shape[side] as i64);
        let end = length.checked_add(behind);
        let all = end.and_then(|end| end.checked_add(before)).and_then(|n| usize::try_from(n).ok());
        let (Some(end), Some(all)) = (end, all.filter(|_| length > 0 && before != i64::MIN)) else {
            let found = format_args!("{before} and {behind} around {length}");
            return Err(Error::new("pads", "a side of 0 or more", found));
        };
        op.layers.room.take(&[all])?;
        places[side] = (-before..end).map(|place| around.at(place, length)).collect();
    }
    let moves = Moves::picked(&shape, &places, &mut op.layers.room)?;
    one(op.moved(&value, &moves, rest.unwrap_or(0.0))?)
}
