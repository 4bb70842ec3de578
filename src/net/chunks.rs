//! Where the work is cut for the threads: the only place that knows there are several.

use super::plan;
use crate::aligned::Recycled;
use crate::layer::{Layer, parameters};
use crate::scalar::{Matrix, Scalar};
use ndarray::ArrayViewMut2;
use rayon::prelude::*;
use std::ops::Range;

/// Rows that go through a whole net together, as its [plan](super::Plan::chunk_rows) says.
pub fn chunk_rows<T: Scalar>(net: &dyn Layer<T>) -> usize {
    plan::chunk_rows(parameters::count(net), net.signature().widest)
}

/// `f` of each range of `chunk` rows out of `rows`, in order, on all threads of the current pool.
pub fn map_chunks<R: Send>(
    rows: usize,
    chunk: usize,
    f: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    if rows <= chunk {
        return if rows == 0 { Vec::new() } else { vec![f(0..rows)] }; // nothing to hand to others
    }
    (0..rows.div_ceil(chunk))
        .into_par_iter()
        .map(|i| f(i * chunk..rows.min((i + 1) * chunk)))
        .collect()
}

/// A matrix of `rows` rows of `columns` numbers, made chunk by chunk: `f` gives the rows of a range. Each
/// part is copied while it is in the cache.
pub(crate) fn join_chunks<T: Scalar>(
    (rows, columns): (usize, usize),
    chunk: usize,
    f: impl Fn(Range<usize>) -> Matrix<T> + Sync,
) -> Matrix<T> {
    if (1..=chunk).contains(&rows) {
        return f(0..rows);
    }
    let mut all = Matrix::zeros((rows, columns));
    let parts =
        all.as_slice_mut().expect("a new matrix is row-major").par_chunks_mut(chunk * columns);
    parts.enumerate().for_each(|(i, to)| {
        let from = i * chunk;
        let part = Recycled::from(f(from..rows.min(from + chunk)));
        let to = ArrayViewMut2::from_shape(part.dim(), to);
        to.expect("a chunk has its rows").assign(&part);
    });
    all
}
