//! The gradient of a batch, chunk by chunk.

use super::{Loss, Score};
use crate::aligned;
use crate::data::Dataset;
use crate::kernel::add_rows;
use crate::layer::{Layer, parameters};
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Scalar;

/// The score of `net` on these rows of `data`, and the gradient of the mean loss with respect to
/// every parameter in [`Layer::visit`]'s order.
///
/// Each chunk of rows goes through the whole net and has its own gradient; these are summed in the
/// order of the chunks.
///
/// # Panics
/// If the data do not fit the net, a row is out of range, or targets are values and the loss is
/// cross-entropy.
pub fn gradient<T: Scalar>(
    net: &dyn Layer<T>,
    loss: Loss,
    data: &Dataset<T>,
    rows: &[usize],
) -> (Score, Vec<T>) {
    let count = parameters::count(net);
    let weight = T::of(1.0 / rows.len() as f64);
    let parts = map_chunks(rows.len(), chunk_rows(net), |range| {
        let rows = &rows[range];
        let (y, map) = net.linearize(aligned::rows(data.inputs().view(), rows.iter().copied()));
        let (score, mut dy) = loss.at(y, data.targets(), rows);
        dy.mapv_inplace(|v| v * weight);
        let mut grad = aligned::shared_zeros(count);
        map.accumulate(dy, &mut grad);
        (score, grad)
    });
    let mut parts = parts.into_iter();
    let (mut score, mut grad) = parts.next().expect("a batch has at least one row");
    for (part, more) in parts {
        score += part;
        add_rows(&mut grad, &more);
        aligned::give_back(more);
    }
    (score, grad)
}
