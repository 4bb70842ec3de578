//! The gradient of a batch, chunk by chunk.

use super::reduce::{Contribution, Reduce, Threads};
use super::weights::{weighted, weights};
use super::{Metrics, Objective};
use crate::aligned;
use crate::data::Batches;
use crate::error::Result;
use crate::layer::{Layer, Noise, parameters};
use crate::net::chunk_rows;
use crate::scalar::Scalar;

/// The metrics of `net` on these rows of `data`, and the gradient of the mean loss with respect to
/// every parameter in [`Layer::visit`]'s order. If the data have [weights](Batches::weights), both count each row as
/// much as it weighs: the loss is `1/n·Σ wᵢ·lossᵢ` of the `n` rows of weights above 0, whose mean is 1.
///
/// Each chunk of rows goes through the whole net and has its own gradient; these are summed by a fixed
/// [tree](super::tree).
///
/// # Errors
/// If the rows cannot be read, which those of a data set in memory always can, or weights are not as they should be or
/// all 0.
///
/// # Panics
/// If the data do not fit the net, a row is out of range, or the objective does not take the targets.
pub fn gradient<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
) -> Result<(Metrics, Vec<T>)> {
    let mut rows = rows.to_vec();
    let weights = weights(data, &mut rows, None)?;
    noisy_gradient(net, &objective, data, &rows, weights.as_deref(), None, &mut Threads)
}

/// The same with these weights of all rows of `data` and noise from this seed, summed by `reduce`.
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
