//! One effective row for each input of a set: a single pull for a whole chunk of inputs.

use crate::analysis::checks;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{argmax, chunk_rows, map_chunks};
use crate::scalar::Matrix;
use ndarray::{ArrayView2, Axis, concatenate, s};
use serde::Serialize;
use std::ops::Range;

/// Which output's effective row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    /// At each input, that of the largest output, the first of equal ones.
    Predicted,
    /// That of this output, counted from 0.
    Output(usize),
}

/// Rows of effective maps at a range of inputs.
pub(in crate::analysis) struct Selected {
    /// The rows of the set that were looked at.
    pub range: Range<usize>,
    /// The output chosen at each.
    pub outputs: Vec<usize>,
    /// Its value at each.
    pub y: Vec<f64>,
    /// Its effective row at each.
    pub a: Matrix<f64>,
}

/// `f` of the chosen effective rows, chunk by chunk in order, on all threads.
///
/// Row `i` of what is pulled back has a one at the output chosen for input `i`, and a map recorded at
/// many rows takes each row through its own matrix. So a chunk costs one pull.
///
/// # Errors
/// If `x` is no set of inputs of the net, an output is not a number, or there is no such output.
pub(in crate::analysis) fn selected<R: Send>(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    row: Row,
    f: impl Fn(Selected) -> R + Sync,
) -> Result<Vec<R>> {
    checks::inputs(net, x)?;
    let outputs = net.outputs();
    if let Row::Output(k) = row
        && k >= outputs
    {
        return Err(Error::new("output", format_args!("0 to {}", outputs - 1), k));
    }
    let parts = map_chunks(x.nrows(), chunk_rows(net), |range| {
        let (y, map) = net.linearize(x.slice(s![range.clone(), ..]).to_owned());
        checks::finite("outputs of the net", y.view())?;
        let chosen = match row {
            Row::Predicted => argmax(y.view()),
            Row::Output(k) => vec![k; range.len()],
        };
        let mut units = Matrix::zeros((range.len(), outputs));
        for (i, &k) in chosen.iter().enumerate() {
            units[[i, k]] = 1.0;
        }
        let values = chosen.iter().enumerate().map(|(i, &k)| y[[i, k]]).collect();
        let a = map.pull(units, &mut []);
        Ok(f(Selected { range, outputs: chosen, y: values, a }))
    });
    parts.into_iter().collect()
}

/// All chosen effective rows, one below the other, and the outputs that were chosen.
pub(in crate::analysis) fn effective_rows(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    row: Row,
) -> Result<(Vec<usize>, Matrix<f64>)> {
    let parts = selected(net, x, row, |part| part)?;
    let rows: Vec<_> = parts.iter().map(|part| part.a.view()).collect();
    let a = concatenate(Axis(0), &rows).expect("all rows are as wide as the net's inputs");
    Ok((parts.into_iter().flat_map(|part| part.outputs).collect(), a))
}
