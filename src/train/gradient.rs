//! The gradient of a batch, chunk by chunk.

use super::reduce::{Contribution, Reduce, Threads};
use super::weights::{counted, weighted, weights};
use super::{Metrics, Objective};
use crate::aligned;
use crate::data::Batches;
use crate::error::{Error, Result};
use crate::layer::{Layer, Noise, parameters};
use crate::net::chunk_rows;
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
        noisy_gradient(net, &objective, data, rows, weights, None, &mut Threads)
    };
    let Some(weights) = weights(data, 0..data.rows(), None)? else { return of(rows, None) };
    let rows: Vec<usize> = counted(rows.iter().copied(), &weights).collect();
    if rows.is_empty() {
        let what = "weights of the rows of a gradient";
        return Err(Error::new(what, "one above 0", "zeros").at(data.name()));
    }
    of(&rows, Some(&weights))
}

/// The same of rows that all count, with these weights of all rows of `data` and noise from this seed, summed by `reduce`.
pub(super) fn noisy_gradient<T: Scalar>(
    net: &dyn Layer<T>,
    objective: &dyn Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
    weights: Option<&[f64]>,
    noise: Option<u64>,
    reduce: &mut dyn Reduce<T>,
) -> Result<(Metrics, Vec<T>)> {
    let count = parameters::count(net);
    let share = T::of(1.0 / rows.len() as f64);
    let chunk = chunk_rows(net);
    let of = |number: usize| {
        let first_row = number * chunk;
        let rows = &rows[first_row..rows.len().min(first_row + chunk)];
        let (x, targets) = data.batch(rows)?;
        let (y, map) = match noise {
            Some(seed) => net.linearize_with(x, Noise { seed, first_row }),
            None => net.linearize(x),
        };
        let (metrics, mut dy) = weighted(objective, y, &targets, rows, weights);
        dy.mapv_inplace(|v| v * share);
        let mut gradient = aligned::shared_zeros(count);
        map.vjp(dy, &mut gradient, false);
        Ok(Contribution { metrics, gradient })
    };
    let Contribution { metrics, gradient } = reduce.sum(rows.len().div_ceil(chunk), &of)?;
    Ok((metrics, gradient))
}
