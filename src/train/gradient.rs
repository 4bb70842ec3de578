//! The gradient of a batch, chunk by chunk.

use super::reduce::{Contribution, Reduce, Threads};
use super::{Metrics, Objective};
use crate::aligned;
use crate::data::Batches;
use crate::error::Result;
use crate::layer::{Layer, Noise, parameters};
use crate::net::chunk_rows;
use crate::scalar::Scalar;

/// The metrics of `net` on these rows of `data`, and the gradient of the mean loss with respect to
/// every parameter in [`Layer::visit`]'s order.
///
/// Each chunk of rows goes through the whole net and has its own gradient; these are summed by a fixed
/// [tree](super::tree).
///
/// # Errors
/// If the rows cannot be read, which those of a data set in memory always can.
///
/// # Panics
/// If the data do not fit the net, a row is out of range, or the objective does not take the targets.
pub fn gradient<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
) -> Result<(Metrics, Vec<T>)> {
    noisy_gradient(net, &objective, data, rows, None, &mut Threads)
}

/// The same with noise from this seed, summed by `reduce`.
pub(super) fn noisy_gradient<T: Scalar>(
    net: &dyn Layer<T>,
    objective: &dyn Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
    noise: Option<u64>,
    reduce: &mut dyn Reduce<T>,
) -> Result<(Metrics, Vec<T>)> {
    let count = parameters::count(net);
    let weight = T::of(1.0 / rows.len() as f64);
    let chunk = chunk_rows(net);
    let of = |number: usize| {
        let first_row = number * chunk;
        let rows = &rows[first_row..rows.len().min(first_row + chunk)];
        let (x, targets) = data.batch(rows)?;
        let (y, map) = match noise {
            Some(seed) => net.linearize_with(x, Noise { seed, first_row }),
            None => net.linearize(x),
        };
        let (metrics, mut dy) = objective.at(y, &targets);
        dy.mapv_inplace(|v| v * weight);
        let mut gradient = aligned::shared_zeros(count);
        map.vjp(dy, &mut gradient, false);
        Ok(Contribution { metrics, gradient })
    };
    let Contribution { metrics, gradient } = reduce.sum(rows.len().div_ceil(chunk), &of)?;
    Ok((metrics, gradient))
}
