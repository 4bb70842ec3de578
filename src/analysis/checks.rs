//! What every question over a set of inputs asks of its arguments first.

use crate::error::{Error, Result};
use crate::layer::Layer;
use ndarray::{ArrayView1, ArrayView2};

/// One finite number for each input of the net.
pub(super) fn input(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<()> {
    inputs(net, x.insert_axis(ndarray::Axis(0)))
}

/// At least one row, as wide as the net takes, of finite numbers.
pub(super) fn inputs(net: &dyn Layer<f64>, x: ArrayView2<'_, f64>) -> Result<()> {
    if x.nrows() == 0 {
        return Err(Error::new("inputs", "at least 1 row", 0));
    }
    if x.ncols() != net.inputs() {
        return Err(Error::new("width of the inputs", net.inputs(), x.ncols()));
    }
    finite("inputs", x)
}

/// No NaN and no infinity.
pub(super) fn finite(what: &str, x: ArrayView2<'_, f64>) -> Result<()> {
    match x.indexed_iter().find(|(_, v)| !v.is_finite()) {
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
