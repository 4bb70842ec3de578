//! The gradient of a batch.

use super::weights::{counted, weights};
use super::{Chunks, Executor, Metrics, Objective, Pass, Threads};
use crate::data::Batches;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Scalar;

/// The metrics of `net` on these rows of `data`, and the gradient of the mean loss with respect to
/// every parameter in [`Layer::visit`]'s order. If the data have [weights](Batches::weights), both count each row as
/// much as it weighs, where the weights above 0 of all rows of `data` have mean 1. The gradient is that of `1/n·Σ wᵢ·lossᵢ`,
/// over those `n` of the `rows` whose weights are above 0: that of a step of [`fit`](super::fit) with these rows, if it trains
/// with all of the data.
///
/// Each chunk of rows goes through the whole net and has its own gradient; these are summed by a fixed
/// [tree](super::tree).
///
/// # Errors
/// If the rows cannot be read, which those of a data set in memory always can, or weights are not as they should be or
/// those of `rows` are all 0.
///
/// # Panics
/// If the data do not fit the net, a row is out of range, or the objective does not take the targets.
pub fn gradient<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
) -> Result<(Metrics, Vec<T>)> {
    let of = |rows: &[usize], weights| {
        let pass = Pass { net, data, objective: &objective, weights };
        Chunks(Threads).gradient(pass, rows, None)
    };
    let Some(weights) = weights(data, 0..data.rows(), None)? else { return of(rows, None) };
    let rows: Vec<usize> = counted(rows.iter().copied(), &weights).collect();
    if rows.is_empty() {
        let what = "weights of the rows of a gradient";
        return Err(Error::new(what, "one above 0", "zeros").at(data.name()));
    }
    of(&rows, Some(&weights))
}
