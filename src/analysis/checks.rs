//! What every question asks of its arguments first.

use crate::error::{Error, Result};
use crate::layer::{Layer, Signature};
use crate::scalar::Scalar;
use ndarray::{ArrayView1, ArrayView2};
use std::fmt::Display;

/// A net whose maps are the net on regions, not tangents.
pub(super) fn piecewise_linear(net: &dyn Layer<f64>) -> Result<()> {
    let Signature { name, regularity, smooth, .. } = net.signature();
    if regularity.is_piecewise_linear() {
        return Ok(());
    }
    let found = smooth.unwrap_or_else(|| name.into_owned());
    Err(Error::new("net", "one whose layers are all piecewise linear", found))
}

/// So many finite numbers.
pub(super) fn vector(what: impl Display, length: usize, x: ArrayView1<'_, f64>) -> Result<()> {
    if x.len() != length {
        return Err(Error::new(what, format_args!("{length} numbers"), x.len()));
    }
    numbers(what, x.iter())
}

/// No NaN and no infinity.
pub(super) fn numbers<'a>(
    what: impl Display,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<()> {
    match values.into_iter().find(|v| !v.is_finite()) {
        Some(v) => Err(Error::new(what, "finite numbers", v)),
        None => Ok(()),
    }
}

/// One finite number for each input of the net.
pub(super) fn input(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<()> {
    inputs(net, x.insert_axis(ndarray::Axis(0)))
}

/// At least one row, as wide as the net takes, of finite numbers.
pub(super) fn inputs<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Result<()> {
    if x.nrows() == 0 {
        return Err(Error::new("inputs", "at least 1 row", 0));
    }
    if x.ncols() != net.inputs() {
        return Err(Error::new("width of the inputs", net.inputs(), x.ncols()));
    }
    finite("inputs", x)
}

/// The same of rows, with the place.
pub(super) fn finite<T: Scalar>(what: &str, x: ArrayView2<'_, T>) -> Result<()> {
    match x.indexed_iter().find(|(_, v)| !v.double().is_finite()) {
        None => Ok(()),
        Some(((row, column), v)) => {
            Err(Error::new(format_args!("{what}, row {row}, column {column}"), "a number", v))
        }
    }
}

/// A label for each row, if there are labels.
pub(super) fn labels(labels: Option<&[usize]>, rows: usize) -> Result<()> {
    match labels {
        Some(labels) if labels.len() != rows => {
            Err(Error::new("labels", format_args!("{rows}, one for each row"), labels.len()))
        }
        _ => Ok(()),
    }
}

/// The labels that occur, each once, in ascending order; a report has a line for each.
pub(super) fn classes(labels: &[usize]) -> Vec<usize> {
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}
