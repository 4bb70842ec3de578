//! Products with constant matrices: dense layers, and where several columns go through one matrix, convolutions of
//! single positions.

use super::arithmetic::{plus, wide};
use super::one;
use crate::index::broadcast;
use crate::layers::Flow;
use crate::op::{Op, Value};
use crate::tensor::Tensor;
use switchnet::layer::{ConvConfig, DenseConfig};
use switchnet::{Error, Result};

/// The order of sides that exchanges the last two.
fn flipped(sides: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sides).collect();
    if sides >= 2 {
        order.swap(sides - 2, sides - 1);
    }
    order
}

/// A constant with its last two sides exchanged.
fn turned(op: &mut Op<'_, '_>, tensor: &Tensor) -> Result<Tensor> {
    op.layers.room.take(&tensor.shape)?;
    let mut shape = tensor.shape.clone();
    let [.., rows, columns] = shape[..] else { return Ok(tensor.clone()) };
    let sides = shape.len();
    shape.swap(sides - 2, sides - 1);
    let numbers = tensor.reals();
    let mut turned = Vec::with_capacity(numbers.len());
    for matrix in numbers.chunks_exact((rows * columns).max(1)) {
        for column in 0..columns {
            turned.extend(matrix[column..].iter().step_by(columns));
        }
    }
    Ok(Tensor::real(&shape, turned))
}

/// `W x` for each matrix `W` [.., m, k] of a constant and `x` [.., k, n] of a value, the sides before the last two
/// broadcast; with a constant added if there is one row of `n` and one matrix.
fn left(op: &mut Op<'_, '_>, weight: &Tensor, x: &Flow, bias: Option<Vec<f64>>) -> Result<Flow> {
    let (&[.., m, k], &[.., inner, n]) = (&weight.shape[..], &x.shape[..]) else {
        return Err(Error::new(
            "matrices",
            "at least 2 sides",
            weight.shape.len().min(x.shape.len()),
        ));
    };
    if inner != k {
        let expected = format_args!("{k} as the constant {:?} has", weight.shape);
        return Err(Error::new(
            "numbers to multiply",
            expected,
            format_args!("{inner} of {:?}", x.shape),
        ));
    }
    let (before, behind) = (&weight.shape[..weight.shape.len() - 2], &x.shape[..x.shape.len() - 2]);
    let outer = broadcast(before, behind)?;
    let shape = [&outer[..], &[m, n]].concat();
    let x = wide(op, &Value::Flow(x.clone()), &[&outer[..], &[k, n]].concat())?;
    let batch: usize = outer.iter().product();
    let weight = op.numbers(weight, &[&outer[..], &[m, k]].concat())?;
    op.layers.room.take(&[weight.len()])?;
    if batch == 1 && n == 1 {
        let config = DenseConfig { bias: bias.is_some(), ..DenseConfig::new(m) };
        let mut parameters = vec![("weight", vec![m, k], weight)];
        parameters.extend(bias.map(|bias| ("bias", vec![m], bias)));
        return op.layers.layer(&x, config, parameters, &shape);
    }
    let config = ConvConfig { groups: batch, ..ConvConfig::new(batch * m, 1) };
    let parameters = vec![
        ("weight", vec![batch * m, k, 1, 1], weight),
        ("bias", vec![batch * m], vec![0.0; batch * m]),
    ];
    op.layers.image_layer(&x, [batch * k, 1, n], config, parameters, &shape)
}

/// `x W` for a value `x` [.., r, k] and a constant `W` [.., k, n]: the transpose of `Wᵀ xᵀ`.
fn right(op: &mut Op<'_, '_>, x: &Flow, weight: &Tensor, bias: Option<Vec<f64>>) -> Result<Flow> {
    let weight = turned(op, weight)?;
    transposed_right(op, x, &weight, bias)
}

/// `x Wᵀ`.
fn transposed_right(
    op: &mut Op<'_, '_>,
    x: &Flow,
    weight: &Tensor,
    bias: Option<Vec<f64>>,
) -> Result<Flow> {
    // All rows of a batch are rows of one matrix if the weights are.
    let shape = x.shape.clone();
    let [outer @ .., _, k] = &shape[..] else {
        return Err(Error::new("sides of a matrix", 2, shape.len()));
    };
    let one_matrix = weight.shape.len() == 2;
    let rows = match one_matrix {
        true => x.shaped(&[x.len() / (*k).max(1), *k]),
        false => x.clone(),
    };
    let order = flipped(rows.shape.len());
    let turned = op.transposed(&Value::Flow(rows), &order)?;
    let turned = op.flowing(turned)?;
    let y = left(op, weight, &turned, bias)?;
    let order = flipped(y.shape.len());
    let y = op.transposed(&Value::Flow(y), &order)?;
    let y = op.flowing(y)?;
    let Some(&n) = y.shape.last() else { return Ok(y) };
    Ok(match one_matrix {
        true => y.shaped(&[outer, &[shape[shape.len() - 2], n]].concat()),
        false => y,
    })
}

/// Two constants, worked out.
fn constants(op: &mut Op<'_, '_>, a: &Tensor, b: &Tensor) -> Result<Value> {
    let (&[.., m, k], &[.., inner, n]) = (&a.shape[..], &b.shape[..]) else {
        return Err(Error::new("matrices", "at least 2 sides", a.shape.len().min(b.shape.len())));
    };
    if inner != k {
        let what = "numbers to multiply";
        return Err(Error::new(what, k, format_args!("{inner} of {:?}", b.shape)));
    }
    let outer = broadcast(&a.shape[..a.shape.len() - 2], &b.shape[..b.shape.len() - 2])?;
    let shape = [&outer[..], &[m, n]].concat();
    // The work takes room too: a row of zeros has as many steps as one of numbers.
    op.layers.room.take(&[&shape[..], &[k]].concat())?;
    let a = op.numbers(a, &[&outer[..], &[m, k]].concat())?;
    let b = op.numbers(b, &[&outer[..], &[k, n]].concat())?;
    let mut product = vec![0.0; shape.iter().product()];
    let batches = outer.iter().product();
    for batch in 0..batches {
        for (i, j, l) in
            (0..m).flat_map(|i| (0..k).flat_map(move |j| (0..n).map(move |l| (i, j, l))))
        {
            product[(batch * m + i) * n + l] +=
                a[(batch * m + i) * k + j] * b[(batch * k + j) * n + l];
        }
    }
    Ok(Value::constant(Tensor::real(&shape, product)))
}

/// The product of two values with two sides or more, at least one of them known.
fn product(op: &mut Op<'_, '_>, a: &Value, b: &Value) -> Result<Value> {
    match (a, b) {
        (Value::Constant(a), Value::Constant(b)) => constants(op, a, b),
        (Value::Flow(a), Value::Constant(b)) => right(op, a, b, None).map(Value::Flow),
        (Value::Constant(a), Value::Flow(b)) => left(op, a, b, None).map(Value::Flow),
        (Value::Flow(_), Value::Flow(_)) => Err(Error::new(
            "inputs",
            "at least one constant",
            "two that depend on the input of the model",
        )),
    }
}

pub(super) fn mat_mul(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (a, b) = (op.value(0)?, op.value(1)?);
    // A single side is a row on the left and a column on the right, and goes again.
    let [row, column] = [&a, &b].map(|value| value.shape().len() == 1);
    let (a_sides, b_sides) = (a.shape().to_vec(), b.shape().to_vec());
    let a = if row { op.shaped(&a, &[&[1], &a_sides[..]].concat()) } else { a };
    let b = if column { op.shaped(&b, &[&b_sides[..], &[1]].concat()) } else { b };
    let y = product(op, &a, &b)?;
    let mut shape = y.shape().to_vec();
    if column {
        shape.pop();
    }
    if row {
        shape.remove(shape.len() - if column { 1 } else { 2 });
    }
    one(op.shaped(&y, &shape))
}

/// `α A B + β C`, `A` and `B` turned if it is said.
pub(super) fn gemm(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let alpha = op.float("alpha")?.unwrap_or(1.0);
    let beta = op.float("beta")?.unwrap_or(1.0);
    let (turn_a, turn_b) = (op.flag("transA")?, op.flag("transB")?);
    let (a, b, c) = (op.value(0)?, op.value(1)?, op.optional(2));
    for (value, name) in [(&a, "A"), (&b, "B")] {
        if value.shape().len() != 2 {
            let found = format_args!("{:?}", value.shape());
            return Err(Error::new(format_args!("shape of {name}"), "2 sides", found));
        }
    }
    let a = if turn_a { op.transposed(&a, &[1, 0])? } else { a };
    let rows = a.shape()[0];
    // The commonest: a row, a matrix, a vector.
    if let (Value::Flow(a), Value::Constant(b), 1) = (&a, &b, rows)
        && c.as_ref().is_none_or(|c| matches!(c, Value::Constant(_)))
    {
        let weight = if turn_b { Tensor::clone(b) } else { turned(op, b)? };
        let outputs = weight.shape[0];
        let weight = Tensor::real(&weight.shape, times(weight.reals(), alpha));
        let bias = match c {
            Some(Value::Constant(c)) => Some(times(op.numbers(&c, &[1, outputs])?, beta)),
            _ => None,
        };
        return one(Value::Flow(transposed_right(op, a, &weight, bias)?));
    }
    let b = if turn_b { op.transposed(&b, &[1, 0])? } else { b };
    let y = product(op, &a, &b)?;
    let y = factor(op, y, alpha)?;
    let Some(c) = c else { return one(y) };
    let c = factor(op, c, beta)?;
    let shape = y.shape().to_vec();
    if broadcast(&shape, c.shape())? != shape {
        let found = format_args!("{:?}", c.shape());
        return Err(Error::new(
            "shape of C",
            format_args!("one that broadcasts to {shape:?}"),
            found,
        ));
    }
    plus(op, &y, &c)
}

fn times(numbers: Vec<f64>, factor: f64) -> Vec<f64> {
    numbers.into_iter().map(|number| number * factor).collect()
}

/// A value times a number.
fn factor(op: &mut Op<'_, '_>, value: Value, factor: f64) -> Result<Value> {
    match value {
        value if factor == 1.0 => Ok(value),
        Value::Constant(tensor) => {
            Ok(Value::constant(Tensor::real(&tensor.shape, times(tensor.reals(), factor))))
        }
        Value::Flow(flow) => op.layers.uniform(&flow, Some(factor), None).map(Value::Flow),
    }
}
